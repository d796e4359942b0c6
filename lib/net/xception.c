/* Xception, Chollet 2016, "Deep Learning with Depthwise Separable Convolutions", with
 * Cadene's names, which are timm's. */
#include <stdio.h>

#include "net/backbones.h"

typedef struct shape {
    int32_t channels, repeat, stride;
    bool first_relu; /* before the first convolution */
    bool grow_late;  /* the last convolution brings the channels, not the first */
} shape;

static int32_t separable(iv_builder *b, int32_t x, const char *depth, const char *point,
                         const char *norm, int32_t channels)
{
    int32_t in = b->graph->nodes[x].channels;
    iv_conv_spec depthwise = {.channels = in, .kernel = 3, .stride = 1, .pad = 1, .groups = in};
    iv_conv_spec pointwise = {.channels = channels, .kernel = 1, .stride = 1};
    x = iv_add_conv(b, x, depth, depthwise);
    x = iv_add_conv(b, x, point, pointwise);
    return iv_add_batch_norm(b, x, norm);
}

static int32_t block(iv_builder *b, int32_t x, const shape *s)
{
    int32_t in = b->graph->nodes[x].channels, skip = x;
    int module = 0;
    if (s->channels != in || s->stride != 1) {
        iv_conv_spec spec = {.channels = s->channels, .kernel = 1, .stride = s->stride};
        skip = iv_add_conv_bn(b, x, "skip", "skipbn", spec, IV_ACT_NONE);
    }
    for (int32_t i = 0; i < s->repeat; i++) {
        char depth[32], point[32], norm[32];
        bool last = i == s->repeat - 1;
        if (i > 0 || s->first_relu) {
            x = iv_add_activation(b, x, IV_ACT_RELU);
            module++;
        }
        snprintf(depth, sizeof depth, "rep.%d.conv1", module);
        snprintf(point, sizeof point, "rep.%d.pointwise", module);
        snprintf(norm, sizeof norm, "rep.%d", module + 1);
        x = separable(b, x, depth, point, norm, s->grow_late && !last ? in : s->channels);
        module += 2;
    }
    if (s->stride != 1)
        x = iv_add_max_pool(b, x, 3, s->stride, 1, false);
    return iv_add_sum(b, x, skip);
}

static shape block_shape(int number)
{
    switch (number) {
    case 1:
        return (shape){128, 2, 2, false, false};
    case 2:
        return (shape){256, 2, 2, true, false};
    case 3:
        return (shape){728, 2, 2, true, false};
    case 12:
        return (shape){1024, 2, 2, true, true};
    default:
        return (shape){728, 3, 1, true, false};
    }
}

void iv_build_xception(iv_builder *b)
{
    iv_conv_spec first = {.channels = 32, .kernel = 3, .stride = 2};
    iv_conv_spec second = {.channels = 64, .kernel = 3, .stride = 1};
    int32_t x = iv_add_conv_bn(b, 0, "conv1", "bn1", first, IV_ACT_RELU);
    x = iv_add_conv_bn(b, x, "conv2", "bn2", second, IV_ACT_RELU);
    for (int i = 1; i <= 12; i++) {
        shape s = block_shape(i);
        b->stage = i < 4 ? 1 : i < 8 ? 2 : i < 12 ? 3 : 4;
        iv_builder_scope(b, "block%d", i);
        x = block(b, x, &s);
    }
    b->stage = 5;
    iv_builder_scope(b, "%s", "");
    x = separable(b, x, "conv3.conv1", "conv3.pointwise", "bn3", 1536);
    x = iv_add_activation(b, x, IV_ACT_RELU);
    x = separable(b, x, "conv4.conv1", "conv4.pointwise", "bn4", 2048);
    iv_builder_end(b, iv_add_activation(b, x, IV_ACT_RELU));
}
