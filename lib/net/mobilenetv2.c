/* MobileNetV2, Sandler et al. 2018, "Inverted Residuals and Linear Bottlenecks", with
 * names of torchvision, timm or d-li14 (modules of a block in one flat list). */
#include "net/backbones.h"

typedef struct group {
    int32_t expand, channels, repeat, stride;
} group;

/* Convolution and norm of each step, for blocks that do not widen and blocks that do. */
typedef struct names {
    const char *widen[2], *depthwise[2], *project[2];
} names;

static const names block_names[3][2] = {
    {{{"", ""}, {"0.0", "0.1"}, {"1", "2"}}, {{"0.0", "0.1"}, {"1.0", "1.1"}, {"2", "3"}}},
    {{{"", ""}, {"conv_dw", "bn1"}, {"conv_pw", "bn2"}},
     {{"conv_pw", "bn1"}, {"conv_dw", "bn2"}, {"conv_pwl", "bn3"}}},
    {{{"", ""}, {"0", "1"}, {"3", "4"}}, {{"0", "1"}, {"3", "4"}, {"6", "7"}}},
};

static int32_t inverted_residual(iv_builder *b, int32_t x, int32_t out, int32_t expand,
                                 int32_t stride)
{
    int32_t in = b->graph->nodes[x].channels, hidden = in * expand, start = x;
    iv_conv_spec widen = {.channels = hidden, .kernel = 1, .stride = 1};
    iv_conv_spec depthwise = {
        .channels = hidden, .kernel = 3, .stride = stride, .pad = 1, .groups = hidden};
    iv_conv_spec project = {.channels = out, .kernel = 1, .stride = 1};
    const names *n = &block_names[b->variant == IV_DLI14 ? 2 : b->variant == IV_TIMM][expand > 1];
    if (expand > 1)
        x = iv_add_conv_bn(b, x, n->widen[0], n->widen[1], widen, IV_ACT_RELU6);
    x = iv_add_conv_bn(b, x, n->depthwise[0], n->depthwise[1], depthwise, IV_ACT_RELU6);
    x = iv_add_conv_bn(b, x, n->project[0], n->project[1], project, IV_ACT_NONE);
    return stride == 1 && in == out ? iv_add_sum(b, x, start) : x;
}

static void mobilenetv2(iv_builder *b, double width)
{
    static const group groups[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                                   {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
    iv_conv_spec stem = {
        .channels = iv_round_channels(32 * width), .kernel = 3, .stride = 2, .pad = 1};
    bool timm = b->variant == IV_TIMM;
    int32_t x = iv_add_conv_bn(b, 0, iv_name(b, "features.0.0", "conv_stem"),
                               iv_name(b, "features.0.1", "bn1"), stem, IV_ACT_RELU6);
    int block = 1;
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
        int32_t channels = iv_round_channels(groups[g].channels * width);
        b->stage = (int32_t)g + 1;
        for (int32_t i = 0; i < groups[g].repeat; i++) {
            if (timm)
                iv_builder_scope(b, "blocks.%d.%d", (int)g, (int)i);
            else
                iv_builder_scope(b, "features.%d.conv", block);
            block++;
            x = inverted_residual(b, x, channels, groups[g].expand, i ? 1 : groups[g].stride);
        }
    }
    /* The last convolution is not narrowed below 1280. */
    iv_conv_spec head = {
        .channels = iv_round_channels(1280 * (width > 1 ? width : 1)), .kernel = 1, .stride = 1};
    b->stage++;
    if (timm)
        iv_builder_scope(b, "%s", "");
    else if (b->variant == IV_DLI14)
        iv_builder_scope(b, "conv");
    else
        iv_builder_scope(b, "features.%d", block);
    x = iv_add_conv_bn(b, x, iv_name(b, "0", "conv_head"), iv_name(b, "1", "bn2"), head,
                       IV_ACT_RELU6);
    if (b->variant == IV_TORCHVISION)
        b->graph->dropout = 0.2;
    iv_builder_end(b, x);
}

void iv_build_mobilenetv2(iv_builder *b)
{
    mobilenetv2(b, 1.0);
}

void iv_build_mobilenetv2_035(iv_builder *b)
{
    mobilenetv2(b, 0.35);
}
