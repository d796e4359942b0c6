#include "tiny_backbone.h"

static void build(iv_builder *b)
{
    iv_conv_spec stem = {.channels = 4, .kernel = 3, .stride = 2, .pad = 1};
    iv_conv_spec same = {.channels = 4, .kernel = 3, .stride = 1, .pad = 1, .groups = 4};
    iv_conv_spec head = {.channels = TINY_WIDTH, .kernel = 1, .stride = 1};
    int32_t x = iv_add_conv_bn(b, 0, "stem", "stem_bn", stem, IV_ACT_RELU);
    x = iv_add_max_pool(b, x, 2, 2, 0, false);
    b->stage = 1;
    iv_builder_scope(b, "block%d", 1);
    int32_t y = iv_add_conv_bn(b, x, "conv", "bn", same, IV_ACT_NONE);
    x = iv_add_activation(b, iv_add_sum(b, y, x), IV_ACT_RELU6);
    b->stage = 2;
    iv_builder_scope(b, "%s", "");
    iv_builder_end(b, iv_add_conv_bn(b, x, "top", "top_bn", head, IV_ACT_RELU));
}

const iv_backbone tiny_backbone = {
    .id = "tiny",
    .build = build,
    .input = {.resize = 18, .crop = 16, .mean = {0.5f, 0.5f, 0.5f}, .std = {0.25f, 0.25f, 0.25f}},
    .parameters = 204,
    .gmacs = 0.0,
    .width = TINY_WIDTH};
