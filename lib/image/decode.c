/* The decoder call: which decoder reads what, and the rules that are common to all. */
#include "image/decode.h"

#include <string.h>

#include <imgvec/dataset.h>

#include "base/error.h"
#include "base/mem.h"
#include "image/format.h"
#include "image/orient.h"

#ifndef IV_HAVE_TIFF
#define iv_decode_tiff NULL
#endif
#ifndef IV_HAVE_WEBP
#define iv_decode_webp NULL
#endif
#ifndef IV_HAVE_OPENJPEG
#define iv_decode_jp2 NULL
#endif
#ifndef IV_HAVE_OPENEXR
#define iv_decode_exr NULL
#endif

static iv_image_decoder *const decoders[IV_FORMAT_COUNT] = {
    [IV_FORMAT_JPEG] = iv_decode_jpeg, [IV_FORMAT_PNG] = iv_decode_png,
    [IV_FORMAT_GIF] = iv_decode_gif,   [IV_FORMAT_BMP] = iv_decode_bmp,
    [IV_FORMAT_TGA] = iv_decode_tga,   [IV_FORMAT_PSD] = iv_decode_psd,
    [IV_FORMAT_HDR] = iv_decode_hdr,   [IV_FORMAT_PNM] = iv_decode_pnm,
    [IV_FORMAT_TIFF] = iv_decode_tiff, [IV_FORMAT_WEBP] = iv_decode_webp,
    [IV_FORMAT_JP2] = iv_decode_jp2,   [IV_FORMAT_EXR] = iv_decode_exr,
};

/* Build options of the decoders that a build may lack. */
static const char *const build_options[IV_FORMAT_COUNT] = {
    [IV_FORMAT_TIFF] = "tiff",
    [IV_FORMAT_WEBP] = "webp",
    [IV_FORMAT_JP2] = "openjpeg",
    [IV_FORMAT_EXR] = "openexr",
};

const char *iv_image_formats_json(void)
{
    return "[\"JPEG\", \"PNG\", \"GIF\", \"BMP\", \"TGA\", \"PSD\", \"HDR\", \"PNM\""
#ifdef IV_HAVE_TIFF
           ", \"TIFF\""
#endif
#ifdef IV_HAVE_WEBP
           ", \"WebP\""
#endif
#ifdef IV_HAVE_OPENJPEG
           ", \"JPEG 2000\""
#endif
#ifdef IV_HAVE_OPENEXR
           ", \"OpenEXR\""
#endif
           "]";
}

void iv_image_free(imgvec_context *ctx, iv_image *image)
{
    if (!image)
        return;
    iv_free(ctx, image->pixels);
    *image = (iv_image){0};
}

imgvec_status iv_image_check_size(const iv_image_job *job, const char *format, uint64_t width,
                                  uint64_t height, imgvec_error *err)
{
    if (width == 0 || height == 0)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "%s: a side of 0 pixels", format);
    uint64_t side = width > height ? width : height;
    uint64_t max_side =
        job->limits.side && job->limits.side < INT32_MAX ? job->limits.side : INT32_MAX;
    if (side > max_side)
        return iv_fail(err, IMGVEC_ERR_LIMIT,
                       "%s: %llu x %llu pixels, longer than the limit of %llu for a side (option "
                       "max_image_side)",
                       format, (unsigned long long)width, (unsigned long long)height,
                       (unsigned long long)max_side);
    uint64_t pixels = width * height; /* both are below 2^31 */
    if (job->limits.pixels && pixels > job->limits.pixels)
        return iv_fail(err, IMGVEC_ERR_LIMIT,
                       "%s: %llu x %llu pixels, over the limit of %llu; option max_image_pixels "
                       "raises it",
                       format, (unsigned long long)width, (unsigned long long)height,
                       (unsigned long long)job->limits.pixels);
    if (pixels > SIZE_MAX / 64)
        return iv_fail(err, IMGVEC_ERR_LIMIT, "%s: %llu x %llu pixels do not fit in memory", format,
                       (unsigned long long)width, (unsigned long long)height);
    return iv_image_check_memory(job, format, 3 * pixels, err);
}

imgvec_status iv_image_check_memory(const iv_image_job *job, const char *format, uint64_t bytes,
                                    imgvec_error *err)
{
    if (!job->limits.memory || bytes <= job->limits.memory)
        return IMGVEC_OK;
    return iv_fail_at(err, IMGVEC_ERR_LIMIT, (int64_t)bytes,
                      "%s: decoding takes %llu bytes of memory, over the limit of %llu (option "
                      "max_image_memory)",
                      format, (unsigned long long)bytes, (unsigned long long)job->limits.memory);
}

uint64_t iv_image_budget(const iv_image_job *job, uint64_t own, uint64_t used)
{
    uint64_t limit = job->limits.memory;
    if (!limit)
        return own;
    uint64_t left = limit > used ? limit - used : 0;
    return left < own ? left : own;
}

imgvec_status iv_image_fail_budget(const iv_image_job *job, const char *format, uint64_t own,
                                   uint64_t used, const char *words, imgvec_error *err)
{
    if (iv_image_budget(job, own, used) == own)
        return iv_image_fail_decoder(err, format, words);
    return iv_fail(err, IMGVEC_ERR_LIMIT,
                   "%s: decoding takes more memory than the limit of %llu bytes (option "
                   "max_image_memory)",
                   format, (unsigned long long)job->limits.memory);
}

imgvec_status iv_image_new(imgvec_context *ctx, int32_t width, int32_t height, iv_image *out,
                           imgvec_error *err)
{
    uint8_t *pixels = iv_alloc_n(ctx, (size_t)width * (size_t)height, 3);
    if (!pixels)
        return iv_fail_nomem(err);
    *out = (iv_image){width, height, pixels};
    return IMGVEC_OK;
}

imgvec_status iv_image_fail_decoder(imgvec_error *err, const char *format, const char *words)
{
    imgvec_status status = iv_fail(err, IMGVEC_ERR_FORMAT, "%s: %s", format, words);
    if (err)
        err->origin = IMGVEC_ORIGIN_DECODER;
    return status;
}

static imgvec_status fail_foreign(const uint8_t *p, size_t size, imgvec_error *err)
{
    if (size == 0)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "the file is empty (0 bytes)");
    const char *foreign = iv_format_foreign(p, size);
    if (foreign)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "not an image but %s", foreign);
    uint8_t first[4] = {0};
    memcpy(first, p, size < sizeof first ? size : sizeof first);
    return iv_fail(err, IMGVEC_ERR_FORMAT,
                   "no known image format (it begins with the bytes %02x %02x %02x %02x)", first[0],
                   first[1], first[2], first[3]);
}

static imgvec_status fail_unsupported(iv_image_kind format, imgvec_error *err)
{
    const char *name = iv_format_name(format);
    if (build_options[format])
        return iv_fail(err, IMGVEC_ERR_UNSUPPORTED,
                       "%s: this build has no decoder for it; build with -D%s=enabled or convert "
                       "the image to JPEG or PNG",
                       name, build_options[format]);
    return iv_fail(err, IMGVEC_ERR_UNSUPPORTED,
                   "%s: this library cannot decode it; convert the image to JPEG or PNG", name);
}

imgvec_status iv_image_decode(imgvec_context *ctx, const void *data, size_t size,
                              const iv_image_limits *limits, iv_image_mode mode, iv_image *out,
                              imgvec_error *err)
{
    if (!ctx || !out || (!data && size > 0))
        return iv_fail_argument(err, "iv_image_decode", "a NULL argument");
    iv_image_job job = {.ctx = ctx, .data = data, .size = size, .mode = mode};
    if (limits)
        job.limits = *limits;
    if (job.limits.bytes && size > job.limits.bytes)
        return iv_fail(err, IMGVEC_ERR_LIMIT,
                       "the encoded image has %zu bytes, over the limit of %llu (option "
                       "max_image_bytes)",
                       size, (unsigned long long)job.limits.bytes);
    iv_image_kind format = iv_format_find(data, size);
    if (format == IV_FORMAT_NONE)
        return fail_foreign(data, size, err);
    if (!decoders[format])
        return fail_unsupported(format, err);
    iv_image image = {0};
    int orientation = 1;
    imgvec_status status = decoders[format](&job, &image, &orientation, err);
    if (status == IMGVEC_OK && orientation > 4) /* turned into a copy */
        status = iv_image_check_memory(&job, iv_format_name(format),
                                       6 * (uint64_t)image.width * (uint64_t)image.height, err);
    if (status == IMGVEC_OK)
        status = iv_orient(ctx, &image, orientation, err);
    if (status != IMGVEC_OK) {
        iv_image_free(ctx, &image);
        return status;
    }
    *out = image;
    return IMGVEC_OK;
}

imgvec_status iv_image_from_pixels(imgvec_context *ctx, const void *pixels, int32_t width,
                                   int32_t height, size_t stride, int32_t format, iv_image *out,
                                   imgvec_error *err)
{
    /* Bytes of a pixel, and where its red, green and blue lie. */
    static const struct {
        uint8_t bytes, r, g, b;
    } layouts[] = {
        [IMGVEC_PIXELS_GRAY] = {1, 0, 0, 0}, [IMGVEC_PIXELS_RGB] = {3, 0, 1, 2},
        [IMGVEC_PIXELS_RGBA] = {4, 0, 1, 2}, [IMGVEC_PIXELS_BGR] = {3, 2, 1, 0},
        [IMGVEC_PIXELS_BGRA] = {4, 2, 1, 0},
    };
    if (!ctx || !pixels || !out)
        return iv_fail_argument(err, "iv_image_from_pixels", "a NULL argument");
    if (format < 0 || (size_t)format >= sizeof layouts / sizeof *layouts || !layouts[format].bytes)
        return iv_fail_argument(err, "iv_image_from_pixels", "format is no IMGVEC_PIXELS_*");
    if (width < 1 || width > 65535 || height < 1 || height > 65535)
        return iv_fail_argument(err, "iv_image_from_pixels", "a side is not in 1..65535");
    size_t step = layouts[format].bytes, row = (size_t)width * step;
    if (stride == 0)
        stride = row;
    if (stride < row || stride > (size_t)PTRDIFF_MAX / (size_t)height)
        return iv_fail_argument(err, "iv_image_from_pixels",
                                "stride is smaller than a row or too large");
    iv_image image;
    IV_TRY(iv_image_new(ctx, width, height, &image, err));
    uint8_t *d = image.pixels;
    for (int32_t y = 0; y < height; y++) {
        const uint8_t *s = (const uint8_t *)pixels + (size_t)y * stride;
        for (int32_t x = 0; x < width; x++, s += step, d += 3) {
            d[0] = s[layouts[format].r];
            d[1] = s[layouts[format].g];
            d[2] = s[layouts[format].b];
        }
    }
    *out = image;
    return IMGVEC_OK;
}
