/* MobileNetV3, Howard et al. 2019, "Searching for MobileNetV3", with names and eps of
 * torchvision or timm; weights that come from TensorFlow (IV_TIMM_TF) want its padding too.
 * Features are what is pooled, before the first layer of the head. */
#include "net/backbones.h"

typedef struct row {
    int32_t kernel, hidden, channels;
    bool squeeze;
    iv_activation activation;
    int32_t stride;
    int32_t stage, index; /* in timm's names */
} row;

static const row rows[] = {
    {3, 16, 16, false, IV_ACT_RELU, 1, 0, 0},       {3, 64, 24, false, IV_ACT_RELU, 2, 1, 0},
    {3, 72, 24, false, IV_ACT_RELU, 1, 1, 1},       {5, 72, 40, true, IV_ACT_RELU, 2, 2, 0},
    {5, 120, 40, true, IV_ACT_RELU, 1, 2, 1},       {5, 120, 40, true, IV_ACT_RELU, 1, 2, 2},
    {3, 240, 80, false, IV_ACT_HARDSWISH, 2, 3, 0}, {3, 200, 80, false, IV_ACT_HARDSWISH, 1, 3, 1},
    {3, 184, 80, false, IV_ACT_HARDSWISH, 1, 3, 2}, {3, 184, 80, false, IV_ACT_HARDSWISH, 1, 3, 3},
    {3, 480, 112, true, IV_ACT_HARDSWISH, 1, 4, 0}, {3, 672, 112, true, IV_ACT_HARDSWISH, 1, 4, 1},
    {5, 672, 160, true, IV_ACT_HARDSWISH, 2, 5, 0}, {5, 960, 160, true, IV_ACT_HARDSWISH, 1, 5, 1},
    {5, 960, 160, true, IV_ACT_HARDSWISH, 1, 5, 2},
};

/* torchvision counts a block's modules; timm names them and counts its norms. */
static int32_t step(iv_builder *b, int32_t x, int module, const char *timm, iv_conv_spec spec,
                    iv_activation activation)
{
    static const char *const counted[4][3] = {{"block.0.0", "block.0.1", "bn1"},
                                              {"block.1.0", "block.1.1", "bn2"},
                                              {"block.2.0", "block.2.1", "bn3"},
                                              {"block.3.0", "block.3.1", ""}};
    int norm = module == 3 ? 2 : module; /* the gate is a module but no norm */
    return iv_add_conv_bn(b, x, iv_name(b, counted[module][0], timm),
                          iv_name(b, counted[module][1], counted[norm][2]), spec, activation);
}

static int32_t block(iv_builder *b, int32_t x, const row *r)
{
    int32_t in = b->graph->nodes[x].channels, start = x;
    bool widens = r->hidden != in;
    int module = 0;
    iv_conv_spec widen = {.channels = r->hidden, .kernel = 1, .stride = 1};
    bool same = b->variant == IV_TIMM_TF && r->stride > 1;
    iv_conv_spec depthwise = {.channels = r->hidden,
                              .kernel = r->kernel,
                              .stride = r->stride,
                              .pad = same ? 0 : r->kernel / 2,
                              .groups = r->hidden,
                              .same = same};
    iv_conv_spec project = {.channels = r->channels, .kernel = 1, .stride = 1};
    iv_squeeze squeeze = {iv_name(b, "block.2.fc1", "se.conv_reduce"),
                          iv_name(b, "block.2.fc2", "se.conv_expand"),
                          iv_round_channels(r->hidden / 4), IV_ACT_RELU, IV_ACT_HARDSIGMOID};
    if (widens)
        x = step(b, x, module++, "conv_pw", widen, r->activation);
    x = step(b, x, module++, "conv_dw", depthwise, r->activation);
    if (r->squeeze) {
        x = iv_add_squeeze(b, x, squeeze);
        module++;
    }
    x = step(b, x, module, widens ? "conv_pwl" : "conv_pw", project, IV_ACT_NONE);
    return r->stride == 1 && in == r->channels ? iv_add_sum(b, x, start) : x;
}

void iv_build_mobilenetv3_large(iv_builder *b)
{
    bool timm = b->variant != IV_TORCHVISION, same = b->variant == IV_TIMM_TF;
    iv_conv_spec stem = {
        .channels = 16, .kernel = 3, .stride = 2, .pad = same ? 0 : 1, .same = same};
    iv_conv_spec head = {.channels = 960, .kernel = 1, .stride = 1};
    if (b->variant != IV_TIMM)
        b->eps = 1e-3;
    if (!timm)
        b->momentum = 0.01;
    int32_t x = iv_add_conv_bn(b, 0, iv_name(b, "features.0.0", "conv_stem"),
                               iv_name(b, "features.0.1", "bn1"), stem, IV_ACT_HARDSWISH);
    for (int i = 0; i < (int)(sizeof rows / sizeof *rows); i++) {
        b->stage = rows[i].stage + 1;
        if (timm)
            iv_builder_scope(b, "blocks.%d.%d", (int)rows[i].stage, (int)rows[i].index);
        else
            iv_builder_scope(b, "features.%d", i + 1);
        x = block(b, x, &rows[i]);
    }
    b->stage++;
    iv_builder_scope(b, "%s", timm ? "blocks.6.0" : "features.16");
    x = iv_add_conv_bn(b, x, iv_name(b, "0", "conv"), iv_name(b, "1", "bn1"), head,
                       IV_ACT_HARDSWISH);
    if (b->variant == IV_TORCHVISION)
        b->graph->dropout = 0.2;
    iv_builder_end(b, x);
}
