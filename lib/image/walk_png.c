/* Reading a PNG's structure before any decoder sees it. */
#include "image/walk_png.h"

#include <stdbool.h>
#include <string.h>
#include <zlib.h>

#include "base/error.h"
#include "image/bytes.h"
#include "image/exif.h"

static const uint8_t signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
const uint8_t iv_png_tail[IV_PNG_TAIL] = {0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xae, 0x42, 0x60, 0x82};

/* Where the walk stands. */
typedef struct walk {
    const iv_image_job *job;
    iv_png *png;
    bool header, palette, data, after_data, end;
} walk;

static imgvec_status damaged(imgvec_error *err, size_t at, const char *what)
{
    return iv_fail_at(err, IMGVEC_ERR_FORMAT, (int64_t)at, "PNG: %s (byte %zu)", what, at);
}

static int channels(uint8_t color_type)
{
    static const uint8_t of_type[7] = {1, 0, 3, 1, 2, 0, 4};
    return color_type < sizeof of_type ? of_type[color_type] : 0;
}

static bool depth_fits(uint8_t color_type, uint8_t depth)
{
    switch (depth) {
    case 1:
    case 2:
    case 4:
        return color_type == IV_PNG_GRAY || color_type == IV_PNG_PALETTE;
    case 8:
        return true;
    case 16:
        return color_type != IV_PNG_PALETTE;
    default:
        return false;
    }
}

/* Bytes of filtered rows of a (part) picture. */
static uint64_t rows_bytes(const iv_png *png, uint64_t width, uint64_t height)
{
    if (width == 0 || height == 0)
        return 0;
    uint64_t bits = (uint64_t)channels(png->color_type) * png->depth;
    return height * (1 + (width * bits + 7) / 8);
}

static uint64_t raw_bytes(const iv_png *png)
{
    /* Adam7: first column and row, and the steps, of the seven passes. */
    static const uint8_t x0[7] = {0, 4, 0, 2, 0, 1, 0}, y0[7] = {0, 0, 4, 0, 2, 0, 1},
                         dx[7] = {8, 8, 4, 4, 2, 2, 1}, dy[7] = {8, 8, 8, 4, 4, 2, 2};
    if (!png->interlace)
        return rows_bytes(png, png->width, png->height);
    uint64_t sum = 0;
    for (int i = 0; i < 7; i++)
        sum += rows_bytes(png, ((uint64_t)png->width + dx[i] - 1 - x0[i]) / dx[i],
                          ((uint64_t)png->height + dy[i] - 1 - y0[i]) / dy[i]);
    return sum;
}

static imgvec_status read_header(walk *w, const uint8_t *p, size_t length, size_t at,
                                 imgvec_error *err)
{
    iv_png *png = w->png;
    if (w->header)
        return damaged(err, at, "a second IHDR chunk");
    if (length != 13)
        return damaged(err, at, "IHDR chunk of a wrong length");
    w->header = true;
    png->width = iv_be32(p);
    png->height = iv_be32(p + 4);
    png->depth = p[8];
    png->color_type = p[9];
    png->interlace = p[12];
    if (!channels(png->color_type) || !depth_fits(png->color_type, png->depth))
        return iv_fail_at(err, IMGVEC_ERR_FORMAT, (int64_t)at,
                          "PNG: colour type %d with %d bits does not exist", png->color_type,
                          png->depth);
    if (p[10] != 0 || p[11] != 0 || p[12] > 1)
        return damaged(err, at, "unknown compression, filter or interlace method");
    IV_TRY(iv_image_check_size(w->job, "PNG", png->width, png->height, err));
    png->raw_bytes = raw_bytes(png);
    return IMGVEC_OK;
}

static imgvec_status read_palette(walk *w, const uint8_t *p, size_t length, size_t at,
                                  imgvec_error *err)
{
    if (w->palette || w->data)
        return damaged(err, at, "a PLTE chunk where none may be");
    if (length == 0 || length % 3 != 0 || length > sizeof w->png->palette)
        return damaged(err, at, "PLTE chunk of a wrong length");
    w->palette = true;
    memcpy(w->png->palette, p, length);
    return IMGVEC_OK;
}

static imgvec_status read_data(walk *w, size_t begin, size_t length, imgvec_error *err)
{
    if (w->after_data)
        return damaged(err, begin, "IDAT chunks that do not follow one another");
    if (!w->data) {
        if (w->png->color_type == IV_PNG_PALETTE && !w->palette)
            return damaged(err, begin, "a palette image without its PLTE chunk");
        w->data = true;
        w->png->idat_begin = begin;
    }
    w->png->idat_end = begin + length + 12;
    w->png->idat_bytes += length;
    return IMGVEC_OK;
}

static imgvec_status read_chunk(walk *w, const uint8_t *chunk, size_t length, size_t at,
                                imgvec_error *err)
{
    const uint8_t *type = chunk + 4, *p = chunk + 8;
    if (!w->header && memcmp(type, "IHDR", 4) != 0)
        return memcmp(type, "CgBI", 4) == 0
                   ? iv_fail(err, IMGVEC_ERR_UNSUPPORTED,
                             "PNG: Apple's CgBI variant, which is no standard PNG")
                   : damaged(err, at, "does not begin with IHDR");
    if (memcmp(type, "IDAT", 4) == 0)
        return read_data(w, at, length, err);
    w->after_data = w->data;
    if (memcmp(type, "IHDR", 4) == 0)
        return read_header(w, p, length, at, err);
    if (memcmp(type, "PLTE", 4) == 0)
        return read_palette(w, p, length, at, err);
    if (memcmp(type, "IEND", 4) == 0) {
        if (length != 0)
            return damaged(err, at, "IEND chunk of a wrong length");
        w->end = true;
    } else if (memcmp(type, "eXIf", 4) == 0) {
        w->png->orientation = iv_exif_orientation(p, length);
    } else if (!(type[0] & 32)) {
        return damaged(err, at, "an unknown chunk that may not be ignored");
    }
    return IMGVEC_OK;
}

/* Whether so much compressed data can be data of that picture. DEFLATE reaches 1032:1; and
 * nobody needs more than twice the size, except for the frames of tiny blocks. */
static imgvec_status check_ratio(const iv_png *png, imgvec_error *err)
{
    if (png->raw_bytes > 1032 * png->idat_bytes)
        return iv_fail(
            err, IMGVEC_ERR_FORMAT,
            "PNG: %u x %u pixels declared, but %llu bytes of image data cannot hold them",
            png->width, png->height, (unsigned long long)png->idat_bytes);
    if (png->idat_bytes > 2 * png->raw_bytes + 64 * (uint64_t)png->height + 4096)
        return iv_fail(err, IMGVEC_ERR_FORMAT,
                       "PNG: %llu bytes of image data for %u x %u pixels, far more than these need",
                       (unsigned long long)png->idat_bytes, png->width, png->height);
    return IMGVEC_OK;
}

imgvec_status iv_png_walk(const iv_image_job *job, iv_png *out, imgvec_error *err)
{
    const uint8_t *data = job->data;
    size_t size = job->size, at = sizeof signature;
    walk w = {.job = job, .png = out};
    memset(out, 0, sizeof *out);
    out->orientation = 1;
    if (size < sizeof signature || memcmp(data, signature, sizeof signature) != 0)
        return damaged(err, 0, "the signature is damaged");
    while (!w.end) {
        if (size - at < 12)
            return damaged(err, size, "cut short: no IEND chunk");
        size_t length = iv_be32(data + at);
        const uint8_t *type = data + at + 4;
        for (int i = 0; i < 4; i++)
            if ((type[i] | 32) < 'a' || (type[i] | 32) > 'z')
                return damaged(err, at, "a chunk's name is damaged");
        if (length > size - at - 12)
            return iv_fail_at(
                err, IMGVEC_ERR_FORMAT, (int64_t)at,
                "PNG: cut short or damaged: chunk %.4s at byte %zu has %zu bytes, the "
                "file ends before",
                (const char *)type, at, length);
        if (crc32_z(0, type, length + 4) != iv_be32(type + 4 + length))
            return iv_fail_at(err, IMGVEC_ERR_FORMAT, (int64_t)at,
                              "PNG: damaged: the CRC of chunk %.4s at byte %zu is wrong",
                              (const char *)type, at);
        IV_TRY(read_chunk(&w, data + at, length, at, err));
        at += length + 12;
    }
    if (!w.data)
        return damaged(err, at, "no IDAT chunk, so no pixels");
    return check_ratio(out, err);
}

/* Writes chunk frame and CRC around `length` bytes that lie at p + 8 already. */
static size_t close_chunk(uint8_t *p, const char *type, size_t length)
{
    iv_put_be32(p, (uint32_t)length);
    memcpy(p + 4, type, 4);
    iv_put_be32(p + 8 + length, (uint32_t)crc32_z(0, p + 4, length + 4));
    return length + 12;
}

size_t iv_png_head(const iv_png *png, uint8_t head[IV_PNG_HEAD_MAX])
{
    memcpy(head, signature, sizeof signature);
    size_t at = sizeof signature;
    uint8_t *p = head + at + 8;
    iv_put_be32(p, png->width);
    iv_put_be32(p + 4, png->height);
    p[8] = png->depth;
    p[9] = png->color_type;
    p[10] = p[11] = 0;
    p[12] = png->interlace;
    at += close_chunk(head + at, "IHDR", 13);
    if (png->color_type == IV_PNG_PALETTE) {
        size_t length = 3 * ((size_t)1 << png->depth);
        memcpy(head + at + 8, png->palette, length);
        at += close_chunk(head + at, "PLTE", length);
    }
    return at;
}
