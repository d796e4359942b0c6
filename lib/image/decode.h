/* What the decoders of the single formats share. */
#ifndef IV_IMAGE_DECODE_H
#define IV_IMAGE_DECODE_H

#include "image/image.h"

/* One call of iv_image_decode. */
typedef struct iv_image_job {
    imgvec_context *ctx;
    const uint8_t *data;
    size_t size;
    iv_image_limits limits;
    iv_image_mode mode;
} iv_image_job;

/* Decodes into *out (NEW pixels) and says how the picture has to be turned: an EXIF
 * orientation 1 to 8, already 1 where the mode ignores it. */
typedef imgvec_status iv_image_decoder(const iv_image_job *job, iv_image *out, int *orientation,
                                       imgvec_error *err);

iv_image_decoder iv_decode_jpeg, iv_decode_png, iv_decode_gif, iv_decode_bmp, iv_decode_tga,
    iv_decode_psd, iv_decode_hdr, iv_decode_pnm, iv_decode_tiff, iv_decode_webp, iv_decode_jp2,
    iv_decode_exr;

/* FORMAT for a side of 0, LIMIT for one over the job's limits or past what 31 bits hold. */
imgvec_status iv_image_check_size(const iv_image_job *job, const char *format, uint64_t width,
                                  uint64_t height, imgvec_error *err);

/* LIMIT where decoding takes more memory than the job's limit; detail: how much. */
imgvec_status iv_image_check_memory(const iv_image_job *job, const char *format, uint64_t bytes,
                                    imgvec_error *err);
/* The smaller of a decoder's own budget and what the limit leaves beside the bytes that are used.
 */
uint64_t iv_image_budget(const iv_image_job *job, uint64_t own, uint64_t used);
/* For a decoder that ran out of that budget: LIMIT where the limit was the smaller one, else
 * FORMAT in `words`. */
imgvec_status iv_image_fail_budget(const iv_image_job *job, const char *format, uint64_t own,
                                   uint64_t used, const char *words, imgvec_error *err);

/* Pixels of a checked size (NEW, not cleared). */
imgvec_status iv_image_new(imgvec_context *ctx, int32_t width, int32_t height, iv_image *out,
                           imgvec_error *err);

/* Failure that a decoding library reports in its own words. */
imgvec_status iv_image_fail_decoder(imgvec_error *err, const char *format, const char *words);

#endif
