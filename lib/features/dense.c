#include "features/dense.h"

#include <string.h>

/* Eight floats; at any address of a float. Without AVX the compiler makes two of four. */
typedef float lane __attribute__((vector_size(32), aligned(4)));

#define LANES 8
#define ROWS_AT_ONCE 32 /* of x, summed in float before they go into double */
#define INLINE static inline __attribute__((always_inline))

#if defined(__x86_64__) && defined(__GNUC__)
#define HAS_AVX2 1
#define AVX2 __attribute__((target("avx2")))
#endif

INLINE float sum_lanes(const lane *v)
{
    const float *f = (const float *)v;
    return ((f[0] + f[1]) + (f[2] + f[3])) + ((f[4] + f[5]) + (f[6] + f[7]));
}

INLINE float dot(const float *a, const float *b, size_t d)
{
    lane sum = {0};
    size_t j = 0;
    for (; j + LANES <= d; j += LANES)
        sum += *(const lane *)(a + j) * *(const lane *)(b + j);
    float rest = 0;
    for (; j < d; j++)
        rest += a[j] * b[j];
    return sum_lanes(&sum) + rest;
}

/* Four products with one pass over a. */
INLINE void dot4(const float *a, const float *b, size_t d, float *out)
{
    lane s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
    float r0 = 0, r1 = 0, r2 = 0, r3 = 0;
    size_t j = 0;
    for (; j + LANES <= d; j += LANES) {
        lane v = *(const lane *)(a + j);
        s0 += v * *(const lane *)(b + j);
        s1 += v * *(const lane *)(b + d + j);
        s2 += v * *(const lane *)(b + 2 * d + j);
        s3 += v * *(const lane *)(b + 3 * d + j);
    }
    for (; j < d; j++) {
        r0 += a[j] * b[j];
        r1 += a[j] * b[d + j];
        r2 += a[j] * b[2 * d + j];
        r3 += a[j] * b[3 * d + j];
    }
    out[0] = sum_lanes(&s0) + r0;
    out[1] = sum_lanes(&s1) + r1;
    out[2] = sum_lanes(&s2) + r2;
    out[3] = sum_lanes(&s3) + r3;
}

INLINE void scores(const float *x, size_t n, size_t d, const float *w, size_t k, float *out)
{
    for (size_t i = 0; i < n; i++) {
        size_t c = 0;
        for (; c + 4 <= k; c += 4)
            dot4(x + i * d, w + c * d, d, out + i * k + c);
        for (; c < k; c++)
            out[i * k + c] = dot(x + i * d, w + c * d, d);
    }
}

/* g += r[0] x0 + r[k] x1 + r[2k] x2 + r[3k] x3 */
INLINE void add4(float *g, const float *x, size_t d, const float *r, size_t k)
{
    float r0 = r[0], r1 = r[k], r2 = r[2 * k], r3 = r[3 * k];
    size_t j = 0;
    for (; j + LANES <= d; j += LANES)
        *(lane *)(g + j) +=
            (r0 * *(const lane *)(x + j) + r1 * *(const lane *)(x + d + j)) +
            (r2 * *(const lane *)(x + 2 * d + j) + r3 * *(const lane *)(x + 3 * d + j));
    for (; j < d; j++)
        g[j] += (r0 * x[j] + r1 * x[d + j]) + (r2 * x[2 * d + j] + r3 * x[3 * d + j]);
}

INLINE void outer(const float *x, size_t n, size_t d, const float *r, size_t k, float *scratch,
                  double *out)
{
    memset(out, 0, k * d * sizeof *out);
    for (size_t at = 0; at < n; at += ROWS_AT_ONCE) {
        size_t end = n - at < ROWS_AT_ONCE ? n : at + ROWS_AT_ONCE;
        memset(scratch, 0, k * d * sizeof *scratch);
        for (size_t i = at; i < end;) {
            size_t step = end - i >= 4 ? 4 : 1;
            for (size_t c = 0; c < k; c++) {
                float *g = scratch + c * d;
                if (step == 4)
                    add4(g, x + i * d, d, r + i * k + c, k);
                else
                    for (size_t j = 0; j < d; j++)
                        g[j] += r[i * k + c] * x[i * d + j];
            }
            i += step;
        }
        for (size_t j = 0; j < k * d; j++)
            out[j] += scratch[j];
    }
}

#ifdef HAS_AVX2
AVX2 static void scores_avx2(const float *x, size_t n, size_t d, const float *w, size_t k,
                             float *out)
{
    scores(x, n, d, w, k, out);
}

AVX2 static void outer_avx2(const float *x, size_t n, size_t d, const float *r, size_t k,
                            float *scratch, double *out)
{
    outer(x, n, d, r, k, scratch, out);
}
#endif

void iv_dense_scores(const float *x, size_t n, size_t d, const float *w, size_t k, float *out)
{
#ifdef HAS_AVX2
    if (__builtin_cpu_supports("avx2")) {
        scores_avx2(x, n, d, w, k, out);
        return;
    }
#endif
    scores(x, n, d, w, k, out);
}

void iv_dense_outer(const float *x, size_t n, size_t d, const float *r, size_t k, float *scratch,
                    double *out)
{
#ifdef HAS_AVX2
    if (__builtin_cpu_supports("avx2")) {
        outer_avx2(x, n, d, r, k, scratch, out);
        return;
    }
#endif
    outer(x, n, d, r, k, scratch, out);
}
