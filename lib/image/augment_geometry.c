/* Flips and turns, and changes of shape. Samples between pixels are bilinear with weights of
 * eight bits; what lies outside is the mirrored image (reflect-101), as in the reference. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "image/augment_op.h"
#include "image/decode.h"

imgvec_status iv_augment_horizontal_flip(iv_augment_call *call, iv_image *image, imgvec_error *err)
{
    (void)call;
    (void)err;
    for (int32_t y = 0; y < image->height; y++) {
        uint8_t *left = image->pixels + (size_t)y * (size_t)image->width * 3;
        uint8_t *right = left + ((size_t)image->width - 1) * 3;
        for (; left < right; left += 3, right -= 3)
            for (int c = 0; c < 3; c++) {
                uint8_t keep = left[c];
                left[c] = right[c];
                right[c] = keep;
            }
    }
    return IMGVEC_OK;
}

imgvec_status iv_augment_vertical_flip(iv_augment_call *call, iv_image *image, imgvec_error *err)
{
    size_t row = (size_t)image->width * 3;
    uint8_t *top = image->pixels, *bottom = top + (size_t)(image->height - 1) * row;
    uint8_t *keep = iv_alloc(call->ctx, row);
    if (!keep)
        return iv_fail_nomem(err);
    for (; top < bottom; top += row, bottom -= row) {
        memcpy(keep, top, row);
        memcpy(top, bottom, row);
        memcpy(bottom, keep, row);
    }
    iv_free(call->ctx, keep);
    return IMGVEC_OK;
}

/* Counter-clockwise, as the reference: the right column becomes the top row. */
imgvec_status iv_augment_rotate90(iv_augment_call *call, iv_image *image, imgvec_error *err)
{
    uint64_t turns = iv_random_below(&call->random, 4);
    iv_image turned;
    int32_t w = image->width, h = image->height;
    if (turns == 0)
        return IMGVEC_OK;
    IV_TRY(iv_image_new(call->ctx, turns == 2 ? w : h, turns == 2 ? h : w, &turned, err));
    uint8_t *to = turned.pixels;
    ptrdiff_t row = (ptrdiff_t)w * 3, across, down;
    const uint8_t *from; /* of the result's first pixel; steps lead to the next one and row */
    if (turns == 1) {
        from = image->pixels + row - 3;
        across = row;
        down = -3;
    } else if (turns == 2) {
        from = image->pixels + (ptrdiff_t)h * row - 3;
        across = -3;
        down = -row;
    } else {
        from = image->pixels + (ptrdiff_t)(h - 1) * row;
        across = -row;
        down = 3;
    }
    for (int32_t y = 0; y < turned.height; y++) {
        const uint8_t *p = from + y * down;
        for (int32_t x = 0; x < turned.width; x++, to += 3, p += across) {
            to[0] = p[0];
            to[1] = p[1];
            to[2] = p[2];
        }
    }
    iv_augment_replace(call->ctx, image, turned.width, turned.height, turned.pixels);
    return IMGVEC_OK;
}

/* ---- sampling ---- */

/* Where the pixels of one row of the result lie in the source, in 1/256 pixel. The parameters'
 * bounds keep them within 31 bits: the largest side is 65535, the least scale 0.1, the strongest
 * distortion sevenfold. */
typedef struct places {
    int32_t *x, *y;
} places;

/* Red and blue of a pixel in one word: their weighted sums take 24 bits each. */
static inline uint64_t pair(const uint8_t *p)
{
    return p[0] | (uint64_t)p[2] << 32;
}

static inline void blend(const uint8_t *p00, const uint8_t *p01, const uint8_t *p10,
                         const uint8_t *p11, uint32_t fx, uint32_t fy, uint8_t *to)
{
    const uint64_t half = UINT64_C(0x800000008000);
    uint32_t w11 = fx * fy, w10 = fy * 256 - w11, w01 = fx * 256 - w11;
    uint32_t w00 = 65536 - w01 - w10 - w11;
    uint64_t both = pair(p00) * w00 + pair(p01) * w01 + pair(p10) * w10 + pair(p11) * w11 + half;
    uint32_t green = p00[1] * w00 + p01[1] * w01 + p10[1] * w10 + p11[1] * w11 + 32768;
    to[0] = (uint8_t)(both >> 16);
    to[1] = (uint8_t)(green >> 16);
    to[2] = (uint8_t)(both >> 48);
}

static void sample_row(const iv_image *in, const places *at, int32_t count, uint8_t *to)
{
    size_t row = (size_t)in->width * 3;
    for (int32_t i = 0; i < count; i++, to += 3) {
        int32_t x = at->x[i] >> 8, y = at->y[i] >> 8; /* floor */
        uint32_t fx = at->x[i] & 255, fy = at->y[i] & 255;
        if (x >= 0 && y >= 0 && x + 1 < in->width && y + 1 < in->height) {
            const uint8_t *p = in->pixels + (size_t)y * row + (size_t)x * 3;
            blend(p, p + 3, p + row, p + row + 3, fx, fy, to);
            continue;
        }
        size_t x0 = (size_t)iv_reflect(x, in->width) * 3;
        size_t x1 = (size_t)iv_reflect((int64_t)x + 1, in->width) * 3;
        const uint8_t *r0 = in->pixels + (size_t)iv_reflect(y, in->height) * row;
        const uint8_t *r1 = in->pixels + (size_t)iv_reflect((int64_t)y + 1, in->height) * row;
        blend(r0 + x0, r0 + x1, r1 + x0, r1 + x1, fx, fy, to);
    }
}

/* Says where the pixels of row y come from. */
typedef void place_row(const void *how, const iv_image *in, int32_t y, places *out);

static imgvec_status warp(iv_augment_call *call, iv_image *image, place_row *place, const void *how,
                          imgvec_error *err)
{
    iv_image out;
    size_t width = (size_t)image->width;
    int32_t *both = iv_alloc_n(call->ctx, width, 2 * sizeof *both);
    if (!both)
        return iv_fail_nomem(err);
    imgvec_status status = iv_image_new(call->ctx, image->width, image->height, &out, err);
    if (status == IMGVEC_OK) {
        places at = {both, both + width};
        for (int32_t y = 0; y < image->height; y++) {
            place(how, image, y, &at);
            sample_row(image, &at, image->width, out.pixels + (size_t)y * width * 3);
        }
        iv_augment_replace(call->ctx, image, out.width, out.height, out.pixels);
    }
    iv_free(call->ctx, both);
    return status;
}

/* ---- the two that bend and turn ---- */

typedef struct affine {
    double xx, xy, x0; /* x of the source: xx * x + xy * y + x0 */
    double yx, yy, y0;
} affine;

static void place_affine(const void *how, const iv_image *in, int32_t y, places *out)
{
    const affine *a = how;
    /* In steps of 2^-40 pixel, whose sum over a row errs by less than 2^-24. */
    int64_t half = INT64_C(1) << 31;
    int64_t px = llrint((a->xy * y + a->x0) * 0x1p40) + half, dx = llrint(a->xx * 0x1p40);
    int64_t py = llrint((a->yy * y + a->y0) * 0x1p40) + half, dy = llrint(a->yx * 0x1p40);
    for (int32_t x = 0; x < in->width; x++, px += dx, py += dy) {
        out->x[x] = (int32_t)(px >> 32);
        out->y[x] = (int32_t)(py >> 32);
    }
}

imgvec_status iv_augment_shift_scale_rotate(iv_augment_call *call, iv_image *image,
                                            imgvec_error *err)
{
    enum { SHIFT, SCALE, ROTATE };
    double angle = iv_augment_draw(call, ROTATE) * (3.14159265358979323846 / 180);
    double scale = 1 + iv_augment_draw(call, SCALE);
    double dx = iv_augment_draw(call, SHIFT) * image->width;
    double dy = iv_augment_draw(call, SHIFT) * image->height;
    double cx = (image->width - 1) / 2.0, cy = (image->height - 1) / 2.0;
    /* The inverse of: turn and scale about the centre, then shift. */
    double c = cos(angle) / scale, s = sin(angle) / scale;
    affine a = {.xx = c, .xy = -s, .yx = s, .yy = c};
    a.x0 = cx - c * (cx + dx) + s * (cy + dy);
    a.y0 = cy - s * (cx + dx) - c * (cy + dy);
    return warp(call, image, place_affine, &a, err);
}

typedef struct lens {
    double cx, cy, k;
} lens;

/* Rounds to 1/256 pixel; a cast is much faster than lrint, but cuts towards zero. */
static int32_t fixed(double place)
{
    const int32_t above = 1 << 30;
    return (int32_t)(place * 256 + (above + 0.5)) - above;
}

static void place_lens(const void *how, const iv_image *in, int32_t y, places *out)
{
    const lens *l = how;
    double per_width = 1.0 / in->width, v = (y - l->cy) / in->height, v2 = v * v;
    for (int32_t x = 0; x < in->width; x++) {
        double u = (x - l->cx) * per_width, r2 = u * u + v2;
        double stretch = 1 + l->k * r2 * (1 + r2);
        out->x[x] = fixed(l->cx + (x - l->cx) * stretch);
        out->y[x] = fixed(l->cy + (y - l->cy) * stretch);
    }
}

/* Brown's model with both coefficients equal, the sides as focal lengths, as in the reference.
 * There the shift is in whole pixels, so that its default does nothing; here it is a share. */
imgvec_status iv_augment_optical(iv_augment_call *call, iv_image *image, imgvec_error *err)
{
    enum { DISTORT, SHIFT };
    lens l = {.k = iv_augment_draw(call, DISTORT)};
    l.cx = (image->width - 1) / 2.0 + iv_augment_draw(call, SHIFT) * image->width;
    l.cy = (image->height - 1) / 2.0 + iv_augment_draw(call, SHIFT) * image->height;
    return warp(call, image, place_lens, &l, err);
}
