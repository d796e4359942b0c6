/* Turning pictures upright. */
#include "image/orient.h"

#include <stdbool.h>

#include "base/error.h"
#include "base/mem.h"

static void swap_pixels(uint8_t *a, uint8_t *b)
{
    for (int c = 0; c < 3; c++) {
        uint8_t t = a[c];
        a[c] = b[c];
        b[c] = t;
    }
}

static void mirror_rows(iv_image *image)
{
    size_t row = (size_t)image->width * 3;
    for (int32_t y = 0; y < image->height; y++) {
        uint8_t *left = image->pixels + (size_t)y * row, *right = left + row - 3;
        for (; left < right; left += 3, right -= 3)
            swap_pixels(left, right);
    }
}

static void mirror_columns(iv_image *image)
{
    size_t row = (size_t)image->width * 3;
    for (int32_t top = 0, bottom = image->height - 1; top < bottom; top++, bottom--) {
        uint8_t *a = image->pixels + (size_t)top * row, *b = image->pixels + (size_t)bottom * row;
        for (size_t i = 0; i < row; i++) {
            uint8_t t = a[i];
            a[i] = b[i];
            b[i] = t;
        }
    }
}

/* Pixel (x, y) goes to (y, x). Square blocks, because one side of the copy strides through
 * memory whichever way the loops run. */
static imgvec_status transpose(imgvec_context *ctx, iv_image *image, imgvec_error *err)
{
    enum { BLOCK = 32 };
    int32_t w = image->width, h = image->height;
    uint8_t *turned = iv_alloc_n(ctx, (size_t)w * (size_t)h, 3);
    if (!turned)
        return iv_fail_nomem(err);
    for (int32_t y0 = 0; y0 < h; y0 += BLOCK)
        for (int32_t x0 = 0; x0 < w; x0 += BLOCK)
            for (int32_t x = x0; x < w && x - x0 < BLOCK; x++)
                for (int32_t y = y0; y < h && y - y0 < BLOCK; y++) {
                    const uint8_t *s = image->pixels + ((size_t)y * (size_t)w + (size_t)x) * 3;
                    uint8_t *d = turned + ((size_t)x * (size_t)h + (size_t)y) * 3;
                    d[0] = s[0];
                    d[1] = s[1];
                    d[2] = s[2];
                }
    iv_free(ctx, image->pixels);
    *image = (iv_image){h, w, turned};
    return IMGVEC_OK;
}

imgvec_status iv_orient(imgvec_context *ctx, iv_image *image, int orientation, imgvec_error *err)
{
    /* What each orientation needs after the optional transposition. */
    static const struct {
        bool transpose, rows, columns;
    } steps[9] = {
        [2] = {false, true, false}, [3] = {false, true, true}, [4] = {false, false, true},
        [5] = {true, false, false}, [6] = {true, true, false}, [7] = {true, true, true},
        [8] = {true, false, true},
    };
    if (orientation < 2 || orientation > 8)
        return IMGVEC_OK;
    if (steps[orientation].transpose)
        IV_TRY(transpose(ctx, image, err));
    if (steps[orientation].rows)
        mirror_rows(image);
    if (steps[orientation].columns)
        mirror_columns(image);
    return IMGVEC_OK;
}
