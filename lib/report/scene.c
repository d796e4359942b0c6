#include "report/scene.h"

#include <string.h>

#include "base/mem.h"

#define LETTER 0.56 /* width of a letter as a part of its size: somewhat wider than most fonts */

/* Chosen to differ for people who see red and green alike, and from their background. */
static const uint32_t colours[IV_INK_COUNT][2] = {
    {0x1a1d21, 0xe8eaed}, {0x5b6470, 0xa2abb7}, {0xdfe3e8, 0x363c45}, {0xffffff, 0x1b1f24},
    {0x0069b4, 0x58a6ff}, {0xd55e00, 0xff8f50}, {0x00876c, 0x3ecfa6}, {0xb0428f, 0xf08cc9},
    {0xb58900, 0xe8c04a}, {0x3fa7d6, 0x8fd3f4}, {0x6b4fbb, 0xb49cff}, {0x8c564b, 0xc99a8b},
    {0x5f6b7a, 0xa7b1bd}, {0x7a9a01, 0xb7d13f}};

uint32_t iv_ink_colour(int ink, bool dark)
{
    return colours[ink][dark];
}

void iv_scene_init(iv_scene *s, imgvec_context *ctx, double width, double height)
{
    memset(s, 0, sizeof *s);
    s->ctx = ctx;
    s->width = width;
    s->height = height;
    iv_text_init(&s->text, ctx);
}

void iv_scene_free(iv_scene *s)
{
    if (!s->ctx)
        return;
    iv_free(s->ctx, s->shapes);
    iv_free(s->ctx, s->points);
    iv_text_free(&s->text);
    memset(s, 0, sizeof *s);
}

static iv_shape *add(iv_scene *s, iv_shape shape)
{
    if (s->failed || iv_reserve(s->ctx, &s->shapes, &s->room, s->count + 1, sizeof shape) != 0) {
        s->failed = true;
        return NULL;
    }
    s->shapes[s->count] = shape;
    return &s->shapes[s->count++];
}

static void add_points(iv_scene *s, iv_shape shape, const double *points, size_t count)
{
    if (s->failed || count == 0)
        return;
    if (iv_reserve(s->ctx, &s->points, &s->point_room, s->point_count + 2 * count,
                   sizeof *s->points) != 0) {
        s->failed = true;
        return;
    }
    shape.first = s->point_count;
    shape.count = count;
    memcpy(s->points + s->point_count, points, 2 * count * sizeof *points);
    s->point_count += 2 * count;
    add(s, shape);
}

void iv_scene_lines(iv_scene *s, const double *points, size_t count, int ink, double stroke,
                    bool dashed)
{
    add_points(
        s,
        (iv_shape){
            .kind = IV_SHAPE_LINES, .ink = ink, .opacity = 1, .size = stroke, .dashed = dashed},
        points, count);
}

void iv_scene_line(iv_scene *s, double x1, double y1, double x2, double y2, int ink, double stroke)
{
    const double points[4] = {x1, y1, x2, y2};
    iv_scene_lines(s, points, 2, ink, stroke, false);
}

void iv_scene_area(iv_scene *s, const double *points, size_t count, int ink, double opacity)
{
    add_points(s, (iv_shape){.kind = IV_SHAPE_AREA, .ink = ink, .opacity = opacity}, points, count);
}

void iv_scene_dots(iv_scene *s, const double *points, size_t count, int ink, double radius,
                   iv_marker marker, double opacity)
{
    add_points(s,
               (iv_shape){.kind = IV_SHAPE_DOTS,
                          .ink = ink,
                          .opacity = opacity,
                          .size = radius,
                          .marker = marker},
               points, count);
}

void iv_scene_rect(iv_scene *s, double x, double y, double width, double height, int ink,
                   double opacity)
{
    add(s, (iv_shape){.kind = IV_SHAPE_RECT,
                      .ink = ink,
                      .opacity = opacity,
                      .x = x,
                      .y = y,
                      .width = width,
                      .height = height});
}

void iv_scene_picture(iv_scene *s, double x, double y, double width, double height,
                      const void *jpeg, size_t size)
{
    add(s, (iv_shape){.kind = IV_SHAPE_PICTURE,
                      .opacity = 1,
                      .x = x,
                      .y = y,
                      .width = width,
                      .height = height,
                      .data = jpeg,
                      .count = size});
}

static iv_shape *add_text(iv_scene *s, double x, double y, double size, iv_anchor anchor, int ink,
                          const char *text, size_t length, const char *tail)
{
    size_t first = s->text.length;
    iv_text_add_n(&s->text, text, length);
    iv_text_add(&s->text, tail);
    size_t count = s->text.length - first;
    iv_text_add_n(&s->text, "", 1);
    s->failed = s->failed || s->text.failed;
    return add(s, (iv_shape){.kind = IV_SHAPE_TEXT,
                             .ink = ink,
                             .opacity = 1,
                             .x = x,
                             .y = y,
                             .size = size,
                             .anchor = anchor,
                             .first = first,
                             .count = count});
}

iv_shape *iv_scene_text(iv_scene *s, double x, double y, double size, iv_anchor anchor, int ink,
                        const char *text)
{
    return add_text(s, x, y, size, anchor, ink, text, strlen(text), "");
}

static size_t letters(const char *text, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

double iv_scene_text_width(const char *text, double size)
{
    return (double)letters(text, strlen(text)) * LETTER * size;
}

iv_shape *iv_scene_text_within(iv_scene *s, double x, double y, double size, iv_anchor anchor,
                               int ink, const char *text, double most)
{
    size_t fit = most > 0 ? (size_t)(most / (LETTER * size)) : 0, count = 0, keep = 0;
    for (size_t i = 0; text[i]; i++) {
        if (((unsigned char)text[i] & 0xc0) == 0x80)
            continue;
        if (count == fit)
            return add_text(s, x, y, size, anchor, ink, text, keep, "\xe2\x80\xa6");
        if (++count == fit)
            keep = i; /* room for the dots if more follows */
    }
    return iv_scene_text(s, x, y, size, anchor, ink, text);
}
