/* Shapes become pixels by their distance: one within half a pixel of an edge is covered in part. */
#include "report/scene_png.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "image/encode.h"
#include "image/preprocess.h"
#include "report/canvas.h"

/* Letters are drawn as strokes between the dots of the canvas' letters. */
#define LETTER_STEP 0.093 /* between two dots, as a part of the letters' size */
#define LETTER_RISE 0.113
#define LETTER_STROKE 0.085
#define DASH 5.0
#define GAP 4.0

typedef struct brush {
    iv_image *image;
    uint32_t colour;
    double opacity;
} brush;

static void blend(const brush *b, int32_t x, int32_t y, double cover)
{
    cover = fmin(cover, 1) * b->opacity;
    if (cover <= 0 || x < 0 || y < 0 || x >= b->image->width || y >= b->image->height)
        return;
    uint8_t *pixel = b->image->pixels + 3 * ((size_t)y * (size_t)b->image->width + (size_t)x);
    for (int c = 0; c < 3; c++) {
        double to = (double)(b->colour >> (16 - 8 * c) & 255);
        pixel[c] = (uint8_t)(pixel[c] + (to - pixel[c]) * cover + 0.5);
    }
}

/* The pixels that an extent may touch, within the image. */
static int32_t first_of(double low)
{
    return low > 0 ? (int32_t)fmin(low, 1e6) : 0;
}

static int32_t last_of(double high, int32_t limit)
{
    return high < limit ? (int32_t)ceil(high) : limit;
}

static void segment(const brush *b, double x1, double y1, double x2, double y2, double stroke)
{
    double half = stroke / 2, dx = x2 - x1, dy = y2 - y1, length = dx * dx + dy * dy;
    int32_t right = last_of(fmax(x1, x2) + half + 1, b->image->width);
    int32_t bottom = last_of(fmax(y1, y2) + half + 1, b->image->height);
    for (int32_t y = first_of(fmin(y1, y2) - half - 1); y < bottom; y++)
        for (int32_t x = first_of(fmin(x1, x2) - half - 1); x < right; x++) {
            double px = x + 0.5 - x1, py = y + 0.5 - y1;
            double along = length > 0 ? (px * dx + py * dy) / length : 0;
            along = fmin(fmax(along, 0), 1);
            blend(b, x, y, half + 0.5 - hypot(px - along * dx, py - along * dy));
        }
}

static void dashed(const brush *b, double x1, double y1, double x2, double y2, double stroke,
                   double *walked)
{
    double length = hypot(x2 - x1, y2 - y1), period = (DASH + GAP) * IV_SCENE_SCALE;
    for (double at = 0; at < length;) {
        double phase = fmod(*walked + at, period), dash = DASH * IV_SCENE_SCALE;
        double part = fmin(phase < dash ? dash - phase : period - phase, length - at);
        part = fmax(part, 0.01);
        if (phase < dash)
            segment(b, x1 + (x2 - x1) * at / length, y1 + (y2 - y1) * at / length,
                    x1 + (x2 - x1) * (at + part) / length, y1 + (y2 - y1) * (at + part) / length,
                    stroke);
        at += part;
    }
    *walked += length;
}

static double overlap(double low, double high, double at)
{
    return fmax(fmin(high, at + 1) - fmax(low, at), 0);
}

static void rect(const brush *b, double left, double top, double width, double height)
{
    int32_t right = last_of(left + width, b->image->width);
    int32_t bottom = last_of(top + height, b->image->height);
    for (int32_t y = first_of(top); y < bottom; y++)
        for (int32_t x = first_of(left); x < right; x++)
            blend(b, x, y, overlap(left, left + width, x) * overlap(top, top + height, y));
}

enum { SLICES = 4, CROSSINGS = 128 };

/* Where a line across the picture enters and leaves a polygon, by turns. */
typedef struct slice {
    double x[CROSSINGS];
    size_t count;
} slice;

static void cross(const double *points, size_t count, double y, slice *out)
{
    out->count = 0;
    for (size_t i = 0; i < count && out->count < CROSSINGS; i++) {
        const double *p = points + 2 * i, *q = points + 2 * ((i + 1) % count);
        double y1 = p[1] * IV_SCENE_SCALE, y2 = q[1] * IV_SCENE_SCALE;
        if ((y1 <= y) == (y2 <= y))
            continue;
        double x = (p[0] + (q[0] - p[0]) * (y - y1) / (y2 - y1)) * IV_SCENE_SCALE;
        size_t at = out->count++;
        for (; at > 0 && out->x[at - 1] > x; at--)
            out->x[at] = out->x[at - 1];
        out->x[at] = x;
    }
}

static void area(const brush *b, const double *points, size_t count)
{
    slice slices[SLICES];
    double left = INFINITY, right = -INFINITY, top = INFINITY, bottom = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        left = fmin(left, points[2 * i] * IV_SCENE_SCALE);
        right = fmax(right, points[2 * i] * IV_SCENE_SCALE);
        top = fmin(top, points[2 * i + 1] * IV_SCENE_SCALE);
        bottom = fmax(bottom, points[2 * i + 1] * IV_SCENE_SCALE);
    }
    for (int32_t y = first_of(top); y < last_of(bottom, b->image->height); y++) {
        for (int k = 0; k < SLICES; k++)
            cross(points, count, y + (k + 0.5) / SLICES, &slices[k]);
        for (int32_t x = first_of(left); x < last_of(right, b->image->width); x++) {
            double cover = 0;
            for (int k = 0; k < SLICES; k++)
                for (size_t i = 0; i + 1 < slices[k].count; i += 2)
                    cover += overlap(slices[k].x[i], slices[k].x[i + 1], x) / SLICES;
            blend(b, x, y, cover);
        }
    }
}

static void dots(const brush *b, const iv_shape *s, const double *points)
{
    double r = s->size * IV_SCENE_SCALE;
    for (size_t i = 0; i < s->count; i++) {
        double x = points[2 * i] * IV_SCENE_SCALE, y = points[2 * i + 1] * IV_SCENE_SCALE;
        if (s->marker == IV_SQUARE) {
            rect(b, x - 0.9 * r, y - 0.9 * r, 1.8 * r, 1.8 * r);
        } else if (s->marker == IV_DIAMOND) {
            double d = 1.3 * s->size, px = points[2 * i], py = points[2 * i + 1];
            const double corners[8] = {px, py - d, px + d, py, px, py + d, px - d, py};
            area(b, corners, 4);
        } else {
            segment(b, x, y, x, y, 2 * r);
        }
    }
}

/* ---- text ---- */

typedef struct pen {
    const brush *b;
    double x, y, size; /* of the next letter's base line, in pixels */
    bool turned, bold;
} pen;

static void stroke(const pen *p, double x1, double y1, double x2, double y2)
{
    double width = fmax(LETTER_STROKE * p->size * (p->bold ? 1.5 : 1), 1.2);
    if (p->turned)
        segment(p->b, p->x + y1, p->y - x1, p->x + y2, p->y - x2, width);
    else
        segment(p->b, p->x + x1, p->y + y1, p->x + x2, p->y + y2, width);
}

static bool dot_at(const uint8_t *glyph, int row, int column)
{
    return row >= 0 && row < IV_GLYPH_HEIGHT && column >= 0 && column < IV_GLYPH_WIDTH &&
           (glyph[row] >> (IV_GLYPH_WIDTH - 1 - column) & 1);
}

/* Joins neighbouring dots; corner to corner only where no dot lies between. */
static void letter(const pen *p, const uint8_t *glyph, double start)
{
    static const int steps[4][2] = {{0, 1}, {1, 0}, {1, 1}, {1, -1}};
    for (int row = 0; row < IV_GLYPH_HEIGHT; row++)
        for (int column = 0; column < IV_GLYPH_WIDTH; column++) {
            if (!dot_at(glyph, row, column))
                continue;
            double x = start + column * LETTER_STEP * p->size;
            double y = (row - 6.2) * LETTER_RISE * p->size;
            bool joined = false;
            for (int k = 0; k < 4; k++) {
                int down = steps[k][0], right = steps[k][1];
                bool corner =
                    down && right &&
                    (dot_at(glyph, row + down, column) || dot_at(glyph, row, column + right));
                if (corner || !dot_at(glyph, row + down, column + right))
                    continue;
                stroke(p, x, y, x + right * LETTER_STEP * p->size,
                       y + down * LETTER_RISE * p->size);
                joined = true;
            }
            if (!joined)
                stroke(p, x, y, x, y);
        }
}

/* The next letter as ASCII, for what has a likeness there; *text goes behind it. */
static char next_letter(const char **text)
{
    static const char *const like[][2] = {{"\xe2\x80\xa6", "."}, {"\xe2\x80\x93", "-"},
                                          {"\xe2\x80\x94", "-"}, {"\xc3\x97", "x"},
                                          {"\xc2\xa0", " "},     {"\xe2\x88\x92", "-"}};
    for (size_t i = 0; i < sizeof like / sizeof *like; i++)
        if (strncmp(*text, like[i][0], strlen(like[i][0])) == 0) {
            *text += strlen(like[i][0]);
            return like[i][1][0];
        }
    char c = *(*text)++;
    if ((unsigned char)c < 128)
        return c;
    while (((unsigned char)**text & 0xc0) == 0x80)
        ++*text;
    return '\x01';
}

static void text(const brush *b, const iv_shape *s, const char *words)
{
    pen p = {.b = b,
             .x = s->x * IV_SCENE_SCALE,
             .y = s->y * IV_SCENE_SCALE,
             .size = s->size * IV_SCENE_SCALE,
             .turned = s->turned,
             .bold = s->bold};
    double width = iv_scene_text_width(words, p.size);
    double at = s->anchor == IV_START ? 0 : s->anchor == IV_MIDDLE ? -width / 2 : -width;
    for (const char *c = words; *c; at += 6 * LETTER_STEP * p.size)
        letter(&p, iv_canvas_glyph(next_letter(&c)), at + LETTER_STEP * p.size / 2);
}

/* ---- pictures ---- */

static imgvec_status picture(const iv_scene *s, const iv_shape *shape, iv_image *out,
                             imgvec_error *err)
{
    static const iv_image_limits limits = {.side = 4096, .pixels = 1 << 22};
    int32_t width = (int32_t)(shape->width * IV_SCENE_SCALE + 0.5);
    int32_t height = (int32_t)(shape->height * IV_SCENE_SCALE + 0.5);
    int32_t left = (int32_t)(shape->x * IV_SCENE_SCALE), top = (int32_t)(shape->y * IV_SCENE_SCALE);
    iv_image decoded, fitted;
    imgvec_error why;
    const brush grey = {out, iv_ink_colour(IV_INK_GRID, false), 1};
    imgvec_status status = iv_image_decode(s->ctx, shape->data, shape->count, &limits,
                                           IV_IMAGE_UPRIGHT, &decoded, &why);
    if (status == IMGVEC_ERR_NO_MEMORY)
        return iv_fail_nomem(err);
    if (status != IMGVEC_OK || width < 1 || height < 1) {
        rect(&grey, left, top, width, height);
        return IMGVEC_OK;
    }
    status = iv_resize(s->ctx, &decoded, width, height, IV_FILTER_BILINEAR, &fitted, err);
    iv_image_free(s->ctx, &decoded);
    if (status != IMGVEC_OK)
        return status;
    for (int32_t y = 0; y < height && top + y < out->height; y++)
        for (int32_t x = 0; x < width && left + x < out->width; x++)
            memcpy(out->pixels + 3 * ((size_t)(top + y) * (size_t)out->width + (size_t)(left + x)),
                   fitted.pixels + 3 * ((size_t)y * (size_t)width + (size_t)x), 3);
    iv_image_free(s->ctx, &fitted);
    return IMGVEC_OK;
}

imgvec_status iv_scene_draw(const iv_scene *s, iv_image *out, imgvec_error *err)
{
    if (s->failed)
        return iv_fail_nomem(err);
    IV_TRY(iv_canvas_new(s->ctx, (int32_t)ceil(s->width * IV_SCENE_SCALE),
                         (int32_t)ceil(s->height * IV_SCENE_SCALE), out, err));
    imgvec_status status = IMGVEC_OK;
    for (size_t i = 0; i < s->count && status == IMGVEC_OK; i++) {
        const iv_shape *shape = &s->shapes[i];
        const double *points = s->points ? s->points + shape->first : NULL; /* none: texts alone */
        const brush b = {out, iv_ink_colour(shape->ink, false), shape->opacity};
        double walked = 0;
        switch (shape->kind) {
        case IV_SHAPE_LINES:
            for (size_t k = 0; k + 1 < shape->count; k++) {
                const double *p = points + 2 * k;
                double x1 = p[0] * IV_SCENE_SCALE, y1 = p[1] * IV_SCENE_SCALE;
                double x2 = p[2] * IV_SCENE_SCALE, y2 = p[3] * IV_SCENE_SCALE;
                if (shape->dashed)
                    dashed(&b, x1, y1, x2, y2, shape->size * IV_SCENE_SCALE, &walked);
                else
                    segment(&b, x1, y1, x2, y2, shape->size * IV_SCENE_SCALE);
            }
            break;
        case IV_SHAPE_AREA:
            area(&b, points, shape->count);
            break;
        case IV_SHAPE_DOTS:
            dots(&b, shape, points);
            break;
        case IV_SHAPE_RECT:
            rect(&b, shape->x * IV_SCENE_SCALE, shape->y * IV_SCENE_SCALE,
                 shape->width * IV_SCENE_SCALE, shape->height * IV_SCENE_SCALE);
            break;
        case IV_SHAPE_TEXT:
            text(&b, shape, s->text.data + shape->first);
            break;
        case IV_SHAPE_PICTURE:
            status = picture(s, shape, out, err);
            break;
        }
    }
    if (status != IMGVEC_OK)
        iv_image_free(s->ctx, out);
    return status;
}

imgvec_status iv_scene_png(const iv_scene *s, uint8_t **out, size_t *size, imgvec_error *err)
{
    iv_image image;
    iv_encoded png;
    IV_TRY(iv_scene_draw(s, &image, err));
    imgvec_status status = iv_encode_png(s->ctx, &image, &png, err);
    iv_image_free(s->ctx, &image);
    IV_TRY(status);
    *out = png.data;
    *size = png.size;
    return IMGVEC_OK;
}
