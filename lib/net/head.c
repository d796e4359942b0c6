#include "net/head.h"

#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "base/random.h"
#include "net/input.h"

static imgvec_status initialise(const iv_graph *graph, int32_t index, iv_tensors *weights,
                                uint64_t seed, imgvec_error *err)
{
    const iv_node *node = &graph->nodes[index];
    iv_parameter list[IV_NODE_PARAMETERS];
    int count = iv_node_parameters(graph, (size_t)index, list);
    double bound = 1 / sqrt((double)list[0].shape[1]);
    for (int k = 0; k < count; k++) {
        char name[IV_NAME_MAX];
        iv_tensor *t = NULL;
        iv_random r;
        if (!iv_parameter_name(node, list[k].leaf, name))
            return iv_fail(err, IMGVEC_ERR_INTERNAL, "head: name too long");
        IV_TRY(iv_tensors_add(weights, name, list[k].rank, list[k].shape, &t, err));
        iv_random_seed(&r, seed, name);
        for (size_t i = 0; i < t->count; i++)
            t->data[i] = list[k].role == IV_ROLE_WEIGHT
                             ? (float)(bound * (2 * iv_random_unit(&r) - 1))
                             : 0.0f;
    }
    return IMGVEC_OK;
}

static imgvec_status add(iv_graph *graph, iv_tensors *weights, const char *name, int32_t x,
                         int32_t width, int32_t stage, double drop, uint64_t seed, int32_t *out,
                         imgvec_error *err)
{
    iv_node node = {.op = IV_OP_LINEAR,
                    .name = (char *)(uintptr_t)name, /* copied */
                    .stage = stage,
                    .input_count = 1,
                    .channels = width,
                    .bias = true,
                    .drop = drop};
    IV_TRY(iv_graph_add(graph, &node, &x, out, err));
    return weights ? initialise(graph, *out, weights, seed, err) : IMGVEC_OK;
}

imgvec_status iv_head_add(iv_graph *graph, iv_tensors *weights, int32_t bottleneck, int32_t outputs,
                          uint64_t seed, imgvec_error *err)
{
    int32_t stage = iv_graph_stages(graph), x = graph->feature;
    double drop = graph->dropout;
    if ((size_t)x + 1 != graph->count)
        return iv_fail(err, IMGVEC_ERR_INTERNAL, "head: the graph goes on behind its features");
    if (bottleneck > 0) {
        IV_TRY(add(graph, weights, IV_BOTTLENECK, x, bottleneck, stage, drop, seed, &x, err));
        graph->feature = x;
        drop = 0;
    }
    IV_TRY(add(graph, weights, IV_HEAD, x, outputs, stage, drop, seed, &x, err));
    return iv_graph_check(graph, err);
}

imgvec_status iv_head_describe(iv_tensors *weights, const iv_tensors *base,
                               const iv_input_spec *input, int32_t bottleneck, int32_t outputs,
                               imgvec_error *err)
{
    char text[16];
    for (size_t i = 0; i + 1 < base->meta_count; i += 2)
        IV_TRY(iv_tensors_set_meta(weights, base->meta[i], base->meta[i + 1], err));
    IV_TRY(iv_input_write(weights, input, err));
    IV_TRY(iv_tensors_set_meta(weights, "fine_tuned", "true", err));
    snprintf(text, sizeof text, "%d", (int)outputs);
    IV_TRY(iv_tensors_set_meta(weights, "head", text, err));
    snprintf(text, sizeof text, "%d", (int)bottleneck);
    return iv_tensors_set_meta(weights, "bottleneck", text, err);
}
