/* JPEG 2000 (JP2 files and raw codestreams), through openjpeg. */
#include <openjpeg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "image/cmyk.h"
#include "image/walk_jp2.h"

/* Enumerated colour spaces of JP2's colour box. */
enum { SPACE_NONE = 0, SPACE_CMYK = 12, SPACE_SRGB = 16, SPACE_GRAY = 17, SPACE_SYCC = 18 };

typedef struct reader {
    const uint8_t *data;
    uint64_t size, at;
    bool failed;     /* openjpeg reported an error or, in the data, a warning ... */
    bool in_data;    /* ... since this was set ... */
    char words[256]; /* ... which was this */
} reader;

static OPJ_SIZE_T read_bytes(void *to, OPJ_SIZE_T count, void *user)
{
    reader *r = user;
    uint64_t left = r->at < r->size ? r->size - r->at : 0;
    size_t n = count < left ? count : (size_t)left;
    if (n == 0)
        return (OPJ_SIZE_T)-1;
    memcpy(to, r->data + r->at, n);
    r->at += n;
    return n;
}

static OPJ_OFF_T skip_bytes(OPJ_OFF_T count, void *user)
{
    reader *r = user;
    if (count < 0 || (uint64_t)count > r->size - r->at)
        return -1;
    r->at += (uint64_t)count;
    return count;
}

static OPJ_BOOL seek_bytes(OPJ_OFF_T to, void *user)
{
    reader *r = user;
    if (to < 0 || (uint64_t)to > r->size)
        return OPJ_FALSE;
    r->at = (uint64_t)to;
    return OPJ_TRUE;
}

static void on_error(const char *message, void *user)
{
    reader *r = user;
    if (r->failed)
        return;
    snprintf(r->words, sizeof r->words, "%s", message);
    r->words[strcspn(r->words, "\r\n")] = '\0';
    r->failed = true;
}

/* Headers hold much that may be ignored; in the data a warning means that some are missing. */
static void on_warning(const char *message, void *user)
{
    if (((reader *)user)->in_data)
        on_error(message, user);
}

static void on_info(const char *message, void *user)
{
}

static imgvec_status fail_words(const reader *r, imgvec_error *err)
{
    return iv_image_fail_decoder(err, "JPEG 2000", r->failed ? r->words : "damaged");
}

static imgvec_status run(opj_codec_t *codec, opj_stream_t *stream, reader *r, opj_image_t **image,
                         imgvec_error *err)
{
    opj_dparameters_t parameters;
    opj_set_default_decoder_parameters(&parameters);
    opj_set_info_handler(codec, on_info, r);
    opj_set_warning_handler(codec, on_warning, r);
    opj_set_error_handler(codec, on_error, r);
    opj_stream_set_read_function(stream, read_bytes);
    opj_stream_set_skip_function(stream, skip_bytes);
    opj_stream_set_seek_function(stream, seek_bytes);
    opj_stream_set_user_data(stream, r, NULL);
    opj_stream_set_user_data_length(stream, r->size);
    if (!opj_setup_decoder(codec, &parameters) || !opj_read_header(stream, codec, image))
        return fail_words(r, err);
    r->in_data = true;
    if (!opj_decode(codec, stream, *image) || !opj_end_decompress(codec, stream) || r->failed)
        return fail_words(r, err);
    return IMGVEC_OK;
}

static imgvec_status decompress(const iv_image_job *job, const iv_jp2 *jp2, opj_image_t **image,
                                imgvec_error *err)
{
    /* What follows the codestream is of no use here and would only cause warnings. */
    reader r = {.data = job->data, .size = jp2->end};
    opj_codec_t *codec = opj_create_decompress(jp2->boxed ? OPJ_CODEC_JP2 : OPJ_CODEC_J2K);
    opj_stream_t *stream = opj_stream_create(1 << 16, OPJ_TRUE);
    imgvec_status status =
        codec && stream ? run(codec, stream, &r, image, err) : iv_fail_nomem(err);
    if (stream)
        opj_stream_destroy(stream);
    if (codec)
        opj_destroy_codec(codec);
    return status;
}

/* The components that make the picture. */
typedef struct picture {
    const opj_image_comp_t *part[4];
    int parts; /* 1: gray, 3, or 4: CMYK */
    bool sycc;
    uint32_t x0, y0, width, height; /* in steps of the finest component */
    uint32_t dx, dy;
} picture;

static imgvec_status fail_space(uint32_t space, imgvec_error *err)
{
    return iv_fail(err, IMGVEC_ERR_UNSUPPORTED,
                   "JPEG 2000: colour space %u is not known; convert the image to sRGB", space);
}

static imgvec_status choose(const iv_jp2 *jp2, const opj_image_t *image, picture *p,
                            imgvec_error *err)
{
    uint32_t colours = 0;
    for (uint32_t i = 0; i < image->numcomps; i++) {
        const opj_image_comp_t *c = &image->comps[i];
        if (!c->data || c->w == 0 || c->h == 0 || c->dx == 0 || c->dy == 0 || c->prec < 1 ||
            c->prec > 31)
            return iv_fail(err, IMGVEC_ERR_FORMAT, "JPEG 2000: component %u has no samples", i);
        if (c->alpha == 0 && colours < 4)
            p->part[colours++] = c;
    }
    uint32_t space = jp2->space;
    if (space != SPACE_NONE && space != SPACE_CMYK && space != SPACE_SRGB && space != SPACE_GRAY &&
        space != SPACE_SYCC)
        return fail_space(space, err);
    bool three = colours >= 3 && space != SPACE_GRAY;
    if (colours == 0 || (!three && (space == SPACE_SRGB || space == SPACE_SYCC)))
        return iv_fail(err, IMGVEC_ERR_FORMAT,
                       "JPEG 2000: %u colour components are too few for the colour space", colours);
    if (space == SPACE_CMYK && colours < 4)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "JPEG 2000: CMYK with %u components", colours);
    p->parts = space == SPACE_CMYK ? 4 : three ? 3 : 1;
    p->dx = p->part[0]->dx;
    p->dy = p->part[0]->dy;
    bool subsampled = false;
    for (int i = 1; i < p->parts; i++) {
        subsampled |= p->part[i]->dx != p->dx || p->part[i]->dy != p->dy;
        p->dx = p->part[i]->dx < p->dx ? p->part[i]->dx : p->dx;
        p->dy = p->part[i]->dy < p->dy ? p->part[i]->dy : p->dy;
    }
    /* Without a word on colours, coarser second and third components can only be chroma. */
    p->sycc = p->parts == 3 && (space == SPACE_SYCC || (space == SPACE_NONE && subsampled));
    p->x0 = (image->x0 + p->dx - 1) / p->dx;
    p->y0 = (image->y0 + p->dy - 1) / p->dy;
    p->width = (image->x1 + p->dx - 1) / p->dx - p->x0;
    p->height = (image->y1 + p->dy - 1) / p->dy - p->y0;
    return IMGVEC_OK;
}

/* Sample as 8 bits: the high byte of longer ones, shorter ones spread over 0 to 255. */
static uint8_t to_byte(const opj_image_comp_t *c, int32_t value)
{
    int64_t most = ((int64_t)1 << c->prec) - 1, v = value;
    if (c->sgnd)
        v += (int64_t)1 << (c->prec - 1);
    v = v < 0 ? 0 : v > most ? most : v;
    return (uint8_t)(c->prec >= 8 ? v >> (c->prec - 8) : v * 255 / most);
}

static uint32_t position(uint32_t at, uint32_t step, uint32_t own_step, uint32_t own_first,
                         uint32_t own_count)
{
    uint64_t index = (uint64_t)at * step / own_step;
    index = index > own_first ? index - own_first : 0;
    return index < own_count ? (uint32_t)index : own_count - 1;
}

/* One row of a component at the picture's resolution, each sample repeated. */
static void expand_row(const picture *p, const opj_image_comp_t *c, uint32_t y, uint8_t *to,
                       size_t step)
{
    uint32_t own_x0 = c->x0, own_y0 = c->y0;
    uint32_t own_y = position(p->y0 + y, p->dy, c->dy, own_y0, c->h);
    const OPJ_INT32 *row = c->data + (size_t)own_y * c->w;
    for (uint32_t x = 0; x < p->width; x++, to += step)
        *to = to_byte(c, row[position(p->x0 + x, p->dx, c->dx, own_x0, c->w)]);
}

static uint8_t clip(int value)
{
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* Full-range YCbCr of BT.601, as in JPEG; factors of 2^16. */
static void sycc_row(uint8_t *rgb, uint32_t width)
{
    for (uint32_t x = 0; x < width; x++, rgb += 3) {
        int y = rgb[0] * 65536 + 32768, cb = rgb[1] - 128, cr = rgb[2] - 128;
        rgb[0] = clip((y + 91881 * cr) >> 16);
        rgb[1] = clip((y - 22554 * cb - 46802 * cr) >> 16);
        rgb[2] = clip((y + 116130 * cb) >> 16);
    }
}

static imgvec_status convert(const iv_image_job *job, const picture *p, iv_image *out,
                             imgvec_error *err)
{
    IV_TRY(iv_image_check_size(job, "JPEG 2000", p->width, p->height, err));
    uint8_t *inks = NULL;
    if (p->parts == 4 && !(inks = iv_alloc_n(job->ctx, p->width, 4)))
        return iv_fail_nomem(err);
    imgvec_status status = iv_image_new(job->ctx, (int32_t)p->width, (int32_t)p->height, out, err);
    uint8_t *to = out->pixels;
    for (uint32_t y = 0; status == IMGVEC_OK && y < p->height; y++, to += 3 * (size_t)p->width) {
        if (inks) {
            for (int i = 0; i < 4; i++)
                expand_row(p, p->part[i], y, inks + i, 4);
            for (size_t i = 0; i < 4 * (size_t)p->width; i++)
                inks[i] = 255 - inks[i];
            iv_cmyk_inverted_row(inks, p->width, to);
            continue;
        }
        for (int i = 0; i < 3; i++)
            expand_row(p, p->part[p->parts == 3 ? i : 0], y, to + i, 3);
        if (p->sycc)
            sycc_row(to, p->width);
    }
    iv_free(job->ctx, inks);
    return status;
}

imgvec_status iv_decode_jp2(const iv_image_job *job, iv_image *out, int *orientation,
                            imgvec_error *err)
{
    iv_jp2 jp2;
    opj_image_t *image = NULL;
    picture p = {0};
    IV_TRY(iv_jp2_walk(job, &jp2, err));
    uint64_t pixels = (uint64_t)(jp2.x1 - jp2.x0) * (jp2.y1 - jp2.y0);
    IV_TRY(iv_image_check_memory(job, "JPEG 2000", 3 * pixels + 8 * jp2.samples, err));
    imgvec_status status = decompress(job, &jp2, &image, err);
    if (status == IMGVEC_OK)
        status = choose(&jp2, image, &p, err);
    if (status == IMGVEC_OK)
        status = convert(job, &p, out, err);
    if (image)
        opj_image_destroy(image);
    return status;
}
