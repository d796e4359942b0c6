#include "every_op.h"

#include <stdlib.h>

#include "formula.h"

static int32_t squeeze_excite(iv_builder *b, int32_t x)
{
    iv_conv_spec down = {.channels = 2, .kernel = 1, .stride = 1, .bias = true};
    iv_conv_spec up = {.channels = 6, .kernel = 1, .stride = 1, .bias = true};
    int32_t s = iv_add_conv(b, iv_add_global_pool(b, x), "fc1", down);
    s = iv_add_conv(b, iv_add_activation(b, s, IV_ACT_SILU), "fc2", up);
    return iv_add_product(b, x, iv_add_activation(b, s, IV_ACT_SIGMOID));
}

/* Layer norms and learned factors are left out where not `all`. */
static void build_some(iv_builder *b, bool all)
{
    iv_conv_spec stem = {.channels = 6, .kernel = 3, .stride = 2, .pad = 1};
    iv_conv_spec same = {.channels = 6, .kernel = 3, .stride = 1, .pad = 1, .groups = 2};
    iv_conv_spec point = {.channels = 6, .kernel = 1, .stride = 1};
    int32_t x = iv_add_conv_bn(b, 0, "stem", "stem_bn", stem, IV_ACT_HARDSWISH);
    iv_builder_scope(b, "se");
    x = squeeze_excite(b, x);
    iv_builder_scope(b, "pre"); /* a norm before its convolution, as in DenseNet */
    int32_t y = iv_add_activation(b, iv_add_batch_norm(b, x, "bn"), IV_ACT_RELU);
    y = iv_add_conv_bn(b, y, "conv", "bn2", same, IV_ACT_HARDSIGMOID);
    int32_t maps[3] = {x, y, x};
    x = iv_add_concat(b, maps, 3);
    if (all)
        x = iv_add_layer_norm(b, x, "ln", 1e-6);
    iv_node uneven = {.op = IV_OP_CONV,
                      .channels = 6,
                      .kernel = {1, 4},
                      .stride = {1, 2},
                      .pad = {0, 1, 0, 2},
                      .groups = 1,
                      .bias = true};
    x = iv_add_node(b, uneven, "uneven", &x, 1);
    x = iv_add_activation(b, x, IV_ACT_GELU);
    iv_conv_spec same_out = {.channels = 6, .kernel = 4, .stride = 3, .same = true};
    x = iv_add_conv(b, x, "same", same_out);
    if (all)
        x = iv_add_scale(b, x, "factor");
    x = iv_add_activation(b, x, IV_ACT_SIGMOID);
    if (all)
        x = iv_add_scale(b, x, "second.factor");
    iv_node pool = {.op = IV_OP_MAX_POOL, .kernel = {3, 3}, .stride = {2, 2}, .pad = {0, 0, 1, 1}};
    x = iv_add_node(b, pool, NULL, &x, 1);
    /* Both operands are convolutions, and one of the sums is read twice. */
    iv_builder_scope(b, "sum");
    int32_t a = iv_add_conv_bn(b, x, "a", "a_bn", point, IV_ACT_NONE);
    int32_t c = iv_add_conv_bn(b, x, "b", "b_bn", same, IV_ACT_NONE);
    x = iv_add_activation(b, iv_add_sum(b, a, c), IV_ACT_RELU6);
    y = iv_add_conv_bn(b, x, "c", "c_bn", same, IV_ACT_RELU);
    x = iv_add_sum(b, y, x); /* the convolution has its activation already */
    x = iv_add_avg_pool(b, x, 3, 1, 1, false);
    x = iv_add_avg_pool(b, x, 2, 1, 1, true);
    b->graph->saliency = x;
    x = iv_add_linear(b, iv_add_global_pool(b, x), "fc", 10, true);
    b->graph->feature = iv_add_global_pool(b, x);
    if (b->status == IMGVEC_OK)
        b->status = iv_graph_check(b->graph, b->err);
}

static void build(iv_builder *b)
{
    build_some(b, true);
}

/* What is hard about its maps: a pool that rounds up, channels in whole blocks of eight and of
 * sixteen and beside them, norms behind concatenations, a residual that is needed later. */
static void build_common(iv_builder *b)
{
    iv_conv_spec stem = {.channels = 16, .kernel = 3, .stride = 1, .pad = 1};
    iv_conv_spec grow = {.channels = 8, .kernel = 3, .stride = 1, .pad = 1};
    iv_conv_spec wide = {.channels = 32, .kernel = 1, .stride = 1};
    iv_conv_spec deep = {.channels = 32, .kernel = 5, .stride = 1, .pad = 2, .groups = 32};
    iv_conv_spec back = {.channels = 24, .kernel = 1, .stride = 1};
    iv_builder_scope(b, "block");
    int32_t x = iv_add_conv_bn(b, 0, "stem", "stem_bn", stem, IV_ACT_SILU);
    int32_t y = iv_add_conv_bn(b, x, "grow", "grow_bn", grow, IV_ACT_NONE), maps[2] = {x, y};
    x = iv_add_batch_norm(b, iv_add_concat(b, maps, 2), "together");
    x = iv_add_max_pool(b, iv_add_activation(b, x, IV_ACT_RELU), 3, 2, 0, true);
    y = iv_add_conv_bn(b, x, "wide", "wide_bn", wide, IV_ACT_RELU6);
    y = iv_add_conv_bn(b, y, "deep", "deep_bn", deep, IV_ACT_HARDSWISH);
    y = iv_add_sum(b, iv_add_conv_bn(b, y, "back", "back_bn", back, IV_ACT_NONE), x);
    maps[0] = x;
    maps[1] = y;
    y = iv_add_batch_norm(b, iv_add_concat(b, maps, 2), "last");
    b->graph->saliency = iv_add_activation(b, y, IV_ACT_HARDSIGMOID);
    b->graph->feature = iv_add_linear(b, iv_add_global_pool(b, b->graph->saliency), "fc", 10, true);
    iv_builder_scope(b, "%s", "");
}

static void build_usual(iv_builder *b)
{
    build_some(b, false);
}

const iv_backbone every_op_backbone = {
    .id = "every_op", .build = build, .input = {.resize = 32, .crop = 32}, .width = 10};

const iv_backbone usual_op_backbone = {
    .id = "usual_op", .build = build_usual, .input = {.resize = 32, .crop = 32}, .width = 10};

const iv_backbone common_op_backbone = {
    .id = "common_op", .build = build_common, .input = {.resize = 32, .crop = 32}, .width = 10};

iv_tensors *every_op_weights(const iv_graph *graph)
{
    iv_tensors *set = NULL;
    imgvec_error err;
    if (iv_tensors_new(graph->ctx, &set, &err) != IMGVEC_OK)
        abort();
    for (size_t i = 0; i < graph->count; i++) {
        iv_parameter list[IV_NODE_PARAMETERS];
        int count = iv_node_parameters(graph, i, list);
        for (int k = 0; k < count; k++) {
            char name[IV_NAME_MAX];
            iv_tensor *t = NULL;
            if (!iv_parameter_name(&graph->nodes[i], list[k].leaf, name) ||
                iv_tensors_add(set, name, list[k].rank, list[k].shape, &t, &err) != IMGVEC_OK)
                abort();
            formula_tensor(name, 1, 0, list[k].rank, list[k].shape, t->data);
        }
    }
    return set;
}

float *every_op_image(int32_t count, int32_t height, int32_t width)
{
    static const float mean[3] = {0.5f, 0.5f, 0.5f}, std[3] = {0.25f, 0.25f, 0.25f};
    size_t plane = (size_t)height * (size_t)width;
    float *out = malloc((size_t)count * 3 * plane * sizeof *out);
    uint8_t *rgb = malloc(3 * plane);
    for (int32_t i = 0; i < count; i++) {
        formula_picture(11 + (uint64_t)i, height, width, rgb);
        formula_input(rgb, height, width, mean, std, out + (size_t)i * 3 * plane);
    }
    free(rgb);
    return out;
}
