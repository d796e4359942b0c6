/* Loading the network module that was built. */
#ifndef TEST_NET_TORCH_MODULE_H
#define TEST_NET_TORCH_MODULE_H

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/executor.h"

static const iv_executor *torch;

static int load_torch(void **state)
{
    char path[4096];
    const char *build = getenv("IMGVEC_TEST_BUILD");
    (void)state;
    snprintf(path, sizeof path, "%s/shim/torch.so", build ? build : ".");
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!module) {
        print_message("%s\n", dlerror());
        return -1;
    }
    iv_executor_entry entry = NULL;
    *(void **)(&entry) = dlsym(module, "iv_torch_executor");
    if (!entry || entry(IV_EXECUTOR_ABI + 1) != NULL)
        return -1;
    torch = entry(IV_EXECUTOR_ABI);
    print_message("torch %s\n", torch ? torch->version : "(none)");
    return torch ? 0 : -1;
}

#endif
