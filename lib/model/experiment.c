#include "model/experiment.h"

#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/thread.h"
#include "features/tuned.h"
#include "learn/fitter.h"
#include "model/data_record.h"
#include "model/importance.h"
#include "model/insight_gradcam.h"
#include "table/dataset.h"
#include "table/skipped.h"

static void cases_free(imgvec_context *ctx, iv_cases *c)
{
    iv_free(ctx, c->row);
    iv_free(ctx, c->y);
    iv_free(ctx, c->group);
}

iv_experiment *iv_experiment_new(imgvec_context *ctx, const imgvec_dataset *ds,
                                 const imgvec_options *opts)
{
    iv_experiment *x = iv_zalloc(ctx, sizeof *x);
    if (!x)
        return NULL;
    x->ctx = ctx;
    x->ds = ds;
    x->opts = opts;
    return x;
}

void iv_experiment_free(iv_experiment *x)
{
    if (!x)
        return;
    for (size_t i = 0; x->inputs.items && i < x->inputs.count; i++) {
        iv_free(x->ctx, x->inputs.items[i].raw);
        iv_free(x->ctx, x->inputs.items[i].status);
    }
    iv_free(x->ctx, x->inputs.items);
    iv_networks_free(x->ctx, &x->nets);
    iv_free(x->ctx, x->widths);
    iv_free(x->ctx, x->dims);
    iv_free(x->ctx, x->fold_of);
    iv_target_free(x->ctx, &x->target);
    iv_problems_free(x->ctx, &x->problems);
    iv_duplicates_free(&x->duplicates);
    cases_free(x->ctx, &x->cases);
    cases_free(x->ctx, &x->holdout);
    iv_crossval_free(x->ctx, &x->cv);
    iv_crossval_free(x->ctx, &x->frozen);
    iv_tuned_inputs_free(x->ctx, &x->tuned);
    iv_units_free(x->ctx, &x->units);
    iv_free(x->ctx, x->searched);
    iv_free(x->ctx, x->importance);
    iv_average_free(x->ctx, &x->average);
    iv_free(x->ctx, x);
}

/* The inputs of the final model's blocks, in their order (NEW). */
static iv_input *items_of(const iv_experiment *x, const iv_inputs *inputs)
{
    const iv_recipe *r = &x->cv.recipe;
    iv_input *items = iv_calloc(x->ctx, r->count + 1, sizeof *items);
    for (size_t b = 0; items && b < r->count; b++) {
        if (r->blocks[b].kind == &iv_tuned_image_kind) {
            items[b] = inputs->items[x->inputs.count + (size_t)iv_tuned_id(&r->blocks[b])];
            continue;
        }
        for (size_t i = 0; i < x->inputs.count; i++)
            if (strcmp(r->blocks[b].column,
                       iv_dataset_column_name(x->ds, x->inputs.items[i].column)) == 0)
                items[b] = x->inputs.items[i];
    }
    return items;
}

static const iv_inputs *inputs_of(const iv_experiment *x, bool tuned)
{
    return tuned ? &x->tuned.inputs_of[x->tuned.jobs - 1] : &x->inputs;
}

static imgvec_status score_holdout(iv_experiment *x, imgvec_error *err)
{
    const iv_cases *c = &x->holdout;
    if (c->count == 0)
        return IMGVEC_OK;
    imgvec_status status = IMGVEC_OK;
    iv_decision decision;
    iv_inputs inputs = *inputs_of(x, x->tuned_kept);
    inputs.items = items_of(x, &inputs);
    inputs.count = x->cv.recipe.count;
    float *predicted = iv_alloc_n(x->ctx, c->count, (size_t)c->outputs * sizeof *predicted);
    if (!inputs.items || !predicted) {
        status = iv_fail_nomem(err);
        goto done;
    }
    IV_DO(iv_predict_rows(x->ctx, &inputs, &x->cv.recipe, &x->cv.learner, &x->cv.transform, c->row,
                          c->count, predicted, err));
    iv_decision_of(&x->assessment, &decision);
    if (c->class_count)
        iv_temperature_apply(decision.temperature, c->count, c->outputs, predicted);
    status = iv_metrics_compute(x->ctx, c->task, c->count, c->outputs, predicted, c->y, NULL,
                                x->holdout_metrics, err);
done:
    iv_free(x->ctx, inputs.items);
    iv_free(x->ctx, predicted);
    return status;
}

/* What matters to the final model. */
static imgvec_status measure_importance(iv_experiment *x, imgvec_error *err)
{
    iv_inputs inputs = *inputs_of(x, x->tuned_kept);
    inputs.items = items_of(x, &inputs);
    inputs.count = x->cv.recipe.count;
    imgvec_status status = IMGVEC_OK;
    if (inputs.items)
        status =
            iv_importance_measure(x->ctx, &inputs, &x->cv.recipe, &x->cv.learner,
                                  x->cv.learner.kind == IV_XGBOOST ? x->cv.rounds : 0, x->cases.row,
                                  x->cases.count, &x->watch, &x->importance, &x->average, err);
    else
        status = iv_fail_nomem(err);
    iv_free(x->ctx, inputs.items);
    return status;
}

/* From so many rows on narrow columns are taken or left together, to bound the time. */
#define ROWS_TOGETHER 5000

static imgvec_status make_units(iv_experiment *x, bool tuned, imgvec_error *err)
{
    bool together =
        x->cases.count >= ROWS_TOGETHER && !iv_option_is(x->opts, IMGVEC_OPT_ABLATION, "on");
    iv_units_free(x->ctx, &x->units);
    return iv_units_make(x->ctx, inputs_of(x, tuned), together, &x->units, err);
}

/* How far features go from a constant answer, 0, to a perfect one, 1. */
static double skill_of(const iv_experiment *x, const iv_crossval *cv)
{
    if (x->target.task == IV_TASK_REGRESSION)
        return cv->pooled[iv_metric_find(x->target.task, "r2")];
    int at = iv_metric_find(x->target.task, "log_loss");
    return 1 - cv->pooled[at] / cv->baseline[at];
}

/* Cross-validation over the experiment's own inputs or, tuned, with the fine-tuned ones. */
static imgvec_status cross_validate(iv_experiment *x, bool tuned, bool ablation, iv_crossval *out,
                                    imgvec_error *err)
{
    IV_TRY(make_units(x, tuned, err));
    const iv_study study = {.inputs = inputs_of(x, tuned),
                            .inputs_of = tuned ? x->tuned.inputs_of : NULL,
                            .ablation = ablation,
                            .units = &x->units,
                            .opts = x->opts,
                            .metric = x->metric,
                            .dims = x->dims,
                            .dim_count = x->dim_count,
                            .lower_dim = x->dim_is_default,
                            .threads = x->inputs.threads,
                            .fold_of = x->fold_of};
    imgvec_status status = iv_crossval_run(x->ctx, &study, &x->cases, &x->watch, out, err);
    return iv_experiment_explain_groups(x, status, err);
}

/* Fine-tunes, and learns once more with what the networks then say. */
static imgvec_status learn_tuned(iv_experiment *x, imgvec_error *err)
{
    size_t count;
    int at = iv_metric_find(x->target.task, x->metric);
    bool automatic = iv_option_is(x->opts, IMGVEC_OPT_FINE_TUNE, "auto");
    x->frozen = x->cv;
    memset(&x->cv, 0, sizeof x->cv);
    imgvec_error why;
    imgvec_status status = iv_experiment_tune(x, skill_of(x, &x->frozen), &why);
    if (status == IMGVEC_ERR_DATA && automatic) {
        iv_log(x->ctx, IMGVEC_LOG_NOTICE, "fine-tuning is left out: %s", why.text);
        x->cv = x->frozen;
        memset(&x->frozen, 0, sizeof x->frozen);
        iv_tuned_inputs_free(x->ctx, &x->tuned);
        return IMGVEC_OK;
    }
    if (status != IMGVEC_OK && err)
        *err = why;
    IV_TRY(iv_experiment_explain_groups(x, status, err));
    IV_TRY(cross_validate(x, true, true, &x->cv, err));
    float *with[1] = {x->cv.predictions};
    IV_TRY(iv_compare_variants(x->ctx, x->target.task, x->cases.count, x->cases.outputs,
                               x->frozen.predictions, with, 1, x->cases.y,
                               x->tuned.tuning.spec.seed, &x->tuned_gain, err));
    bool up = iv_metrics_of(x->target.task, &count)[at].higher_is_better;
    bool better = up ? x->tuned_gain.low[at] > 0 : x->tuned_gain.high[at] < 0;
    x->tuned_kept = !automatic || better;
    if (x->tuned_kept)
        return IMGVEC_OK;
    iv_crossval other = x->cv;
    x->cv = x->frozen;
    x->frozen = other;
    return make_units(x, false, err);
}

static imgvec_status learn(iv_experiment *x, imgvec_error *err)
{
    bool tune = x->tuned.wanted;
    bool automatic = iv_option_is(x->opts, IMGVEC_OPT_FINE_TUNE, "auto");
    IV_TRY(cross_validate(x, false, !tune || automatic, &x->cv, err));
    if (tune)
        IV_TRY(learn_tuned(x, err));
    IV_TRY(iv_experiment_assess(x, err));
    IV_TRY(measure_importance(x, err));
    return score_holdout(x, err);
}

/* Moves the predictions that the scores come from. */
static void hand_over_oof(iv_experiment *x, iv_oof *out)
{
    *out = (iv_oof){.count = x->cases.count,
                    .outputs = x->cases.outputs,
                    .row = x->cases.row,
                    .fold = x->cv.fold_of,
                    .truth = x->cases.y,
                    .predictions = x->cv.predictions,
                    .held_count = x->holdout.count,
                    .held = x->holdout.row};
    x->cases.row = x->holdout.row = NULL;
    x->cv.fold_of = NULL;
    x->cases.y = x->cv.predictions = NULL;
}

/* Moves the networks of the recipe's fine-tuned blocks to the model, in their order. */
static void take_tuned(iv_experiment *x, imgvec_model *m)
{
    for (size_t b = 0; b < m->recipe.count; b++) {
        if (m->recipe.blocks[b].kind != &iv_tuned_image_kind)
            continue;
        iv_tuned_input *in = &x->tuned.items[iv_tuned_id(&m->recipe.blocks[b])];
        m->tuned.items[m->tuned.count++] = in->network;
        m->tuned.width += iv_network_width(in->network);
        in->network = NULL;
    }
}

static bool uses_backbones(const iv_recipe *r)
{
    for (size_t b = 0; b < r->count; b++)
        if (r->blocks[b].kind->type == IMGVEC_COLUMN_IMAGE &&
            r->blocks[b].kind != &iv_tuned_image_kind)
            return true;
    return false;
}

imgvec_status iv_experiment_hand_over(iv_experiment *x, imgvec_model **out, imgvec_error *err)
{
    imgvec_model *m;
    IV_TRY(iv_model_new(x->ctx, x->opts, &m, err));
    m->info = iv_experiment_json(x);
    m->target = iv_strdup(x->ctx, x->target_name);
    m->data = iv_data_record(x->ctx, x->ds);
    m->tuned.items = iv_calloc(x->ctx, x->cv.recipe.count + 1, sizeof *m->tuned.items);
    if (!m->info || !m->target || !m->data || !m->tuned.items) {
        iv_model_free(m);
        return iv_fail_nomem(err);
    }
    m->executor = iv_recipe_has_images(&x->cv.recipe) ? x->executor : NULL;
    m->task = x->target.task;
    m->classes = x->target.classes;
    m->class_count = x->target.class_count;
    m->outputs = x->cases.outputs;
    m->drop_bad = x->drop_bad;
    m->recipe = x->cv.recipe;
    m->learner = x->cv.learner;
    m->transform = x->cv.transform;
    iv_decision_of(&x->assessment, &m->decision);
    take_tuned(x, m);
    if (uses_backbones(&m->recipe)) { /* else they are not needed to score */
        m->nets = x->nets;
        m->widths = x->widths;
        x->widths = NULL;
        memset(&x->nets, 0, sizeof x->nets);
    }
    x->target.classes = NULL;
    x->target.class_count = 0;
    memset(&x->cv.recipe, 0, sizeof x->cv.recipe);
    memset(&x->cv.learner, 0, sizeof x->cv.learner);
    hand_over_oof(x, &m->oof);
    m->average = x->average;
    memset(&x->average, 0, sizeof x->average);
    *out = m;
    return IMGVEC_OK;
}

imgvec_status iv_model_train(imgvec_context *ctx, iv_executor_source executors,
                             const imgvec_dataset *ds, const imgvec_options *opts,
                             const imgvec_watch *watch, imgvec_model **out, imgvec_error *err)
{
    double started = iv_now();
    imgvec_status status = IMGVEC_OK;
    imgvec_model *m = NULL;
    iv_insight_data insights = {0};
    iv_experiment *x = iv_experiment_new(ctx, ds, opts);
    if (!x)
        return iv_fail_nomem(err);
    IV_DO(iv_watch_init(&x->watch, watch, err));
    IV_DO(iv_dataset_check_skipped(ds, iv_option_f64(opts, IMGVEC_OPT_MAX_BAD_FRACTION), err));
    IV_DO(iv_experiment_columns(x, err));
    IV_DO(iv_experiment_dims(x, err));
    IV_DO(iv_experiment_read_tuning(x, err));
    IV_DO(iv_experiment_images(x, executors, err));
    IV_DO(iv_experiment_cases(x, err));
    IV_DO(iv_experiment_check_dims(x, err));
    if (x->tuned.wanted)
        IV_DO(iv_experiment_list_tuned(x, err));
    IV_DO(learn(x, err));
    IV_DO(iv_experiment_insights(x, &insights, err));
    IV_DO(iv_experiment_hand_over(x, &m, err));
    m->insights = insights;
    memset(&insights, 0, sizeof insights);
    IV_DO(iv_insight_gradcam(m, ds, &x->watch, err));
    m->cost.train_seconds = iv_now() - started;
    IV_DO(iv_cost_measure(m, ds, &x->watch, &m->cost, err));
    *out = m;
    m = NULL;
done:
    iv_insight_free(ctx, &insights);
    iv_model_free(m);
    iv_experiment_free(x);
    return status;
}
