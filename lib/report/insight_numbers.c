/* Regression: predictions against the truth, and what is left. */
#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "base/mem.h"
#include "learn/rank.h"
#include "report/report.h"
#include "report/show_number.h"

enum { SHOWN = 3000, BINS = 31 };

/* Of each shown row two numbers (NEW); every stride-th row where there are many. */
static double *pairs_of(const iv_report *r, bool residual, size_t *count)
{
    const iv_oof *o = r->oof;
    size_t stride = (o->count + SHOWN - 1) / SHOWN, n = 0;
    double *points = iv_alloc_n(r->ctx, o->count / stride + 2, 2 * sizeof *points);
    for (size_t i = 0; points && i < o->count; i += stride, n++) {
        double truth = (double)o->truth[i], said = (double)o->predictions[i];
        points[2 * n] = said;
        points[2 * n + 1] = residual ? truth - said : truth;
    }
    *count = n;
    return points;
}

static void put_pairs(const iv_report *r, iv_json_writer *w, const char *name, const double *points,
                      size_t count)
{
    size_t stride = (r->oof->count + SHOWN - 1) / SHOWN;
    iv_json_put_array(w, "points");
    for (size_t i = 0; i < count; i++) {
        iv_json_put_object(w, NULL);
        iv_json_put_i64(w, "row", r->oof->row[i * stride]);
        iv_json_put_f64(w, "predicted", points[2 * i]);
        iv_json_put_f64(w, name, points[2 * i + 1]);
        iv_json_put_end(w, '}');
    }
    iv_json_put_end(w, ']');
}

static imgvec_status json(const iv_report *r, bool residual, iv_json_writer *w, imgvec_error *err)
{
    size_t count;
    double *points = pairs_of(r, residual, &count);
    if (!points)
        return iv_fail_nomem(err);
    put_pairs(r, w, residual ? "residual" : "truth", points, count);
    iv_free(r->ctx, points);
    return IMGVEC_OK;
}

static void scatter(const iv_report *r, bool residual, iv_scene *out)
{
    size_t count;
    double *points = pairs_of(r, residual, &count), low = INFINITY, high = -INFINITY;
    iv_plot p = {.title = residual ? "Residual by prediction" : "Truth by prediction",
                 .x_label = "Predicted",
                 .y_label = residual ? "Truth less prediction" : "Truth",
                 .height = residual ? 0 : 440,
                 .diagonal = !residual,
                 .zero = residual};
    for (size_t i = 0; points && !residual && i < 2 * count; i++) {
        low = fmin(low, points[i]);
        high = fmax(high, points[i]);
    }
    if (low < high) { /* the same on both axes */
        p.x_low = p.y_low = low - 0.03 * (high - low);
        p.x_high = p.y_high = high + 0.03 * (high - low);
    }
    if (points)
        iv_plot_add(&p, NULL, points, count, IV_SERIES_DOTS, IV_INK_SERIES)->opacity =
            count > 300 ? 0.45 : 0.75;
    iv_plot_draw(&p, r->ctx, out);
    out->failed = out->failed || !points;
    iv_free(r->ctx, points);
}

/* ---- predicted and actual ---- */

static imgvec_status predicted_json(const iv_report *r, iv_json_writer *w, imgvec_error *err)
{
    return json(r, false, w, err);
}

static bool predicted_chart(const iv_report *r, int index, iv_scene *out)
{
    if (index == 0)
        scatter(r, false, out);
    return index == 0;
}

const iv_insight iv_insight_predicted = {
    .name = "predicted_actual",
    .half = true,
    .title = "Predicted and actual",
    .words = "Each dot is a row, predicted by a model that had not seen it. On the dashed line the "
             "prediction is right; dots above it were predicted too low.",
    .there = iv_report_has_numbers_oof,
    .json = predicted_json,
    .chart = predicted_chart,
};

/* ---- residuals ---- */

/* Residuals in order (NEW; NULL when out of memory). */
static double *sorted_residuals(const iv_report *r)
{
    const iv_oof *o = r->oof;
    double *values = iv_alloc_n(r->ctx, o->count, sizeof *values);
    double *scratch = iv_alloc_n(r->ctx, o->count, sizeof *scratch);
    if (!values || !scratch) {
        iv_free(r->ctx, values);
        values = NULL;
    }
    for (size_t i = 0; values && i < o->count; i++)
        values[i] = (double)o->truth[i] - (double)o->predictions[i];
    if (values)
        iv_sort_f64(values, scratch, o->count);
    iv_free(r->ctx, scratch);
    return values;
}

static double quantile(const double *sorted, size_t count, double share)
{
    double at = share * (double)(count - 1);
    size_t low = (size_t)at, high = low + 1 < count ? low + 1 : low;
    return sorted[low] + (at - (double)low) * (sorted[high] - sorted[low]);
}

static imgvec_status residuals_json(const iv_report *r, iv_json_writer *w, imgvec_error *err)
{
    static const double shares[] = {0.05, 0.25, 0.5, 0.75, 0.95};
    double *sorted = sorted_residuals(r);
    if (!sorted)
        return iv_fail_nomem(err);
    iv_json_put_object(w, "quantiles");
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        char name[IV_NUMBER_MAX];
        iv_show_fixed(shares[i], 2, name);
        iv_json_put_f64(w, name, quantile(sorted, r->oof->count, shares[i]));
    }
    iv_json_put_end(w, '}');
    iv_free(r->ctx, sorted);
    return json(r, true, w, err);
}

/* The middle 99 % in bins; rows beyond count in the outermost. */
static void histogram(const iv_report *r, iv_scene *out)
{
    double *sorted = sorted_residuals(r), bars[2 * BINS];
    iv_plot p = {
        .title = "How residuals are spread", .x_label = "Truth less prediction", .y_label = "Rows"};
    double low = sorted ? quantile(sorted, r->oof->count, 0.005) : 0;
    double high = sorted ? quantile(sorted, r->oof->count, 0.995) : 0;
    double most = fmax(fabs(low), fabs(high)), width = 2 * (most > 0 ? most : 1) / BINS;
    for (int b = 0; b < BINS; b++) {
        bars[2 * b] = (b + 0.5 - BINS / 2.0) * width;
        bars[2 * b + 1] = 0;
    }
    for (size_t i = 0; sorted && i < r->oof->count; i++) {
        int bin = (int)fmin(fmax(floor(sorted[i] / width + BINS / 2.0), 0), BINS - 1);
        bars[2 * bin + 1]++;
    }
    iv_plot_add(&p, NULL, bars, BINS, IV_SERIES_BARS, IV_INK_SERIES);
    iv_plot_draw(&p, r->ctx, out);
    out->failed = out->failed || !sorted;
    iv_free(r->ctx, sorted);
}

static bool residuals_chart(const iv_report *r, int index, iv_scene *out)
{
    if (index == 0)
        scatter(r, true, out);
    else if (index == 1)
        histogram(r, out);
    return index < 2;
}

static void residuals_note(const iv_report *r, iv_text *out)
{
    char low[IV_NUMBER_MAX], middle[IV_NUMBER_MAX], high[IV_NUMBER_MAX];
    double *sorted = sorted_residuals(r);
    if (!sorted) {
        out->failed = true;
        return;
    }
    iv_show_number(quantile(sorted, r->oof->count, 0.05), low);
    iv_show_number(quantile(sorted, r->oof->count, 0.5), middle);
    iv_show_number(quantile(sorted, r->oof->count, 0.95), high);
    iv_text_addf(out, "Median %s; nine of ten rows lie between %s and %s.", middle, low, high);
    iv_free(r->ctx, sorted);
}

const iv_insight iv_insight_residuals = {
    .name = "residuals",
    .title = "Residuals",
    .words = "What a prediction missed. A funnel says that large values are known less exactly, a "
             "bend that something is still to be learned.",
    .there = iv_report_has_numbers_oof,
    .json = residuals_json,
    .chart = residuals_chart,
    .note = residuals_note,
};
