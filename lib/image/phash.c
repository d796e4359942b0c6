#include "image/phash.h"

#include <stdlib.h>
#include <string.h>

#include "image/preprocess.h"

enum {
    GRID = 32,     /* side of the picture that is transformed */
    LOW = 16,      /* frequencies that are kept, in each direction */
    PLAIN = 4,     /* levels of standard deviation below which there is nothing to compare */
    COLOUR_RMS = 8 /* levels by which the parts' colours may differ */
};

/* 2^14 cos(pi k / 64). Whole numbers: the hash is the same on every machine. */
static const int32_t quarter_wave[GRID + 1] = {
    16384, 16364, 16305, 16207, 16069, 15893, 15679, 15426, 15137, 14811, 14449,
    14053, 13623, 13160, 12665, 12140, 11585, 11003, 10394, 9760,  9102,  8423,
    7723,  7005,  6270,  5520,  4756,  3981,  3196,  2404,  1606,  804,   0};

/* cos(pi (2 x + 1) u / 64) */
static int64_t cosine(int u, int x)
{
    int k = (2 * x + 1) * u % 128;
    if (k > 64)
        k = 128 - k;
    return k <= GRID ? quarter_wave[k] : -quarter_wave[64 - k];
}

/* The lowest frequencies in both directions; their scale does not matter. */
static void transform(const int32_t gray[GRID * GRID], int64_t out[LOW * LOW])
{
    int64_t rows[GRID * LOW]; /* below 2^18 * 2^14 * 2^5 */
    for (int u = 0; u < LOW; u++) {
        int64_t wave[GRID];
        for (int x = 0; x < GRID; x++)
            wave[x] = cosine(u, x);
        for (int y = 0; y < GRID; y++) {
            int64_t sum = 0;
            for (int x = 0; x < GRID; x++)
                sum += gray[y * GRID + x] * wave[x];
            rows[y * LOW + u] = sum;
        }
    }
    for (int v = 0; v < LOW; v++)
        for (int u = 0; u < LOW; u++) {
            int64_t sum = 0;
            for (int y = 0; y < GRID; y++)
                sum += rows[y * LOW + u] * cosine(v, y);
            out[v * LOW + u] = sum;
        }
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* One bit for each frequency but the mean: whether it is above their median. */
static void set_bits(const int64_t f[LOW * LOW], uint64_t bits[IV_PHASH_WORDS])
{
    int64_t sorted[LOW * LOW - 1];
    memcpy(sorted, f + 1, sizeof sorted);
    qsort(sorted, LOW * LOW - 1, sizeof *sorted, by_value);
    int64_t median = sorted[(LOW * LOW - 1) / 2];
    memset(bits, 0, IV_PHASH_WORDS * sizeof *bits);
    for (int i = 1; i < LOW * LOW; i++)
        bits[i / 64] |= (uint64_t)(f[i] > median) << i % 64;
}

static bool is_plain(const int32_t gray[GRID * GRID])
{
    const int64_t n = GRID * GRID;
    int64_t sum = 0, squares = 0;
    for (int i = 0; i < GRID * GRID; i++) {
        sum += gray[i];
        squares += (int64_t)gray[i] * gray[i];
    }
    const int64_t least = PLAIN * 1000; /* gray is in thousandths of a level */
    return squares * n - sum * sum < least * least * n * n;
}

static void set_colours(const uint8_t *rgb, uint8_t *colours)
{
    enum { PART = GRID / IV_PHASH_SIDE };
    for (int i = 0; i < IV_PHASH_SIDE * IV_PHASH_SIDE * 3; i++) {
        int c = i % 3, x = i / 3 % IV_PHASH_SIDE * PART, y = i / 3 / IV_PHASH_SIDE * PART, sum = 0;
        for (int k = 0; k < PART * PART; k++)
            sum += rgb[((y + k / PART) * GRID + x + k % PART) * 3 + c];
        colours[i] = (uint8_t)((sum + PART * PART / 2) / (PART * PART));
    }
}

imgvec_status iv_phash_make(imgvec_context *ctx, const iv_image *image, iv_phash *out,
                            imgvec_error *err)
{
    iv_image small;
    imgvec_status status = iv_resize(ctx, image, GRID, GRID, IV_FILTER_BILINEAR, &small, err);
    if (status != IMGVEC_OK)
        return status;
    int32_t gray[GRID * GRID];
    int64_t frequencies[LOW * LOW];
    for (int i = 0; i < GRID * GRID; i++) {
        const uint8_t *p = small.pixels + 3 * i;
        gray[i] = 299 * p[0] + 587 * p[1] + 114 * p[2];
    }
    set_colours(small.pixels, out->colours);
    iv_image_free(ctx, &small);
    transform(gray, frequencies);
    set_bits(frequencies, out->bits);
    out->plain = is_plain(gray);
    return IMGVEC_OK;
}

int iv_phash_distance(const iv_phash *a, const iv_phash *b)
{
    int distance = 0;
    for (int i = 0; i < IV_PHASH_WORDS; i++)
        distance += __builtin_popcountll(a->bits[i] ^ b->bits[i]);
    return distance;
}

bool iv_phash_near(const iv_phash *a, const iv_phash *b, int distance)
{
    if (a->plain || b->plain || iv_phash_distance(a, b) > distance)
        return false;
    int sum = 0;
    for (size_t i = 0; i < sizeof a->colours; i++) {
        int d = a->colours[i] - b->colours[i];
        sum += d * d;
    }
    return sum <= COLOUR_RMS * COLOUR_RMS * (int)sizeof a->colours;
}
