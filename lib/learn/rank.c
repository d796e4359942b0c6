#include "learn/rank.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"

/* The sorts are our own because the C library's may allocate behind the context's back. */

/* Floats as unsigned numbers of the same order; -0 equals 0. */
static uint32_t ordered_bits(float value)
{
    uint32_t bits;
    value += 0.0f;
    memcpy(&bits, &value, sizeof bits);
    return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

/* Stable radix sort by the upper 32 bits, 11 bits a pass; the result is in b. */
static void radix_sort(uint64_t *a, uint64_t *b, size_t n)
{
    for (int pass = 0; pass < 3; pass++) {
        int shift = 32 + 11 * pass;
        size_t place[2048] = {0}, sum = 0;
        for (size_t i = 0; i < n; i++)
            place[(a[i] >> shift) & 2047]++;
        for (size_t d = 0; d < 2048; d++) {
            size_t count = place[d];
            place[d] = sum;
            sum += count;
        }
        for (size_t i = 0; i < n; i++)
            b[place[(a[i] >> shift) & 2047]++] = a[i];
        uint64_t *t = a;
        a = b;
        b = t;
    }
}

imgvec_status iv_rank_columns(imgvec_context *ctx, const float *values, size_t n, size_t stride,
                              int32_t columns, uint32_t *order, imgvec_error *err)
{
    uint64_t *a = iv_alloc_n(ctx, n, sizeof *a);
    uint64_t *b = iv_alloc_n(ctx, n, sizeof *b);
    if (!a || !b) {
        iv_free(ctx, a);
        iv_free(ctx, b);
        return iv_fail_nomem(err);
    }
    for (int32_t c = 0; c < columns; c++) {
        uint32_t *out = order + (size_t)c * n;
        for (size_t i = 0; i < n; i++)
            a[i] = (uint64_t)ordered_bits(values[i * stride + (size_t)c]) << 32 | i;
        radix_sort(a, b, n);
        for (size_t i = 0; i < n; i++) {
            out[i] = (uint32_t)b[i];
            if (i + 1 == n || b[i] >> 32 != b[i + 1] >> 32)
                out[i] |= IV_RANK_LAST;
        }
    }
    iv_free(ctx, a);
    iv_free(ctx, b);
    return IMGVEC_OK;
}

imgvec_status iv_rank_f64(imgvec_context *ctx, const double *values, uint32_t *order, size_t n,
                          imgvec_error *err)
{
    uint32_t *scratch = iv_alloc_n(ctx, n + 1, sizeof *scratch);
    if (!scratch)
        return iv_fail_nomem(err);
    uint32_t *from = order, *to = scratch;
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t start = 0; start < n; start += 2 * width) {
            size_t middle = start + width < n ? start + width : n;
            size_t end = middle + width < n ? middle + width : n;
            size_t i = start, j = middle;
            for (size_t o = start; o < end; o++)
                to[o] = i < middle && (j >= end || values[from[i]] <= values[from[j]]) ? from[i++]
                                                                                       : from[j++];
        }
        uint32_t *t = from;
        from = to;
        to = t;
    }
    if (from != order)
        memcpy(order, from, n * sizeof *order);
    iv_free(ctx, scratch);
    return IMGVEC_OK;
}

void iv_sort_f64(double *values, double *scratch, size_t n)
{
    double *from = values, *to = scratch;
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t start = 0; start < n; start += 2 * width) {
            size_t middle = start + width < n ? start + width : n;
            size_t end = middle + width < n ? middle + width : n;
            size_t i = start, j = middle;
            for (size_t o = start; o < end; o++)
                to[o] = i < middle && (j >= end || from[i] <= from[j]) ? from[i++] : from[j++];
        }
        double *t = from;
        from = to;
        to = t;
    }
    if (from != values)
        memcpy(values, from, n * sizeof *values);
}
