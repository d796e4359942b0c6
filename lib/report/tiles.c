#include "report/tiles.h"

#include <math.h>
#include <string.h>

#include "report/plot.h"
#include "report/show_number.h"

enum { MARGIN = 14, TOP = 40 };

static void put_title(iv_scene *s, const char *text)
{
    iv_shape *title = iv_scene_text_within(s, MARGIN, 22, IV_PLOT_TITLE, IV_START, IV_INK_TEXT,
                                           text, s->width - 2 * MARGIN);
    if (title)
        title->bold = true;
}

/* ---- matrix ---- */

#define MATRIX 400.0 /* side of all cells together */
enum { NAMED_MAX = 40, COUNTED_MAX = 20 };

static double widest(const char *const *names, int count, double letter)
{
    double most = 0;
    for (int i = 0; i < count; i++)
        most = fmax(most, iv_scene_text_width(names[i], letter));
    return most;
}

void iv_matrix_draw(imgvec_context *ctx, const char *title, const char *rows, const char *columns,
                    const char *const *names, const int64_t *counts, int size, iv_scene *out)
{
    char number[IV_NUMBER_MAX];
    double cell = fmin(MATRIX / size, 90), side = cell * size;
    double letter = fmin(IV_PLOT_LETTER, fmax(0.8 * cell, 6));
    double room = size <= NAMED_MAX ? fmin(widest(names, size, letter), 120) + 8 : 8;
    bool turned = cell < 84; /* names of columns run upwards */
    double above = turned ? room : letter + 10;
    double left = MARGIN + 22 + room, top = TOP + 22 + above;
    iv_scene_init(out, ctx, left + side + MARGIN, top + side + MARGIN);
    put_title(out, title);
    iv_scene_text(out, left + side / 2, TOP + 10, IV_PLOT_LETTER, IV_MIDDLE, IV_INK_MUTED, columns);
    iv_shape *label = iv_scene_text(out, MARGIN + 10, top + side / 2, IV_PLOT_LETTER, IV_MIDDLE,
                                    IV_INK_MUTED, rows);
    if (label)
        label->turned = true;
    for (int i = 0; i < size; i++) {
        double total = 0, middle = (i + 0.5) * cell + 0.35 * letter;
        for (int k = 0; k < size; k++)
            total += (double)counts[i * size + k];
        if (size <= NAMED_MAX) {
            iv_scene_text_within(out, left - 6, top + middle, letter, IV_END, IV_INK_TEXT, names[i],
                                 room);
            iv_shape *head = iv_scene_text_within(
                out, turned ? left + middle : left + (i + 0.5) * cell, top - 7, letter,
                turned ? IV_START : IV_MIDDLE, IV_INK_TEXT, names[i], turned ? room : cell);
            if (head)
                head->turned = turned;
        }
        for (int k = 0; k < size; k++) {
            double share = total > 0 ? (double)counts[i * size + k] / total : 0;
            double x = left + k * cell, y = top + i * cell, gap = cell > 8 ? 1 : 0;
            iv_scene_rect(out, x, y, cell - gap, cell - gap, IV_INK_GRID, 0.35);
            if (share > 0)
                iv_scene_rect(out, x, y, cell - gap, cell - gap,
                              i == k ? IV_INK_SERIES : IV_INK_SERIES + 1, 0.12 + 0.88 * share);
            if (size > COUNTED_MAX || counts[i * size + k] == 0)
                continue;
            iv_show_count(counts[i * size + k], number);
            double fit = cell / (0.56 * (double)strlen(number) + 0.6);
            iv_scene_text(out, x + cell / 2, y + cell / 2 + 0.35 * fmin(fit, 13), fmin(fit, 13),
                          IV_MIDDLE, share > 0.55 ? IV_INK_SURFACE : IV_INK_TEXT, number);
        }
    }
}

/* ---- bars ---- */

enum { BAR = 26 };

void iv_bars_draw(imgvec_context *ctx, const char *title, const iv_bar *bars, size_t count,
                  iv_scene *out)
{
    double names = 0, texts = 0, low = 0, high = 0;
    iv_scene_init(out, ctx, IV_PLOT_WIDTH, TOP + BAR * (double)count + 10);
    put_title(out, title);
    for (size_t i = 0; i < count; i++) {
        names = fmax(names, iv_scene_text_width(bars[i].name, IV_PLOT_LETTER));
        texts = fmax(texts, iv_scene_text_width(bars[i].text, IV_PLOT_LETTER));
        low = fmin(low, bars[i].value);
        high = fmax(high, bars[i].value);
        if (bars[i].low <= bars[i].high) {
            low = fmin(low, bars[i].low);
            high = fmax(high, bars[i].high);
        }
    }
    names = fmin(names, 170);
    double left = MARGIN + names + 10, width = out->width - left - texts - MARGIN - 10;
    double scale = high > low ? width / (high - low) : 0, zero = left - low * scale;
    for (size_t i = 0; i < count; i++) {
        double y = TOP + BAR * (double)i, value = bars[i].value * scale;
        double middle = y + BAR / 2.0;
        iv_scene_text_within(out, left - 10, middle + 4, IV_PLOT_LETTER, IV_END, IV_INK_TEXT,
                             bars[i].name, names + 1);
        iv_scene_rect(out, zero + fmin(value, 0), y + 4, fmax(fabs(value), 1), BAR - 8,
                      bars[i].value < 0 ? IV_INK_SERIES + 1 : IV_INK_SERIES, 0.85);
        if (bars[i].low <= bars[i].high)
            iv_scene_line(out, zero + bars[i].low * scale, middle, zero + bars[i].high * scale,
                          middle, IV_INK_TEXT, 1.5);
        iv_scene_text(out, out->width - MARGIN, middle + 4, IV_PLOT_LETTER, IV_END, IV_INK_MUTED,
                      bars[i].text);
    }
    iv_scene_line(out, zero, TOP, zero, TOP + BAR * (double)count, IV_INK_MUTED, 1);
}

/* ---- piles ---- */

static void append_shape(iv_scene *s, const iv_scene *from, const iv_shape *shape)
{
    iv_shape *added;
    switch (shape->kind) {
    case IV_SHAPE_TEXT:
        added = iv_scene_text(s, shape->x, shape->y + s->height, shape->size, shape->anchor,
                              shape->ink, from->text.data + shape->first);
        if (added) {
            added->bold = shape->bold;
            added->turned = shape->turned;
        }
        return;
    case IV_SHAPE_RECT:
        iv_scene_rect(s, shape->x, shape->y + s->height, shape->width, shape->height, shape->ink,
                      shape->opacity);
        return;
    case IV_SHAPE_PICTURE:
        iv_scene_picture(s, shape->x, shape->y + s->height, shape->width, shape->height,
                         shape->data, shape->count);
        return;
    case IV_SHAPE_LINES:
        iv_scene_lines(s, from->points + shape->first, shape->count, shape->ink, shape->size,
                       shape->dashed);
        break;
    case IV_SHAPE_AREA:
        iv_scene_area(s, from->points + shape->first, shape->count, shape->ink, shape->opacity);
        break;
    case IV_SHAPE_DOTS:
        iv_scene_dots(s, from->points + shape->first, shape->count, shape->ink, shape->size,
                      shape->marker, shape->opacity);
        break;
    }
    for (size_t i = 0; !s->failed && i < shape->count; i++)
        s->points[s->shapes[s->count - 1].first + 2 * i + 1] += s->height;
}

void iv_scene_append(iv_scene *s, const iv_scene *below)
{
    for (size_t i = 0; i < below->count; i++)
        append_shape(s, below, &below->shapes[i]);
    s->width = fmax(s->width, below->width);
    s->height += below->height;
    s->failed = s->failed || below->failed;
}

const char *iv_scene_title(const iv_scene *s)
{
    for (size_t i = 0; i < s->count && !s->failed; i++)
        if (s->shapes[i].kind == IV_SHAPE_TEXT)
            return s->text.data + s->shapes[i].first;
    return "";
}
