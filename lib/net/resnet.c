/* ResNet, He et al. 2015, "Deep Residual Learning for Image Recognition", as torchvision
 * builds it: in bottlenecks the stride sits in the 3x3 convolution (v1.5). ResNeXt, Xie et
 * al. 2016, is the same with grouped 3x3 convolutions; the SE networks have a gate before
 * each sum. Cadene's SE networks (IV_LEGACY) differ in two ways: the max pool has no padding
 * and rounds up, and without groups the stride sits in the first convolution. */
#include "net/backbones.h"

typedef struct plan {
    int32_t depths[4];
    bool deep; /* bottlenecks */
    int32_t groups, group_width;
    bool squeeze;
} plan;

static int32_t shortcut(iv_builder *b, int32_t x, int32_t channels, int32_t stride)
{
    if (stride == 1 && b->graph->nodes[x].channels == channels)
        return x;
    iv_conv_spec spec = {.channels = channels, .kernel = 1, .stride = stride};
    return iv_add_conv_bn(b, x, "downsample.0", "downsample.1", spec, IV_ACT_NONE);
}

static int32_t basic_block(iv_builder *b, int32_t x, int32_t width, int32_t stride)
{
    int32_t identity = shortcut(b, x, width, stride);
    iv_conv_spec first = {.channels = width, .kernel = 3, .stride = stride, .pad = 1};
    iv_conv_spec second = {.channels = width, .kernel = 3, .stride = 1, .pad = 1};
    x = iv_add_conv_bn(b, x, "conv1", "bn1", first, IV_ACT_RELU);
    x = iv_add_conv_bn(b, x, "conv2", "bn2", second, IV_ACT_NONE);
    return iv_add_activation(b, iv_add_sum(b, x, identity), IV_ACT_RELU);
}

static int32_t squeeze(iv_builder *b, int32_t x)
{
    bool legacy = b->variant == IV_LEGACY;
    iv_squeeze spec = {.reduce = legacy ? "se_module.fc1" : "se.fc1",
                       .expand = legacy ? "se_module.fc2" : "se.fc2",
                       .width = b->graph->nodes[x].channels / 16,
                       .inside = IV_ACT_RELU,
                       .gate = IV_ACT_SIGMOID};
    return iv_add_squeeze(b, x, spec);
}

static int32_t bottleneck(iv_builder *b, int32_t x, const plan *p, int32_t width, int32_t stride)
{
    int32_t out = 4 * width, middle = p->groups * p->group_width * width / 64;
    int32_t identity = shortcut(b, x, out, stride);
    bool early = b->variant == IV_LEGACY && p->groups == 1;
    iv_conv_spec first = {.channels = middle, .kernel = 1, .stride = early ? stride : 1};
    iv_conv_spec second = {.channels = middle,
                           .kernel = 3,
                           .stride = early ? 1 : stride,
                           .pad = 1,
                           .groups = p->groups};
    iv_conv_spec third = {.channels = out, .kernel = 1, .stride = 1};
    x = iv_add_conv_bn(b, x, "conv1", "bn1", first, IV_ACT_RELU);
    x = iv_add_conv_bn(b, x, "conv2", "bn2", second, IV_ACT_RELU);
    x = iv_add_conv_bn(b, x, "conv3", "bn3", third, IV_ACT_NONE);
    if (p->squeeze)
        x = squeeze(b, x);
    return iv_add_activation(b, iv_add_sum(b, x, identity), IV_ACT_RELU);
}

static void resnet(iv_builder *b, const plan *p)
{
    bool legacy = b->variant == IV_LEGACY;
    iv_conv_spec stem = {.channels = 64, .kernel = 7, .stride = 2, .pad = 3};
    if (legacy)
        iv_builder_scope(b, "layer0");
    int32_t x = iv_add_conv_bn(b, 0, "conv1", "bn1", stem, IV_ACT_RELU);
    x = iv_add_max_pool(b, x, 3, 2, legacy ? 0 : 1, legacy);
    for (int layer = 0; layer < 4; layer++) {
        b->stage = layer + 1;
        for (int32_t i = 0; i < p->depths[layer]; i++) {
            int32_t width = 64 << layer, stride = layer > 0 && i == 0 ? 2 : 1;
            iv_builder_scope(b, "layer%d.%d", layer + 1, (int)i);
            x = p->deep ? bottleneck(b, x, p, width, stride) : basic_block(b, x, width, stride);
        }
    }
    iv_builder_end(b, x);
}

void iv_build_resnet18(iv_builder *b)
{
    resnet(b, &(plan){.depths = {2, 2, 2, 2}});
}

void iv_build_resnet34(iv_builder *b)
{
    resnet(b, &(plan){.depths = {3, 4, 6, 3}});
}

void iv_build_resnet50(iv_builder *b)
{
    resnet(b, &(plan){{3, 4, 6, 3}, true, 1, 64, false});
}

void iv_build_resnet101(iv_builder *b)
{
    resnet(b, &(plan){{3, 4, 23, 3}, true, 1, 64, false});
}

void iv_build_resnext50_32x4d(iv_builder *b)
{
    resnet(b, &(plan){{3, 4, 6, 3}, true, 32, 4, false});
}

void iv_build_seresnet50(iv_builder *b)
{
    resnet(b, &(plan){{3, 4, 6, 3}, true, 1, 64, true});
}

void iv_build_seresnext50(iv_builder *b)
{
    resnet(b, &(plan){{3, 4, 6, 3}, true, 32, 4, true});
}
