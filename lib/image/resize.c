/* Resampling a picture: x first, then y, each ending in bytes, as Pillow does. */
#include "image/resize.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "image/resample.h"

/* Rows of a picture: those from first_row on. */
typedef struct rows {
    const uint8_t *data;
    size_t stride;
    int32_t first;
} rows;

/* The x pass over `count` source rows from `first`: NEW memory in *made. */
static imgvec_status pass_x(imgvec_context *ctx, const iv_image *in, int32_t width,
                            iv_filter filter, iv_region region, int32_t first, int32_t count,
                            uint8_t **made, imgvec_error *err)
{
    iv_taps taps;
    IV_TRY(iv_taps_init(ctx, in->width, width, region.left, region.width, filter, &taps, err));
    size_t row = (size_t)region.width * 3;
    uint8_t *to = iv_alloc_n(ctx, (size_t)count, row);
    if (to) {
        const iv_resample_loops *loops = iv_resample_choose(&taps);
        for (int32_t y = 0; y < count; y++)
            loops->row(in->pixels + (size_t)(first + y) * (size_t)in->width * 3, in->width, &taps,
                       to + (size_t)y * row);
    }
    iv_taps_free(ctx, &taps);
    *made = to;
    return to ? IMGVEC_OK : iv_fail_nomem(err);
}

/* The part of a source that needs no pass in x. */
static rows without_x(const iv_image *in, iv_region region)
{
    return (rows){in->pixels + (size_t)region.left * 3, (size_t)in->width * 3, 0};
}

static imgvec_status pass_y(imgvec_context *ctx, const iv_image *in, int32_t width, int32_t height,
                            iv_filter filter, iv_region region, uint8_t *out, imgvec_error *err)
{
    iv_taps taps;
    uint8_t *made = NULL;
    imgvec_status status = IMGVEC_OK;
    IV_TRY(iv_taps_init(ctx, in->height, height, region.top, region.height, filter, &taps, err));
    size_t row = (size_t)region.width * 3;
    rows source = without_x(in, region);
    if (width != in->width) {
        /* Windows move down steadily: the last one ends lowest. */
        int32_t first = taps.start[0], last = taps.count - 1;
        IV_DO(pass_x(ctx, in, width, filter, region, first,
                     taps.start[last] + taps.length[last] - first, &made, err));
        source = (rows){made, row, first};
    }
    const iv_resample_loops *loops = iv_resample_choose(&taps);
    for (int32_t y = 0; y < region.height; y++)
        loops->column(source.data + (size_t)(taps.start[y] - source.first) * source.stride,
                      source.stride, row, &taps, y, out + (size_t)y * row);
done:
    iv_free(ctx, made);
    iv_taps_free(ctx, &taps);
    return status;
}

imgvec_status iv_resize_region(imgvec_context *ctx, const iv_image *in, int32_t width,
                               int32_t height, iv_filter filter, iv_region region, uint8_t *out,
                               imgvec_error *err)
{
    if (height != in->height)
        return pass_y(ctx, in, width, height, filter, region, out, err);
    uint8_t *made = NULL;
    size_t row = (size_t)region.width * 3;
    rows source = without_x(in, region);
    source.data += (size_t)region.top * source.stride;
    if (width != in->width) {
        IV_TRY(pass_x(ctx, in, width, filter, region, region.top, region.height, &made, err));
        source = (rows){made, row, 0};
    }
    for (int32_t y = 0; y < region.height; y++)
        memcpy(out + (size_t)y * row, source.data + (size_t)y * source.stride, row);
    iv_free(ctx, made);
    return IMGVEC_OK;
}

imgvec_status iv_resize(imgvec_context *ctx, const iv_image *in, int32_t width, int32_t height,
                        iv_filter filter, iv_image *out, imgvec_error *err)
{
    if (!ctx || !in || !in->pixels || !out)
        return iv_fail_argument(err, "iv_resize", "a NULL argument");
    if (width < 1 || height < 1)
        return iv_fail_argument(err, "iv_resize", "a side below 1");
    uint8_t *pixels = NULL;
    size_t count;
    if (!__builtin_mul_overflow((size_t)width, (size_t)height, &count))
        pixels = iv_alloc_n(ctx, count, 3);
    if (!pixels)
        return iv_fail_nomem(err);
    imgvec_status status = iv_resize_region(ctx, in, width, height, filter,
                                            (iv_region){0, 0, width, height}, pixels, err);
    if (status != IMGVEC_OK) {
        iv_free(ctx, pixels);
        return status;
    }
    *out = (iv_image){width, height, pixels};
    return IMGVEC_OK;
}
