/* Resize, centre crop, normalise. */
#include "image/preprocess.h"

#include "base/error.h"
#include "base/mem.h"
#include "image/resize.h"

/* Corner of a centred window; halves go to the even number, as Python rounds. */
static int32_t corner(int32_t size, int32_t window)
{
    int32_t gap = size - window, half = gap / 2;
    return gap % 2 != 0 && half % 2 != 0 ? half + 1 : half;
}

/* The network's input for each byte: three float operations, as torchvision does them. */
static void normalisation(const iv_preprocess *p, float table[3][256])
{
    for (int c = 0; c < 3; c++)
        for (int v = 0; v < 256; v++) {
            float x = (float)v / 255.0f;
            x = x - p->mean[c];
            table[c][v] = x / p->std[c];
        }
}

/* Size of the picture before the crop. */
static imgvec_status resized(int32_t width, int32_t height, const iv_preprocess *p, int32_t *out_w,
                             int32_t *out_h, imgvec_error *err)
{
    bool upright = width <= height;
    int64_t shorter = upright ? width : height, longer = upright ? height : width;
    int64_t scaled = p->resize * longer / shorter;
    if (scaled > INT32_MAX)
        return iv_fail(err, IMGVEC_ERR_LIMIT, "%d x %d pixels: too narrow to be resized", width,
                       height);
    *out_w = upright ? p->resize : (int32_t)scaled;
    *out_h = upright ? (int32_t)scaled : p->resize;
    return IMGVEC_OK;
}

imgvec_status iv_preprocess_window(int32_t width, int32_t height, const iv_preprocess *p,
                                   double window[4], imgvec_error *err)
{
    int32_t w = 0, h = 0;
    IV_TRY(resized(width, height, p, &w, &h, err));
    window[0] = (double)corner(w, p->crop) * width / w;
    window[1] = (double)corner(h, p->crop) * height / h;
    window[2] = (double)p->crop * width / w;
    window[3] = (double)p->crop * height / h;
    return IMGVEC_OK;
}

imgvec_status iv_preprocess_run(imgvec_context *ctx, const iv_image *in, const iv_preprocess *p,
                                float *out, imgvec_error *err)
{
    if (!ctx || !in || !in->pixels || !p || !out)
        return iv_fail_argument(err, "iv_preprocess_run", "a NULL argument");
    if (p->crop < 1 || p->resize < p->crop || p->resize > 65535)
        return iv_fail_argument(err, "iv_preprocess_run",
                                "crop and resize need 1 <= crop <= "
                                "resize <= 65535");
    int32_t width = 0, height = 0;
    IV_TRY(resized(in->width, in->height, p, &width, &height, err));
    iv_region region = {corner(width, p->crop), corner(height, p->crop), p->crop, p->crop};
    size_t plane = (size_t)p->crop * (size_t)p->crop;
    uint8_t *pixels = iv_alloc_n(ctx, plane, 3);
    if (!pixels)
        return iv_fail_nomem(err);
    imgvec_status status = iv_resize_region(ctx, in, width, height, p->filter, region, pixels, err);
    if (status == IMGVEC_OK) {
        float table[3][256];
        normalisation(p, table);
        const uint8_t *s = pixels;
        for (size_t i = 0; i < plane; i++, s += 3) {
            out[i] = table[0][s[0]];
            out[plane + i] = table[1][s[1]];
            out[2 * plane + i] = table[2][s[2]];
        }
    }
    iv_free(ctx, pixels);
    return status;
}
