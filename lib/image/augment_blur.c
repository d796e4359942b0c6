/* Box blur by running sums, whatever the side of the box. */
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "image/augment_op.h"
#include "image/decode.h"

typedef struct blur {
    const iv_image *in;
    int32_t side, radius;
    uint8_t *line;  /* one row with its mirrored ends */
    uint16_t *sums; /* a ring of `side` rows, each summed across */
    uint32_t *columns;
    uint8_t *out;
} blur;

/* Sums of `side` neighbours across, of row y (mirrored where it lies outside). */
static void sum_across(const blur *b, int64_t y, uint16_t *to)
{
    int32_t width = b->in->width;
    const uint8_t *row = b->in->pixels + (size_t)iv_reflect(y, b->in->height) * (size_t)width * 3;
    memcpy(b->line + 3 * b->radius, row, (size_t)width * 3);
    for (int32_t i = 1; i <= b->radius; i++) {
        memcpy(b->line + 3 * (b->radius - i), row + 3 * (size_t)iv_reflect(-i, width), 3);
        memcpy(b->line + 3 * ((size_t)b->radius + (size_t)width + (size_t)i - 1),
               row + 3 * (size_t)iv_reflect((int64_t)width - 1 + i, width), 3);
    }
    uint32_t sum[3] = {0, 0, 0};
    const uint8_t *p = b->line;
    for (int32_t i = 0; i < b->side - 1; i++, p += 3)
        for (int c = 0; c < 3; c++)
            sum[c] += p[c];
    const uint8_t *leaves = b->line;
    for (int32_t x = 0; x < width; x++, p += 3, leaves += 3, to += 3)
        for (int c = 0; c < 3; c++) {
            sum[c] += p[c];
            to[c] = (uint16_t)sum[c];
            sum[c] -= leaves[c];
        }
}

static void run(const blur *b)
{
    int32_t height = b->in->height;
    size_t row = (size_t)b->in->width * 3;
    /* The side is odd, so that no sum falls half way, and below 100: single precision rounds
     * each right. */
    float share = 1.0f / (float)(b->side * b->side);
    for (int32_t y = -b->radius; y < height + b->radius; y++) {
        uint16_t *sums = b->sums + (size_t)((y + b->radius) % b->side) * row;
        bool full = y >= b->radius; /* the ring's place holds the row that leaves */
        uint8_t *out = full ? b->out + (size_t)(y - b->radius) * row : NULL;
        if (y > b->radius)
            for (size_t i = 0; i < row; i++)
                b->columns[i] -= sums[i];
        sum_across(b, y, sums);
        for (size_t i = 0; i < row; i++)
            b->columns[i] += sums[i];
        for (size_t i = 0; full && i < row; i++)
            out[i] = (uint8_t)((float)(int32_t)b->columns[i] * share + 0.5f);
    }
}

imgvec_status iv_augment_blur(iv_augment_call *call, iv_image *image, imgvec_error *err)
{
    int64_t low = (int64_t)call->values[0].low / 2, high = ((int64_t)call->values[0].high - 1) / 2;
    iv_image out = {0};
    blur b = {.in = image};
    b.radius = (int32_t)iv_augment_between(call, low, high);
    b.side = 2 * b.radius + 1;
    size_t row = (size_t)image->width * 3, side = (size_t)b.side;
    imgvec_status status = IMGVEC_OK;
    IV_DO(iv_image_new(call->ctx, image->width, image->height, &out, err));
    b.out = out.pixels;
    b.line = iv_alloc(call->ctx, row + 3 * side);
    b.sums = iv_alloc_n(call->ctx, row * side, sizeof *b.sums);
    b.columns = iv_calloc(call->ctx, row, sizeof *b.columns);
    if (!b.line || !b.sums || !b.columns) {
        status = iv_fail_nomem(err);
        goto done;
    }
    run(&b);
    iv_augment_replace(call->ctx, image, out.width, out.height, out.pixels);
    out.pixels = NULL;
done:
    iv_free(call->ctx, b.line);
    iv_free(call->ctx, b.sums);
    iv_free(call->ctx, b.columns);
    iv_image_free(call->ctx, &out);
    return status;
}
