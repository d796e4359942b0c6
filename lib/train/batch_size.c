#include "train/batch_size.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "net/shape.h"

#define SHARE 0.6 /* of what is available: estimates are no measurements */

/* Copies of each weight: itself twice (the network's and the session's), its gradient in each of
 * four parts of a batch, two moments, and one of passage. */
#define COPIES 9

imgvec_status iv_graph_training_memory(const iv_graph *graph, int32_t side, iv_training_memory *out,
                                       imgvec_error *err)
{
    int32_t *sizes = iv_alloc_n(graph->ctx, graph->count, 2 * sizeof *sizes);
    if (!sizes)
        return iv_fail_nomem(err);
    imgvec_status status = iv_graph_shapes(graph, side, side, sizes, err);
    out->each = 3 * sizeof(float) * (uint64_t)side * (uint64_t)side;
    out->fixed = COPIES * sizeof(float) * (uint64_t)iv_graph_parameter_count(graph);
    for (size_t i = 0; i < graph->count && status == IMGVEC_OK; i++)
        out->each += 2 * sizeof(float) * (uint64_t)graph->nodes[i].channels *
                     (uint64_t)sizes[2 * i] * (uint64_t)sizes[2 * i + 1];
    iv_free(graph->ctx, sizes);
    return status;
}

imgvec_status iv_training_memory_of(const iv_network *net, iv_training_memory *out,
                                    imgvec_error *err)
{
    iv_graph *graph;
    IV_TRY(iv_network_graph(net, &graph, err));
    imgvec_status status = iv_graph_training_memory(graph, iv_network_input(net)->crop, out, err);
    iv_graph_free(graph);
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

uint64_t iv_memory_for_training(void)
{
    return (uint64_t)(SHARE * (double)iv_memory_available());
}

int32_t iv_micro_batch(const iv_training_memory *m, int32_t batch, uint64_t share)
{
    int32_t micro = batch;
    uint64_t left = share > m->fixed ? share - m->fixed : 0;
    while (micro > 1 && (uint64_t)micro * m->each > left)
        micro = (micro + 1) / 2;
    return micro;
}
