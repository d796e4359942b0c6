/* ConvNeXt, Liu et al. 2022, "A ConvNet for the 2020s", with names of torchvision or timm.
 * The linear layers of a block are 1x1 convolutions here: the same numbers in the same
 * order. Features are the pooled values, before the head's norm. */
#include "net/backbones.h"

#define EPS 1e-6

static int32_t block(iv_builder *b, int32_t x, double drop)
{
    int32_t channels = b->graph->nodes[x].channels;
    iv_conv_spec depthwise = {
        .channels = channels, .kernel = 7, .stride = 1, .pad = 3, .groups = channels, .bias = true};
    iv_conv_spec widen = {.channels = 4 * channels, .kernel = 1, .stride = 1, .bias = true};
    iv_conv_spec project = {.channels = channels, .kernel = 1, .stride = 1, .bias = true};
    int32_t y = iv_add_conv(b, x, iv_name(b, "block.0", "conv_dw"), depthwise);
    y = iv_add_layer_norm(b, y, iv_name(b, "block.2", "norm"), EPS);
    y = iv_add_conv(b, y, iv_name(b, "block.3", "mlp.fc1"), widen);
    y = iv_add_activation(b, y, IV_ACT_GELU);
    y = iv_add_conv(b, y, iv_name(b, "block.5", "mlp.fc2"), project);
    y = iv_add_scale(b, y, iv_name(b, "layer_scale", "gamma"));
    return iv_add_branch(b, y, x, drop);
}

void iv_build_convnext_tiny(iv_builder *b)
{
    static const int32_t depths[4] = {3, 3, 9, 3};
    enum { BLOCKS = 18 };
    bool timm = b->variant == IV_TIMM;
    int done = 0;
    iv_conv_spec stem = {.channels = 96, .kernel = 4, .stride = 4, .bias = true};
    iv_builder_scope(b, "%s", timm ? "stem" : "features.0");
    int32_t x = iv_add_layer_norm(b, iv_add_conv(b, 0, "0", stem), "1", EPS);
    for (int stage = 0; stage < 4; stage++) {
        b->stage = stage + 1;
        if (stage > 0) {
            iv_conv_spec halve = {.channels = 96 << stage, .kernel = 2, .stride = 2, .bias = true};
            if (timm)
                iv_builder_scope(b, "stages.%d.downsample", stage);
            else
                iv_builder_scope(b, "features.%d", 2 * stage);
            x = iv_add_conv(b, iv_add_layer_norm(b, x, "0", EPS), "1", halve);
        }
        for (int i = 0; i < depths[stage]; i++) {
            if (timm)
                iv_builder_scope(b, "stages.%d.blocks.%d", stage, i);
            else
                iv_builder_scope(b, "features.%d.%d", 2 * stage + 1, i);
            x = block(b, x, timm ? 0 : 0.1 * done++ / (BLOCKS - 1));
        }
    }
    iv_builder_end(b, x);
}
