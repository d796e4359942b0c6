/* Pictures to augment, and lists of augmentations applied to them. */
#ifndef TEST_AUGMENT_SUPPORT_H
#define TEST_AUGMENT_SUPPORT_H

#include "support.h"

#include <math.h>

#include "image/augment.h"

/* Every pixel different from its neighbours, no side alike. */
static inline iv_image test_picture(int32_t width, int32_t height)
{
    iv_image image = {width, height, malloc((size_t)width * (size_t)height * 3)};
    uint32_t state = 12345;
    assert_non_null(image.pixels);
    for (int32_t y = 0; y < height; y++)
        for (int32_t x = 0; x < width; x++) {
            uint8_t *p = image.pixels + 3 * ((size_t)y * (size_t)width + (size_t)x);
            state = state * 1664525u + 1013904223u;
            p[0] = (uint8_t)(40 + 150 * x / width + (int)(state >> 28));
            p[1] = (uint8_t)(60 + 120 * y / height + (int)(state >> 24 & 15));
            p[2] =
                (uint8_t)(120 + (int)(60 * sin(x * 0.2) * cos(y * 0.15)) + (int)(state >> 20 & 7));
        }
    return image;
}

static inline iv_image test_plain(int32_t width, int32_t height, int r, int g, int b)
{
    iv_image image = {width, height, malloc((size_t)width * (size_t)height * 3)};
    assert_non_null(image.pixels);
    for (size_t i = 0; i < (size_t)width * (size_t)height; i++) {
        image.pixels[3 * i] = (uint8_t)r;
        image.pixels[3 * i + 1] = (uint8_t)g;
        image.pixels[3 * i + 2] = (uint8_t)b;
    }
    return image;
}

static inline const uint8_t *pixel_at(const iv_image *image, int32_t x, int32_t y)
{
    return image->pixels + 3 * ((size_t)y * (size_t)image->width + (size_t)x);
}

static inline size_t bytes_of(const iv_image *image)
{
    return (size_t)image->width * (size_t)image->height * 3;
}

static inline bool same_image(const iv_image *a, const iv_image *b)
{
    return a->width == b->width && a->height == b->height &&
           memcmp(a->pixels, b->pixels, bytes_of(a)) == 0;
}

static inline double mean_of(const iv_image *image)
{
    double sum = 0;
    for (size_t i = 0; i < bytes_of(image); i++)
        sum += image->pixels[i];
    return sum / (double)bytes_of(image);
}

/* NEW pixels of the context. */
static inline iv_image augmented(imgvec_context *ctx, const char *list, const iv_image *in,
                                 uint64_t seed, uint64_t epoch, uint64_t row)
{
    iv_augment a;
    iv_image out;
    imgvec_error err;
    if (iv_augment_parse(list, &a, &err) != IMGVEC_OK ||
        iv_augment_apply(ctx, &a, in, seed, epoch, row, &out, &err) != IMGVEC_OK)
        fail_msg("%s: %s", list, err.text);
    return out;
}

#endif
