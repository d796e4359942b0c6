/* What the files of single augmentations share. */
#ifndef IV_IMAGE_AUGMENT_OP_H
#define IV_IMAGE_AUGMENT_OP_H

#include "image/augment.h"

iv_augment_function iv_augment_horizontal_flip, iv_augment_vertical_flip, iv_augment_rotate90,
    iv_augment_shift_scale_rotate, iv_augment_optical, iv_augment_center_crop,
    iv_augment_resized_crop, iv_augment_downscale, iv_augment_blur, iv_augment_clahe,
    iv_augment_noise, iv_augment_grid_dropout, iv_augment_cutout, iv_augment_hsv,
    iv_augment_brightness, iv_augment_compression;

/* Uniform in the range of parameter i; the second one of whole numbers, both ends included. */
double iv_augment_draw(iv_augment_call *call, int i);
int64_t iv_augment_draw_whole(iv_augment_call *call, int i);
/* Uniform in low .. high, both ends included; low where high is not above it. */
int64_t iv_augment_between(iv_augment_call *call, int64_t low, int64_t high);

/* Gives the image other pixels (MOVED). */
void iv_augment_replace(imgvec_context *ctx, iv_image *image, int32_t width, int32_t height,
                        uint8_t *pixels);

/* Cuts out a rectangle that lies in the image: NEW pixels. */
imgvec_status iv_augment_cut(imgvec_context *ctx, const iv_image *in, int32_t left, int32_t top,
                             int32_t width, int32_t height, uint8_t **out, imgvec_error *err);

/* Position of i in 0 .. size-1 when the line is mirrored at its outer pixels, which are not
 * repeated (reflect-101), as often as needed. */
static inline int32_t iv_reflect(int64_t i, int32_t size)
{
    if (size == 1)
        return 0;
    int64_t period = 2 * ((int64_t)size - 1);
    i %= period;
    if (i < 0)
        i += period;
    return (int32_t)(i < size ? i : period - i);
}

static inline uint8_t iv_byte(double v)
{
    return (uint8_t)(v <= 0 ? 0 : v >= 255 ? 255 : v + 0.5);
}

#endif
