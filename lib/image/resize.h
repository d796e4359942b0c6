/* Resampling a picture, or the part of the result that is wanted. */
#ifndef IV_IMAGE_RESIZE_H
#define IV_IMAGE_RESIZE_H

#include "image/preprocess.h"

/* A rectangle of a resized picture. */
typedef struct iv_region {
    int32_t left, top, width, height;
} iv_region;

/* Writes the region, tight RGB rows, of `in` resized to width x height. */
imgvec_status iv_resize_region(imgvec_context *ctx, const iv_image *in, int32_t width,
                               int32_t height, iv_filter filter, iv_region region, uint8_t *out,
                               imgvec_error *err);

#endif
