/* Augmentations that cut and resample, through the library's own antialiased bilinear resize. */
#include <math.h>

#include "base/error.h"
#include "base/mem.h"
#include "image/augment_op.h"
#include "image/preprocess.h"

/* Replaces the image by a part of it. */
static imgvec_status crop(iv_augment_call *call, iv_image *image, int32_t left, int32_t top,
                          int32_t width, int32_t height, imgvec_error *err)
{
    uint8_t *pixels;
    if (width == image->width && height == image->height)
        return IMGVEC_OK;
    IV_TRY(iv_augment_cut(call->ctx, image, left, top, width, height, &pixels, err));
    iv_augment_replace(call->ctx, image, width, height, pixels);
    return IMGVEC_OK;
}

static imgvec_status resize(iv_augment_call *call, iv_image *image, int32_t width, int32_t height,
                            imgvec_error *err)
{
    iv_image out;
    if (width == image->width && height == image->height)
        return IMGVEC_OK;
    IV_TRY(iv_resize(call->ctx, image, width, height, IV_FILTER_BILINEAR, &out, err));
    iv_augment_replace(call->ctx, image, width, height, out.pixels);
    return IMGVEC_OK;
}

/* An asked-for side: 0 is seven eighths, the crop of 224 from 256 that networks are scored on. */
static int32_t kept(double asked, int32_t side)
{
    int32_t n = asked > 0 ? (int32_t)asked : (int32_t)((int64_t)side * 7 / 8);
    return n < 1 ? 1 : n > side ? side : n;
}

imgvec_status iv_augment_center_crop(iv_augment_call *call, iv_image *image, imgvec_error *err)
{
    enum { HEIGHT, WIDTH };
    int32_t height = kept(call->values[HEIGHT].low, image->height);
    int32_t width = kept(call->values[WIDTH].low, image->width);
    return crop(call, image, (image->width - width) / 2, (image->height - height) / 2, width,
                height, err);
}

/* Ten tries for a part of random area and shape that fits; then the largest part in the middle
 * whose shape is in bounds. */
imgvec_status iv_augment_resized_crop(iv_augment_call *call, iv_image *image, imgvec_error *err)
{
    enum { HEIGHT, WIDTH, SCALE, RATIO, TRIES = 10 };
    const iv_augment_value *v = call->values;
    double w = image->width, h = image->height;
    int32_t out_h = v[HEIGHT].low > 0 ? (int32_t)v[HEIGHT].low : image->height;
    int32_t out_w = v[WIDTH].low > 0 ? (int32_t)v[WIDTH].low : image->width;
    int32_t left = 0, top = 0, width = 0, height = 0;
    for (int i = 0; i < TRIES && width == 0; i++) {
        double area = iv_augment_draw(call, SCALE) * w * h;
        double low = log(v[RATIO].low), high = log(v[RATIO].high);
        double ratio = exp(low + (high - low) * iv_random_unit(&call->random));
        double cut_w = rint(sqrt(area * ratio)), cut_h = rint(sqrt(area / ratio));
        if (cut_w < 1 || cut_h < 1 || cut_w > w || cut_h > h)
            continue;
        width = (int32_t)cut_w;
        height = (int32_t)cut_h;
        top = (int32_t)iv_augment_between(call, 0, image->height - height);
        left = (int32_t)iv_augment_between(call, 0, image->width - width);
    }
    if (width == 0) {
        double ratio = w / h;
        ratio = ratio < v[RATIO].low ? v[RATIO].low : ratio > v[RATIO].high ? v[RATIO].high : ratio;
        width = (int32_t)fmax(1, fmin(w, rint(h * ratio)));
        height = (int32_t)fmax(1, fmin(h, rint(w / ratio)));
        left = (image->width - width) / 2;
        top = (image->height - height) / 2;
    }
    IV_TRY(crop(call, image, left, top, width, height, err));
    return resize(call, image, out_w, out_h, err);
}

/* The reference takes the nearest pixel both ways by default, which keeps one pixel of sixteen
 * and aliases; here the way down averages as any camera does. */
imgvec_status iv_augment_downscale(iv_augment_call *call, iv_image *image, imgvec_error *err)
{
    enum { LOW, HIGH };
    double low = call->values[LOW].low, high = call->values[HIGH].low;
    double scale = low + (high - low) * iv_random_unit(&call->random);
    int32_t width = image->width, height = image->height;
    int32_t small_w = (int32_t)fmax(1, width * scale), small_h = (int32_t)fmax(1, height * scale);
    IV_TRY(resize(call, image, small_w, small_h, err));
    return resize(call, image, width, height, err);
}
