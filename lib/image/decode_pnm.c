/* PBM, PGM and PPM, ASCII (P1 to P3) and binary (P4 to P6). A reader of ours for all six:
 * stb_image knows two of them and does not scale by the largest value. */
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "image/bytes.h"
#include "image/decode.h"

typedef struct pnm {
    const iv_image_job *job;
    size_t at;
    int kind; /* 1 to 6 */
    uint32_t width, height, most;
} pnm;

static imgvec_status damaged(const pnm *p, const char *what, imgvec_error *err)
{
    return iv_fail_at(err, IMGVEC_ERR_FORMAT, (int64_t)p->at, "PNM: %s (byte %zu)", what, p->at);
}

static bool blank(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void skip_blanks(pnm *p)
{
    const uint8_t *data = p->job->data;
    size_t size = p->job->size;
    while (p->at < size && (blank(data[p->at]) || data[p->at] == '#')) {
        if (data[p->at] == '#')
            while (p->at < size && data[p->at] != '\n' && data[p->at] != '\r')
                p->at++;
        else
            p->at++;
    }
}

/* Next decimal number, at most `most`. */
static bool number(pnm *p, uint32_t most, uint32_t *out)
{
    const uint8_t *data = p->job->data;
    uint64_t value = 0;
    skip_blanks(p);
    size_t begin = p->at;
    while (p->at < p->job->size && data[p->at] >= '0' && data[p->at] <= '9' && value <= most)
        value = value * 10 + (uint64_t)(data[p->at++] - '0');
    *out = (uint32_t)value;
    return p->at > begin && value <= most;
}

static imgvec_status read_header(pnm *p, imgvec_error *err)
{
    p->kind = p->job->data[1] - '0';
    p->at = 2;
    p->most = 1;
    if (!number(p, INT32_MAX, &p->width) || !number(p, INT32_MAX, &p->height))
        return damaged(p, "the size is missing or no number", err);
    IV_TRY(iv_image_check_size(p->job, "PNM", p->width, p->height, err));
    if (p->kind != 1 && p->kind != 4 && (!number(p, 65535, &p->most) || p->most == 0))
        return damaged(p, "the largest value is not in 1..65535", err);
    if (p->kind < 4)
        return IMGVEC_OK;
    if (p->at >= p->job->size || !blank(p->job->data[p->at]))
        return damaged(p, "no blank between header and pixels", err);
    p->at++;
    return IMGVEC_OK;
}

/* A sample as a byte: the full range is kept, 16 bits by their high byte; or clipped, as
 * Pillow does with 16-bit gray. */
static uint8_t to_byte(const pnm *p, uint32_t v, bool clip)
{
    if (v > p->most)
        v = p->most;
    if (clip) {
        uint64_t wide = ((uint64_t)v * 65535 + p->most / 2) / p->most;
        return (uint8_t)(wide > 255 ? 255 : wide);
    }
    if (p->most == 255)
        return (uint8_t)v;
    return (uint8_t)(p->most == 65535 ? v >> 8 : (v * 255 + p->most / 2) / p->most);
}

static imgvec_status read_ascii(pnm *p, int channels, bool clip, uint8_t *out, imgvec_error *err)
{
    size_t count = (size_t)p->width * p->height;
    for (size_t i = 0; i < count; i++)
        for (int c = 0; c < channels; c++) {
            uint32_t v;
            if (p->kind == 1) { /* digits need no blanks between them */
                skip_blanks(p);
                if (p->at >= p->job->size || (p->job->data[p->at] | 1) != '1')
                    return damaged(p, "a pixel is missing or no 0 or 1", err);
                v = p->job->data[p->at++] == '0';
            } else if (!number(p, p->most, &v)) {
                return damaged(p, "a sample is missing, no number or too large", err);
            }
            memset(out + 3 * i + c, to_byte(p, v, clip), channels == 1 ? 3 : 1);
        }
    return IMGVEC_OK;
}

static void read_bits(const pnm *p, uint8_t *out)
{
    size_t row = ((size_t)p->width + 7) / 8;
    for (uint32_t y = 0; y < p->height; y++) {
        const uint8_t *s = p->job->data + p->at + y * row;
        for (uint32_t x = 0; x < p->width; x++, out += 3)
            memset(out, s[x / 8] >> (7 - x % 8) & 1 ? 0 : 255, 3);
    }
}

static void read_binary(const pnm *p, int channels, bool clip, uint8_t *out)
{
    const uint8_t *s = p->job->data + p->at;
    size_t samples = (size_t)p->width * p->height * (size_t)channels;
    size_t step = p->most > 255 ? 2 : 1, spread = channels == 1 ? 3 : 1;
    if (p->most == 255 && channels == 3) {
        memcpy(out, s, samples);
        return;
    }
    for (size_t i = 0; i < samples; i++, s += step, out += spread)
        memset(out, to_byte(p, step == 2 ? iv_be16(s) : *s, clip), spread);
}

imgvec_status iv_decode_pnm(const iv_image_job *job, iv_image *out, int *orientation,
                            imgvec_error *err)
{
    pnm p = {.job = job};
    IV_TRY(read_header(&p, err));
    int channels = p.kind % 3 == 0 ? 3 : 1;
    bool clip = job->mode == IV_IMAGE_PILLOW && channels == 1 && p.most > 255;
    uint64_t samples = (uint64_t)p.width * p.height * (uint64_t)channels, need;
    if (p.kind == 4)
        need = ((uint64_t)p.width + 7) / 8 * p.height;
    else if (p.kind < 4) /* a digit each, and a blank between numbers */
        need = p.kind == 1 ? samples : 2 * samples - 1;
    else
        need = samples * (p.most > 255 ? 2 : 1);
    if (need > job->size - p.at)
        return iv_fail(err, IMGVEC_ERR_FORMAT,
                       "PNM: cut short: %u x %u pixels need %llu bytes, %zu are there", p.width,
                       p.height, (unsigned long long)need, job->size - p.at);
    IV_TRY(iv_image_new(job->ctx, (int32_t)p.width, (int32_t)p.height, out, err));
    imgvec_status status = IMGVEC_OK;
    if (p.kind < 4)
        status = read_ascii(&p, channels, clip, out->pixels, err);
    else if (p.kind == 4)
        read_bits(&p, out->pixels);
    else
        read_binary(&p, channels, clip, out->pixels);
    if (status != IMGVEC_OK)
        iv_image_free(job->ctx, out);
    return status;
}
