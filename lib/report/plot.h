/* Charts with two axes: lines, steps, dots and bars of several series. */
#ifndef IV_REPORT_PLOT_H
#define IV_REPORT_PLOT_H

#include "report/scene.h"

typedef enum iv_series_kind {
    IV_SERIES_LINE,
    IV_SERIES_DASHED,
    IV_SERIES_MARKED, /* a line with a dot at each point */
    IV_SERIES_DOTS,
    IV_SERIES_BARS /* from the x axis up; as wide as the first two points are apart */
} iv_series_kind;

typedef struct iv_series {
    const char *name; /* NULL: not in the legend */
    const double *points;
    size_t count; /* of pairs; those that hold NaN are left out */
    iv_series_kind kind;
    int ink;
    iv_marker marker;
    double radius, opacity; /* of dots, 0: the usual ones */
} iv_series;

enum { IV_PLOT_SERIES_MAX = 16 };

typedef struct iv_plot {
    const char *title, *x_label, *y_label;
    double width, height;                /* 0: the usual ones */
    double x_low, x_high, y_low, y_high; /* low == high: by the data */
    bool whole_x;                        /* ticks at whole numbers alone */
    bool no_ticks;                       /* places mean nothing by themselves */
    bool diagonal, zero;                 /* a dashed line y = x; one at y = 0 */
    iv_series series[IV_PLOT_SERIES_MAX];
    int count;
} iv_plot;

iv_series *iv_plot_add(iv_plot *p, const char *name, const double *points, size_t count,
                       iv_series_kind kind, int ink);

/* *out is initialised by the call. */
void iv_plot_draw(const iv_plot *p, imgvec_context *ctx, iv_scene *out);

/* A legend in rows from x, y on, within width; returns the height that it took. */
double iv_plot_legend(iv_scene *s, const iv_series *series, int count, double x, double y,
                      double width);

#define IV_PLOT_WIDTH 480.0
#define IV_PLOT_HEIGHT 340.0
#define IV_PLOT_TITLE 15.0 /* sizes of letters */
#define IV_PLOT_LETTER 12.5

#endif
