/* A scene: the shapes of one picture, which are written as SVG or drawn as pixels alike. Lengths
 * are pixels at the scale 1, from the upper left corner. */
#ifndef IV_REPORT_SCENE_H
#define IV_REPORT_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* What a colour is for; what it is depends on light and dark. */
typedef enum iv_ink {
    IV_INK_TEXT,
    IV_INK_MUTED, /* text of less weight */
    IV_INK_GRID,
    IV_INK_SURFACE, /* behind everything */
    IV_INK_SERIES,  /* the first of IV_INK_SERIES_COUNT that are told apart without colour vision */
    IV_INK_COUNT = IV_INK_SERIES + 10
} iv_ink;
enum { IV_INK_SERIES_COUNT = IV_INK_COUNT - IV_INK_SERIES };

/* Red, green, blue. */
uint32_t iv_ink_colour(int ink, bool dark);

typedef enum iv_anchor { IV_START, IV_MIDDLE, IV_END } iv_anchor;

typedef enum iv_marker { IV_ROUND, IV_SQUARE, IV_DIAMOND, IV_MARKERS } iv_marker;

typedef enum iv_shape_kind {
    IV_SHAPE_LINES, /* joined points */
    IV_SHAPE_AREA,  /* a filled polygon */
    IV_SHAPE_DOTS,
    IV_SHAPE_RECT,
    IV_SHAPE_TEXT,
    IV_SHAPE_PICTURE
} iv_shape_kind;

typedef struct iv_shape {
    iv_shape_kind kind;
    int ink;
    double opacity;
    double x, y, width, height; /* rect, picture; text: x and y of its base line */
    double size;                /* of a line's stroke, a dot's radius, or letters */
    bool dashed, bold, turned;  /* turned: text that runs upwards */
    iv_anchor anchor;
    iv_marker marker;
    size_t first, count; /* points, or bytes of text */
    const void *data;    /* of a picture: a JPEG file, BORROWED, `count` bytes */
} iv_shape;

typedef struct iv_scene {
    imgvec_context *ctx;
    double width, height;
    iv_shape *shapes;
    size_t count, room;
    double *points; /* x and y by turns */
    size_t point_count, point_room;
    iv_text text; /* of all texts, each closed by NUL */
    bool failed;  /* out of memory: checked once at the end */
} iv_scene;

void iv_scene_init(iv_scene *s, imgvec_context *ctx, double width, double height);
void iv_scene_free(iv_scene *s);

/* points: count pairs, COPIED. */
void iv_scene_lines(iv_scene *s, const double *points, size_t count, int ink, double stroke,
                    bool dashed);
void iv_scene_line(iv_scene *s, double x1, double y1, double x2, double y2, int ink, double stroke);
void iv_scene_area(iv_scene *s, const double *points, size_t count, int ink, double opacity);
void iv_scene_dots(iv_scene *s, const double *points, size_t count, int ink, double radius,
                   iv_marker marker, double opacity);
void iv_scene_rect(iv_scene *s, double x, double y, double width, double height, int ink,
                   double opacity);
void iv_scene_picture(iv_scene *s, double x, double y, double width, double height,
                      const void *jpeg, size_t size);
/* UTF-8, COPIED; returns the shape for whoever wants it bold or turned, NULL when out of memory. */
iv_shape *iv_scene_text(iv_scene *s, double x, double y, double size, iv_anchor anchor, int ink,
                        const char *text);
/* The same, cut with an ellipsis so that it is about `most` wide. */
iv_shape *iv_scene_text_within(iv_scene *s, double x, double y, double size, iv_anchor anchor,
                               int ink, const char *text, double most);

/* About the width of text, on the wide side. */
double iv_scene_text_width(const char *text, double size);

#endif
