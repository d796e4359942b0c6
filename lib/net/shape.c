#include "net/shape.h"

#include "base/error.h"
#include "base/mem.h"

#define SIDE_MAX 16384

/* As torch counts: with ceil_mode the last window must start inside the input or its
 * leading padding. */
static int32_t windowed(const iv_node *n, int axis, int32_t in)
{
    if (n->same)
        return (in + n->stride[axis] - 1) / n->stride[axis];
    int32_t before = n->pad[axis], after = n->pad[axis + 2];
    int32_t span = in + before + after - n->kernel[axis];
    int32_t stride = n->stride[axis];
    if (span < 0)
        return 0;
    if (!n->ceil_mode)
        return span / stride + 1;
    int32_t out = (span + stride - 1) / stride + 1;
    if ((out - 1) * stride >= in + before)
        out--;
    return out;
}

imgvec_status iv_graph_shapes(const iv_graph *graph, int32_t height, int32_t width, int32_t *sizes,
                              imgvec_error *err)
{
    if (height < 1 || width < 1 || height > SIDE_MAX || width > SIDE_MAX)
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "network input of %d x %d pixels",
                       (int)width, (int)height);
    for (size_t i = 0; i < graph->count; i++) {
        const iv_node *n = &graph->nodes[i];
        for (int axis = 0; axis < 2; axis++) {
            int32_t *size = &sizes[2 * i + (size_t)axis];
            int32_t in = axis == 0 ? height : width;
            if (n->input_count > 0)
                in = sizes[2 * iv_graph_input(graph, n, 0) + axis];
            if (n->op == IV_OP_CONV || n->op == IV_OP_MAX_POOL || n->op == IV_OP_AVG_POOL)
                *size = windowed(n, axis, in);
            else
                *size = n->op == IV_OP_GLOBAL_POOL ? 1 : in;
            if (*size < 1)
                return iv_fail(err, IMGVEC_ERR_DATA,
                               "images of %d x %d pixels are too small for this network",
                               (int)width, (int)height);
        }
        for (int32_t k = 1; k < n->input_count; k++) {
            const int32_t *other = &sizes[2 * iv_graph_input(graph, n, k)];
            const int32_t *mine =
                n->op == IV_OP_CONV ? &sizes[2 * i] : &sizes[2 * iv_graph_input(graph, n, 0)];
            bool same = other[0] == mine[0] && other[1] == mine[1];
            bool gate = n->op == IV_OP_MUL && other[0] == 1 && other[1] == 1;
            if (!same && !gate)
                return iv_fail(err, IMGVEC_ERR_INTERNAL, "graph node %zu: map sizes differ", i);
        }
    }
    return IMGVEC_OK;
}

imgvec_status iv_graph_macs(const iv_graph *graph, int32_t height, int32_t width, int64_t *macs,
                            imgvec_error *err)
{
    int32_t *sizes = iv_alloc_n(graph->ctx, graph->count, 2 * sizeof *sizes);
    if (!sizes)
        return iv_fail_nomem(err);
    imgvec_status status = iv_graph_shapes(graph, height, width, sizes, err);
    int64_t total = 0;
    for (size_t i = 0; status == IMGVEC_OK && i < graph->count; i++) {
        iv_parameter list[IV_NODE_PARAMETERS];
        iv_op op = graph->nodes[i].op;
        if (op != IV_OP_CONV && op != IV_OP_LINEAR)
            continue;
        iv_node_parameters(graph, i, list); /* the weight comes first */
        total += (int64_t)list[0].count * sizes[2 * i] * sizes[2 * i + 1];
    }
    iv_free(graph->ctx, sizes);
    if (status == IMGVEC_OK)
        *macs = total;
    return status;
}
