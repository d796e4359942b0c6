/* Radiance HDR through stb_image. Tone rule: each channel v becomes 255 * v^(1/2.2), rounded
 * and clipped to 0..255; no exposure is applied. */
#include <string.h>

#include "base/error.h"
#include "image/stb.h"

typedef struct reader {
    const uint8_t *data;
    size_t size, at;
} reader;

static imgvec_status damaged(const reader *r, const char *what, imgvec_error *err)
{
    return iv_fail_at(err, IMGVEC_ERR_FORMAT, (int64_t)r->at, "HDR: %s (byte %zu)", what, r->at);
}

/* A line without its end, at most what stb_image's buffer takes; false at the end of data. */
static bool next_line(reader *r, const char **line, size_t *length)
{
    const uint8_t *begin = r->data + r->at;
    const uint8_t *end = memchr(begin, '\n', r->size - r->at);
    if (!end || end - begin > 1000)
        return false;
    *line = (const char *)begin;
    *length = (size_t)(end - begin);
    r->at += *length + 1;
    return true;
}

static bool number(const char **p, const char *end, uint64_t *out)
{
    const char *begin = *p;
    for (*out = 0; *p < end && **p >= '0' && **p <= '9' && *p - begin < 9; (*p)++)
        *out = *out * 10 + (uint64_t)(**p - '0');
    return *p > begin;
}

/* "-Y height +X width", the one order that is in use. */
static bool read_size(const char *line, size_t length, uint64_t *width, uint64_t *height)
{
    const char *p = line, *end = line + length;
    if (length < 3 || memcmp(p, "-Y ", 3) != 0)
        return false;
    p += 3;
    if (!number(&p, end, height) || end - p < 4 || memcmp(p, " +X ", 4) != 0)
        return false;
    p += 4;
    return number(&p, end, width) && p == end;
}

/* One run-length coded row: four planes of `width` bytes. */
static imgvec_status check_row(reader *r, uint32_t width, imgvec_error *err)
{
    const uint8_t *p = r->data + r->at;
    if (r->size - r->at < 4)
        return damaged(r, "cut short", err);
    if (p[0] != 2 || p[1] != 2 || (uint32_t)(p[2] << 8 | p[3]) != width)
        return damaged(r, "a row's start is damaged", err);
    r->at += 4;
    for (int plane = 0; plane < 4; plane++)
        for (uint32_t done = 0; done < width;) {
            if (r->at >= r->size)
                return damaged(r, "cut short", err);
            uint32_t code = r->data[r->at++], count = code > 128 ? code - 128 : code;
            size_t need = code > 128 ? 1 : count;
            if (count == 0 || count > width - done || need > r->size - r->at)
                return damaged(r, "a row's packets are damaged", err);
            done += count;
            r->at += need;
        }
    return IMGVEC_OK;
}

static imgvec_status check_pixels(reader *r, uint32_t width, uint32_t height, imgvec_error *err)
{
    const uint8_t *p = r->data + r->at;
    size_t left = r->size - r->at;
    bool coded =
        width >= 8 && width < 32768 && left >= 4 && p[0] == 2 && p[1] == 2 && !(p[2] & 0x80);
    if (!coded)
        return (uint64_t)width * height * 4 > left
                   ? damaged(r, "cut short: fewer bytes than the picture has pixels", err)
                   : IMGVEC_OK;
    for (uint32_t y = 0; y < height; y++)
        IV_TRY(check_row(r, width, err));
    return IMGVEC_OK;
}

imgvec_status iv_decode_hdr(const iv_image_job *job, iv_image *out, int *orientation,
                            imgvec_error *err)
{
    reader r = {job->data, job->size, 0};
    const char *line;
    size_t length = 1;
    bool format = false;
    uint64_t width, height;
    while (length > 0) {
        if (!next_line(&r, &line, &length))
            return damaged(&r, "the header does not end", err);
        format |= length == 22 && memcmp(line, "FORMAT=32-bit_rle_rgbe", 22) == 0;
    }
    if (!format)
        return iv_fail(err, IMGVEC_ERR_UNSUPPORTED, "HDR: only FORMAT=32-bit_rle_rgbe is known");
    if (!next_line(&r, &line, &length) || !read_size(line, length, &width, &height))
        return damaged(&r, "the size is no \"-Y height +X width\"", err);
    IV_TRY(iv_image_check_size(job, "HDR", width, height, err));
    /* Both sides fit 32 bits once checked. */
    IV_TRY(check_pixels(&r, (uint32_t)width, (uint32_t)height, err));
    return iv_stb_decode(job, "HDR", job->data, job->size, (uint32_t)width, (uint32_t)height, 32,
                         out, err);
}
