#include "support.h"

#include <dlfcn.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/thread.h"

imgvec_error bench_error;

void bench_need(imgvec_status status)
{
    if (status == IMGVEC_OK)
        return;
    fprintf(stderr, "bench: %s\n", bench_error.text);
    exit(2);
}

const iv_executor *bench_torch(void)
{
    char path[4096];
    const char *build = getenv("IMGVEC_TEST_BUILD");
    snprintf(path, sizeof path, "%s/shim/torch.so", build ? build : "build");
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    iv_executor_entry entry = NULL;
    if (module)
        *(void **)(&entry) = dlsym(module, "iv_torch_executor");
    if (!entry) {
        fprintf(stderr, "bench: %s\n", dlerror());
        exit(2);
    }
    return entry(IV_EXECUTOR_ABI);
}

void bench_keep_freed_memory(void)
{
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    mallopt(M_TOP_PAD, 64 << 20);
    mallopt(M_ARENA_MAX, 1);
}

void bench_serve(double (*measure)(void *user, double seconds), void *user)
{
    char line[64];
    measure(user, 0); /* what is set up at the first use is not measured */
    printf("ready\n");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        double begin = iv_now();
        double units = measure(user, atof(line));
        printf("%.0f %.9f\n", units, iv_now() - begin);
        fflush(stdout);
    }
}
