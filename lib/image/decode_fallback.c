/* JPEG and PNG through stb_image, for builds without libjpeg-turbo or libspng. The walks
 * carry the checks that stb_image does not make. */
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "image/stb.h"
#include "image/walk_jpeg.h"
#include "image/walk_png.h"

#ifndef IV_HAVE_JPEG
imgvec_status iv_decode_jpeg(const iv_image_job *job, iv_image *out, int *orientation,
                             imgvec_error *err)
{
    iv_jpeg jpeg;
    IV_TRY(iv_jpeg_walk(job, &jpeg, err));
    if (jpeg.arithmetic || (jpeg.components == 4 && !jpeg.adobe))
        return iv_fail(err, IMGVEC_ERR_UNSUPPORTED,
                       "JPEG: %s; needs a build with -Dlibjpeg=enabled",
                       jpeg.arithmetic ? "arithmetic coding" : "CMYK without Adobe's marker");
    IV_TRY(iv_stb_decode(job, "JPEG", job->data, jpeg.end, jpeg.width, jpeg.height, 48, out, err));
    if (job->mode == IV_IMAGE_UPRIGHT)
        *orientation = jpeg.orientation;
    return IMGVEC_OK;
}
#endif

#ifndef IV_HAVE_SPNG
/* Pillow's clipped 16-bit gray, from pairs of high and low byte. */
static void clip_gray16(const uint8_t *pairs, size_t count, uint8_t *rgb)
{
    for (size_t i = 0; i < count; i++)
        memset(rgb + 3 * i, pairs[2 * i] ? 255 : pairs[2 * i + 1], 3);
}

static imgvec_status decode(const iv_image_job *job, const iv_png *png, const uint8_t *data,
                            size_t size, bool pairs, iv_image *out, imgvec_error *err)
{
    int memory = 16 + (int)(png->depth / 8) * 8;
    if (!pairs)
        return iv_stb_decode(job, "PNG", data, size, png->width, png->height, memory, out, err);
    uint8_t *two;
    IV_TRY(iv_stb_pixels(job, "PNG", data, size, png->width, png->height, 2, memory, &two, err));
    imgvec_status status =
        iv_image_new(job->ctx, (int32_t)png->width, (int32_t)png->height, out, err);
    if (status == IMGVEC_OK)
        clip_gray16(two, (size_t)png->width * png->height, out->pixels);
    iv_free(job->ctx, two);
    return status;
}

imgvec_status iv_decode_png(const iv_image_job *job, iv_image *out, int *orientation,
                            imgvec_error *err)
{
    iv_png png;
    IV_TRY(iv_png_walk(job, &png, err));
    /* stb_image's 16-bit entry stays shut: 16-bit gray has the very layout of 8-bit gray with
     * alpha, so the rebuilt header says that instead. */
    bool pairs = job->mode == IV_IMAGE_PILLOW && png.color_type == IV_PNG_GRAY && png.depth == 16;
    if (pairs) {
        png.color_type = IV_PNG_GRAY_ALPHA;
        png.depth = 8;
    }
    size_t idat = png.idat_end - png.idat_begin;
    uint8_t *plain = iv_alloc(job->ctx, IV_PNG_HEAD_MAX + idat + IV_PNG_TAIL);
    if (!plain)
        return iv_fail_nomem(err);
    size_t head = iv_png_head(&png, plain);
    memcpy(plain + head, job->data + png.idat_begin, idat);
    memcpy(plain + head + idat, iv_png_tail, IV_PNG_TAIL);
    imgvec_status status = decode(job, &png, plain, head + idat + IV_PNG_TAIL, pairs, out, err);
    iv_free(job->ctx, plain);
    if (status == IMGVEC_OK && job->mode == IV_IMAGE_UPRIGHT)
        *orientation = png.orientation;
    return status;
}
#endif
