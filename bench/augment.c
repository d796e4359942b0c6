/* Images of 224 x 224 a second for each augmentation, on one thread: build/bench/augment
 * [SECONDS each] */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/thread.h"
#include "image/augment.h"
#include "image/mix.h"

enum { SIDE = 224, VALUES = 3 * SIDE * SIDE };

/* Soft shapes and a little grain, as photos have. */
static void draw(uint8_t *rgb)
{
    uint32_t state = 1;
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            for (int c = 0; c < 3; c++) {
                state = state * 1664525u + 1013904223u;
                double v = 120 + 60 * sin(0.05 * x + c) * cos(0.04 * y) +
                           30 * sin(0.31 * x + 0.23 * y) + (double)(state >> 28);
                *rgb++ = (uint8_t)v;
            }
}

/* The application alone: the copy that is augmented is timed apart. */
static double rate(imgvec_context *ctx, const iv_augment *a, const iv_image *in, double seconds)
{
    double begin = iv_now(), now = begin;
    uint64_t done = 0;
    while (now - begin < seconds) {
        iv_image out;
        imgvec_error err;
        if (iv_augment_apply(ctx, a, in, 1, 0, done, &out, &err) != IMGVEC_OK) {
            fprintf(stderr, "%s\n", err.text);
            exit(1);
        }
        iv_image_free(ctx, &out);
        done++;
        now = iv_now();
    }
    return (double)done / (now - begin);
}

static double mix_rate(const iv_augment *a, float *first, const float *second, double seconds)
{
    double begin = iv_now(), now = begin;
    uint64_t done = 0;
    while (now - begin < seconds) {
        iv_mix mix;
        iv_mix_draw(a, SIDE, SIDE, 1, 0, done, &mix);
        iv_mix_images(&mix, 3, SIDE, SIDE, first, second);
        done++;
        now = iv_now();
    }
    return (double)done / (now - begin);
}

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? atof(argv[1]) : 1;
    imgvec_context *ctx;
    imgvec_error err;
    iv_augment a = {0};
    if (imgvec_context_new(&ctx, &err) != IMGVEC_OK)
        return 1;
    iv_image picture = {SIDE, SIDE, iv_alloc(ctx, VALUES)};
    float *first = iv_calloc(ctx, VALUES, sizeof *first);
    float *second = iv_calloc(ctx, VALUES, sizeof *second);
    if (!picture.pixels || !first || !second)
        return 1;
    draw(picture.pixels);
    printf("images/s at %d x %d, one thread, defaults with p=1\n", SIDE, SIDE);
    printf("  %-26s %9.0f\n", "none (a copy)", rate(ctx, &a, &picture, seconds));
    for (int32_t i = 0; i < iv_augmentations_count; i++) {
        const char *name = iv_augmentations[i].name;
        if (iv_augment_parse(name, &a, &err) != IMGVEC_OK)
            return 1;
        iv_augment_always(&a.steps[0]);
        double got = iv_augmentations[i].apply ? rate(ctx, &a, &picture, seconds)
                                               : mix_rate(&a, first, second, seconds);
        printf("  %-26s %9.0f\n", name, got);
    }
    iv_free(ctx, first);
    iv_free(ctx, second);
    iv_image_free(ctx, &picture);
    imgvec_context_free(ctx);
    return 0;
}
