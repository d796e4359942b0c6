/* Contrast-limited adaptive histogram equalisation (Zuiderveld 1994, Graphics Gems IV) of the
 * luma; a pixel's three channels move by what its luma moves, so that chroma stays. The
 * reference equalises the lightness of CIELAB instead. */
#include "base/error.h"
#include "base/mem.h"
#include "image/augment_op.h"

typedef struct clahe {
    const iv_image *image;
    int32_t across, down;
    uint8_t *luma;
    uint8_t *tables; /* 256 entries for each tile */
    float *place;    /* of each column among the tiles' centres */
} clahe;

/* ITU-R BT.601 with weights of 16 bits, whose sum is 65536. */
static uint8_t luma_of(const uint8_t *p)
{
    return (uint8_t)((p[0] * 19595u + p[1] * 38470u + p[2] * 7471u + 32768u) >> 16);
}

/* What is above the limit is given to all levels alike; the few that are left over, to levels
 * at even distances. */
static void limit(uint32_t *histogram, uint32_t most)
{
    uint32_t excess = 0;
    for (int v = 0; v < 256; v++)
        if (histogram[v] > most) {
            excess += histogram[v] - most;
            histogram[v] = most;
        }
    uint32_t each = excess / 256, rest = excess % 256;
    for (int v = 0; v < 256; v++)
        histogram[v] += each;
    for (uint32_t i = 0; i < rest; i++)
        histogram[i * 256 / rest]++;
}

static void tile_table(const clahe *c, int32_t tx, int32_t ty, double clip, uint8_t *table)
{
    int64_t w = c->image->width, h = c->image->height;
    int64_t left = w * tx / c->across, right = w * (tx + 1) / c->across;
    int64_t top = h * ty / c->down, bottom = h * (ty + 1) / c->down;
    uint32_t histogram[256] = {0};
    for (int64_t y = top; y < bottom; y++)
        for (int64_t x = left; x < right; x++)
            histogram[c->luma[y * w + x]]++;
    uint64_t area = (uint64_t)((right - left) * (bottom - top)), sum = 0;
    double most = clip * (double)area / 256;
    limit(histogram, most < 1 ? 1 : (uint32_t)most);
    for (int v = 0; v < 256; v++) {
        sum += histogram[v];
        table[v] = (uint8_t)((sum * 255 + area / 2) / area);
    }
}

/* Where pixel i of a side lies among its tiles: 0 at the first one's centre. */
static float place_of(int32_t i, int32_t side, int32_t tiles)
{
    float at = ((float)i + 0.5f) * (float)tiles / (float)side - 0.5f;
    return at < 0 ? 0 : at > (float)(tiles - 1) ? (float)(tiles - 1) : at;
}

static void equalise_row(const clahe *c, int32_t y, uint8_t *p)
{
    float at = place_of(y, c->image->height, c->down);
    int32_t ty = (int32_t)at, below = ty + 1 < c->down ? ty + 1 : ty;
    float fy = at - (float)ty;
    const uint8_t *upper = c->tables + (size_t)ty * (size_t)c->across * 256;
    const uint8_t *lower = c->tables + (size_t)below * (size_t)c->across * 256;
    const uint8_t *luma = c->luma + (size_t)y * (size_t)c->image->width;
    for (int32_t x = 0; x < c->image->width; x++, p += 3) {
        int32_t tx = (int32_t)c->place[x];
        size_t a = (size_t)tx * 256 + luma[x], b = tx + 1 < c->across ? a + 256 : a;
        float fx = c->place[x] - (float)tx;
        float u = (float)upper[a] + fx * (float)(upper[b] - upper[a]);
        float l = (float)lower[a] + fx * (float)(lower[b] - lower[a]);
        int32_t move = (int32_t)(u + fy * (l - u) + 0.5f) - luma[x];
        for (int k = 0; k < 3; k++) {
            int32_t v = p[k] + move;
            p[k] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
        }
    }
}

static int32_t tiles(double asked, int32_t side)
{
    return asked < side ? (int32_t)asked : side;
}

imgvec_status iv_augment_clahe(iv_augment_call *call, iv_image *image, imgvec_error *err)
{
    enum { CLIP, GRID };
    clahe c = {.image = image};
    size_t pixels = (size_t)image->width * (size_t)image->height;
    double clip = iv_augment_draw(call, CLIP);
    c.across = tiles(call->values[GRID].low, image->width);
    c.down = tiles(call->values[GRID].high, image->height);
    c.luma = iv_alloc(call->ctx, pixels);
    c.tables = iv_alloc_n(call->ctx, (size_t)c.across * (size_t)c.down, 256);
    c.place = iv_alloc_n(call->ctx, (size_t)image->width, sizeof *c.place);
    imgvec_status status = c.luma && c.tables && c.place ? IMGVEC_OK : iv_fail_nomem(err);
    if (status == IMGVEC_OK) {
        uint8_t *table = c.tables;
        for (size_t i = 0; i < pixels; i++)
            c.luma[i] = luma_of(image->pixels + 3 * i);
        for (int32_t ty = 0; ty < c.down; ty++)
            for (int32_t tx = 0; tx < c.across; tx++, table += 256)
                tile_table(&c, tx, ty, clip, table);
        for (int32_t x = 0; x < image->width; x++)
            c.place[x] = place_of(x, image->width, c.across);
        for (int32_t y = 0; y < image->height; y++)
            equalise_row(&c, y, image->pixels + (size_t)y * (size_t)image->width * 3);
    }
    iv_free(call->ctx, c.luma);
    iv_free(call->ctx, c.tables);
    iv_free(call->ctx, c.place);
    return status;
}
