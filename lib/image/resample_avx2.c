/* The loops of resampling for processors with AVX2. */
#include "image/resample.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>
#include <string.h>

#define AVX2 __attribute__((target("avx2")))

/* Two sums of products with 16-bit factors to one with the whole weights, rounded, as bytes
 * in the low end. Exact: w = hi * 2048 + lo. */
AVX2 static inline __m128i finish(__m128i hi, __m128i lo)
{
    __m128i sum = _mm_add_epi32(_mm_slli_epi32(hi, 11), lo);
    sum = _mm_add_epi32(sum, _mm_set1_epi32(1 << (IV_WEIGHT_BITS - 1)));
    return _mm_srai_epi32(sum, IV_WEIGHT_BITS);
}

/* Four pixels (12 bytes, in each half of `pixels`) times four weights, added to the sums. */
AVX2 static inline void add_four(__m256i pixels, const int16_t *split, __m256i *hi, __m256i *lo)
{
    /* Pairs of 16-bit samples of one channel: pixels 0 and 1 below, 2 and 3 above. */
    const __m256i pairs =
        _mm256_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1, 6, -1, 9, -1, 7,
                         -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1);
    __m256i w = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)split));
    __m256i w_hi = _mm256_permutevar8x32_epi32(w, _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1));
    __m256i w_lo = _mm256_permutevar8x32_epi32(w, _mm256_setr_epi32(2, 2, 2, 2, 3, 3, 3, 3));
    __m256i p = _mm256_shuffle_epi8(pixels, pairs);
    *hi = _mm256_add_epi32(*hi, _mm256_madd_epi16(p, w_hi));
    *lo = _mm256_add_epi32(*lo, _mm256_madd_epi16(p, w_lo));
}

AVX2 static void avx2_row(const uint8_t *src, int32_t width, const iv_taps *taps, uint8_t *dst)
{
    const uint8_t *end = src + (size_t)width * 3;
    const int16_t *split = taps->split;
    for (int32_t i = 0; i < taps->count; i++, split += 2 * taps->stride, dst += 3) {
        const uint8_t *p = src + (size_t)taps->start[i] * 3;
        const int16_t *w = split;
        __m256i hi = _mm256_setzero_si256(), lo = hi;
        int32_t left = taps->length[i];
        /* A step reads 16 bytes for its 12; weights past the length are zero. */
        for (; left > 0 && end - p >= 16; left -= 4, p += 12, w += 8)
            add_four(_mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)p)), w, &hi, &lo);
        for (; left > 0; left -= 4, p += 12, w += 8) {
            uint8_t rest[16] = {0};
            memcpy(rest, p, left < 4 ? (size_t)left * 3 : 12);
            add_four(_mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)rest)), w, &hi,
                     &lo);
        }
        __m128i sum =
            finish(_mm_add_epi32(_mm256_castsi256_si128(hi), _mm256_extracti128_si256(hi, 1)),
                   _mm_add_epi32(_mm256_castsi256_si128(lo), _mm256_extracti128_si256(lo, 1)));
        sum = _mm_packs_epi32(sum, sum);
        uint32_t rgb = (uint32_t)_mm_cvtsi128_si32(_mm_packus_epi16(sum, sum));
        dst[0] = (uint8_t)rgb;
        dst[1] = (uint8_t)(rgb >> 8);
        dst[2] = (uint8_t)(rgb >> 16);
    }
}

AVX2 static void avx2_column(const uint8_t *src, size_t stride, size_t bytes, const iv_taps *taps,
                             int32_t i, uint8_t *dst)
{
    const int16_t *split = taps->split + 2 * (size_t)i * (size_t)taps->stride;
    int32_t n = taps->length[i];
    size_t at = 0;
    for (; bytes - at >= 16; at += 16) {
        const uint8_t *p = src + at;
        __m256i hi0 = _mm256_setzero_si256(), hi1 = hi0, lo0 = hi0, lo1 = hi0;
        for (int32_t k = 0; k < n; k += 2, p += 2 * stride) {
            const int16_t *w = split + 2 * (k & ~3) + (k & 2);
            int32_t w_hi, w_lo;
            memcpy(&w_hi, w, 4);
            memcpy(&w_lo, w + 4, 4);
            __m128i a = _mm_loadu_si128((const __m128i *)p);
            __m128i b =
                k + 1 < n ? _mm_loadu_si128((const __m128i *)(p + stride)) : _mm_setzero_si128();
            __m256i p0 = _mm256_cvtepu8_epi16(_mm_unpacklo_epi8(a, b));
            __m256i p1 = _mm256_cvtepu8_epi16(_mm_unpackhi_epi8(a, b));
            __m256i h = _mm256_set1_epi32(w_hi), l = _mm256_set1_epi32(w_lo);
            hi0 = _mm256_add_epi32(hi0, _mm256_madd_epi16(p0, h));
            hi1 = _mm256_add_epi32(hi1, _mm256_madd_epi16(p1, h));
            lo0 = _mm256_add_epi32(lo0, _mm256_madd_epi16(p0, l));
            lo1 = _mm256_add_epi32(lo1, _mm256_madd_epi16(p1, l));
        }
        __m128i s0 = finish(_mm256_castsi256_si128(hi0), _mm256_castsi256_si128(lo0));
        __m128i s1 = finish(_mm256_extracti128_si256(hi0, 1), _mm256_extracti128_si256(lo0, 1));
        __m128i s2 = finish(_mm256_castsi256_si128(hi1), _mm256_castsi256_si128(lo1));
        __m128i s3 = finish(_mm256_extracti128_si256(hi1, 1), _mm256_extracti128_si256(lo1, 1));
        _mm_storeu_si128((__m128i *)(dst + at),
                         _mm_packus_epi16(_mm_packs_epi32(s0, s1), _mm_packs_epi32(s2, s3)));
    }
    if (at < bytes)
        iv_resample_plain.column(src + at, stride, bytes - at, taps, i, dst + at);
}

const iv_resample_loops *iv_resample_fast(void)
{
    static const iv_resample_loops loops = {avx2_row, avx2_column};
    return __builtin_cpu_supports("avx2") ? &loops : NULL;
}

#else

const iv_resample_loops *iv_resample_fast(void)
{
    return NULL;
}

#endif
