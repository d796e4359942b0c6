/* RegNetY, Radosavovic et al. 2020, "Designing Network Design Spaces": grouped bottlenecks
 * with a gate, names of torchvision or timm. */
#include "net/backbones.h"

enum { GROUP_WIDTH = 24 };

static int32_t block(iv_builder *b, int32_t x, int32_t width, int32_t stride)
{
    int32_t in = b->graph->nodes[x].channels, identity = x;
    iv_conv_spec point = {.channels = width, .kernel = 1, .stride = 1};
    iv_conv_spec jump = {.channels = width, .kernel = 1, .stride = stride};
    iv_conv_spec middle = {
        .channels = width, .kernel = 3, .stride = stride, .pad = 1, .groups = width / GROUP_WIDTH};
    /* A quarter of what comes into the block, not of what is gated. */
    iv_squeeze squeeze = {iv_name(b, "f.se.fc1", "se.fc1"), iv_name(b, "f.se.fc2", "se.fc2"),
                          (in + 2) / 4, IV_ACT_RELU, IV_ACT_SIGMOID};
    if (stride != 1 || in != width)
        identity = iv_add_conv_bn(b, x, iv_name(b, "proj.0", "downsample.conv"),
                                  iv_name(b, "proj.1", "downsample.bn"), jump, IV_ACT_NONE);
    x = iv_add_conv_bn(b, x, iv_name(b, "f.a.0", "conv1.conv"), iv_name(b, "f.a.1", "conv1.bn"),
                       point, IV_ACT_RELU);
    x = iv_add_conv_bn(b, x, iv_name(b, "f.b.0", "conv2.conv"), iv_name(b, "f.b.1", "conv2.bn"),
                       middle, IV_ACT_RELU);
    x = iv_add_squeeze(b, x, squeeze);
    x = iv_add_conv_bn(b, x, iv_name(b, "f.c.0", "conv3.conv"), iv_name(b, "f.c.1", "conv3.bn"),
                       point, IV_ACT_NONE);
    return iv_add_activation(b, iv_add_sum(b, x, identity), IV_ACT_RELU);
}

void iv_build_regnety_016(iv_builder *b)
{
    static const int32_t depths[4] = {2, 6, 17, 2}, widths[4] = {48, 120, 336, 888};
    iv_conv_spec stem = {.channels = 32, .kernel = 3, .stride = 2, .pad = 1};
    int32_t x = iv_add_conv_bn(b, 0, iv_name(b, "stem.0", "stem.conv"),
                               iv_name(b, "stem.1", "stem.bn"), stem, IV_ACT_RELU);
    for (int stage = 1; stage <= 4; stage++) {
        b->stage = stage;
        for (int i = 0; i < depths[stage - 1]; i++) {
            if (b->variant == IV_TIMM)
                iv_builder_scope(b, "s%d.b%d", stage, i + 1);
            else
                iv_builder_scope(b, "trunk_output.block%d.block%d-%d", stage, stage, i);
            x = block(b, x, widths[stage - 1], i == 0 ? 2 : 1);
        }
    }
    iv_builder_end(b, x);
}
