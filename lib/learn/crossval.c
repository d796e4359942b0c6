#include "learn/crossval.h"

#include <stdatomic.h>
#include <string.h>

#include "base/error.h"
#include "base/jobs.h"
#include "base/mem.h"
#include "base/options.h"
#include "learn/summary.h"
#include "table/folds.h"

#define STEPS 3 /* of a job, for progress: choosing, fitting, ablation */

/* What the jobs share: one for each fold, and the final model's, which is the same work on all
 * cases. They run side by side, each on a thread of its own: a booster of this size gains little
 * from a second thread, and jobs do not wait for each other. */
typedef struct run {
    imgvec_context *ctx;
    iv_study study;   /* threads: those of one job */
    iv_inputs inputs; /* likewise */
    const iv_cases *cases;
    iv_watch *watch;
    iv_crossval *out;
    uint64_t seed;
    atomic_uint_fast64_t steps; /* done, for progress */
} run;

/* A job's row lists, as long as there are cases. */
typedef struct desk {
    run *run;
    int64_t *train, *valid;
    float *predictions;
} desk;

void iv_crossval_free(imgvec_context *ctx, iv_crossval *cv)
{
    iv_free(ctx, cv->folds);
    iv_free(ctx, cv->fold_of);
    iv_free(ctx, cv->predictions);
    iv_ablation_free(ctx, &cv->ablation);
    iv_recipe_free(ctx, &cv->recipe);
    iv_learner_free(ctx, &cv->learner);
    memset(cv, 0, sizeof *cv);
}

/* The job's own thread reports the steps. */
static imgvec_status progress(run *r, imgvec_error *err)
{
    atomic_fetch_add(&r->steps, 1);
    return iv_watch_check(r->watch, err);
}

static imgvec_status fit_fold(desk *d, int32_t fold, iv_search *search, iv_fitter *fitter,
                              imgvec_error *err)
{
    run *r = d->run;
    iv_fold *f = &r->out->folds[fold];
    size_t n = f->valid_rows, k = (size_t)r->cases->outputs;
    IV_TRY(iv_fitter_run(fitter, &f->plan, &f->rounds, d->predictions, NULL, err));
    for (size_t i = 0; f->plan.transform != IV_NO_TRANSFORM && i < n; i++)
        d->predictions[i] =
            (float)iv_transform_invert(&fitter->transforms[f->plan.transform], d->predictions[i]);
    for (size_t i = 0; i < n; i++)
        memcpy(r->out->predictions + (size_t)d->valid[i] * k, d->predictions + i * k,
               k * sizeof(float));
    IV_TRY(iv_summary_fold(r->ctx, r->cases, r->out, fold, err));
    IV_TRY(progress(r, err));
    if (r->out->ablation.units)
        IV_TRY(iv_ablation_fold(&r->out->ablation, search, fitter, &f->plan, f->rounds, d->valid,
                                d->predictions, err));
    return progress(r, err);
}

static imgvec_status fit_final(run *r, iv_fitter *fitter, imgvec_error *err)
{
    iv_crossval *out = r->out;
    IV_TRY(iv_fitter_run(fitter, &out->plan, &out->rounds, NULL, &out->learner, err));
    IV_TRY(iv_fitter_take_recipe(fitter, &out->plan, &out->recipe, err));
    out->transform = fitter->transforms[out->plan.transform];
    IV_TRY(progress(r, err));
    return progress(r, err);
}

/* A fold, or with fold = fold_count the final model. */
static imgvec_status run_job(desk *d, int32_t fold, imgvec_error *err)
{
    run *r = d->run;
    iv_crossval *out = r->out;
    size_t n_train = 0, n_valid = 0;
    bool final = fold == out->fold_count;
    imgvec_status status = IMGVEC_OK;
    iv_search *search = NULL;
    iv_fitter fitter = {.ctx = r->ctx};
    for (size_t i = 0; i < r->cases->count; i++)
        if (out->fold_of[i] == fold)
            d->valid[n_valid++] = (int64_t)i;
        else
            d->train[n_train++] = (int64_t)i;
    iv_study study = r->study;
    iv_inputs inputs = r->inputs;
    study.inputs = &inputs;
    if (study.inputs_of) {
        inputs = study.inputs_of[fold];
        inputs.threads = study.threads;
    }
    iv_plan *plan = final ? &out->plan : &out->folds[fold].plan;
    int32_t *rounds = final ? &out->rounds : &out->folds[fold].rounds;
    if (!final) {
        out->folds[fold].train_rows = n_train;
        out->folds[fold].valid_rows = n_valid;
    }
    IV_DO(iv_search_new(r->ctx, &study, r->cases, d->train, n_train, r->seed + 1 + (uint64_t)fold,
                        r->watch, &search, err));
    IV_DO(iv_search_run(search, plan, rounds, err));
    IV_DO(progress(r, err));
    IV_DO(iv_fitter_make(r->ctx, &study, r->cases, d->train, n_train, d->valid, n_valid,
                         r->study.lower_dim, r->watch, &fitter, err));
    status = final ? fit_final(r, &fitter, err) : fit_fold(d, fold, search, &fitter, err);
done:
    iv_search_free(search);
    iv_fitter_free(&fitter);
    return status;
}

static void desk_free(desk *d)
{
    imgvec_context *ctx = d->run->ctx;
    iv_free(ctx, d->train);
    iv_free(ctx, d->valid);
    iv_free(ctx, d->predictions);
}

static imgvec_status desk_make(run *r, desk *d, imgvec_error *err)
{
    size_t n = r->cases->count;
    *d = (desk){.run = r};
    d->train = iv_alloc_n(r->ctx, n, sizeof *d->train);
    d->valid = iv_alloc_n(r->ctx, n, sizeof *d->valid);
    d->predictions = iv_alloc_n(r->ctx, n, (size_t)r->cases->outputs * sizeof *d->predictions);
    if (d->train && d->valid && d->predictions)
        return IMGVEC_OK;
    desk_free(d);
    return iv_fail_nomem(err);
}

/* The final model first: it has the most rows. */
static imgvec_status run_numbered(void *user, size_t job, imgvec_error *err)
{
    run *r = user;
    desk d;
    IV_TRY(desk_make(r, &d, err));
    imgvec_status status = run_job(&d, job == 0 ? r->out->fold_count : (int32_t)job - 1, err);
    desk_free(&d);
    return status;
}

/* All jobs, by as many workers as there are threads. */
static imgvec_status run_jobs(run *r, imgvec_error *err)
{
    int threads = r->study.threads, count = r->out->fold_count + 1;
    int workers = threads < count ? threads : count;
    const iv_jobs jobs = {.count = (size_t)count,
                          .workers = workers,
                          .run = run_numbered,
                          .user = r,
                          .watch = r->watch,
                          .done = &r->steps};
    r->study.threads = threads / workers;
    r->inputs = *r->study.inputs;
    r->inputs.threads = r->study.threads;
    IV_TRY(iv_watch_begin(r->watch, (uint64_t)count * STEPS, err,
                          "cross-validating and fitting the final model"));
    IV_TRY(iv_jobs_run(r->ctx, &jobs, err));
    return iv_watch_end(r->watch, err);
}

static imgvec_status assign_folds(run *r, imgvec_error *err)
{
    const iv_cases *c = r->cases;
    iv_crossval *out = r->out;
    size_t n = c->count;
    int32_t *labels = iv_alloc_n(r->ctx, n + 1, sizeof *labels);
    imgvec_status status = labels ? IMGVEC_OK : iv_fail_nomem(err);
    for (size_t i = 0; i < n && status == IMGVEC_OK; i++)
        labels[i] = c->class_count ? (int32_t)c->y[i] : 0;
    if (status == IMGVEC_OK && r->study.fold_of)
        memcpy(out->fold_of, r->study.fold_of, n * sizeof *out->fold_of);
    else if (status == IMGVEC_OK)
        status = iv_folds_assign(r->ctx, n, c->class_count ? labels : NULL, c->group,
                                 out->fold_count, r->seed, out->fold_of, err);
    iv_free(r->ctx, labels);
    return status;
}

static imgvec_status make_room(run *r, imgvec_error *err)
{
    iv_crossval *out = r->out;
    out->folds = iv_calloc(r->ctx, (size_t)out->fold_count, sizeof *out->folds);
    out->predictions =
        iv_alloc_n(r->ctx, r->cases->count, (size_t)r->cases->outputs * sizeof(float));
    out->fold_of = iv_alloc_n(r->ctx, r->cases->count, sizeof *out->fold_of);
    return out->folds && out->predictions && out->fold_of ? IMGVEC_OK : iv_fail_nomem(err);
}

imgvec_status iv_crossval_run(imgvec_context *ctx, const iv_study *study, const iv_cases *cases,
                              iv_watch *watch, iv_crossval *out, imgvec_error *err)
{
    run r = {.ctx = ctx, .study = *study, .cases = cases, .watch = watch, .out = out};
    imgvec_status status = IMGVEC_OK;
    memset(out, 0, sizeof *out);
    r.seed = (uint64_t)iv_option_i64(study->opts, IMGVEC_OPT_SEED);
    out->fold_count = (int32_t)iv_option_i64(study->opts, IMGVEC_OPT_FOLDS);
    IV_DO(make_room(&r, err));
    IV_DO(assign_folds(&r, err));
    if (study->ablation && !iv_option_is(study->opts, IMGVEC_OPT_ABLATION, "off") &&
        study->units->count > 1)
        IV_DO(iv_ablation_make(ctx, study, cases, &out->ablation, err));
    IV_DO(run_jobs(&r, err));
    for (int32_t f = 0; f < out->fold_count; f++)
        for (size_t u = 0; u < out->ablation.units; u++)
            out->ablation.kept[u] += out->folds[f].plan.use[u] != IV_UNUSED;
    IV_DO(iv_summary_all(ctx, cases, r.seed, out, err));
    IV_DO(iv_ablation_finish(&out->ablation, ctx, cases, out->predictions, r.seed, err));
done:
    if (status != IMGVEC_OK)
        iv_crossval_free(ctx, out);
    return status;
}
