/* First page of a TIFF, through libtiff. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <tiffio.h>

#include "base/error.h"
#include "base/mem.h"
#include "image/decode.h"

typedef struct tiff {
    const iv_image_job *job;
    uint64_t at; /* position of libtiff's reads */
    TIFF *handle;
    bool failed;     /* libtiff reported an error ... */
    char words[256]; /* ... which was this */
    uint32_t width, height;
    uint16_t bits, samples, planar, photometric, format, orientation;
} tiff;

static tmsize_t read_bytes(thandle_t user, void *to, tmsize_t count)
{
    tiff *t = user;
    if (count < 0 || t->at > t->job->size)
        return 0;
    size_t left = t->job->size - (size_t)t->at;
    size_t n = (size_t)count < left ? (size_t)count : left;
    memcpy(to, t->job->data + t->at, n);
    t->at += n;
    return (tmsize_t)n;
}

static tmsize_t write_bytes(thandle_t user, void *from, tmsize_t count)
{
    return 0;
}

static toff_t seek_bytes(thandle_t user, toff_t offset, int whence)
{
    tiff *t = user;
    if (whence == SEEK_CUR)
        offset += t->at;
    else if (whence == SEEK_END)
        offset += t->job->size;
    return t->at = offset;
}

static int close_bytes(thandle_t user)
{
    return 0;
}

static toff_t size_bytes(thandle_t user)
{
    return ((tiff *)user)->job->size;
}

static int on_error(TIFF *handle, void *user, const char *module, const char *fmt, va_list args)
{
    tiff *t = user;
    if (!t->failed)
        vsnprintf(t->words, sizeof t->words, fmt, args);
    t->failed = true;
    return 1; /* the process-wide handler is not called */
}

static int on_warning(TIFF *handle, void *user, const char *module, const char *fmt, va_list args)
{
    return 1;
}

static imgvec_status fail_words(const tiff *t, imgvec_error *err)
{
    return iv_image_fail_decoder(err, "TIFF", t->failed ? t->words : "damaged");
}

/* Most memory that one allocation of libtiff may take for a picture of that size. */
static uint64_t memory_limit(uint64_t pixels)
{
    return 16 * pixels + ((uint64_t)64 << 20);
}

static imgvec_status open_handle(tiff *t, imgvec_error *err)
{
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (!options)
        return iv_fail_nomem(err);
    uint64_t pixels = t->job->limits.pixels ? t->job->limits.pixels : (uint64_t)INT32_MAX;
    uint64_t most = memory_limit(pixels);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, most < PTRDIFF_MAX ? (tmsize_t)most : PTRDIFF_MAX);
#ifdef IV_TIFF_CUMULATED
    TIFFOpenOptionsSetMaxCumulatedMemAlloc(options,
                                           most < PTRDIFF_MAX ? (tmsize_t)most : PTRDIFF_MAX);
#endif
    TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, t);
    TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, t);
    /* m: no mapping; O: strip tables are read when needed, not at opening. */
    t->handle = TIFFClientOpenExt("image", "rmO", t, read_bytes, write_bytes, seek_bytes,
                                  close_bytes, size_bytes, NULL, NULL, options);
    TIFFOpenOptionsFree(options);
    return t->handle ? IMGVEC_OK : fail_words(t, err);
}

/* Pictures whose rows can be taken as they are. libtiff's own conversion would multiply
 * colours by alpha. */
static bool is_plain(const tiff *t)
{
    bool rgb = t->photometric == PHOTOMETRIC_RGB && t->samples >= 3;
    bool gray =
        t->photometric == PHOTOMETRIC_MINISBLACK || t->photometric == PHOTOMETRIC_MINISWHITE;
    return (rgb || gray) && (t->bits == 8 || t->bits == 16) && t->samples <= 16 &&
           t->format == SAMPLEFORMAT_UINT && t->planar == PLANARCONFIG_CONTIG &&
           !TIFFIsTiled(t->handle);
}

/* Sizes against the limits and the file, before anything of that size is allocated. */
static imgvec_status check(tiff *t, imgvec_error *err)
{
    TIFF *h = t->handle;
    uint16_t compression = 0;
    TIFFGetField(h, TIFFTAG_IMAGEWIDTH, &t->width);
    TIFFGetField(h, TIFFTAG_IMAGELENGTH, &t->height);
    TIFFGetFieldDefaulted(h, TIFFTAG_BITSPERSAMPLE, &t->bits);
    TIFFGetFieldDefaulted(h, TIFFTAG_SAMPLESPERPIXEL, &t->samples);
    TIFFGetFieldDefaulted(h, TIFFTAG_PLANARCONFIG, &t->planar);
    TIFFGetFieldDefaulted(h, TIFFTAG_SAMPLEFORMAT, &t->format);
    TIFFGetFieldDefaulted(h, TIFFTAG_ORIENTATION, &t->orientation);
    TIFFGetFieldDefaulted(h, TIFFTAG_COMPRESSION, &compression);
    TIFFGetField(h, TIFFTAG_PHOTOMETRIC, &t->photometric);
    IV_TRY(iv_image_check_size(t->job, "TIFF", t->width, t->height, err));
    uint64_t pixels = (uint64_t)t->width * t->height;
    uint64_t part = TIFFIsTiled(h) ? TIFFTileSize64(h) : TIFFStripSize64(h);
    uint64_t raw = pixels * t->bits / 8; /* of one sample */
    /* No compression of TIFF is known to pass 1:100,000 on pictures. */
    bool plain = compression == COMPRESSION_NONE;
    if (part == 0 || part > memory_limit(pixels) || (plain && raw > t->job->size) ||
        raw / 100000 > t->job->size)
        return iv_fail(err, IMGVEC_ERR_FORMAT,
                       "TIFF: %u x %u pixels declared, but %zu bytes cannot hold them", t->width,
                       t->height, t->job->size);
    return iv_image_check_memory(t->job, "TIFF", (is_plain(t) ? 3 : 7) * pixels + part, err);
}

static imgvec_status read_plain(tiff *t, iv_image *out, imgvec_error *err)
{
    uint64_t bytes = TIFFScanlineSize64(t->handle);
    size_t step = (size_t)t->samples * t->bits / 8, next = (size_t)t->bits / 8;
    if (bytes < (uint64_t)t->width * step)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "TIFF: rows shorter than the picture is wide");
    uint8_t *line = iv_zalloc(t->job->ctx, (size_t)bytes);
    if (!line)
        return iv_fail_nomem(err);
    bool gray = t->photometric != PHOTOMETRIC_RGB;
    uint8_t invert = t->photometric == PHOTOMETRIC_MINISWHITE ? 255 : 0;
    size_t high = t->bits == 16 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 1 : 0;
    uint8_t *to = out->pixels;
    for (uint32_t y = 0; y < t->height && !t->failed; y++) {
        if (TIFFReadScanline(t->handle, line, y, 0) < 0) {
            t->failed = true;
            break;
        }
        const uint8_t *s = line + high;
        for (uint32_t x = 0; x < t->width; x++, s += step, to += 3) {
            to[0] = s[0] ^ invert;
            to[1] = gray ? to[0] : s[next];
            to[2] = gray ? to[0] : s[2 * next];
        }
    }
    iv_free(t->job->ctx, line);
    return t->failed ? fail_words(t, err) : IMGVEC_OK;
}

/* Everything else by libtiff's conversion to RGBA, unturned. */
static imgvec_status read_converted(tiff *t, iv_image *out, imgvec_error *err)
{
    TIFFRGBAImage image;
    char why[1024] = "";
    size_t count = (size_t)t->width * t->height;
    if (!TIFFRGBAImageOK(t->handle, why) || !TIFFRGBAImageBegin(&image, t->handle, 1, why))
        return iv_fail(err, IMGVEC_ERR_UNSUPPORTED, "TIFF: %s", why[0] ? why : "unknown layout");
    imgvec_status status = IMGVEC_OK;
    uint32_t *raster = iv_calloc(t->job->ctx, count, sizeof *raster);
    if (!raster) {
        status = iv_fail_nomem(err);
    } else {
        image.req_orientation = image.orientation;
        if (!TIFFRGBAImageGet(&image, raster, t->width, t->height) || t->failed)
            status = fail_words(t, err);
    }
    TIFFRGBAImageEnd(&image);
    if (status == IMGVEC_OK)
        for (size_t i = 0; i < count; i++) {
            out->pixels[3 * i] = (uint8_t)TIFFGetR(raster[i]);
            out->pixels[3 * i + 1] = (uint8_t)TIFFGetG(raster[i]);
            out->pixels[3 * i + 2] = (uint8_t)TIFFGetB(raster[i]);
        }
    iv_free(t->job->ctx, raster);
    return status;
}

imgvec_status iv_decode_tiff(const iv_image_job *job, iv_image *out, int *orientation,
                             imgvec_error *err)
{
    tiff t = {.job = job};
    IV_TRY(open_handle(&t, err));
    imgvec_status status = check(&t, err);
    if (status == IMGVEC_OK)
        status = iv_image_new(job->ctx, (int32_t)t.width, (int32_t)t.height, out, err);
    if (status == IMGVEC_OK)
        status = is_plain(&t) ? read_plain(&t, out, err) : read_converted(&t, out, err);
    TIFFClose(t.handle);
    if (status != IMGVEC_OK)
        iv_image_free(job->ctx, out);
    else if (t.orientation >= 1 && t.orientation <= 8)
        *orientation = t.orientation; /* in both modes: Pillow turns TIFF when it loads it */
    return status;
}
