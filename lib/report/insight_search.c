/* How training went: curves by epoch, and the trials of a search. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "report/metric_name.h"
#include "report/report.h"
#include "report/show_number.h"

enum { NETWORKS_MAX = 6, LEADERS = 10 };

static const iv_json *networks_of(const iv_report *r)
{
    const iv_json *list = iv_report_find(r->info, "fine_tune.networks");
    return list && list->type == IV_JSON_ARRAY && list->count ? list : NULL;
}

static const iv_json *curve_of(const iv_report *r)
{
    const iv_json *curve = iv_json_get(iv_report_best_trial(r), "curve");
    return curve && curve->type == IV_JSON_ARRAY && curve->count ? curve : NULL;
}

static bool curves_there(const iv_report *r)
{
    return networks_of(r) || curve_of(r);
}

static imgvec_status curves_json(const iv_report *r, iv_json_writer *w, imgvec_error *err)
{
    (void)err;
    if (curve_of(r)) {
        const iv_json *id = iv_json_get(iv_report_best_trial(r), "id");
        if (id)
            iv_json_put_value(w, "trial", id);
        iv_json_put_text(w, "metric", iv_report_metric(r));
        iv_json_put_value(w, "curve", curve_of(r));
    }
    if (networks_of(r))
        iv_json_put_value(w, "networks", networks_of(r));
    return IMGVEC_OK;
}

/* A member of each epoch (NEW, count pairs; NULL when out of memory). */
static double *epochs(const iv_report *r, const iv_json *list, const char *name, size_t *count)
{
    double *points = iv_alloc_n(r->ctx, list->count + 1, 2 * sizeof *points);
    size_t n = 0;
    for (const iv_json *e = points ? list->as.first : NULL; e; e = e->next, n++) {
        double epoch = name ? iv_report_number(e, "epoch") : NAN;
        points[2 * n] = isfinite(epoch) ? epoch : (double)n + 1;
        points[2 * n + 1] = name                        ? iv_report_number(e, name)
                            : e->type == IV_JSON_DOUBLE ? e->as.number
                            : e->type == IV_JSON_INT    ? (double)e->as.integer
                                                        : NAN;
    }
    *count = n;
    return points;
}

/* The curve's members as series of one chart; those that no epoch has are left out. */
static void draw_curve(const iv_report *r, const char *title, const char *y_label,
                       const char *const members[2], const char *const names[2], iv_scene *out)
{
    double *points[2] = {NULL, NULL};
    iv_plot p = {.title = title, .x_label = "Epoch", .y_label = y_label, .whole_x = true};
    bool failed = false;
    for (int k = 0; k < 2 && members[k]; k++) {
        size_t count, defined = 0;
        points[k] = epochs(r, curve_of(r), members[k], &count);
        failed = failed || !points[k];
        for (size_t i = 0; points[k] && i < count; i++)
            defined += isfinite(points[k][2 * i + 1]) != 0;
        if (defined)
            iv_plot_add(&p, names[k], points[k], count, IV_SERIES_MARKED, IV_INK_SERIES + k);
    }
    iv_plot_draw(&p, r->ctx, out);
    out->failed = out->failed || failed;
    iv_free(r->ctx, points[0]);
    iv_free(r->ctx, points[1]);
}

static void draw_networks(const iv_report *r, iv_scene *out)
{
    char names[NETWORKS_MAX][96];
    double *points[NETWORKS_MAX];
    int n = 0;
    bool failed = false;
    iv_plot p = {.title = "Training loss by epoch",
                 .x_label = "Epoch",
                 .y_label = "Mean loss",
                 .whole_x = true};
    for (const iv_json *net = networks_of(r)->as.first; net && n < NETWORKS_MAX; net = net->next) {
        const iv_json *losses = iv_json_get(net, "train_loss");
        size_t count;
        if (!losses || losses->type != IV_JSON_ARRAY || losses->count == 0)
            continue;
        points[n] = epochs(r, losses, NULL, &count);
        failed = failed || !points[n];
        snprintf(names[n], sizeof names[n], "%.40s, %.40s", iv_report_text(net, "column"),
                 iv_report_text(net, "backbone"));
        if (points[n])
            iv_plot_add(&p, names[n], points[n], count, IV_SERIES_MARKED, IV_INK_SERIES + n);
        n++;
    }
    iv_plot_draw(&p, r->ctx, out);
    out->failed = out->failed || failed;
    for (int i = 0; i < n; i++)
        iv_free(r->ctx, points[i]);
}

static bool curves_chart(const iv_report *r, int index, iv_scene *out)
{
    if (!curve_of(r)) {
        if (index == 0 && networks_of(r))
            draw_networks(r, out);
        return index == 0 && networks_of(r) != NULL;
    }
    const char *metric = iv_metric_name(iv_report_metric(r));
    char title[96];
    snprintf(title, sizeof title, "Validation %.40s by epoch", *metric ? metric : "score");
    if (index == 0)
        draw_curve(r, "Loss by epoch", "Loss", (const char *const[]){"train_loss", "valid_loss"},
                   (const char *const[]){"Training", "Validation"}, out);
    else if (index == 1)
        draw_curve(r, title, *metric ? metric : "Score", (const char *const[]){"score", NULL},
                   (const char *const[]){"Validation", NULL}, out);
    return index < 2;
}

const iv_insight iv_insight_curves = {
    .name = "curves",
    .title = "Training curves",
    .words = "Where the validation loss turns up while the training loss still falls, the network "
             "begins to learn its rows by heart. A validation curve that still rises at its end "
             "asks for more epochs.",
    .there = curves_there,
    .json = curves_json,
    .chart = curves_chart,
};

/* ---- trials ---- */

static const iv_json *trials_of(const iv_report *r)
{
    const iv_json *list = iv_report_find(r->info, "auto.trials");
    return list && list->type == IV_JSON_ARRAY && list->count ? list : NULL;
}

static bool trials_there(const iv_report *r)
{
    return trials_of(r) != NULL;
}

static imgvec_status trials_json(const iv_report *r, iv_json_writer *w, imgvec_error *err)
{
    static const char *const taken[] = {"kind", "name", "title"};
    (void)err;
    const iv_json *automatic = iv_json_get(r->info, "auto");
    for (const iv_json *m = automatic->as.first; m; m = m->next) {
        bool own = false; /* names that the insight itself has */
        for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
            own = own || strcmp(m->name, taken[i]) == 0;
        if (!own)
            iv_json_put_value(w, m->name, m);
    }
    return IMGVEC_OK;
}

typedef struct ended {
    double at, score;
} ended;

/* Trials that have a score by when they ended: as they say, or after all that stand before them.
 * Returns how many. */
static size_t by_time(const iv_report *r, ended *out)
{
    size_t n = 0;
    double clock = 0;
    for (const iv_json *t = trials_of(r)->as.first; t; t = t->next) {
        double begun = iv_report_number(t, "begun"), seconds = iv_report_number(t, "seconds");
        double score = iv_report_number(t, "score");
        clock = (isfinite(begun) ? begun : clock) + (isfinite(seconds) ? seconds : 0);
        if (!isfinite(score))
            continue;
        size_t k = n++;
        for (; k > 0 && out[k - 1].at > clock; k--)
            out[k] = out[k - 1];
        out[k] = (ended){clock, score};
    }
    return n;
}

static void draw_trials(const iv_report *r, const ended *trials, size_t count, double *dots,
                        double *best, iv_scene *out)
{
    const char *metric = iv_report_metric(r), *unit = "Seconds";
    double last = count ? trials[count - 1].at : 0, scale = 1, most = NAN;
    size_t steps = 0;
    if (last > 300) {
        scale = last > 3 * 3600 ? 3600 : 60;
        unit = scale > 60 ? "Hours" : "Minutes";
    }
    for (size_t i = 0; i < count; i++) {
        double at = trials[i].at / scale, score = trials[i].score;
        dots[2 * i] = at;
        dots[2 * i + 1] = score;
        if (steps) { /* the step's corner */
            best[2 * steps] = at;
            best[2 * steps++ + 1] = most;
        }
        if (isnan(most) || (iv_metric_rises(metric) ? score > most : score < most))
            most = score;
        best[2 * steps] = at;
        best[2 * steps++ + 1] = most;
    }
    iv_plot p = {.title = "Score of each trial over time",
                 .x_label = unit,
                 .y_label = *metric ? iv_metric_name(metric) : "Score",
                 .width = 860};
    iv_plot_add(&p, "Best so far", best, steps, IV_SERIES_LINE, IV_INK_SERIES + 1);
    iv_plot_add(&p, "Trial", dots, count, IV_SERIES_DOTS, IV_INK_SERIES)->radius = 4;
    iv_plot_draw(&p, r->ctx, out);
}

static bool trials_chart(const iv_report *r, int index, iv_scene *out)
{
    size_t room = trials_of(r)->count;
    if (index > 0)
        return false;
    ended *trials = iv_alloc_n(r->ctx, room, sizeof *trials);
    double *dots = iv_alloc_n(r->ctx, room, 2 * sizeof *dots);
    double *best = iv_alloc_n(r->ctx, room, 4 * sizeof *best);
    if (trials && dots && best) {
        draw_trials(r, trials, by_time(r, trials), dots, best, out);
    } else {
        iv_scene_init(out, r->ctx, 1, 1);
        out->failed = true;
    }
    iv_free(r->ctx, trials);
    iv_free(r->ctx, dots);
    iv_free(r->ctx, best);
    return true;
}

typedef struct ranked {
    const iv_json *trial;
    double score; /* more is better */
} ranked;

/* The trials by rank: fills order and returns how many have a score. */
static size_t rank_trials(const iv_report *r, ranked *order)
{
    const char *metric = iv_report_metric(r);
    double sign = iv_metric_rises(metric) ? 1 : -1;
    size_t n = 0;
    for (const iv_json *t = trials_of(r)->as.first; t; t = t->next) {
        double score = sign * iv_report_number(t, "score");
        if (isnan(score))
            continue;
        size_t k = n++;
        for (; k > 0 && order[k - 1].score < score; k--)
            order[k] = order[k - 1];
        order[k] = (ranked){t, score};
    }
    return n;
}

static void show_cell(iv_grid *g, const iv_json *trial, const char *member)
{
    iv_text text;
    const iv_json *value = iv_json_get(trial, member);
    iv_text_init(&text, g->cells.ctx);
    if (value && value->type != IV_JSON_NULL)
        iv_report_show(value, &text);
    g->cells.failed = g->cells.failed || text.failed;
    iv_grid_cell(g, text.data ? text.data : "");
    iv_text_free(&text);
}

static bool trials_grid(const iv_report *r, int index, iv_grid *g)
{
    static const char *const members[] = {"id",     "backbone", "input_size", "lr",
                                          "epochs", "augment",  "status"};
    char text[IV_NUMBER_MAX];
    const char *metric = iv_report_metric(r);
    if (index > 0)
        return false;
    iv_grid_init(g, r->ctx, "Leaderboard", 9);
    static const char *const heads[] = {
        "", "Trial", "Network", "Input", "Learning rate", "Epochs", "Augmentation", "Status"};
    g->heads[0] = *metric ? iv_metric_name(metric) : "Score";
    g->numbers[0] = true;
    for (int c = 1; c < 8; c++)
        g->heads[c] = heads[c];
    g->heads[8] = "Time";
    g->numbers[3] = g->numbers[4] = g->numbers[5] = g->numbers[8] = true;
    g->shown = LEADERS;
    ranked *order = iv_alloc_n(r->ctx, trials_of(r)->count, sizeof *order);
    size_t count = order ? rank_trials(r, order) : 0;
    g->cells.failed = g->cells.failed || !order;
    for (size_t i = 0; i < count; i++) {
        const iv_json *trial = order[i].trial;
        double seconds = iv_report_number(trial, "seconds");
        iv_grid_number(g, iv_report_number(trial, "score"));
        for (size_t m = 0; m < sizeof members / sizeof *members; m++)
            show_cell(g, trial, members[m]);
        iv_show_seconds(isfinite(seconds) ? seconds : 0, text);
        iv_grid_cell(g, text);
    }
    iv_free(r->ctx, order);
    return true;
}

static void trials_note(const iv_report *r, iv_text *out)
{
    char score[IV_NUMBER_MAX], time[IV_NUMBER_MAX];
    const iv_json *automatic = iv_json_get(r->info, "auto"), *best = iv_report_best_trial(r);
    const iv_json *blend = iv_json_get(automatic, "ensemble");
    double seconds = iv_report_number(automatic, "seconds");
    iv_text_addf(out, "%u trials", (unsigned)trials_of(r)->count);
    if (isfinite(seconds)) {
        iv_show_seconds(seconds, time);
        iv_text_addf(out, " in %s", time);
    }
    if (best) {
        iv_show_number(iv_report_number(best, "score"), score);
        iv_text_addf(out, "; best %s %s", iv_metric_name(iv_report_metric(r)), score);
    }
    if (blend && blend->type == IV_JSON_ARRAY && blend->count > 1)
        iv_text_addf(out, "; the model blends %u of them", (unsigned)blend->count);
    iv_text_add(out, ".");
}

const iv_insight iv_insight_trials = {
    .name = "trials",
    .title = "Search",
    .words = "Each dot is a trial with settings of its own, at the time when it ended. The line "
             "is the best score until then: where it has long been level, more time buys little.",
    .there = trials_there,
    .json = trials_json,
    .chart = trials_chart,
    .grid = trials_grid,
    .note = trials_note,
};
