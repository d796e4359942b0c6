#include "train/batch_size.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "net/shape.h"

imgvec_status iv_training_bytes(const iv_graph *graph, int32_t side, uint64_t *bytes,
                                imgvec_error *err)
{
    int32_t *sizes = iv_alloc_n(graph->ctx, graph->count, 2 * sizeof *sizes);
    if (!sizes)
        return iv_fail_nomem(err);
    imgvec_status status = iv_graph_shapes(graph, side, side, sizes, err);
    *bytes = 0;
    for (size_t i = 0; i < graph->count && status == IMGVEC_OK; i++)
        *bytes += 2 * sizeof(float) * (uint64_t)graph->nodes[i].channels * (uint64_t)sizes[2 * i] *
                  (uint64_t)sizes[2 * i + 1];
    iv_free(graph->ctx, sizes);
    return status;
}

/* A number behind `key` in a file of the system; UINT64_MAX where there is none. */
static uint64_t number_in(const char *path, const char *key)
{
    char line[256];
    uint64_t value = UINT64_MAX;
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f)) {
        if (strncmp(line, key, strlen(key)) != 0)
            continue;
        char *end;
        unsigned long long n = strtoull(line + strlen(key), &end, 10);
        if (end != line + strlen(key))
            value = n;
        break;
    }
    if (f)
        fclose(f);
    return value;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t iv_memory_available(void)
{
    uint64_t kilobytes = number_in("/proc/meminfo", "MemAvailable:");
    uint64_t left = kilobytes < UINT64_MAX / 1024 ? kilobytes * 1024 : UINT64_MAX;
    uint64_t most = number_in("/sys/fs/cgroup/memory.max", "");
    uint64_t used = number_in("/sys/fs/cgroup/memory.current", "");
    if (most != UINT64_MAX && used != UINT64_MAX)
        left = least(left, most > used ? most - used : 0);
    struct rlimit limit;
    uint64_t pages = number_in("/proc/self/statm", "");
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
        pages != UINT64_MAX) {
        uint64_t taken = pages * (uint64_t)sysconf(_SC_PAGESIZE);
        left = least(left, limit.rlim_cur > taken ? limit.rlim_cur - taken : 0);
    }
    return left;
}

int32_t iv_micro_batch(uint64_t bytes_each, int32_t batch, uint64_t share)
{
    int32_t micro = batch;
    while (micro > 1 && (uint64_t)micro * bytes_each > share)
        micro = (micro + 1) / 2;
    return micro;
}
