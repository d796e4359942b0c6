/* Rectangles that are dropped out: on a grid (Chen et al. 2020, arXiv:2001.04086) or at random
 * places (DeVries and Taylor 2017, arXiv:1708.04552). */
#include <string.h>

#include "image/augment_op.h"

/* Fills left .. right-1, top .. bottom-1, of which any part may lie outside. */
static void drop(iv_image *image, int64_t left, int64_t top, int64_t right, int64_t bottom,
                 double fill)
{
    left = left < 0 ? 0 : left;
    top = top < 0 ? 0 : top;
    right = right > image->width ? image->width : right;
    bottom = bottom > image->height ? image->height : bottom;
    if (left >= right)
        return;
    for (int64_t y = top; y < bottom; y++)
        memset(image->pixels + 3 * ((size_t)y * (size_t)image->width + (size_t)left), (int)fill,
               3 * (size_t)(right - left));
}

static int64_t within(int64_t v, int64_t low, int64_t high)
{
    return v < low ? low : v > high ? high : v;
}

enum { RATIO, UNIT_MIN, UNIT_MAX, HOLES_X, HOLES_Y, SHIFT_X, SHIFT_Y, RANDOM_OFFSET, GRID_FILL };

/* Sides of a grid unit. */
static void units(iv_augment_call *call, const iv_image *image, int64_t *across, int64_t *down)
{
    const iv_augment_value *v = call->values;
    int64_t w = image->width, h = image->height, shorter = w < h ? w : h;
    if (v[UNIT_MIN].low > 0 || v[UNIT_MAX].low > 0) {
        int64_t low = (int64_t)v[UNIT_MIN].low, high = (int64_t)v[UNIT_MAX].low;
        low = low == 0 ? high : low;
        high = high == 0 ? low : high;
        *across = *down = within(iv_augment_between(call, low, high), 2, shorter < 2 ? 2 : shorter);
        return;
    }
    int64_t x = (int64_t)v[HOLES_X].low, y = (int64_t)v[HOLES_Y].low;
    *across = x > 0 ? w / x : w / 10;
    *across = *across < 2 ? 2 : *across;
    *down = y > 0 ? h / y : *across < h ? *across : h;
    *down = *down < 2 ? 2 : *down;
}

imgvec_status iv_augment_grid_dropout(iv_augment_call *call, iv_image *image, imgvec_error *err)
{
    const iv_augment_value *v = call->values;
    int64_t across, down;
    (void)err;
    units(call, image, &across, &down);
    int64_t hole_w = within((int64_t)((double)across * v[RATIO].low), 1, across - 1);
    int64_t hole_h = within((int64_t)((double)down * v[RATIO].low), 1, down - 1);
    int64_t dx = within((int64_t)v[SHIFT_X].low, 0, across - hole_w);
    int64_t dy = within((int64_t)v[SHIFT_Y].low, 0, down - hole_h);
    if (v[RANDOM_OFFSET].low != 0) {
        dx = iv_augment_between(call, 0, across - hole_w);
        dy = iv_augment_between(call, 0, down - hole_h);
    }
    for (int64_t y = dy; y < image->height; y += down)
        for (int64_t x = dx; x < image->width; x += across)
            drop(image, x, y, x + hole_w, y + hole_h, v[GRID_FILL].low);
    return IMGVEC_OK;
}

imgvec_status iv_augment_cutout(iv_augment_call *call, iv_image *image, imgvec_error *err)
{
    enum { HOLES, HEIGHT, WIDTH, FILL };
    int64_t height = (int64_t)call->values[HEIGHT].low, width = (int64_t)call->values[WIDTH].low;
    (void)err;
    for (int32_t i = 0; i < (int32_t)call->values[HOLES].low; i++) {
        /* The centre is anywhere, so that holes at the edge are cut off. */
        int64_t y = iv_augment_between(call, 0, image->height - 1) - height / 2;
        int64_t x = iv_augment_between(call, 0, image->width - 1) - width / 2;
        drop(image, x, y, x + width, y + height, call->values[FILL].low);
    }
    return IMGVEC_OK;
}
