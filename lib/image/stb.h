/* The guarded door to stb_image: nothing reaches it that its format's walk has not checked. */
#ifndef IV_IMAGE_STB_H
#define IV_IMAGE_STB_H

#include "image/decode.h"

/* Decodes `size` bytes whose picture must be width x height into pixels of `channels` bytes
 * (NEW), using at most bytes_per_pixel * pixels + 4 MB of memory. */
imgvec_status iv_stb_pixels(const iv_image_job *job, const char *format, const uint8_t *data,
                            size_t size, uint32_t width, uint32_t height, int channels,
                            int bytes_per_pixel, uint8_t **pixels, imgvec_error *err);

/* The same for an RGB picture. */
imgvec_status iv_stb_decode(const iv_image_job *job, const char *format, const uint8_t *data,
                            size_t size, uint32_t width, uint32_t height, int bytes_per_pixel,
                            iv_image *out, imgvec_error *err);

#endif
