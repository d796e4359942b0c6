#include "model/experiment.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "table/dataset.h"

static void cases_free(imgvec_context *ctx, iv_cases *c)
{
    iv_free(ctx, c->row);
    iv_free(ctx, c->y);
    iv_free(ctx, c->group);
}

static void experiment_free(iv_experiment *x)
{
    for (size_t i = 0; x->inputs.items && i < x->inputs.count; i++) {
        iv_free(x->ctx, x->inputs.items[i].raw);
        iv_free(x->ctx, x->inputs.items[i].status);
    }
    iv_free(x->ctx, x->inputs.items);
    iv_networks_free(x->ctx, &x->nets);
    iv_free(x->ctx, x->widths);
    iv_free(x->ctx, x->dims);
    iv_target_free(x->ctx, &x->target);
    iv_problems_free(x->ctx, &x->problems);
    cases_free(x->ctx, &x->cases);
    cases_free(x->ctx, &x->holdout);
    iv_crossval_free(x->ctx, &x->cv);
    iv_recipe_free(x->ctx, &x->recipe);
    iv_booster_free(x->booster);
    iv_free(x->ctx, x);
}

/* The identity permutation of the first n cases. */
static int64_t *everything(imgvec_context *ctx, size_t n)
{
    int64_t *which = iv_alloc_n(ctx, n + 1, sizeof *which);
    for (size_t i = 0; which && i < n; i++)
        which[i] = (int64_t)i;
    return which;
}

static imgvec_status score_holdout(iv_experiment *x, const iv_study *study, imgvec_error *err)
{
    const iv_cases *c = &x->holdout;
    if (c->count == 0)
        return IMGVEC_OK;
    imgvec_status status = IMGVEC_OK;
    int64_t *which = everything(x->ctx, c->count);
    float *predicted = iv_alloc_n(x->ctx, c->count, (size_t)c->outputs * sizeof *predicted);
    if (!which || !predicted) {
        status = iv_fail_nomem(err);
        goto done;
    }
    IV_DO(
        iv_fit_predict(x->ctx, study, c, which, c->count, &x->recipe, x->booster, predicted, err));
    status = iv_metrics_compute(x->ctx, c->task, c->count, c->outputs, predicted, c->y, NULL,
                                x->holdout_metrics, err);
done:
    iv_free(x->ctx, which);
    iv_free(x->ctx, predicted);
    return status;
}

static imgvec_status learn(iv_experiment *x, imgvec_error *err)
{
    const iv_study study = {.inputs = &x->inputs,
                            .opts = x->opts,
                            .metric = x->metric,
                            .dims = x->dims,
                            .dim_count = x->dim_count,
                            .lower_dim = x->dim_is_default,
                            .threads = x->inputs.threads};
    imgvec_status status = iv_crossval_run(x->ctx, &study, &x->cases, &x->watch, &x->cv, err);
    if (status == IMGVEC_ERR_DATA && x->fold_column >= 0)
        iv_prefix(err, status, "option fold_column %s (it may have too few different values)",
                  iv_dataset_column_name(x->ds, x->fold_column));
    IV_TRY(status);
    IV_TRY(
        iv_watch_begin(&x->watch, 1, err, "fitting the final model on %zu rows", x->cases.count));
    int64_t *which = everything(x->ctx, x->cases.count);
    if (!which)
        return iv_fail_nomem(err);
    status = iv_fit(x->ctx, &study, &x->cases, which, x->cases.count, x->cv.dim, x->cv.rounds,
                    &x->watch, &x->recipe, &x->booster, err);
    iv_free(x->ctx, which);
    IV_TRY(status);
    IV_TRY(score_holdout(x, &study, err));
    return iv_watch_end(&x->watch, err);
}

/* Moves what the model keeps out of the experiment. */
static imgvec_status hand_over(iv_experiment *x, imgvec_model **out, imgvec_error *err)
{
    imgvec_model *m;
    IV_TRY(iv_model_new(x->ctx, x->opts, &m, err));
    m->info = iv_experiment_json(x);
    m->target = iv_strdup(x->ctx, x->target_name);
    if (!m->info || !m->target) {
        iv_model_free(m);
        return iv_fail_nomem(err);
    }
    m->executor = x->executor;
    m->task = x->target.task;
    m->classes = x->target.classes;
    m->class_count = x->target.class_count;
    m->outputs = x->cases.outputs;
    m->drop_bad = x->drop_bad;
    m->nets = x->nets;
    m->widths = x->widths;
    m->recipe = x->recipe;
    m->booster = x->booster;
    x->target.classes = NULL;
    x->target.class_count = 0;
    x->widths = NULL;
    x->booster = NULL;
    memset(&x->nets, 0, sizeof x->nets);
    memset(&x->recipe, 0, sizeof x->recipe);
    *out = m;
    return IMGVEC_OK;
}

imgvec_status iv_model_train(imgvec_context *ctx, iv_executor_source executors,
                             const imgvec_dataset *ds, const imgvec_options *opts,
                             const imgvec_watch *watch, imgvec_model **out, imgvec_error *err)
{
    imgvec_status status = IMGVEC_OK;
    iv_experiment *x = iv_zalloc(ctx, sizeof *x);
    if (!x)
        return iv_fail_nomem(err);
    x->ctx = ctx;
    x->ds = ds;
    x->opts = opts;
    IV_DO(iv_watch_init(&x->watch, watch, err));
    IV_DO(iv_experiment_columns(x, err));
    IV_DO(iv_experiment_dims(x, err));
    IV_DO(iv_experiment_images(x, executors, err));
    IV_DO(iv_experiment_cases(x, err));
    IV_DO(iv_experiment_check_dims(x, err));
    IV_DO(learn(x, err));
    IV_DO(hand_over(x, out, err));
done:
    experiment_free(x);
    return status;
}
