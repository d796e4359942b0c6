#include "image/mix.h"

#include <math.h>
#include <string.h>

/* Gamma of shape a and scale 1 (Marsaglia and Tsang 2000), by its logarithm: small shapes give
 * numbers below what a double holds. */
static double log_gamma_draw(iv_random *r, double a)
{
    double boost = 0;
    if (a < 1) {
        boost = log(1 - iv_random_unit(r)) / a;
        a += 1;
    }
    double d = a - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        double x = iv_random_normal(r), v = 1 + c * x;
        if (v <= 0)
            continue;
        v = v * v * v;
        if (log(1 - iv_random_unit(r)) < 0.5 * x * x + d - d * v + d * log(v))
            return log(d * v) + boost;
    }
}

/* Beta(alpha, alpha). */
static double beta_draw(iv_random *r, double alpha)
{
    double x = log_gamma_draw(r, alpha), y = log_gamma_draw(r, alpha);
    return 1 / (1 + exp(y - x));
}

/* A rectangle of the share 1 - weight about a random centre, cut off at the edges; the weight
 * becomes what the first image keeps. */
static void draw_cut(iv_random *r, int32_t width, int32_t height, iv_mix *out)
{
    double side = sqrt(1 - out->weight);
    int64_t w = (int64_t)(width * side), h = (int64_t)(height * side);
    int64_t left = (int64_t)iv_random_below(r, (uint64_t)width) - w / 2;
    int64_t top = (int64_t)iv_random_below(r, (uint64_t)height) - h / 2;
    int64_t right = left + w < width ? left + w : width;
    int64_t bottom = top + h < height ? top + h : height;
    left = left < 0 ? 0 : left;
    top = top < 0 ? 0 : top;
    out->left = (int32_t)left;
    out->top = (int32_t)top;
    out->width = (int32_t)(right > left ? right - left : 0);
    out->height = (int32_t)(bottom > top ? bottom - top : 0);
    out->weight = 1 - (double)out->width * out->height / ((double)width * height);
}

void iv_mix_draw(const iv_augment *a, int32_t width, int32_t height, uint64_t seed, uint64_t epoch,
                 uint64_t row, iv_mix *out)
{
    iv_random chosen_stream = {{0}};
    int32_t chosen = -1, passed = 0;
    *out = (iv_mix){.weight = 1};
    for (int32_t i = 0; i < a->count; i++) {
        iv_random r;
        if (a->steps[i].what->apply)
            continue;
        iv_augment_stream(a, i, seed, epoch, row, &r);
        if (iv_random_unit(&r) >= iv_augment_p(&a->steps[i]))
            continue;
        passed++;
        if (iv_random_below(&r, (uint64_t)passed) == 0) { /* each with the same chance */
            chosen = i;
            chosen_stream = r;
        }
    }
    if (chosen < 0)
        return;
    out->weight = beta_draw(&chosen_stream, a->steps[chosen].values[0].low);
    out->cut = strcmp(a->steps[chosen].what->name, "CutMix") == 0;
    if (out->cut)
        draw_cut(&chosen_stream, width, height, out);
}

static void blend(float weight, size_t count, float *first, const float *second)
{
    for (size_t i = 0; i < count; i++)
        first[i] = weight * first[i] + (1 - weight) * second[i];
}

void iv_mix_images(const iv_mix *mix, int32_t channels, int32_t width, int32_t height, float *first,
                   const float *second)
{
    size_t plane = (size_t)width * (size_t)height;
    if (!mix->cut) {
        if (mix->weight < 1)
            blend((float)mix->weight, (size_t)channels * plane, first, second);
        return;
    }
    for (int32_t c = 0; c < channels; c++)
        for (int32_t y = 0; y < mix->height; y++) {
            size_t at =
                (size_t)c * plane + (size_t)(mix->top + y) * (size_t)width + (size_t)mix->left;
            memcpy(first + at, second + at, (size_t)mix->width * sizeof *first);
        }
}

void iv_mix_labels(const iv_mix *mix, size_t count, float *first, const float *second)
{
    if (mix->weight < 1)
        blend((float)mix->weight, count, first, second);
}
