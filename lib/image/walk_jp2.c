/* JPEG 2000 before openjpeg sees it. openjpeg takes a file that ends early for a warning, and
 * allocates for every tile and component that a header declares. */
#include "image/walk_jp2.h"

#include <string.h>

#include "base/error.h"
#include "image/bytes.h"
#include "image/jp2_style.h"

#define TILES 65535
/* openjpeg holds each sample in 32 bits, once or twice. */
#define MEMORY(pixels) (32 * (pixels) + ((uint64_t)64 << 20))
#define TILE_BYTES 8192           /* what openjpeg keeps of a tile before it is decoded, and ... */
#define TILE_COMPONENT_BYTES 1536 /* ... of each of its components */

enum { SOC = 0xff4f, SIZ = 0xff51, SOT = 0xff90, SOD = 0xff93, EOC = 0xffd9 };

typedef struct walk {
    const iv_image_job *job;
    const uint8_t *data;
    iv_jp2 *jp2;
    uint32_t width, height, ihdr_components; /* of the header box */
    uint64_t tiles, tiles_across;
    uint32_t tile_x, tile_y, tile_w, tile_h;
    uint8_t step_x[IV_JP2_COMPONENTS], step_y[IV_JP2_COMPONENTS];
    iv_jp2_styles styles; /* of the main header */
    bool styled;
    uint64_t packets; /* of the tiles so far */
} walk;

static imgvec_status damaged(uint64_t at, const char *what, imgvec_error *err)
{
    return iv_fail_at(err, IMGVEC_ERR_FORMAT, (int64_t)at, "JPEG 2000: %s (byte %llu)", what,
                      (unsigned long long)at);
}

static imgvec_status cut_short(uint64_t at, imgvec_error *err)
{
    return damaged(at, "cut short or damaged: what is declared runs past the end", err);
}

/* Head of the box at `at`: where its content begins and the box ends. */
static imgvec_status read_box(const walk *w, size_t at, size_t limit, size_t *begin, size_t *end,
                              imgvec_error *err)
{
    if (limit - at < 8)
        return cut_short(at, err);
    uint64_t length = iv_be32(w->data + at);
    *begin = at + 8;
    if (length == 1) {
        if (limit - at < 16)
            return cut_short(at, err);
        length = (uint64_t)iv_be32(w->data + at + 8) << 32 | iv_be32(w->data + at + 12);
        *begin = at + 16;
    } else if (length == 0) {
        length = limit - at; /* the last box may leave its length open */
    }
    if (length < *begin - at)
        return damaged(at, "a box shorter than its own head", err);
    if (length > limit - at)
        return cut_short(at, err);
    *end = at + (size_t)length;
    return IMGVEC_OK;
}

/* The boxes within the header box that matter here; openjpeg judges them in full. */
static imgvec_status walk_header(walk *w, size_t at, size_t limit, imgvec_error *err)
{
    bool coloured = false;
    for (size_t begin, end; at < limit; at = end) {
        IV_TRY(read_box(w, at, limit, &begin, &end, err));
        const uint8_t *type = w->data + at + 4, *content = w->data + begin;
        if (memcmp(type, "ihdr", 4) == 0) {
            if (end - begin != 14)
                return damaged(at, "the image header box is not 14 bytes long", err);
            w->height = iv_be32(content);
            w->width = iv_be32(content + 4);
            w->ihdr_components = iv_be16(content + 8);
        } else if (memcmp(type, "colr", 4) == 0 && !coloured) {
            if (end - begin < 3 || (content[0] == 1 && end - begin < 7))
                return damaged(at, "a colour box too short", err);
            coloured = true;
            w->jp2->space = content[0] == 1 ? iv_be32(content + 3) : 0;
        } else if (memcmp(type, "pclr", 4) == 0) {
            w->jp2->palette = true;
        }
    }
    return w->width ? IMGVEC_OK : damaged(at, "no image header box", err);
}

static imgvec_status walk_boxes(walk *w, imgvec_error *err)
{
    size_t at = 0, size = w->job->size;
    for (size_t begin, end; at < size; at = end) {
        IV_TRY(read_box(w, at, size, &begin, &end, err));
        const uint8_t *type = w->data + at + 4;
        if (memcmp(type, "jp2h", 4) == 0 && !w->width)
            IV_TRY(walk_header(w, begin, end, err));
        if (memcmp(type, "jp2c", 4) == 0 && !w->jp2->end) {
            if (!w->width)
                return damaged(at, "the codestream comes before the header box", err);
            w->jp2->begin = begin;
            w->jp2->end = end;
        }
    }
    return w->jp2->end ? IMGVEC_OK : cut_short(size, err);
}

static uint32_t ceil_div(uint32_t a, uint32_t b)
{
    return a / b + (a % b != 0);
}

static imgvec_status check_components(walk *w, const uint8_t *p, size_t at, imgvec_error *err)
{
    iv_jp2 *j = w->jp2;
    for (uint32_t i = 0; i < j->components; i++, p += 3, at += 3) {
        if (p[1] == 0 || p[2] == 0)
            return damaged(at, "a component with a sampling step of 0", err);
        w->step_x[i] = p[1];
        w->step_y[i] = p[2];
        uint64_t width = ceil_div(j->x1, p[1]) - ceil_div(j->x0, p[1]);
        uint64_t height = ceil_div(j->y1, p[2]) - ceil_div(j->y0, p[2]);
        if (width == 0 || height == 0)
            return damaged(at, "a component without samples", err);
        j->samples += width * height;
    }
    if (8 * j->samples > MEMORY((uint64_t)(j->x1 - j->x0) * (j->y1 - j->y0)))
        return iv_fail(err, IMGVEC_ERR_LIMIT,
                       "JPEG 2000: %u components are too many for a picture of this size",
                       j->components);
    return IMGVEC_OK;
}

/* The size segment: `at` is that of its marker, `length` counts from behind it. */
static imgvec_status read_size(walk *w, size_t at, uint32_t length, imgvec_error *err)
{
    iv_jp2 *j = w->jp2;
    const uint8_t *p = w->data + at + 4;
    if (length < 41)
        return damaged(at, "the size segment is too short", err);
    j->x1 = iv_be32(p + 2);
    j->y1 = iv_be32(p + 6);
    j->x0 = iv_be32(p + 10);
    j->y0 = iv_be32(p + 14);
    uint32_t tile_w = iv_be32(p + 18), tile_h = iv_be32(p + 22);
    uint32_t tile_x = iv_be32(p + 26), tile_y = iv_be32(p + 30);
    j->components = iv_be16(p + 34);
    if (length != 38 + 3 * j->components || j->components == 0)
        return damaged(at, "the size segment contradicts its number of components", err);
    if (j->x0 >= j->x1 || j->y0 >= j->y1)
        return damaged(at, "a side of 0 pixels", err);
    uint32_t width = j->x1 - j->x0, height = j->y1 - j->y0;
    IV_TRY(iv_image_check_size(w->job, "JPEG 2000", width, height, err));
    if (j->components > IV_JP2_COMPONENTS)
        return iv_fail(err, IMGVEC_ERR_LIMIT, "JPEG 2000: %u components, over the limit of %d",
                       j->components, IV_JP2_COMPONENTS);
    if (w->width &&
        (w->width != width || w->height != height || (w->ihdr_components != j->components)))
        return damaged(at, "header box and codestream contradict each other about the size", err);
    /* openjpeg's own bounds are those of 32 bits. */
    if (tile_w == 0 || tile_h == 0 || tile_x > j->x0 || tile_y > j->y0 ||
        (uint64_t)tile_x + tile_w <= j->x0 || (uint64_t)tile_y + tile_h <= j->y0)
        return damaged(at, "tiles that do not cover the picture", err);
    w->tiles_across = ceil_div(j->x1 - tile_x, tile_w);
    w->tiles = w->tiles_across * ceil_div(j->y1 - tile_y, tile_h);
    w->tile_x = tile_x;
    w->tile_y = tile_y;
    w->tile_w = tile_w;
    w->tile_h = tile_h;
    uint64_t memory = 4 * (uint64_t)width * height + ((uint64_t)64 << 20);
    if (w->tiles > TILES || w->tiles * (TILE_BYTES + j->components * TILE_COMPONENT_BYTES) > memory)
        return iv_fail(err, IMGVEC_ERR_LIMIT,
                       "JPEG 2000: %llu tiles are too many for %u x %u pixels",
                       (unsigned long long)w->tiles, width, height);
    /* No picture but an empty one is known to shrink that far. */
    if ((uint64_t)width * height / 100000 > w->job->size)
        return iv_fail(err, IMGVEC_ERR_FORMAT,
                       "JPEG 2000: %u x %u pixels declared, but %zu bytes cannot hold them", width,
                       height, w->job->size);
    return check_components(w, p + 36, at + 40, err);
}

/* Segments of a tile's header up to its data; coding styles are taken over. */
static imgvec_status walk_tile_header(const walk *w, size_t at, size_t limit, iv_jp2_styles *styles,
                                      imgvec_error *err)
{
    while (limit - at >= 2 && iv_be16(w->data + at) != SOD) {
        if (limit - at < 4)
            return cut_short(at, err);
        uint32_t marker = iv_be16(w->data + at), length = iv_be16(w->data + at + 2);
        if (marker < 0xff00 || length < 2)
            return damaged(at, "no marker where one must be", err);
        if (length > limit - at - 2)
            return cut_short(at, err);
        if ((marker == IV_JP2_COD || marker == IV_JP2_COC) &&
            !iv_jp2_style_read(styles, marker, w->data + at + 4, length - 2, w->jp2->components))
            return damaged(at, "a coding style that does not exist", err);
        at += 2 + (size_t)length;
    }
    return limit - at >= 2 ? IMGVEC_OK : damaged(at, "a tile without data", err);
}

/* What a tile's style makes of it must be within what the picture may take and the file can hold.
 */
static imgvec_status check_style(walk *w, uint32_t tile, size_t at, size_t header, size_t limit,
                                 imgvec_error *err)
{
    const iv_jp2 *j = w->jp2;
    iv_jp2_styles styles = w->styles;
    iv_jp2_style_enter_tile(&styles);
    IV_TRY(walk_tile_header(w, header, limit, &styles, err));
    uint64_t x = w->tile_x + tile % w->tiles_across * w->tile_w;
    uint64_t y = w->tile_y + tile / w->tiles_across * w->tile_h;
    const iv_jp2_area area = {.x0 = x > j->x0 ? (uint32_t)x : j->x0,
                              .y0 = y > j->y0 ? (uint32_t)y : j->y0,
                              .x1 = x + w->tile_w < j->x1 ? (uint32_t)(x + w->tile_w) : j->x1,
                              .y1 = y + w->tile_h < j->y1 ? (uint32_t)(y + w->tile_h) : j->y1};
    iv_jp2_cost cost = iv_jp2_style_cost(&styles, &area, j->components, w->step_x, w->step_y);
    w->packets += cost.packets;
    if (w->packets > j->end - j->begin)
        return damaged(at, "cut short or damaged: more packets are declared than there are bytes",
                       err);
    uint64_t pixels = (uint64_t)(j->x1 - j->x0) * (j->y1 - j->y0);
    if (8 * j->samples + cost.memory > MEMORY(pixels))
        return iv_fail(
            err, IMGVEC_ERR_LIMIT,
            "JPEG 2000: code blocks too small for a picture of %u x %u pixels: they would "
            "take %llu MB",
            j->x1 - j->x0, j->y1 - j->y0, (unsigned long long)(cost.memory >> 20));
    return IMGVEC_OK;
}

/* Tile-parts, each with the length that it declares, up to the end marker. */
static imgvec_status walk_tiles(walk *w, size_t at, imgvec_error *err)
{
    uint8_t seen[TILES / 8 + 1] = {0};
    uint64_t found = 0;
    size_t end = w->jp2->end;
    for (uint64_t length; end - at >= 12 && iv_be16(w->data + at) == SOT; at += (size_t)length) {
        const uint8_t *p = w->data + at;
        uint32_t tile = iv_be16(p + 4);
        length = iv_be32(p + 6);
        if (iv_be16(p + 2) != 10 || tile >= w->tiles)
            return damaged(at, "a tile that the picture does not have", err);
        if (length == 0) { /* the last one may leave its length open */
            length = end - at;
            if (length >= 2 && iv_be16(w->data + end - 2) == EOC)
                length -= 2;
        }
        if (length < 14)
            return damaged(at, "a tile without data", err);
        if (length > end - at)
            return cut_short(at, err);
        if (!(seen[tile / 8] >> tile % 8 & 1)) { /* only its first part may have a style */
            found++;
            IV_TRY(check_style(w, tile, at, at + 12, at + (size_t)length, err));
        }
        seen[tile / 8] |= (uint8_t)(1u << tile % 8);
    }
    if (end - at < 2)
        return cut_short(at, err);
    if (iv_be16(w->data + at) != EOC)
        return damaged(at, "neither a tile nor the end where one must be", err);
    if (found != w->tiles)
        return damaged(at, "the end comes before all tiles are there", err);
    w->jp2->end = at + 2;
    return IMGVEC_OK;
}

static imgvec_status walk_codestream(walk *w, imgvec_error *err)
{
    size_t at = w->jp2->begin, end = w->jp2->end;
    if (end - at < 2)
        return cut_short(at, err);
    if (iv_be16(w->data + at) != SOC)
        return damaged(at, "no codestream where one must be", err);
    for (at += 2;;) {
        if (end - at < 4)
            return cut_short(at, err);
        uint32_t marker = iv_be16(w->data + at), length = iv_be16(w->data + at + 2);
        if (marker == SOT)
            break;
        if (marker < 0xff00 || marker == SOD || marker == EOC || length < 2)
            return damaged(at, "no marker where one must be", err);
        if (length > end - at - 2)
            return cut_short(at, err);
        if ((marker == SIZ) != !w->tiles)
            return damaged(at, "the size segment is not the first, or not the only one", err);
        if (marker == SIZ)
            IV_TRY(read_size(w, at, length, err));
        if (marker == IV_JP2_COD || marker == IV_JP2_COC) {
            if (!iv_jp2_style_read(&w->styles, marker, w->data + at + 4, length - 2,
                                   w->jp2->components))
                return damaged(at, "a coding style that does not exist", err);
            w->styled |= marker == IV_JP2_COD;
        }
        at += 2 + (size_t)length;
    }
    if (!w->tiles)
        return damaged(at, "no size segment", err);
    if (!w->styled)
        return damaged(at, "no coding style", err);
    return walk_tiles(w, at, err);
}

imgvec_status iv_jp2_walk(const iv_image_job *job, iv_jp2 *out, imgvec_error *err)
{
    *out = (iv_jp2){.boxed = job->size > 0 && job->data[0] == 0};
    walk w = {.job = job, .data = job->data, .jp2 = out};
    if (out->boxed)
        IV_TRY(walk_boxes(&w, err));
    else
        out->end = job->size;
    return walk_codestream(&w, err);
}
