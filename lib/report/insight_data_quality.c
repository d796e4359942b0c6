/* The data itself: a map of its images, its classes or numbers, duplicates, what was left out. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "report/report.h"
#include "report/show_number.h"
#include "report/tiles.h"

/* ---- map ---- */

enum { NAMED = 10 }; /* classes of the map with a colour of their own */

static const iv_json *points_of(const iv_report *r)
{
    const iv_json *points = iv_json_get(iv_json_get(r->index, "map"), "points");
    return points && points->type == IV_JSON_ARRAY && points->count ? points : NULL;
}

static bool embedding_there(const iv_report *r)
{
    return r->index && points_of(r);
}

static imgvec_status embedding_json(const iv_report *r, iv_json_writer *w, imgvec_error *err)
{
    const iv_json *variance = iv_json_get(iv_json_get(r->index, "map"), "variance");
    (void)err;
    iv_json_put_text(w, "method", "pca");
    if (variance)
        iv_json_put_value(w, "variance", variance);
    iv_json_put_array(w, "points");
    for (const iv_json *p = points_of(r)->as.first; p; p = p->next) {
        double truth = iv_report_number(p, "truth");
        iv_json_put_object(w, NULL);
        if (iv_report_count(p, "row") >= 0)
            iv_json_put_i64(w, "row", iv_report_count(p, "row"));
        iv_json_put_f64(w, "x", iv_report_number(p, "x"));
        iv_json_put_f64(w, "y", iv_report_number(p, "y"));
        if (r->classes && truth >= 0 && truth < r->class_count)
            iv_json_put_text(w, "truth", r->classes[(int32_t)truth]);
        else
            iv_json_put_f64(w, "truth", truth);
        iv_json_put_end(w, '}');
    }
    iv_json_put_end(w, ']');
    return IMGVEC_OK;
}

typedef struct map {
    size_t count;
    double *x_y, *truth; /* of each point */
    double *sorted;      /* points by series */
    size_t first[NAMED + 1];
    char names[NAMED][IV_REPORT_TRUTH];
    int series;
} map;

static void map_free(const iv_report *r, map *m)
{
    iv_free(r->ctx, m->x_y);
    iv_free(r->ctx, m->truth);
    iv_free(r->ctx, m->sorted);
}

static bool read_points(const iv_report *r, map *m)
{
    size_t room = points_of(r)->count;
    m->x_y = iv_alloc_n(r->ctx, room, 2 * sizeof *m->x_y);
    m->truth = iv_alloc_n(r->ctx, room, sizeof *m->truth);
    m->sorted = iv_alloc_n(r->ctx, room, 2 * sizeof *m->sorted);
    if (!m->x_y || !m->truth || !m->sorted)
        return false;
    for (const iv_json *p = points_of(r)->as.first; p; p = p->next) {
        m->x_y[2 * m->count] = iv_report_number(p, "x");
        m->x_y[2 * m->count + 1] = iv_report_number(p, "y");
        m->truth[m->count++] = iv_report_number(p, "truth");
    }
    return true;
}

/* All where the colours do, else one less, so that the rest has one. */
static int named_of(const iv_report *r)
{
    return r->class_count > NAMED ? NAMED - 1 : NAMED;
}

/* The series of a point: its class, or which fifth of the numbers it is in. */
static int series_of(const iv_report *r, double truth, const double cuts[4])
{
    int named = named_of(r);
    if (r->classes)
        return truth >= 0 && truth < named ? (int)truth : named;
    int part = 0;
    while (part < 4 && truth > cuts[part])
        part++;
    return part;
}

/* Values that cut the numbers into fifths, by counting how many lie below each. */
static void find_cuts(const map *m, double cuts[4])
{
    for (int c = 0; c < 4; c++) {
        size_t wanted = m->count * (size_t)(c + 1) / 5;
        cuts[c] = INFINITY;
        for (size_t i = 0; i < m->count; i++) {
            size_t below = 0;
            for (size_t k = 0; k < m->count; k++)
                below += m->truth[k] <= m->truth[i];
            if (below >= wanted && m->truth[i] < cuts[c])
                cuts[c] = m->truth[i];
        }
    }
}

static void sort_points(const iv_report *r, map *m)
{
    double cuts[4] = {0};
    size_t at = 0;
    m->series = r->classes ? (r->class_count > NAMED ? NAMED : r->class_count) : 5;
    if (!r->classes)
        find_cuts(m, cuts);
    for (int s = 0; s < m->series; s++) {
        m->first[s] = at;
        for (size_t i = 0; i < m->count; i++)
            if (series_of(r, m->truth[i], cuts) == s) {
                m->sorted[2 * at] = m->x_y[2 * i];
                m->sorted[2 * at++ + 1] = m->x_y[2 * i + 1];
            }
        if (r->classes && s < named_of(r))
            iv_report_truth(r, s, m->names[s]);
        else if (r->classes)
            snprintf(m->names[s], sizeof m->names[s], "%d more", (int)r->class_count - named_of(r));
        else if (s < 4) {
            char number[IV_NUMBER_MAX];
            iv_show_number(cuts[s], number);
            snprintf(m->names[s], sizeof m->names[s], "up to %s", number);
        } else
            snprintf(m->names[s], sizeof m->names[s], "above");
    }
    m->first[m->series] = at;
}

static bool embedding_chart(const iv_report *r, int index, iv_scene *out)
{
    /* Numbers from low to high: dark to light, through colours that keep their order. */
    static const int rising[] = {6, 0, 5, 4, 1};
    map m = {.count = 0};
    if (index > 0)
        return false;
    iv_plot p = {.title = "Map of the training images",
                 .width = 860,
                 .height = 540,
                 .x_low = -1.05,
                 .x_high = 1.05,
                 .no_ticks = true,
                 .x_label = "First principal component",
                 .y_label = "Second principal component"};
    bool ok = read_points(r, &m);
    if (ok)
        sort_points(r, &m);
    for (int s = 0; ok && s < m.series; s++) {
        iv_series *series =
            iv_plot_add(&p, m.names[s], m.sorted + 2 * m.first[s], m.first[s + 1] - m.first[s],
                        IV_SERIES_DOTS, IV_INK_SERIES + (r->classes ? s : rising[s]));
        series->marker = r->classes ? (iv_marker)(s % IV_MARKERS) : IV_ROUND;
        series->radius = m.count > 800 ? 2.4 : 3.4;
        series->opacity = 0.75;
    }
    iv_plot_draw(&p, r->ctx, out);
    out->failed = out->failed || !ok;
    map_free(r, &m);
    return true;
}

static void embedding_note(const iv_report *r, iv_text *out)
{
    char first[IV_NUMBER_MAX], second[IV_NUMBER_MAX];
    const iv_json *variance = iv_json_get(iv_json_get(r->index, "map"), "variance");
    const iv_json *v = variance && variance->type == IV_JSON_ARRAY ? variance->as.first : NULL;
    if (!v || !v->next || v->type != IV_JSON_DOUBLE || v->next->type != IV_JSON_DOUBLE)
        return;
    iv_show_percent(v->as.number, first);
    iv_show_percent(v->next->as.number, second);
    iv_text_addf(out, "%u images; the components hold %s and %s of the features' variance.",
                 (unsigned)points_of(r)->count, first, second);
}

const iv_insight iv_insight_embedding = {
    .name = "map",
    .title = "Map of images",
    .words = "Images that the network finds alike lie close together. Groups that mix here may "
             "still be told apart in the directions that a flat map leaves out.",
    .there = embedding_there,
    .json = embedding_json,
    .chart = embedding_chart,
    .note = embedding_note,
};

/* ---- quality ---- */

enum { CLASSES = 30, BINS = 30 };

static bool quality_there(const iv_report *r)
{
    return iv_json_get(r->info, "rows") != NULL;
}

/* Rows of each class (NEW; NULL when out of memory). */
static int64_t *count_classes(const iv_report *r)
{
    int64_t *rows = iv_calloc(r->ctx, (size_t)r->class_count, sizeof *rows);
    for (size_t i = 0; rows && i < r->oof->count; i++)
        rows[(int32_t)r->oof->truth[i]]++;
    return rows;
}

static imgvec_status quality_json(const iv_report *r, iv_json_writer *w, imgvec_error *err)
{
    static const char *const members[] = {"rows",     "bad_images",   "missing_images",
                                          "problems", "skipped_rows", "duplicates"};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (iv_json_get(r->info, members[i]))
            iv_json_put_value(w, members[i], iv_json_get(r->info, members[i]));
    if (!iv_report_has_classes_oof(r))
        return IMGVEC_OK;
    int64_t *rows = count_classes(r);
    if (!rows)
        return iv_fail_nomem(err);
    iv_json_put_array(w, "classes");
    for (int32_t k = 0; k < r->class_count; k++) {
        iv_json_put_object(w, NULL);
        iv_json_put_text(w, "name", r->classes[k]);
        iv_json_put_i64(w, "count", rows[k]);
        iv_json_put_end(w, '}');
    }
    iv_json_put_end(w, ']');
    iv_free(r->ctx, rows);
    return IMGVEC_OK;
}

static void draw_classes(const iv_report *r, iv_scene *out)
{
    iv_bar bars[CLASSES];
    char texts[CLASSES][IV_NUMBER_MAX];
    int64_t *rows = count_classes(r);
    size_t count = (size_t)r->class_count < CLASSES ? (size_t)r->class_count : CLASSES;
    for (size_t k = 0; rows && k < count; k++) {
        iv_show_count(rows[k], texts[k]);
        bars[k] = (iv_bar){r->classes[k], texts[k], (double)rows[k], 1, 0};
    }
    iv_bars_draw(r->ctx,
                 (size_t)r->class_count > CLASSES ? "Rows of the first 30 classes"
                                                  : "Rows of each class",
                 bars, rows ? count : 0, out);
    out->failed = out->failed || !rows;
    iv_free(r->ctx, rows);
}

static void draw_target(const iv_report *r, iv_scene *out)
{
    double bars[2 * BINS], low = INFINITY, high = -INFINITY;
    const char *target = iv_report_text(r->info, "target");
    for (size_t i = 0; i < r->oof->count; i++) {
        low = fmin(low, (double)r->oof->truth[i]);
        high = fmax(high, (double)r->oof->truth[i]);
    }
    double width = high > low ? (high - low) / BINS : 1;
    for (int b = 0; b < BINS; b++) {
        bars[2 * b] = low + (b + 0.5) * width;
        bars[2 * b + 1] = 0;
    }
    for (size_t i = 0; i < r->oof->count; i++) {
        int bin = (int)fmin(floor(((double)r->oof->truth[i] - low) / width), BINS - 1);
        bars[2 * bin + 1]++;
    }
    iv_plot p = {.title = "How the target is spread",
                 .x_label = *target ? target : "Target",
                 .y_label = "Rows"};
    iv_plot_add(&p, NULL, bars, BINS, IV_SERIES_BARS, IV_INK_SERIES);
    iv_plot_draw(&p, r->ctx, out);
}

static bool quality_chart(const iv_report *r, int index, iv_scene *out)
{
    if (index > 0 || !r->oof)
        return false;
    if (r->classes)
        draw_classes(r, out);
    else
        draw_target(r, out);
    return true;
}

static void count_row(iv_grid *g, const char *label, const iv_json *object, const char *member)
{
    int64_t value = iv_report_count(object, member);
    if (value < 0)
        return;
    iv_grid_cell(g, label);
    iv_grid_count(g, value);
}

static void row_cell(iv_grid *g, const iv_json *of)
{
    int64_t row = iv_report_count(of, "row");
    if (row < 0)
        iv_grid_cell(g, "");
    else
        iv_grid_count(g, row);
}

static void counts(const iv_report *r, iv_grid *g)
{
    const iv_json *rows = iv_json_get(r->info, "rows");
    const iv_json *twins = iv_json_get(r->info, "duplicates");
    g->numbers[1] = true;
    count_row(g, "Rows", rows, "total");
    count_row(g, "Rows that were learned from", rows, "used");
    count_row(g, "Rows held out", rows, "held_out");
    count_row(g, "Rows without a target", rows, "missing_target");
    count_row(g, "Rows dropped for their images", rows, "dropped_bad_images");
    count_row(g, "Rows of the file that were skipped", iv_json_get(r->info, "skipped_rows"),
              "count");
    count_row(g, "Images that cannot be used", r->info, "bad_images");
    count_row(g, "Image cells that are empty", r->info, "missing_images");
    count_row(g, "Groups of duplicate images", twins, "groups");
    count_row(g, "Rows in them", twins, "rows");
    count_row(g, "of these with the same bytes", twins, "exact_rows");
    count_row(g, "Equal images with different targets", twins, "conflict_groups");
}

static void problems(const iv_report *r, iv_grid *g)
{
    const iv_json *list = iv_json_get(r->info, "problems");
    g->heads[0] = "Row";
    g->heads[1] = "Image";
    g->heads[2] = "Reason";
    g->numbers[0] = true;
    g->shown = 10;
    for (const iv_json *p = list && list->type == IV_JSON_ARRAY ? list->as.first : NULL; p;
         p = p->next) {
        row_cell(g, p);
        iv_grid_cell(g, iv_report_text(p, "path"));
        iv_grid_cell(g, iv_report_text(p, "reason"));
    }
}

static void conflicts(const iv_report *r, iv_grid *g)
{
    const iv_json *list = iv_json_get(iv_json_get(r->info, "duplicates"), "conflicts");
    g->heads[0] = "Row";
    g->heads[1] = "Image";
    g->heads[2] = "Target";
    g->numbers[0] = true;
    g->shown = 12;
    for (const iv_json *c = list && list->type == IV_JSON_ARRAY ? list->as.first : NULL; c;
         c = c->next) {
        const iv_json *rows = iv_json_get(c, "rows");
        for (const iv_json *p = rows && rows->type == IV_JSON_ARRAY ? rows->as.first : NULL; p;
             p = p->next) {
            const iv_json *target = iv_json_get(p, "target");
            iv_text text;
            iv_text_init(&text, r->ctx);
            if (target)
                iv_report_show(target, &text);
            row_cell(g, p);
            iv_grid_cell(g, iv_report_text(p, "path"));
            iv_grid_cell(g, text.data ? text.data : "");
            g->cells.failed = g->cells.failed || text.failed;
            iv_text_free(&text);
        }
    }
}

static bool quality_grid(const iv_report *r, int index, iv_grid *g)
{
    static const char *const titles[] = {"Rows and images", "Images that cannot be used",
                                         "Equal images with different targets"};
    void (*const fill[])(const iv_report *, iv_grid *) = {counts, problems, conflicts};
    if (index > 2)
        return false;
    iv_grid_init(g, r->ctx, titles[index], index ? 3 : 2);
    fill[index](r, g);
    return true;
}

const iv_insight iv_insight_quality = {
    .name = "quality",
    .title = "Data quality",
    .words = "Rows with the same image are kept in one fold, so that no score comes from an image "
             "that training saw.",
    .there = quality_there,
    .json = quality_json,
    .chart = quality_chart,
    .grid = quality_grid,
};
