/* GIF, first frame. A decoder of ours: stb_image gives up on files that keep a full code
 * table (gifsicle writes them), and takes cut ones for whole. */
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "image/bytes.h"
#include "image/decode.h"

enum { HEADER = 13, CODES = 4096, NONE = CODES };

typedef struct gif {
    const iv_image_job *job;
    uint32_t width, height;           /* canvas */
    uint32_t left, top, across, down; /* first frame */
    bool interlaced, found;
    size_t data; /* its LZW data, at the code size */
    uint8_t background;
    uint8_t global[256 * 3], colours[256 * 3]; /* black past the entries of the file */
    size_t global_count;
} gif;

static imgvec_status damaged(imgvec_error *err, size_t at, const char *what)
{
    return iv_fail_at(err, IMGVEC_ERR_FORMAT, (int64_t)at, "GIF: %s (byte %zu)", what, at);
}

static imgvec_status cut_short(const gif *g, imgvec_error *err)
{
    return damaged(err, g->job->size, "cut short: the file ends before its trailer");
}

/* Entries of the colour table that flags announce. */
static size_t table_entries(uint8_t flags)
{
    return flags & 0x80 ? (size_t)2 << (flags & 7) : 0;
}

/* Past a chain of sub-blocks. */
static imgvec_status skip_blocks(const gif *g, size_t *at, imgvec_error *err)
{
    for (;;) {
        if (*at >= g->job->size)
            return cut_short(g, err);
        size_t length = g->job->data[*at];
        *at += 1 + length;
        if (length == 0)
            return IMGVEC_OK;
    }
}

static imgvec_status read_frame(gif *g, size_t *at, imgvec_error *err)
{
    const uint8_t *p = g->job->data + *at;
    size_t left = g->job->size - *at;
    if (left < 10)
        return cut_short(g, err);
    size_t colours = table_entries(p[9]);
    if (left < 11 + 3 * colours)
        return cut_short(g, err);
    if (!g->found) {
        g->found = true;
        g->left = iv_le16(p + 1);
        g->top = iv_le16(p + 3);
        g->across = iv_le16(p + 5);
        g->down = iv_le16(p + 7);
        g->interlaced = p[9] & 0x40;
        g->data = *at + 10 + 3 * colours;
        if (g->across == 0 || g->down == 0 || g->left + g->across > g->width ||
            g->top + g->down > g->height)
            return damaged(err, *at, "a frame outside the canvas");
        if (colours == 0 && g->global_count == 0)
            return damaged(err, *at, "no colour table");
        memcpy(g->colours, g->global, sizeof g->colours);
        if (colours) {
            memset(g->colours, 0, sizeof g->colours);
            memcpy(g->colours, p + 10, 3 * colours);
        }
    }
    *at += 11 + 3 * colours;
    return skip_blocks(g, at, err);
}

static imgvec_status walk(gif *g, imgvec_error *err)
{
    const uint8_t *data = g->job->data;
    size_t size = g->job->size, at = HEADER;
    if (size < HEADER)
        return cut_short(g, err);
    if (memcmp(data, "GIF87a", 6) != 0 && memcmp(data, "GIF89a", 6) != 0)
        return damaged(err, 0, "the signature is damaged");
    g->width = iv_le16(data + 6);
    g->height = iv_le16(data + 8);
    g->background = data[11];
    IV_TRY(iv_image_check_size(g->job, "GIF", g->width, g->height, err));
    g->global_count = table_entries(data[10]);
    if (size - at < 3 * g->global_count)
        return cut_short(g, err);
    memcpy(g->global, data + at, 3 * g->global_count);
    at += 3 * g->global_count;
    for (;;) {
        if (at >= size)
            return cut_short(g, err);
        if (data[at] == 0x3b)
            break;
        if (data[at] == 0x2c) {
            IV_TRY(read_frame(g, &at, err));
        } else if (data[at] == 0x21) {
            at += 2;
            IV_TRY(skip_blocks(g, &at, err));
        } else {
            return damaged(err, at, "a block of an unknown kind");
        }
    }
    return g->found ? IMGVEC_OK : damaged(err, at, "no frame");
}

/* Bits of the sub-blocks, lowest first. */
typedef struct bits {
    const uint8_t *data; /* the walk has seen the end of the chain */
    size_t at, block;    /* next byte, bytes left in its block */
    uint32_t held;
    int count;
} bits;

/* Next code of `width` bits; -1 behind the last. */
static int next_code(bits *b, int width)
{
    while (b->count < width) {
        if (b->block == 0) {
            b->block = b->data[b->at];
            if (b->block == 0)
                return -1;
            b->at++;
        }
        b->held |= (uint32_t)b->data[b->at++] << b->count;
        b->block--;
        b->count += 8;
    }
    int code = (int)(b->held & ((1u << width) - 1));
    b->held >>= width;
    b->count -= width;
    return code;
}

/* Where in the output the string of each code stands for the first time. */
typedef struct strings {
    uint32_t at[CODES], length[CODES];
} strings;

/* Expands the frame's data into exactly `count` indices. */
static imgvec_status expand(const gif *g, strings *s, uint8_t *out, size_t count, imgvec_error *err)
{
    const uint8_t *data = g->job->data;
    int root = data[g->data];
    if (root < 1 || root > 8)
        return damaged(err, g->data, "a code size that is not in 1..8");
    bits b = {.data = data, .at = g->data + 1};
    int clear = 1 << root, next = clear + 2, width = root + 1, previous = NONE;
    size_t done = 0;
    while (done < count) {
        int code = next_code(&b, width);
        if (code < 0 || code == clear + 1)
            return damaged(err, b.at, "cut short: the frame has fewer pixels than it declares");
        if (code == clear) {
            next = clear + 2;
            width = root + 1;
            previous = NONE;
            continue;
        }
        size_t last = previous < clear ? 1 : previous == NONE ? 0 : s->length[previous];
        size_t length = code < clear ? 1 : 0, from = 0;
        if (code > clear && code < next) {
            length = s->length[code];
            from = s->at[code];
        } else if (code == next && previous != NONE && next < CODES) {
            /* The string that this very code completes: the last one and its first byte. */
            length = last + 1;
            from = done - last;
        }
        if (length == 0)
            return damaged(err, b.at, "a damaged code");
        if (previous != NONE && next < CODES) {
            s->at[next] = (uint32_t)(done - last);
            s->length[next] = (uint32_t)last + 1;
            next++;
            if (next == 1 << width && width < 12)
                width++;
        }
        if (length > count - done)
            length = count - done;
        if (code < clear)
            out[done] = (uint8_t)code;
        else
            for (size_t i = 0; i < length; i++) /* may overlap, forwards */
                out[done + i] = out[from + i];
        done += length;
        previous = code;
    }
    return IMGVEC_OK;
}

/* Row of the picture that the i-th stored row is. */
static uint32_t interlaced_row(uint32_t i, uint32_t down)
{
    static const uint8_t start[4] = {0, 4, 2, 1}, step[4] = {8, 8, 4, 2};
    for (int pass = 0; pass < 4; pass++) {
        uint32_t rows = down > start[pass] ? (down - start[pass] + step[pass] - 1) / step[pass] : 0;
        if (i < rows)
            return start[pass] + i * step[pass];
        i -= rows;
    }
    return 0;
}

static void paint(const gif *g, const uint8_t *indices, iv_image *out)
{
    if (g->across != g->width || g->down != g->height) {
        const uint8_t *c = g->global + 3 * (size_t)g->background;
        for (size_t i = 0; i < (size_t)g->width * g->height; i++)
            memcpy(out->pixels + 3 * i, c, 3);
    }
    for (uint32_t i = 0; i < g->down; i++) {
        uint32_t y = g->top + (g->interlaced ? interlaced_row(i, g->down) : i);
        uint8_t *to = out->pixels + ((size_t)y * g->width + g->left) * 3;
        const uint8_t *from = indices + (size_t)i * g->across;
        for (uint32_t x = 0; x < g->across; x++)
            memcpy(to + 3 * (size_t)x, g->colours + 3 * (size_t)from[x], 3);
    }
}

imgvec_status iv_decode_gif(const iv_image_job *job, iv_image *out, int *orientation,
                            imgvec_error *err)
{
    gif g = {.job = job};
    IV_TRY(walk(&g, err));
    size_t count = (size_t)g.across * g.down;
    /* A code of 12 bits stands for at most 4096 pixels. */
    if (count / CODES > job->size)
        return iv_fail(err, IMGVEC_ERR_FORMAT,
                       "GIF: a frame of %u x %u pixels declared, but %zu bytes cannot hold it",
                       g.across, g.down, job->size);
    IV_TRY(iv_image_check_memory(job, "GIF", 3 * (uint64_t)g.width * g.height + count, err));
    imgvec_status status = IMGVEC_OK;
    strings *s = iv_alloc(job->ctx, sizeof *s);
    uint8_t *indices = iv_alloc(job->ctx, count);
    if (!s || !indices)
        status = iv_fail_nomem(err);
    if (status == IMGVEC_OK)
        status = expand(&g, s, indices, count, err);
    if (status == IMGVEC_OK)
        status = iv_image_new(job->ctx, (int32_t)g.width, (int32_t)g.height, out, err);
    if (status == IMGVEC_OK)
        paint(&g, indices, out);
    iv_free(job->ctx, indices);
    iv_free(job->ctx, s);
    return status;
}
