#include "report/plot.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "report/show_number.h"

enum { MARGIN = 14, TICKS = 5, TICKS_MAX = 50 };

#define VALUE_MAX 1e300  /* larger ones leave no room for arithmetic */
#define RANGE_MIN 1e-290 /* of an axis, so that steps are normal numbers */
#define RANGE_PART 1e-9  /* and this part of its values, so that steps tell them apart */

typedef struct frame {
    const iv_plot *plot;
    iv_scene *s;
    double left, right, top, bottom; /* in the scene */
    double x_low, x_high, y_low, y_high;
    double x_step, y_step;
} frame;

iv_series *iv_plot_add(iv_plot *p, const char *name, const double *points, size_t count,
                       iv_series_kind kind, int ink)
{
    iv_series *series = &p->series[p->count < IV_PLOT_SERIES_MAX ? p->count++ : p->count - 1];
    *series = (iv_series){.name = name, .points = points, .count = count, .kind = kind, .ink = ink};
    return series;
}

static bool defined(const double *point)
{
    return fabs(point[0]) <= VALUE_MAX && fabs(point[1]) <= VALUE_MAX;
}

/* The range of one coordinate, with some room around it. */
static void measure(const iv_plot *p, int axis, double *low, double *high)
{
    *low = INFINITY;
    *high = -INFINITY;
    bool bars = false;
    for (int k = 0; k < p->count; k++)
        for (size_t i = 0; i < p->series[k].count; i++)
            if (defined(p->series[k].points + 2 * i)) {
                *low = fmin(*low, p->series[k].points[2 * i + (size_t)axis]);
                *high = fmax(*high, p->series[k].points[2 * i + (size_t)axis]);
                bars = bars || p->series[k].kind == IV_SERIES_BARS;
            }
    if (!(*low <= *high)) {
        *low = 0;
        *high = 1;
    }
    if (*low == *high) {
        double room = *low != 0 ? 0.1 * fabs(*low) : 1;
        *low -= room;
        *high += room;
    }
    if (axis == 1 && bars)
        *low = fmin(*low, 0);
    double room = axis == 1 || !p->whole_x ? 0.04 * (*high - *low) : 0;
    *low -= axis == 1 && bars && *low == 0 ? 0 : room;
    *high += room;
}

/* Widens a range in which steps would not differ from each other. */
static void widen(double *low, double *high)
{
    *low = fmin(fmax(*low, -VALUE_MAX), VALUE_MAX);
    *high = fmin(fmax(*high, -VALUE_MAX), VALUE_MAX);
    double least = fmax(RANGE_PART * fmax(fabs(*low), fabs(*high)), RANGE_MIN);
    if (!(*high - *low >= least)) {
        double middle = *low / 2 + *high / 2;
        *low = middle - least;
        *high = middle + least;
    }
}

static double x_of(const frame *f, double x)
{
    return f->left + (x - f->x_low) / (f->x_high - f->x_low) * (f->right - f->left);
}

static double y_of(const frame *f, double y)
{
    return f->bottom - (y - f->y_low) / (f->y_high - f->y_low) * (f->bottom - f->top);
}

/* ---- around the data ---- */

double iv_plot_legend(iv_scene *s, const iv_series *series, int count, double x, double y,
                      double width)
{
    const double size = IV_PLOT_LETTER, row = size + 7;
    double at = x, top = y;
    int named = 0;
    for (int k = 0; k < count; k++)
        named += series[k].name != NULL;
    for (int k = 0; k < count && named > 1; k++) {
        if (!series[k].name)
            continue;
        double room = fmin(iv_scene_text_width(series[k].name, size), width - 40);
        if (at > x && at + 20 + room > x + width) {
            at = x;
            y += row;
        }
        double middle = y + row / 2;
        if (series[k].kind == IV_SERIES_DOTS)
            iv_scene_dots(s, (const double[]){at + 7, middle}, 1, series[k].ink, 4,
                          series[k].marker, 1);
        else if (series[k].kind == IV_SERIES_BARS)
            iv_scene_rect(s, at + 2, middle - 5, 10, 10, series[k].ink, 0.8);
        else
            iv_scene_lines(s, (const double[]){at, middle, at + 14, middle}, 2, series[k].ink, 2.2,
                           series[k].kind == IV_SERIES_DASHED);
        iv_scene_text_within(s, at + 19, middle + 0.35 * size, size, IV_START, IV_INK_TEXT,
                             series[k].name, room + 1);
        at += 19 + room + 14;
    }
    return at > x ? y + row - top : 0;
}

/* How many ticks there are, from the step of number `first` on. */
static int ticks_of(double low, double high, double step, double *first)
{
    *first = ceil(low / step - 1e-6);
    double more = floor(high / step + 1e-6) - *first;
    return more >= 0 ? (int)fmin(more, TICKS_MAX - 1) + 1 : 0;
}

static void x_axis(const frame *f)
{
    char label[IV_NUMBER_MAX];
    double first;
    int count = ticks_of(f->x_low, f->x_high, f->x_step, &first);
    iv_scene_line(f->s, f->left, f->bottom, f->right, f->bottom, IV_INK_MUTED, 1);
    for (int i = 0; i < count; i++) {
        double value = (first + i) * f->x_step, x = x_of(f, value);
        iv_show_tick(value, f->x_step, label);
        iv_scene_line(f->s, x, f->bottom, x, f->bottom + 4, IV_INK_MUTED, 1);
        iv_scene_text(f->s, x, f->bottom + 6 + IV_PLOT_LETTER, IV_PLOT_LETTER, IV_MIDDLE,
                      IV_INK_MUTED, label);
    }
}

static void y_axis(const frame *f)
{
    char label[IV_NUMBER_MAX];
    double first;
    int count = ticks_of(f->y_low, f->y_high, f->y_step, &first);
    for (int i = 0; i < count; i++) {
        double value = (first + i) * f->y_step, y = y_of(f, value);
        iv_show_tick(value, f->y_step, label);
        iv_scene_line(f->s, f->left, y, f->right, y, IV_INK_GRID, 1);
        iv_scene_text(f->s, f->left - 6, y + 0.35 * IV_PLOT_LETTER, IV_PLOT_LETTER, IV_END,
                      IV_INK_MUTED, label);
    }
}

static double widest_tick(const frame *f)
{
    char label[IV_NUMBER_MAX];
    double most = 0, first;
    int count = ticks_of(f->y_low, f->y_high, f->y_step, &first);
    for (int i = 0; i < count; i++) {
        iv_show_tick((first + i) * f->y_step, f->y_step, label);
        most = fmax(most, iv_scene_text_width(label, IV_PLOT_LETTER));
    }
    return most;
}

/* ---- the data ---- */

/* Points in the scene, those that are not defined left out; NULL when out of memory. */
static double *place(const frame *f, const iv_series *series, size_t *count)
{
    double *placed = iv_alloc_n(f->s->ctx, series->count + 1, 2 * sizeof *placed);
    *count = 0;
    for (size_t i = 0; placed && i < series->count; i++) {
        const double *point = series->points + 2 * i;
        if (!defined(point))
            continue;
        placed[2 * *count] = fmin(fmax(x_of(f, point[0]), f->left), f->right);
        placed[2 * *count + 1] = fmin(fmax(y_of(f, point[1]), f->top), f->bottom);
        ++*count;
    }
    f->s->failed = f->s->failed || !placed;
    return placed;
}

static void bars(const frame *f, const iv_series *series, const double *placed, size_t count)
{
    double width = count > 1 ? placed[2] - placed[0] : (f->right - f->left) / 3;
    double base = y_of(f, fmin(fmax(0, f->y_low), f->y_high));
    for (size_t i = 0; i < count; i++) {
        double top = fmin(placed[2 * i + 1], base), low = fmax(placed[2 * i + 1], base);
        double left = fmax(placed[2 * i] - 0.45 * width, f->left);
        double right = fmin(placed[2 * i] + 0.45 * width, f->right);
        iv_scene_rect(f->s, left, top, right - left, low - top, series->ink,
                      series->opacity > 0 ? series->opacity : 0.8);
    }
}

static void draw_series(const frame *f, const iv_series *series)
{
    size_t count;
    double *placed = place(f, series, &count);
    double radius = series->radius > 0 ? series->radius : series->kind == IV_SERIES_DOTS ? 2.5 : 3;
    if (!placed)
        return;
    if (series->kind == IV_SERIES_BARS)
        bars(f, series, placed, count);
    else if (series->kind != IV_SERIES_DOTS)
        iv_scene_lines(f->s, placed, count, series->ink, 2.2, series->kind == IV_SERIES_DASHED);
    if (series->kind == IV_SERIES_DOTS || series->kind == IV_SERIES_MARKED)
        iv_scene_dots(f->s, placed, count, series->ink, radius, series->marker,
                      series->opacity > 0 ? series->opacity : 1);
    iv_free(f->s->ctx, placed);
}

static void diagonal(const frame *f)
{
    double low = fmax(f->x_low, f->y_low), high = fmin(f->x_high, f->y_high);
    if (low < high)
        iv_scene_lines(f->s,
                       (const double[]){x_of(f, low), y_of(f, low), x_of(f, high), y_of(f, high)},
                       2, IV_INK_MUTED, 1, true);
}

/* ---- all of it ---- */

static void ranges(frame *f)
{
    const iv_plot *p = f->plot;
    f->x_low = p->x_low;
    f->x_high = p->x_high;
    f->y_low = p->y_low;
    f->y_high = p->y_high;
    if (p->x_low == p->x_high)
        measure(p, 0, &f->x_low, &f->x_high);
    if (p->y_low == p->y_high)
        measure(p, 1, &f->y_low, &f->y_high);
    widen(&f->x_low, &f->x_high);
    widen(&f->y_low, &f->y_high);
    f->x_step = iv_tick_step(f->x_low, f->x_high, TICKS + 1);
    f->y_step = iv_tick_step(f->y_low, f->y_high, TICKS);
    if (p->whole_x && f->x_step < 1)
        f->x_step = 1;
}

void iv_plot_draw(const iv_plot *p, imgvec_context *ctx, iv_scene *out)
{
    frame f = {.plot = p, .s = out};
    iv_scene_init(out, ctx, p->width > 0 ? p->width : IV_PLOT_WIDTH,
                  p->height > 0 ? p->height : IV_PLOT_HEIGHT);
    iv_shape *title = iv_scene_text_within(out, MARGIN, 22, IV_PLOT_TITLE, IV_START, IV_INK_TEXT,
                                           p->title, out->width - 2 * MARGIN);
    if (title)
        title->bold = true;
    ranges(&f);
    f.top = 38 + iv_plot_legend(out, p->series, p->count, MARGIN, 30, out->width - 2 * MARGIN);
    f.left = MARGIN + (p->no_ticks ? 0 : widest_tick(&f) + 8) + (p->y_label ? 20 : 0);
    f.right = out->width - MARGIN - 4;
    f.bottom = out->height - MARGIN - (p->no_ticks ? 0 : 20) - (p->x_label ? 18 : 0);
    if (!p->no_ticks) {
        y_axis(&f);
        x_axis(&f);
    }
    if (p->x_label)
        iv_scene_text(out, (f.left + f.right) / 2, out->height - MARGIN, IV_PLOT_LETTER, IV_MIDDLE,
                      IV_INK_TEXT, p->x_label);
    iv_shape *label = p->y_label ? iv_scene_text(out, MARGIN + 8, (f.top + f.bottom) / 2,
                                                 IV_PLOT_LETTER, IV_MIDDLE, IV_INK_TEXT, p->y_label)
                                 : NULL;
    if (label)
        label->turned = true;
    if (p->diagonal)
        diagonal(&f);
    if (p->zero && f.y_low < 0 && f.y_high > 0)
        iv_scene_line(out, f.left, y_of(&f, 0), f.right, y_of(&f, 0), IV_INK_MUTED, 1);
    for (int k = 0; k < p->count; k++)
        draw_series(&f, &p->series[k]);
}
