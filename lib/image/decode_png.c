/* PNG through libspng. */
#include "image/walk_png.h"

#include <spng.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "image/arena.h"

/* The rebuilt file: head, the IDAT chunks where they lie, tail. */
typedef struct stream {
    struct {
        const uint8_t *data;
        size_t size;
    } parts[3];
    int part;
    size_t at;
} stream;

static int read_stream(spng_ctx *spng, void *user, void *dst, size_t length)
{
    stream *s = user;
    uint8_t *out = dst;
    while (length > 0) {
        while (s->part < 3 && s->at == s->parts[s->part].size) {
            s->part++;
            s->at = 0;
        }
        if (s->part == 3)
            return SPNG_IO_EOF;
        size_t n = s->parts[s->part].size - s->at;
        if (n > length)
            n = length;
        memcpy(out, s->parts[s->part].data + s->at, n);
        s->at += n;
        out += n;
        length -= n;
    }
    return 0;
}

/* 16-bit samples to 0..255 by clipping, as Pillow does. They lie in the last two thirds of
 * the pixel memory; a pixel is written before the first sample that it would cover is due. */
static void clip_gray16(uint8_t *pixels, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint16_t v;
        memcpy(&v, pixels + count + 2 * i, sizeof v);
        memset(pixels + 3 * i, v > 255 ? 255 : v, 3);
    }
}

/* The same for bytes of gray in the last third. */
static void spread_gray(uint8_t *pixels, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t v = pixels[2 * count + i];
        pixels[3 * i] = pixels[3 * i + 1] = pixels[3 * i + 2] = v;
    }
}

static int decode(const iv_image_job *job, const iv_png *png, stream *s, iv_image *image)
{
    struct spng_alloc hooks = {iv_arena_malloc, iv_arena_realloc, iv_arena_calloc,
                               iv_arena_release};
    /* The walk has checked every CRC, which covers what the Adler sum would. */
    spng_ctx *spng = spng_ctx_new2(&hooks, SPNG_CTX_IGNORE_ADLER32);
    if (!spng)
        return SPNG_EMEM;
    size_t count = (size_t)image->width * (size_t)image->height;
    int code = spng_set_crc_action(spng, SPNG_CRC_USE, SPNG_CRC_USE);
    if (code == 0)
        code = spng_set_png_stream(spng, read_stream, s);
    if (code == 0) {
        if (job->mode == IV_IMAGE_PILLOW && png->color_type == IV_PNG_GRAY && png->depth == 16) {
            code = spng_decode_image(spng, image->pixels + count, 2 * count, SPNG_FMT_PNG, 0);
            if (code == 0)
                clip_gray16(image->pixels, count);
        } else if (png->color_type == IV_PNG_GRAY && png->depth <= 8) {
            code = spng_decode_image(spng, image->pixels + 2 * count, count, SPNG_FMT_G8, 0);
            if (code == 0)
                spread_gray(image->pixels, count);
        } else {
            code = spng_decode_image(spng, image->pixels, 3 * count, SPNG_FMT_RGB8, 0);
        }
    }
    spng_ctx_free(spng);
    return code;
}

imgvec_status iv_decode_png(const iv_image_job *job, iv_image *out, int *orientation,
                            imgvec_error *err)
{
    iv_png png;
    uint8_t head[IV_PNG_HEAD_MAX];
    IV_TRY(iv_png_walk(job, &png, err));
    stream s = {.parts = {{head, iv_png_head(&png, head)},
                          {job->data + png.idat_begin, png.idat_end - png.idat_begin},
                          {iv_png_tail, IV_PNG_TAIL}}};
    IV_TRY(iv_image_new(job->ctx, (int32_t)png.width, (int32_t)png.height, out, err));
    iv_arena arena;
    uint64_t own = 16 * (uint64_t)png.width * 8 + (8 << 20);
    uint64_t used = 3 * (uint64_t)png.width * png.height;
    iv_arena_begin(&arena, job->ctx, iv_image_budget(job, own, used));
    int code = decode(job, &png, &s, out);
    bool failed = arena.failed, over = arena.over;
    iv_arena_end(&arena);
    if (code == 0) {
        if (job->mode == IV_IMAGE_UPRIGHT)
            *orientation = png.orientation;
        return IMGVEC_OK;
    }
    iv_image_free(job->ctx, out);
    if (failed)
        return iv_fail_nomem(err);
    if (over)
        return iv_image_fail_budget(job, "PNG", own, used, spng_strerror(code), err);
    return iv_image_fail_decoder(err, "PNG", spng_strerror(code));
}
