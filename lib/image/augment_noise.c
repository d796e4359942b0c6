/* Gaussian noise. A level is a whole number in the end, and so is the noise: its distribution is
 * put into a table once, and each pixel takes 16 random bits to look it up. */
#include <math.h>

#include "base/error.h"
#include "base/mem.h"
#include "image/augment_op.h"

enum { ENTRIES = 65536 };

/* Share of the noise below x. */
static double below(double x, double mean, double deviation)
{
    if (deviation == 0)
        return x > mean ? 1 : 0;
    return 0.5 * erfc((mean - x) / (deviation * 1.4142135623730951));
}

/* Each value n has the entries that its share of n - 1/2 .. n + 1/2 gives it. */
static void fill(int16_t *table, double mean, double deviation)
{
    int32_t at = 0, n = (int32_t)floor(mean - 5 * deviation) - 1;
    for (; at < ENTRIES; n++) {
        double end = rint(ENTRIES * below(n + 0.5, mean, deviation));
        for (; at < end; at++)
            table[at] = (int16_t)n;
    }
}

static uint8_t add(uint8_t v, int16_t noise)
{
    int32_t sum = v + noise;
    return (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
}

imgvec_status iv_augment_noise(iv_augment_call *call, iv_image *image, imgvec_error *err)
{
    enum { VARIANCE, MEAN, PER_CHANNEL };
    double deviation = sqrt(iv_augment_draw(call, VARIANCE)), mean = call->values[MEAN].low;
    bool per_channel = call->values[PER_CHANNEL].low != 0;
    size_t pixels = (size_t)image->width * (size_t)image->height;
    size_t draws = per_channel ? pixels * 3 : pixels;
    int16_t *table = iv_alloc_n(call->ctx, ENTRIES, sizeof *table);
    if (!table)
        return iv_fail_nomem(err);
    fill(table, mean, deviation);
    uint8_t *p = image->pixels;
    for (size_t i = 0; i < draws;) {
        uint64_t bits = iv_random_u64(&call->random);
        for (int k = 0; k < 4 && i < draws; k++, i++, bits >>= 16) {
            int16_t noise = table[bits & 0xffff];
            if (per_channel) {
                p[i] = add(p[i], noise);
            } else {
                for (size_t c = 3 * i; c < 3 * i + 3; c++)
                    p[c] = add(p[c], noise);
            }
        }
    }
    iv_free(call->ctx, table);
    return IMGVEC_OK;
}
