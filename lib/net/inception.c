/* Inception v3, Szegedy et al. 2015, "Rethinking the Inception Architecture for Computer
 * Vision", with torchvision's names, which are timm's. The auxiliary classifier serves
 * training only and is not built. */
#include <stdio.h>

#include "net/backbones.h"

/* One convolution with norm and ReLU; kernels with a side of 1 pad the other side only. */
static int32_t conv(iv_builder *b, int32_t x, const char *name, int32_t channels, int32_t height,
                    int32_t width, int32_t stride, bool pad)
{
    char full[64];
    int32_t y = pad ? height / 2 : 0, z = pad ? width / 2 : 0;
    iv_node node = {.op = IV_OP_CONV,
                    .channels = channels,
                    .kernel = {height, width},
                    .stride = {stride, stride},
                    .pad = {y, z, y, z},
                    .groups = 1};
    snprintf(full, sizeof full, "%s.conv", name);
    x = iv_add_node(b, node, full, &x, 1);
    snprintf(full, sizeof full, "%s.bn", name);
    return iv_add_activation(b, iv_add_batch_norm(b, x, full), IV_ACT_RELU);
}

static int32_t point(iv_builder *b, int32_t x, const char *name, int32_t channels)
{
    return conv(b, x, name, channels, 1, 1, 1, false);
}

static int32_t same(iv_builder *b, int32_t x, const char *name, int32_t channels, int32_t height,
                    int32_t width)
{
    return conv(b, x, name, channels, height, width, 1, true);
}

static int32_t reduce(iv_builder *b, int32_t x, const char *name, int32_t channels)
{
    return conv(b, x, name, channels, 3, 3, 2, false);
}

static int32_t pooled(iv_builder *b, int32_t x, int32_t channels)
{
    return point(b, iv_add_avg_pool(b, x, 3, 1, 1, true), "branch_pool", channels);
}

static int32_t mixed_a(iv_builder *b, int32_t x, int32_t pool)
{
    int32_t one = point(b, x, "branch1x1", 64);
    int32_t five = same(b, point(b, x, "branch5x5_1", 48), "branch5x5_2", 64, 5, 5);
    int32_t dbl = same(b, point(b, x, "branch3x3dbl_1", 64), "branch3x3dbl_2", 96, 3, 3);
    dbl = same(b, dbl, "branch3x3dbl_3", 96, 3, 3);
    return iv_add_concat(b, (int32_t[]){one, five, dbl, pooled(b, x, pool)}, 4);
}

static int32_t mixed_b(iv_builder *b, int32_t x)
{
    int32_t three = reduce(b, x, "branch3x3", 384);
    int32_t dbl = same(b, point(b, x, "branch3x3dbl_1", 64), "branch3x3dbl_2", 96, 3, 3);
    dbl = reduce(b, dbl, "branch3x3dbl_3", 96);
    int32_t pool = iv_add_max_pool(b, x, 3, 2, 0, false);
    return iv_add_concat(b, (int32_t[]){three, dbl, pool}, 3);
}

static int32_t mixed_c(iv_builder *b, int32_t x, int32_t width)
{
    int32_t one = point(b, x, "branch1x1", 192);
    int32_t seven = same(b, point(b, x, "branch7x7_1", width), "branch7x7_2", width, 1, 7);
    seven = same(b, seven, "branch7x7_3", 192, 7, 1);
    int32_t dbl = same(b, point(b, x, "branch7x7dbl_1", width), "branch7x7dbl_2", width, 7, 1);
    dbl = same(b, dbl, "branch7x7dbl_3", width, 1, 7);
    dbl = same(b, dbl, "branch7x7dbl_4", width, 7, 1);
    dbl = same(b, dbl, "branch7x7dbl_5", 192, 1, 7);
    return iv_add_concat(b, (int32_t[]){one, seven, dbl, pooled(b, x, 192)}, 4);
}

static int32_t mixed_d(iv_builder *b, int32_t x)
{
    int32_t three = reduce(b, point(b, x, "branch3x3_1", 192), "branch3x3_2", 320);
    int32_t seven = same(b, point(b, x, "branch7x7x3_1", 192), "branch7x7x3_2", 192, 1, 7);
    seven = same(b, seven, "branch7x7x3_3", 192, 7, 1);
    seven = reduce(b, seven, "branch7x7x3_4", 192);
    int32_t pool = iv_add_max_pool(b, x, 3, 2, 0, false);
    return iv_add_concat(b, (int32_t[]){three, seven, pool}, 3);
}

static int32_t mixed_e(iv_builder *b, int32_t x)
{
    int32_t one = point(b, x, "branch1x1", 320);
    int32_t three = point(b, x, "branch3x3_1", 384);
    int32_t three_a = same(b, three, "branch3x3_2a", 384, 1, 3);
    int32_t three_b = same(b, three, "branch3x3_2b", 384, 3, 1);
    int32_t dbl = same(b, point(b, x, "branch3x3dbl_1", 448), "branch3x3dbl_2", 384, 3, 3);
    int32_t dbl_a = same(b, dbl, "branch3x3dbl_3a", 384, 1, 3);
    int32_t dbl_b = same(b, dbl, "branch3x3dbl_3b", 384, 3, 1);
    int32_t maps[] = {one, three_a, three_b, dbl_a, dbl_b, pooled(b, x, 192)};
    return iv_add_concat(b, maps, 6);
}

void iv_build_inception_v3(iv_builder *b)
{
    static const struct {
        char name;
        int32_t width;
    } fives[] = {{'b', 32}, {'c', 64}, {'d', 64}},
      sixes[] = {{'b', 128}, {'c', 160}, {'d', 160}, {'e', 192}};
    b->eps = 1e-3;
    int32_t x = reduce(b, 0, "Conv2d_1a_3x3", 32);
    x = conv(b, x, "Conv2d_2a_3x3", 32, 3, 3, 1, false);
    x = iv_add_max_pool(b, same(b, x, "Conv2d_2b_3x3", 64, 3, 3), 3, 2, 0, false);
    x = conv(b, point(b, x, "Conv2d_3b_1x1", 80), "Conv2d_4a_3x3", 192, 3, 3, 1, false);
    x = iv_add_max_pool(b, x, 3, 2, 0, false);
    b->stage = 1;
    for (int i = 0; i < 3; i++) {
        iv_builder_scope(b, "Mixed_5%c", fives[i].name);
        x = mixed_a(b, x, fives[i].width);
    }
    b->stage = 2;
    iv_builder_scope(b, "Mixed_6a");
    x = mixed_b(b, x);
    for (int i = 0; i < 4; i++) {
        iv_builder_scope(b, "Mixed_6%c", sixes[i].name);
        x = mixed_c(b, x, sixes[i].width);
    }
    b->stage = 3;
    iv_builder_scope(b, "Mixed_7a");
    x = mixed_d(b, x);
    for (int i = 0; i < 2; i++) {
        iv_builder_scope(b, "Mixed_7%c", 'b' + i);
        x = mixed_e(b, x);
    }
    if (b->variant == IV_TORCHVISION)
        b->graph->dropout = 0.5;
    iv_builder_end(b, x);
}
