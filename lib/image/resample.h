/* Resampling along one axis: the weights, and the inner loops over them.
 *
 * Weights are fixed point with 22 bits, so that sums are exact whatever the order, and every
 * implementation of the loops gives the same bytes. */
#ifndef IV_IMAGE_RESAMPLE_H
#define IV_IMAGE_RESAMPLE_H

#include <stdbool.h>

#include "image/preprocess.h"

enum { IV_WEIGHT_BITS = 22 };

/* Source positions and weights of outputs begin .. begin + count - 1 of an axis. */
typedef struct iv_taps {
    int32_t count;
    int32_t most;     /* taps of the output that has most */
    int32_t stride;   /* weights from one output to the next: `most`, rounded up to 4 */
    int32_t *start;   /* first source position of each output */
    int32_t *length;  /* its number of taps */
    int32_t *weights; /* zero past the length */
    int16_t *split;   /* weights as w = hi * 2048 + lo: of 4 taps the 4 hi, then the 4 lo */
} iv_taps;

imgvec_status iv_taps_init(imgvec_context *ctx, int32_t size_in, int32_t size_out, int32_t begin,
                           int32_t count, iv_filter filter, iv_taps *out, imgvec_error *err);
void iv_taps_free(imgvec_context *ctx, iv_taps *taps);

typedef struct iv_resample_loops {
    /* One row of RGB pixels: taps->count pixels from a row of `width`. */
    void (*row)(const uint8_t *src, int32_t width, const iv_taps *taps, uint8_t *dst);
    /* One output row: output i of taps over rows of `bytes` bytes, `stride` apart, the first
     * of them being row taps->start[i]. */
    void (*column)(const uint8_t *src, size_t stride, size_t bytes, const iv_taps *taps, int32_t i,
                   uint8_t *dst);
} iv_resample_loops;

extern const iv_resample_loops iv_resample_plain;
/* For this processor; NULL where there are none but the plain ones. */
const iv_resample_loops *iv_resample_fast(void);

/* The loops to use for taps. */
const iv_resample_loops *iv_resample_choose(const iv_taps *taps);

#endif
