/* EfficientNet, Tan and Le 2019, "Rethinking Model Scaling for Convolutional Neural
 * Networks", with names of torchvision or timm. Weights that come from TensorFlow
 * (IV_TIMM_TF) want its padding and another eps. */
#include <math.h>

#include "net/backbones.h"

typedef struct group {
    int32_t expand, kernel, stride, channels, repeat;
} group;

/* Convolution and norm of each step, gate; blocks that do not widen and blocks that do. */
typedef struct names {
    const char *widen[2], *depthwise[2], *squeeze[2], *project[2];
} names;

static const names block_names[2][2] = {
    {{{"", ""}, {"0.0", "0.1"}, {"1.fc1", "1.fc2"}, {"2.0", "2.1"}},
     {{"0.0", "0.1"}, {"1.0", "1.1"}, {"2.fc1", "2.fc2"}, {"3.0", "3.1"}}},
    {{{"", ""}, {"conv_dw", "bn1"}, {"se.conv_reduce", "se.conv_expand"}, {"conv_pw", "bn2"}},
     {{"conv_pw", "bn1"},
      {"conv_dw", "bn2"},
      {"se.conv_reduce", "se.conv_expand"},
      {"conv_pwl", "bn3"}}},
};

static iv_conv_spec spatial(const iv_builder *b, int32_t channels, int32_t kernel, int32_t stride,
                            int32_t groups)
{
    /* At stride 1 both ways of padding are one. */
    bool same = b->variant == IV_TIMM_TF && stride > 1;
    return (iv_conv_spec){.channels = channels,
                          .kernel = kernel,
                          .stride = stride,
                          .pad = same ? 0 : kernel / 2,
                          .groups = groups,
                          .same = same};
}

static int32_t block(iv_builder *b, int32_t x, const group *g, int32_t out, int32_t stride,
                     double drop)
{
    int32_t in = b->graph->nodes[x].channels, hidden = in * g->expand, start = x;
    const names *n = &block_names[b->variant != IV_TORCHVISION][g->expand > 1];
    iv_conv_spec widen = {.channels = hidden, .kernel = 1, .stride = 1};
    iv_conv_spec project = {.channels = out, .kernel = 1, .stride = 1};
    iv_squeeze squeeze = {n->squeeze[0], n->squeeze[1], in / 4, IV_ACT_SILU, IV_ACT_SIGMOID};
    if (g->expand > 1)
        x = iv_add_conv_bn(b, x, n->widen[0], n->widen[1], widen, IV_ACT_SILU);
    x = iv_add_conv_bn(b, x, n->depthwise[0], n->depthwise[1],
                       spatial(b, hidden, g->kernel, stride, hidden), IV_ACT_SILU);
    x = iv_add_squeeze(b, x, squeeze);
    x = iv_add_conv_bn(b, x, n->project[0], n->project[1], project, IV_ACT_NONE);
    return stride == 1 && in == out ? iv_add_branch(b, x, start, drop) : x;
}

static void efficientnet(iv_builder *b, double width, double depth, double dropout)
{
    static const group groups[] = {{1, 3, 1, 16, 1}, {6, 3, 2, 24, 2},  {6, 5, 2, 40, 2},
                                   {6, 3, 2, 80, 3}, {6, 5, 1, 112, 3}, {6, 5, 2, 192, 4},
                                   {6, 3, 1, 320, 1}};
    int32_t blocks = 0, done = 0;
    for (int i = 0; i < 7; i++)
        blocks += (int32_t)ceil(groups[i].repeat * depth);
    if (b->variant == IV_TIMM_TF)
        b->eps = 1e-3;
    if (b->variant == IV_TORCHVISION) /* timm trains without, unless it is asked */
        b->graph->dropout = dropout;
    iv_conv_spec stem = spatial(b, iv_round_channels(32 * width), 3, 2, 1);
    int32_t x = iv_add_conv_bn(b, 0, iv_name(b, "features.0.0", "conv_stem"),
                               iv_name(b, "features.0.1", "bn1"), stem, IV_ACT_SILU);
    for (int i = 0; i < 7; i++) {
        int32_t channels = iv_round_channels(groups[i].channels * width);
        int32_t repeat = (int32_t)ceil(groups[i].repeat * depth);
        b->stage = i + 1;
        for (int32_t k = 0; k < repeat; k++) {
            if (b->variant == IV_TORCHVISION)
                iv_builder_scope(b, "features.%d.%d.block", i + 1, (int)k);
            else
                iv_builder_scope(b, "blocks.%d.%d", i, (int)k);
            double drop = b->variant == IV_TORCHVISION ? 0.2 * done++ / blocks : 0;
            x = block(b, x, &groups[i], channels, k ? 1 : groups[i].stride, drop);
        }
    }
    iv_conv_spec head = {.channels = iv_round_channels(1280 * width), .kernel = 1, .stride = 1};
    b->stage++;
    iv_builder_scope(b, "%s", "");
    x = iv_add_conv_bn(b, x, iv_name(b, "features.8.0", "conv_head"),
                       iv_name(b, "features.8.1", "bn2"), head, IV_ACT_SILU);
    iv_builder_end(b, x);
}

void iv_build_efficientnetb0(iv_builder *b)
{
    efficientnet(b, 1.0, 1.0, 0.2);
}

void iv_build_efficientnetb1(iv_builder *b)
{
    efficientnet(b, 1.0, 1.1, 0.2);
}

void iv_build_efficientnetb2(iv_builder *b)
{
    efficientnet(b, 1.1, 1.2, 0.3);
}

void iv_build_efficientnetb3(iv_builder *b)
{
    efficientnet(b, 1.2, 1.4, 0.3);
}
