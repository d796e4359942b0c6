/* CMYK to RGB by the one rule of this library: no colour profile, each ink taken as a filter.
 * With n = 255 - K: R = n - ((t + (t >> 8)) >> 8), t = C * n + 128; G from M, B from Y. */
#ifndef IV_IMAGE_CMYK_H
#define IV_IMAGE_CMYK_H

#include <stddef.h>
#include <stdint.h>

/* One row of samples that are stored inverted, as JPEG files have them. */
static inline void iv_cmyk_inverted_row(const uint8_t *cmyk, size_t width, uint8_t *rgb)
{
    for (size_t x = 0; x < width; x++, cmyk += 4, rgb += 3) {
        int n = cmyk[3];
        for (int c = 0; c < 3; c++) {
            int t = (255 - cmyk[c]) * n + 128;
            rgb[c] = (uint8_t)(n - ((t + (t >> 8)) >> 8));
        }
    }
}

#endif
