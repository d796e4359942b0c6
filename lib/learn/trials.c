#include "learn/trials.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/thread.h"
#include "table/folds.h"

/* Inner folds by the number of training cases: few cases need them all held out, many do not.
 * With several classes a round of boosting is as many trees, and a case counts as often. */
#define FOLDS_FEW 5
#define ROWS_FEW 1000
#define FOLDS_SOME 3
#define HOLDOUT_SHARE 0.8 /* of the cases that learn where one part is held out */

void iv_trials_free(iv_trials *t)
{
    for (int32_t p = 0; p < t->parts; p++)
        iv_fitter_free(&t->fitters[p]);
    for (size_t i = 0; i < t->used; i++) {
        iv_free(t->ctx, t->items[i].predictions);
        iv_free(t->ctx, t->items[i].z);
    }
    iv_free(t->ctx, t->items);
    iv_free(t->ctx, t->truth);
    memset(t, 0, sizeof *t);
}

/* Row lists of the parting. */
typedef struct desk {
    int32_t *labels, *groups, *part;
    int64_t *train, *valid;
} desk;

static imgvec_status desk_make(imgvec_context *ctx, const iv_cases *c, const int64_t *which,
                               size_t n, desk *d, imgvec_error *err)
{
    memset(d, 0, sizeof *d);
    d->part = iv_alloc_n(ctx, n, sizeof *d->part);
    d->train = iv_alloc_n(ctx, n, sizeof *d->train);
    d->valid = iv_alloc_n(ctx, n, sizeof *d->valid);
    d->labels = c->class_count ? iv_alloc_n(ctx, n, sizeof *d->labels) : NULL;
    d->groups = c->group ? iv_alloc_n(ctx, n, sizeof *d->groups) : NULL;
    if (!d->part || !d->train || !d->valid || (c->class_count && !d->labels) ||
        (c->group && !d->groups))
        return iv_fail_nomem(err);
    for (size_t i = 0; i < n; i++) {
        if (d->labels)
            d->labels[i] = (int32_t)c->y[which[i]];
        if (d->groups)
            d->groups[i] = c->group[which[i]];
    }
    return IMGVEC_OK;
}

static void desk_free(imgvec_context *ctx, desk *d)
{
    iv_free(ctx, d->labels);
    iv_free(ctx, d->groups);
    iv_free(ctx, d->part);
    iv_free(ctx, d->train);
    iv_free(ctx, d->valid);
}

bool iv_trials_cheap(const iv_cases *c, size_t count)
{
    return count * (size_t)(c->class_count > 2 ? c->class_count : 1) <= IV_CHEAP_CASES;
}

/* A single part to hold out, the smaller one. */
static imgvec_status part_once(imgvec_context *ctx, const desk *d, const int32_t *groups, size_t n,
                               uint64_t seed, imgvec_error *err)
{
    IV_TRY(iv_split_assign(ctx, n, d->labels, groups, HOLDOUT_SHARE, seed, d->part, err));
    for (size_t i = 0; i < n; i++) /* part 1 is the smaller one */
        d->part[i] = !d->part[i];
    return IMGVEC_OK;
}

/* Parts the cases; *held: the parts that are held out in turn, 0 to *held - 1. With too few groups
 * for so many parts there are fewer. */
static imgvec_status part_cases(imgvec_context *ctx, const iv_cases *c, desk *d, size_t n,
                                uint64_t seed, int32_t *held, imgvec_error *err)
{
    int32_t folds = !iv_trials_cheap(c, n) ? 1 : n <= ROWS_FEW ? FOLDS_FEW : FOLDS_SOME;
    imgvec_status status = IMGVEC_ERR_DATA;
    for (; folds > 1 && status == IMGVEC_ERR_DATA; folds = folds > 2 ? 2 : 1) {
        *held = folds;
        status = iv_folds_assign(ctx, n, d->labels, d->groups, folds, seed, d->part, err);
    }
    if (status != IMGVEC_ERR_DATA)
        return status;
    *held = 1;
    status = part_once(ctx, d, d->groups, n, seed, err);
    if (status != IMGVEC_ERR_DATA || !d->groups)
        return status;
    status = iv_folds_assign(ctx, n, d->labels, d->groups, 2, seed, d->part, err); /* two halves */
    if (status != IMGVEC_ERR_DATA)
        return status;
    /* One group: to choose by rows that may be alike is better than not to choose. */
    return part_once(ctx, d, NULL, n, seed, err);
}

imgvec_status iv_trials_make(imgvec_context *ctx, const iv_study *study, const iv_cases *cases,
                             const int64_t *which, size_t count, uint64_t seed, iv_watch *watch,
                             iv_trials *out, imgvec_error *err)
{
    imgvec_status status;
    int32_t held;
    desk d;
    *out = (iv_trials){.ctx = ctx, .study = study, .cases = cases};
    out->metric = iv_metric_find(cases->task, study->metric);
    out->own_scale =
        cases->task != IV_TASK_REGRESSION || !iv_option_is(study->opts, IMGVEC_OPT_METRIC, "auto");
    out->truth = iv_alloc_n(ctx, count, sizeof *out->truth);
    IV_DO(desk_make(ctx, cases, which, count, &d, err));
    if (!out->truth) {
        status = iv_fail_nomem(err);
        goto done;
    }
    IV_DO(part_cases(ctx, cases, &d, count, seed, &held, err));
    for (int32_t p = 0; p < held; p++) {
        size_t train = 0, valid = 0;
        for (size_t i = 0; i < count; i++) {
            if (d.part[i] != p) {
                d.train[train++] = which[i];
                continue;
            }
            d.valid[valid++] = which[i];
            out->truth[out->count++] = cases->y[which[i]];
        }
        out->parts = p + 1;
        IV_DO(iv_fitter_make(ctx, study, cases, d.train, train, d.valid, valid, true, watch,
                             &out->fitters[p], err));
    }
done:
    desk_free(ctx, &d);
    if (status != IMGVEC_OK)
        iv_trials_free(out);
    return status;
}

imgvec_status iv_trials_suits(iv_trials *t, int32_t transform, bool *out, imgvec_error *err)
{
    *out = true;
    for (int32_t p = 0; p < t->parts && *out; p++)
        IV_TRY(iv_fitter_transform(&t->fitters[p], transform, out, err));
    return IMGVEC_OK;
}

static int by_value(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* Truth on the scale of a transform, each row's by the inner fold that held it out. */
static void transformed_truth(const iv_trials *t, int32_t transform, float *out)
{
    size_t at = 0;
    for (int32_t p = 0; p < t->parts; p++)
        for (size_t i = 0; i < t->fitters[p].valid_count; i++, at++)
            out[at] = (float)iv_transform_label(&t->fitters[p].transforms[transform], t->truth[at]);
}

static imgvec_status score_trial(iv_trials *t, iv_trial *trial, imgvec_error *err)
{
    if (t->own_scale)
        return iv_metric_compute_one(t->ctx, t->cases->task, t->metric, t->count, t->cases->outputs,
                                     trial->predictions, t->truth, &trial->score, err);
    float *truth = iv_alloc_n(t->ctx, t->count, sizeof *truth);
    if (!truth)
        return iv_fail_nomem(err);
    transformed_truth(t, trial->plan.transform, truth);
    imgvec_status status = iv_metric_compute_one(t->ctx, t->cases->task, t->metric, t->count, 1,
                                                 trial->z, truth, &trial->score, err);
    iv_free(t->ctx, truth);
    return status;
}

static imgvec_status run_trial(iv_trials *t, iv_trial *trial, imgvec_error *err)
{
    size_t at = 0, k = (size_t)t->cases->outputs;
    int32_t rounds[IV_INNER_MAX];
    for (int32_t p = 0; p < t->parts; p++) {
        iv_fitter *f = &t->fitters[p];
        float *out = trial->predictions + at * k;
        rounds[p] = 0;
        IV_TRY(iv_fitter_run(f, &trial->plan, &rounds[p], out, NULL, err));
        for (size_t i = 0; trial->z && i < f->valid_count; i++) {
            trial->z[at + i] = out[i];
            out[i] = (float)iv_transform_invert(&f->transforms[trial->plan.transform], out[i]);
        }
        at += f->valid_count;
    }
    qsort(rounds, (size_t)t->parts, sizeof *rounds, by_value);
    trial->rounds = rounds[t->parts / 2];
    return score_trial(t, trial, err);
}

/* Columns as letters in their order: p plain, s stacked, b both, - left out. */
static void log_trial(const iv_trials *t, const iv_trial *trial, double seconds)
{
    char use[IV_UNITS_MAX + 1];
    size_t metrics, units = t->study->units->count;
    for (size_t u = 0; u < units; u++)
        use[u] = "-psb"[trial->plan.use[u]];
    use[units] = 0;
    iv_log(t->ctx, IMGVEC_LOG_DEBUG,
           "plan tried on %zu rows: %s, transform %s, dim %d, %s: %s %.6g, %d rounds, %.2f s",
           t->count, iv_learner_name((iv_learner_kind)trial->plan.learner),
           iv_transform_name((iv_transform_kind)trial->plan.transform), (int)trial->plan.dim, use,
           iv_metrics_of(t->cases->task, &metrics)[t->metric].name, trial->score,
           (int)trial->rounds, seconds);
}

bool iv_trials_known(const iv_trials *t, const iv_plan *plan)
{
    for (size_t i = 0; i < t->used; i++)
        if (iv_plan_same(&t->items[i].plan, plan))
            return true;
    return false;
}

imgvec_status iv_trials_try(iv_trials *t, const iv_plan *plan, size_t *out, imgvec_error *err)
{
    for (size_t i = 0; i < t->used; i++)
        if (iv_plan_same(&t->items[i].plan, plan)) {
            *out = i;
            return IMGVEC_OK;
        }
    if (iv_reserve(t->ctx, &t->items, &t->capacity, t->used + 1, sizeof *t->items) != 0)
        return iv_fail_nomem(err);
    iv_trial trial = {.plan = *plan, .score = NAN};
    double began = iv_now();
    imgvec_status status = IMGVEC_OK;
    trial.predictions =
        iv_alloc_n(t->ctx, t->count, (size_t)t->cases->outputs * sizeof *trial.predictions);
    if (t->cases->task == IV_TASK_REGRESSION)
        trial.z = iv_alloc_n(t->ctx, t->count, sizeof *trial.z);
    if (!trial.predictions || (t->cases->task == IV_TASK_REGRESSION && !trial.z))
        status = iv_fail_nomem(err);
    if (status == IMGVEC_OK)
        status = run_trial(t, &trial, err);
    if (status != IMGVEC_OK) {
        iv_free(t->ctx, trial.predictions);
        iv_free(t->ctx, trial.z);
        return status;
    }
    log_trial(t, &trial, iv_now() - began);
    *out = t->used;
    t->items[t->used++] = trial;
    return IMGVEC_OK;
}

imgvec_status iv_trials_gain(iv_trials *t, size_t first, size_t second, iv_gain *out,
                             imgvec_error *err)
{
    const iv_trial *a = &t->items[first], *b = &t->items[second];
    if (first == second) {
        *out = (iv_gain){0, 0};
        return IMGVEC_OK;
    }
    if (t->own_scale)
        return iv_compare(t->ctx, t->cases->task, t->metric, t->count, t->cases->outputs,
                          a->predictions, b->predictions, t->truth, out, err);
    float *truth = iv_alloc_n(t->ctx, t->count, sizeof *truth);
    if (!truth)
        return iv_fail_nomem(err);
    transformed_truth(t, a->plan.transform, truth);
    imgvec_status status =
        iv_compare(t->ctx, t->cases->task, t->metric, t->count, 1, a->z, b->z, truth, out, err);
    iv_free(t->ctx, truth);
    return status;
}

/* Log-likelihood of each held-out value. */
static void likelihoods(const iv_trials *t, const iv_trial *trial, double *out)
{
    double squares = 0;
    size_t at = 0;
    for (int pass = 0; pass < 2; pass++) {
        double variance = fmax(squares / (double)t->count, 1e-300);
        at = 0;
        for (int32_t p = 0; p < t->parts; p++) {
            const iv_transform *f = &t->fitters[p].transforms[trial->plan.transform];
            for (size_t i = 0; i < t->fitters[p].valid_count; i++, at++) {
                double off = iv_transform_apply(f, t->truth[at]) - trial->z[at];
                if (pass == 0)
                    squares += off * off;
                else
                    out[at] = iv_transform_log_slope(f, t->truth[at]) -
                              0.5 * (log(variance) + off * off / variance);
            }
        }
    }
}

imgvec_status iv_trials_gain_transform(iv_trials *t, size_t first, size_t second, iv_gain *metric,
                                       iv_gain *likelihood, imgvec_error *err)
{
    const iv_trial *a = &t->items[first], *b = &t->items[second];
    double sum = 0, squares = 0, n = (double)t->count;
    double *one = iv_alloc_n(t->ctx, t->count, 2 * sizeof *one);
    if (!one)
        return iv_fail_nomem(err);
    double *two = one + t->count;
    likelihoods(t, a, one);
    likelihoods(t, b, two);
    for (size_t i = 0; i < t->count; i++) {
        double gain = two[i] - one[i];
        sum += gain;
        squares += gain * gain;
    }
    iv_free(t->ctx, one);
    *likelihood = (iv_gain){sum / n, sqrt(fmax(squares / n - sum * sum / n / n, 0) / n)};
    if (isnan(likelihood->value)) /* a held-out value that the transform is not defined on */
        likelihood->value = -INFINITY;
    return iv_compare(t->ctx, t->cases->task, t->metric, t->count, 1, a->predictions,
                      b->predictions, t->truth, metric, err);
}
