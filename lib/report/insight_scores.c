/* Scores with their intervals; what the model is made of. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/option_table.h"
#include "report/metric_name.h"
#include "report/report.h"
#include "report/show_number.h"

static bool is_object(const iv_json *j)
{
    return j && j->type == IV_JSON_OBJECT && j->count > 0;
}

/* Writes a member of the model's JSON as it is, where it is there. */
static void copy_member(const iv_report *r, const char *name, iv_json_writer *w)
{
    const iv_json *value = iv_json_get(r->info, name);
    if (value)
        iv_json_put_value(w, name, value);
}

/* ---- scores ---- */

static const char *const groups[] = {"metrics_pooled", "metrics_ci",       "metrics",
                                     "metrics_std",    "metrics_baseline", "metrics_holdout"};

/* The search reports one scorer; a model all of them. */
static const iv_json *main_scores(const iv_report *r)
{
    const iv_json *pooled = iv_json_get(r->info, "metrics_pooled");
    return is_object(pooled) ? pooled : iv_json_get(r->info, "metrics");
}

static bool scores_there(const iv_report *r)
{
    return is_object(main_scores(r));
}

static imgvec_status scores_json(const iv_report *r, iv_json_writer *w, imgvec_error *err)
{
    (void)err;
    copy_member(r, "metric", w);
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        copy_member(r, groups[i], w);
    return IMGVEC_OK;
}

static void interval_cell(const iv_report *r, const char *name, iv_grid *g)
{
    char low[IV_NUMBER_MAX], high[IV_NUMBER_MAX], text[2 * IV_NUMBER_MAX + 8];
    const iv_json *pair = iv_json_get(iv_json_get(r->info, "metrics_ci"), name);
    const iv_json *first = pair && pair->type == IV_JSON_ARRAY ? pair->as.first : NULL;
    if (!first || !first->next || first->type != IV_JSON_DOUBLE ||
        first->next->type != IV_JSON_DOUBLE) {
        iv_grid_cell(g, "");
        return;
    }
    iv_show_number(first->as.number, low);
    iv_show_number(first->next->as.number, high);
    snprintf(text, sizeof text, "%s \xe2\x80\x93 %s", low, high);
    iv_grid_cell(g, text);
}

static bool scores_grid(const iv_report *r, int index, iv_grid *g)
{
    static const char *const heads[] = {"Scorer", "Out of fold",    "95 % interval",
                                        "Folds",  "\xc2\xb1 folds", "Constant answer"};
    if (index > 0)
        return false;
    bool folds = is_object(iv_json_get(r->info, "metrics_std"));
    bool holdout = is_object(iv_json_get(r->info, "metrics_holdout"));
    iv_grid_init(g, r->ctx, "Scores on rows that training did not see", 0);
    for (int i = 0; i < (folds ? 6 : 3); i++) {
        g->numbers[g->columns] = i > 0;
        g->heads[g->columns++] = heads[i];
    }
    if (holdout) {
        g->numbers[g->columns] = true;
        g->heads[g->columns++] = "Hold-out";
    }
    const char *chosen = iv_report_text(r->info, "metric");
    for (const iv_json *m = main_scores(r)->as.first; m; m = m->next) {
        char name[80];
        snprintf(name, sizeof name, "%.60s%s", iv_metric_name(m->name),
                 strcmp(m->name, chosen) == 0 ? " (optimised)" : "");
        iv_grid_cell(g, name);
        iv_grid_number(g, iv_report_value(m));
        interval_cell(r, m->name, g);
        for (int i = 2; folds && i < 5; i++)
            iv_grid_number(g, iv_report_number(iv_json_get(r->info, groups[i]), m->name));
        if (holdout)
            iv_grid_number(g, iv_report_number(iv_json_get(r->info, groups[5]), m->name));
    }
    return true;
}

const iv_insight iv_insight_scores = {
    .name = "scores",
    .title = "Scores",
    .words = "Every number comes from rows that the model which predicted them had not seen. The "
             "interval says where the score of other rows of the same kind would lie, 19 times of "
             "20; the last column is what a constant answer would have reached.",
    .there = scores_there,
    .json = scores_json,
    .grid = scores_grid,
};

/* ---- hyperparameters ---- */

static const struct {
    const char *name, *label;
} plan[] = {{"task", "Task"},
            {"target", "Target"},
            {"learner", "Learner"},
            {"rounds", "Boosting rounds"},
            {"image_features", "Image features"},
            {"dim", "Dimensions of an image column"},
            {"features", "Features"},
            {"target_transform", "Transform of the target"},
            {"left_out", "Columns left out"},
            {"fine_tune.kept", "Fine-tuned networks kept"},
            {"fine_tune.strategy", "Stages that learned"},
            {"fine_tune.epochs", "Epochs"},
            {"fine_tune.optimizer", "Optimizer"},
            {"fine_tune.lr", "Learning rate"},
            {"fine_tune.train_batch_size", "Images of an update"},
            {"threshold.value", "Decision threshold"},
            {"calibration.temperature", "Temperature"},
            {"intervals.level", "Level of intervals"},
            {"on_bad", "Rows with an unusable image"},
            {"seed", "Seed"}};

static bool hyperparameters_there(const iv_report *r)
{
    return iv_json_get(r->info, "learner") || iv_report_best_trial(r) ||
           iv_json_get(r->info, "options");
}

static imgvec_status hyperparameters_json(const iv_report *r, iv_json_writer *w, imgvec_error *err)
{
    static const char *const members[] = {
        "task",     "target",           "learner",  "rounds",    "dim",    "image_features",
        "features", "target_transform", "left_out", "backbones", "options"};
    (void)err;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        copy_member(r, members[i], w);
    if (iv_report_best_trial(r))
        iv_json_put_value(w, "best_trial", iv_report_best_trial(r));
    return IMGVEC_OK;
}

static void row(iv_grid *g, const char *label, const iv_json *value)
{
    iv_text text;
    if (!value || (value->type == IV_JSON_ARRAY && value->count == 0) ||
        value->type == IV_JSON_OBJECT)
        return;
    iv_text_init(&text, g->cells.ctx);
    iv_report_show(value, &text);
    g->cells.failed = g->cells.failed || text.failed;
    iv_grid_cell(g, label);
    iv_grid_cell(g, text.data ? text.data : "");
    iv_text_free(&text);
}

static void model_rows(const iv_report *r, iv_grid *g)
{
    char text[200];
    const iv_json *networks = iv_json_get(r->info, "backbones");
    for (size_t i = 0; i < sizeof plan / sizeof *plan; i++)
        row(g, plan[i].label, iv_report_find(r->info, plan[i].name));
    for (const iv_json *n = networks && networks->type == IV_JSON_ARRAY ? networks->as.first : NULL;
         n; n = n->next) {
        double side = iv_report_number(n, "input_size");
        snprintf(text, sizeof text, "%.60s, %.60s, %d px", iv_report_text(n, "id"),
                 iv_report_text(n, "weights"), side > 0 && side < 1e6 ? (int)side : 0);
        iv_grid_cell(g, "Network");
        iv_grid_cell(g, text);
    }
}

static void trial_rows(const iv_report *r, iv_grid *g)
{
    const iv_json *trial = iv_report_best_trial(r);
    for (const iv_json *m = trial ? trial->as.first : NULL; m; m = m->next) {
        char label[64];
        if (m->type == IV_JSON_ARRAY || m->type == IV_JSON_OBJECT || m->type == IV_JSON_NULL)
            continue;
        snprintf(label, sizeof label, "%.60s", m->name);
        for (char *c = label; *c; c++)
            *c = *c == '_' ? ' ' : *c;
        row(g, label, m);
    }
}

/* Where something lies on the machine of the training says nothing of the model. */
static bool is_place(const char *option)
{
    const char *end = strrchr(option, '_');
    return end && (strcmp(end, "_dir") == 0 || strcmp(end, "_file") == 0);
}

static void option_rows(const iv_report *r, iv_grid *g)
{
    const iv_json *options = iv_json_get(r->info, "options");
    for (const iv_json *o = is_object(options) ? options->as.first : NULL; o; o = o->next) {
        const iv_option *known = iv_option_find_named(o->name);
        double value = iv_report_value(o), usual = NAN;
        if (o->type == IV_JSON_BOOL)
            value = o->as.boolean;
        if (known)
            iv_parse_f64(known->fallback, strlen(known->fallback), &usual);
        bool same = known && (o->type == IV_JSON_TEXT ? strcmp(o->as.text, known->fallback) == 0
                                                      : value == usual);
        if (!same && !is_place(o->name))
            row(g, o->name, o);
    }
}

static bool hyperparameters_grid(const iv_report *r, int index, iv_grid *g)
{
    static const char *const titles[] = {"Best trial", "Model", "Options that were set"};
    void (*const fill[])(const iv_report *, iv_grid *) = {trial_rows, model_rows, option_rows};
    if (index > 2)
        return false;
    iv_grid_init(g, r->ctx, titles[index], 2);
    fill[index](r, g);
    return true;
}

const iv_insight iv_insight_hyperparameters = {
    .name = "hyperparameters",
    .title = "Hyperparameters",
    .words = "What was chosen, by the options or by cross-validation within the training rows.",
    .there = hyperparameters_there,
    .json = hyperparameters_json,
    .grid = hyperparameters_grid,
};
