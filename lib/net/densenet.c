/* DenseNet, Huang et al. 2016, "Densely Connected Convolutional Networks". The names in
 * torchvision's published files have one dot more than its modules (IV_TV_FILE). */
#include "net/backbones.h"

enum { GROWTH = 32, BOTTLENECK = 4, STEM = 64 };

static int32_t norm_relu(iv_builder *b, int32_t x, const char *name)
{
    return iv_add_activation(b, iv_add_batch_norm(b, x, name), IV_ACT_RELU);
}

/* Reads all maps before it and adds its own to them. */
static int32_t dense_layer(iv_builder *b, int32_t x)
{
    bool dotted = b->variant == IV_TV_FILE;
    iv_conv_spec reduce = {.channels = BOTTLENECK * GROWTH, .kernel = 1, .stride = 1};
    iv_conv_spec grow = {.channels = GROWTH, .kernel = 3, .stride = 1, .pad = 1};
    int32_t y = norm_relu(b, x, dotted ? "norm.1" : "norm1");
    y = iv_add_conv(b, y, dotted ? "conv.1" : "conv1", reduce);
    y = norm_relu(b, y, dotted ? "norm.2" : "norm2");
    y = iv_add_conv(b, y, dotted ? "conv.2" : "conv2", grow);
    return iv_add_concat(b, (int32_t[]){x, y}, 2);
}

static void densenet(iv_builder *b, const int32_t depths[4])
{
    iv_conv_spec stem = {.channels = STEM, .kernel = 7, .stride = 2, .pad = 3};
    int32_t x = iv_add_conv_bn(b, 0, "features.conv0", "features.norm0", stem, IV_ACT_RELU);
    x = iv_add_max_pool(b, x, 3, 2, 1, false);
    for (int block = 0; block < 4; block++) {
        b->stage = block + 1;
        for (int32_t i = 0; i < depths[block]; i++) {
            iv_builder_scope(b, "features.denseblock%d.denselayer%d", block + 1, (int)i + 1);
            x = dense_layer(b, x);
        }
        if (block == 3)
            break;
        iv_conv_spec half = {.channels = b->graph->nodes[x].channels / 2, .kernel = 1, .stride = 1};
        iv_builder_scope(b, "features.transition%d", block + 1);
        x = iv_add_conv(b, norm_relu(b, x, "norm"), "conv", half);
        x = iv_add_avg_pool(b, x, 2, 2, 0, false);
    }
    iv_builder_scope(b, "features");
    iv_builder_end(b, norm_relu(b, x, "norm5"));
}

void iv_build_densenet121(iv_builder *b)
{
    densenet(b, (const int32_t[]){6, 12, 24, 16});
}

void iv_build_densenet169(iv_builder *b)
{
    densenet(b, (const int32_t[]){6, 12, 32, 32});
}
