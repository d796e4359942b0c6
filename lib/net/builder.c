#include "net/builder.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"

void iv_builder_begin(iv_builder *b, iv_graph *graph, imgvec_error *err)
{
    *b = (iv_builder){.graph = graph, .err = err, .eps = 1e-5, .momentum = 0.1};
    iv_add_node(b, (iv_node){.op = IV_OP_INPUT, .channels = 3}, NULL, NULL, 0);
}

const char *iv_name(const iv_builder *b, const char *other, const char *timm)
{
    return b->variant == IV_TIMM || b->variant == IV_TIMM_TF ? timm : other;
}

void iv_builder_scope(iv_builder *b, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(b->scope, sizeof b->scope - 1, fmt, args);
    va_end(args);
    if (n > 0 && n < (int)sizeof b->scope - 1) {
        b->scope[n] = '.';
        b->scope[n + 1] = '\0';
    } else if (n != 0 && b->status == IMGVEC_OK) {
        b->status = iv_fail(b->err, IMGVEC_ERR_INTERNAL, "graph scope too long");
    }
}

int32_t iv_add_node(iv_builder *b, iv_node node, const char *name, const int32_t *inputs,
                    int32_t count)
{
    char full[2 * IV_NAME_MAX];
    int32_t index = 0;
    if (b->status != IMGVEC_OK)
        return 0;
    snprintf(full, sizeof full, "%s%s", name ? b->scope : "", name ? name : "");
    node.name = full;
    node.stage = b->stage;
    node.input_count = count;
    if (node.channels == 0)
        node.channels = b->graph->nodes[inputs[0]].channels;
    b->status = iv_graph_add(b->graph, &node, inputs, &index, b->err);
    return index;
}

int32_t iv_add_conv(iv_builder *b, int32_t x, const char *name, iv_conv_spec spec)
{
    iv_node node = {.op = IV_OP_CONV,
                    .channels = spec.channels,
                    .kernel = {spec.kernel, spec.kernel},
                    .stride = {spec.stride, spec.stride},
                    .pad = {spec.pad, spec.pad, spec.pad, spec.pad},
                    .groups = spec.groups ? spec.groups : 1,
                    .bias = spec.bias,
                    .same = spec.same};
    return iv_add_node(b, node, name, &x, 1);
}

int32_t iv_add_batch_norm(iv_builder *b, int32_t x, const char *name)
{
    iv_node node = {.op = IV_OP_BATCH_NORM, .eps = b->eps, .momentum = b->momentum};
    return iv_add_node(b, node, name, &x, 1);
}

int32_t iv_add_activation(iv_builder *b, int32_t x, iv_activation activation)
{
    if (activation == IV_ACT_NONE)
        return x;
    iv_node node = {.op = IV_OP_ACTIVATION, .activation = activation};
    return iv_add_node(b, node, NULL, &x, 1);
}

static int32_t add_pool(iv_builder *b, int32_t x, iv_node node, int32_t kernel, int32_t stride,
                        int32_t pad)
{
    for (int i = 0; i < 2; i++) {
        node.kernel[i] = kernel;
        node.stride[i] = stride;
        node.pad[i] = node.pad[i + 2] = pad;
    }
    return iv_add_node(b, node, NULL, &x, 1);
}

int32_t iv_add_max_pool(iv_builder *b, int32_t x, int32_t kernel, int32_t stride, int32_t pad,
                        bool ceil_mode)
{
    iv_node node = {.op = IV_OP_MAX_POOL, .ceil_mode = ceil_mode};
    return add_pool(b, x, node, kernel, stride, pad);
}

int32_t iv_add_avg_pool(iv_builder *b, int32_t x, int32_t kernel, int32_t stride, int32_t pad,
                        bool count_pad)
{
    iv_node node = {.op = IV_OP_AVG_POOL, .count_pad = count_pad};
    return add_pool(b, x, node, kernel, stride, pad);
}

int32_t iv_add_global_pool(iv_builder *b, int32_t x)
{
    return iv_add_node(b, (iv_node){.op = IV_OP_GLOBAL_POOL}, NULL, &x, 1);
}

int32_t iv_add_linear(iv_builder *b, int32_t x, const char *name, int32_t width, bool bias)
{
    iv_node node = {.op = IV_OP_LINEAR, .channels = width, .bias = bias};
    return iv_add_node(b, node, name, &x, 1);
}

int32_t iv_add_layer_norm(iv_builder *b, int32_t x, const char *name, double eps)
{
    return iv_add_node(b, (iv_node){.op = IV_OP_LAYER_NORM, .eps = eps}, name, &x, 1);
}

int32_t iv_add_sum(iv_builder *b, int32_t x, int32_t y)
{
    return iv_add_branch(b, x, y, 0);
}

int32_t iv_add_branch(iv_builder *b, int32_t branch, int32_t x, double drop)
{
    int32_t inputs[2] = {branch, x};
    return iv_add_node(b, (iv_node){.op = IV_OP_ADD, .drop = drop}, NULL, inputs, 2);
}

int32_t iv_add_scale(iv_builder *b, int32_t x, const char *parameter)
{
    return iv_add_node(b, (iv_node){.op = IV_OP_SCALE}, parameter, &x, 1);
}

int32_t iv_add_product(iv_builder *b, int32_t x, int32_t gate)
{
    int32_t inputs[2] = {x, gate};
    return iv_add_node(b, (iv_node){.op = IV_OP_MUL}, NULL, inputs, 2);
}

int32_t iv_add_concat(iv_builder *b, const int32_t *maps, int32_t count)
{
    iv_node node = {.op = IV_OP_CONCAT};
    for (int32_t i = 0; b->status == IMGVEC_OK && i < count; i++)
        node.channels += b->graph->nodes[maps[i]].channels;
    return iv_add_node(b, node, NULL, maps, count);
}

int32_t iv_add_conv_bn(iv_builder *b, int32_t x, const char *conv, const char *norm,
                       iv_conv_spec spec, iv_activation activation)
{
    x = iv_add_conv(b, x, conv, spec);
    x = iv_add_batch_norm(b, x, norm);
    return iv_add_activation(b, x, activation);
}

int32_t iv_add_squeeze(iv_builder *b, int32_t x, iv_squeeze spec)
{
    iv_conv_spec reduce = {.channels = spec.width, .kernel = 1, .stride = 1, .bias = true};
    iv_conv_spec expand = {
        .channels = b->graph->nodes[x].channels, .kernel = 1, .stride = 1, .bias = true};
    int32_t s = iv_add_conv(b, iv_add_global_pool(b, x), spec.reduce, reduce);
    s = iv_add_conv(b, iv_add_activation(b, s, spec.inside), spec.expand, expand);
    return iv_add_product(b, x, iv_add_activation(b, s, spec.gate));
}

void iv_builder_end(iv_builder *b, int32_t last_map)
{
    b->graph->saliency = last_map;
    b->graph->feature = iv_add_global_pool(b, last_map);
    if (b->status == IMGVEC_OK)
        b->status = iv_graph_check(b->graph, b->err);
}

int32_t iv_round_channels(double channels)
{
    int32_t rounded = (int32_t)floor((channels + 4.0) / 8.0) * 8;
    if (rounded < 8)
        rounded = 8;
    return rounded < 0.9 * channels ? rounded + 8 : rounded;
}
