/* Weights of antialiased resampling, and the plain loops over them. */
#include "image/resample.h"

#include <math.h>

#include "base/error.h"
#include "base/mem.h"

/* The weights are defined by separately rounded operations. */
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif

static double triangle(double x)
{
    x = fabs(x);
    return x < 1.0 ? 1.0 - x : 0.0;
}

static double cubic(double x)
{
    const double a = -0.5;
    x = fabs(x);
    if (x < 1.0)
        return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
    if (x < 2.0)
        return (((x - 5) * x + 8) * x - 4) * a;
    return 0.0;
}

static int32_t to_fixed(double w)
{
    w *= 1 << IV_WEIGHT_BITS;
    return (int32_t)(w < 0 ? w - 0.5 : w + 0.5);
}

/* One output: its window, and its weights as double in `scratch`. */
static void place(int32_t size_in, double scale, double support, int32_t i, iv_filter filter,
                  double *scratch, int32_t *start, int32_t *length)
{
    double (*weight)(double) = filter == IV_FILTER_BICUBIC ? cubic : triangle;
    double center = (i + 0.5) * scale, inverse = 1.0 / (scale > 1.0 ? scale : 1.0), sum = 0.0;
    double lo = center - support + 0.5, hi = center + support + 0.5;
    *start = lo > 0 ? (int32_t)lo : 0;
    *length = (hi < size_in ? (int32_t)hi : size_in) - *start;
    for (int32_t k = 0; k < *length; k++) {
        scratch[k] = weight((k + *start - center + 0.5) * inverse);
        sum += scratch[k];
    }
    if (sum != 0.0)
        for (int32_t k = 0; k < *length; k++)
            scratch[k] *= 1.0 / sum;
}

static void split(const int32_t *weights, int32_t stride, int16_t *to)
{
    for (int32_t k = 0; k < stride; k++) {
        int16_t *group = to + 2 * (k & ~3);
        group[k & 3] = (int16_t)(weights[k] >> 11);
        group[4 + (k & 3)] = (int16_t)(weights[k] & 2047);
    }
}

imgvec_status iv_taps_init(imgvec_context *ctx, int32_t size_in, int32_t size_out, int32_t begin,
                           int32_t count, iv_filter filter, iv_taps *out, imgvec_error *err)
{
    double scale = (double)size_in / size_out;
    double support = (filter == IV_FILTER_BICUBIC ? 2.0 : 1.0) * (scale > 1.0 ? scale : 1.0);
    double window = 2 * ceil(support) + 1;
    int32_t most = window < size_in ? (int32_t)window : size_in;
    int32_t stride = (most + 3) & ~3;
    size_t n = (size_t)count, weights;
    *out = (iv_taps){.count = count, .most = most, .stride = stride};
    if (__builtin_mul_overflow(n, (size_t)stride, &weights))
        return iv_fail_nomem(err);
    out->start = iv_alloc_n(ctx, n, sizeof *out->start);
    out->length = iv_alloc_n(ctx, n, sizeof *out->length);
    out->weights = iv_calloc(ctx, weights, sizeof *out->weights);
    out->split = iv_alloc_n(ctx, weights, 2 * sizeof *out->split);
    double *scratch = iv_alloc_n(ctx, (size_t)most, sizeof *scratch);
    if (!out->start || !out->length || !out->weights || !out->split || !scratch) {
        iv_free(ctx, scratch);
        iv_taps_free(ctx, out);
        return iv_fail_nomem(err);
    }
    for (int32_t i = 0; i < count; i++) {
        int32_t *w = out->weights + (size_t)i * (size_t)stride;
        place(size_in, scale, support, begin + i, filter, scratch, &out->start[i], &out->length[i]);
        for (int32_t k = 0; k < out->length[i]; k++)
            w[k] = to_fixed(scratch[k]);
        split(w, stride, out->split + 2 * (size_t)i * (size_t)stride);
    }
    iv_free(ctx, scratch);
    return IMGVEC_OK;
}

void iv_taps_free(imgvec_context *ctx, iv_taps *taps)
{
    iv_free(ctx, taps->start);
    iv_free(ctx, taps->length);
    iv_free(ctx, taps->weights);
    iv_free(ctx, taps->split);
    *taps = (iv_taps){0};
}

static uint8_t to_byte(int32_t sum)
{
    int32_t v = sum >> IV_WEIGHT_BITS;
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

static void plain_row(const uint8_t *src, int32_t width, const iv_taps *taps, uint8_t *dst)
{
    const int32_t *w = taps->weights;
    for (int32_t i = 0; i < taps->count; i++, w += taps->stride, dst += 3) {
        const uint8_t *p = src + (size_t)taps->start[i] * 3;
        int32_t r = 1 << (IV_WEIGHT_BITS - 1), g = r, b = r;
        for (int32_t k = 0; k < taps->length[i]; k++, p += 3) {
            r += w[k] * p[0];
            g += w[k] * p[1];
            b += w[k] * p[2];
        }
        dst[0] = to_byte(r);
        dst[1] = to_byte(g);
        dst[2] = to_byte(b);
    }
}

static void plain_column(const uint8_t *src, size_t stride, size_t bytes, const iv_taps *taps,
                         int32_t i, uint8_t *dst)
{
    enum { BLOCK = 64 }; /* sums that stay in registers or the nearest cache */
    const int32_t *w = taps->weights + (size_t)i * (size_t)taps->stride;
    for (size_t at = 0; at < bytes; at += BLOCK) {
        int32_t sums[BLOCK];
        size_t n = bytes - at < BLOCK ? bytes - at : BLOCK;
        for (size_t x = 0; x < BLOCK; x++)
            sums[x] = 1 << (IV_WEIGHT_BITS - 1);
        const uint8_t *p = src + at;
        for (int32_t k = 0; k < taps->length[i]; k++, p += stride) {
            if (n == BLOCK) {
                for (size_t x = 0; x < BLOCK; x++)
                    sums[x] += w[k] * p[x];
            } else {
                for (size_t x = 0; x < n; x++)
                    sums[x] += w[k] * p[x];
            }
        }
        for (size_t x = 0; x < n; x++)
            dst[at + x] = to_byte(sums[x]);
    }
}

const iv_resample_loops iv_resample_plain = {plain_row, plain_column};

const iv_resample_loops *iv_resample_choose(const iv_taps *taps)
{
    /* The fast loops sum the low halves of the weights in 32 bits. */
    const iv_resample_loops *fast = taps->most <= 4096 ? iv_resample_fast() : NULL;
    return fast ? fast : &iv_resample_plain;
}
