/* From decoded pixels to network input, equal to Pillow's resize and torchvision's
 * CenterCrop, ToTensor and Normalize to the last bit. */
#ifndef IV_IMAGE_PREPROCESS_H
#define IV_IMAGE_PREPROCESS_H

#include "image/image.h"

typedef enum iv_filter { IV_FILTER_BILINEAR, IV_FILTER_BICUBIC } iv_filter;

/* Antialiased separable resampling as Pillow computes it (8-bit intermediate, 22-bit fixed
 * point weights). out is NEW pixels of the asked size. */
imgvec_status iv_resize(imgvec_context *ctx, const iv_image *in, int32_t width, int32_t height,
                        iv_filter filter, iv_image *out, imgvec_error *err);

typedef struct iv_preprocess {
    int32_t resize; /* shorter side before the crop */
    int32_t crop;   /* side of the square input */
    iv_filter filter;
    float mean[3], std[3];
} iv_preprocess;

/* Resize, crop and normalise into out[3 * crop * crop], C x H x W. Only the region that the
 * crop keeps is resampled; the result is as if all of it had been. */
imgvec_status iv_preprocess_run(imgvec_context *ctx, const iv_image *in, const iv_preprocess *p,
                                float *out, imgvec_error *err);

/* What the network sees of a picture of this size: left, top, width and height in its pixels.
 * LIMIT: too narrow to be resized. */
imgvec_status iv_preprocess_window(int32_t width, int32_t height, const iv_preprocess *p,
                                   double window[4], imgvec_error *err);

#endif
