#include "learn/crossval.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/thread.h"
#include "learn/fit.h"
#include "table/folds.h"

#define INNER_SHARE 0.8 /* of a training fold that learns while the rest stops it early */
#define BOOTSTRAP_DRAWS 1000

/* What one candidate reached on the inner part. */
typedef struct trial {
    double score;
    int32_t rounds;
} trial;

/* What the folds share. They run side by side, each on a thread of its own: a booster of this
 * size gains little from a second thread, and folds do not wait for each other. */
typedef struct run {
    imgvec_context *ctx;
    iv_study study;   /* threads: those of one fold */
    iv_inputs inputs; /* likewise */
    const iv_cases *cases;
    iv_watch *watch;
    iv_crossval *out;
    uint64_t seed;
    trial *trials; /* fold x candidate */
    int higher_is_better;
    atomic_int next;    /* fold */
    atomic_ullong fits; /* done, for progress */
    atomic_bool stop;
    pthread_mutex_t lock; /* guards the first failure */
    imgvec_status failure;
    imgvec_error error;
} run;

/* A worker's row lists, as long as there are cases. */
typedef struct desk {
    run *run;
    int64_t *train, *valid, *part[2];
    int32_t *labels, *groups, *side;
} desk;

void iv_crossval_free(imgvec_context *ctx, iv_crossval *cv)
{
    iv_free(ctx, cv->folds);
    iv_free(ctx, cv->fold_of);
    iv_free(ctx, cv->predictions);
    memset(cv, 0, sizeof *cv);
}

/* One more fit is done. The job's own thread reports it. */
static imgvec_status progress(run *r, imgvec_error *err)
{
    atomic_fetch_add(&r->fits, 1);
    return iv_watch_check(r->watch, err);
}

/* Parts the training cases of a fold in two, the second of which stops the boosting. */
static imgvec_status inner_split(desk *d, size_t n_train, int32_t fold, size_t count[2],
                                 imgvec_error *err)
{
    const run *r = d->run;
    const iv_cases *c = r->cases;
    for (size_t i = 0; i < n_train; i++) {
        d->labels[i] = c->class_count ? (int32_t)c->y[d->train[i]] : 0;
        d->groups[i] = c->group ? c->group[d->train[i]] : 0;
    }
    IV_TRY(iv_split_assign(r->ctx, n_train, c->class_count ? d->labels : NULL,
                           c->group ? d->groups : NULL, INNER_SHARE, r->seed + 1 + (uint64_t)fold,
                           d->side, err));
    count[0] = count[1] = 0;
    for (size_t i = 0; i < n_train; i++)
        d->part[d->side[i]][count[d->side[i]]++] = d->train[i];
    return IMGVEC_OK;
}

/* Rounds and score of one candidate on the inner parts of a fold. */
static imgvec_status try_candidate(desk *d, const size_t count[2], int32_t dim, trial *out,
                                   imgvec_error *err)
{
    run *r = d->run;
    const iv_study *s = &r->study;
    imgvec_status status = IMGVEC_OK;
    iv_recipe recipe = {0};
    iv_matrix learn = {0}, stop = {0};
    iv_booster *booster = NULL;
    int32_t rounds = (int32_t)iv_option_i64(s->opts, IMGVEC_OPT_ROUNDS);
    int32_t patience = (int32_t)iv_option_i64(s->opts, IMGVEC_OPT_EARLY_STOPPING_ROUNDS);
    iv_booster_request request = iv_fit_request(s, r->cases, rounds, patience);
    out->rounds = rounds;
    IV_DO(iv_fit_recipe(r->ctx, s, r->cases, d->part[0], count[0], dim, true, &recipe, err));
    IV_DO(iv_fit_matrix(r->ctx, s, r->cases, d->part[0], count[0], &recipe, true, &learn, err));
    IV_DO(iv_fit_matrix(r->ctx, s, r->cases, d->part[1], count[1], &recipe, false, &stop, err));
    IV_DO(iv_booster_train(r->ctx, &request, &learn, &stop, r->watch, &out->rounds, &out->score,
                           &booster, err));
done:
    iv_recipe_free(r->ctx, &recipe);
    iv_fit_matrix_free(r->ctx, &learn);
    iv_fit_matrix_free(r->ctx, &stop);
    iv_booster_free(booster);
    return status;
}

/* Metrics of always answering the training rows' mean or class shares. */
static imgvec_status baseline(desk *d, const float *truth, size_t n_train, size_t n_valid,
                              double out[IV_METRIC_MAX], imgvec_error *err)
{
    run *r = d->run;
    const iv_cases *c = r->cases;
    size_t k = (size_t)c->outputs;
    double *share = iv_calloc(r->ctx, k, sizeof *share);
    float *constant = iv_alloc_n(r->ctx, n_valid, k * sizeof *constant);
    imgvec_status status = share && constant ? IMGVEC_OK : iv_fail_nomem(err);
    if (status == IMGVEC_OK) {
        for (size_t i = 0; i < n_train; i++)
            if (c->class_count)
                share[(size_t)c->y[d->train[i]]] += 1.0 / (double)n_train;
            else
                share[0] += c->y[d->train[i]] / (double)n_train;
        for (size_t i = 0; i < n_valid * k; i++)
            constant[i] = (float)share[i % k];
        status = iv_metrics_compute(r->ctx, c->task, n_valid, c->outputs, constant, truth, NULL,
                                    out, err);
    }
    iv_free(r->ctx, share);
    iv_free(r->ctx, constant);
    return status;
}

/* Scores the cases of a fold that nothing of it saw. */
static imgvec_status score(desk *d, iv_fold *f, const iv_recipe *recipe, const iv_booster *booster,
                           imgvec_error *err)
{
    run *r = d->run;
    const iv_cases *c = r->cases;
    size_t n = f->valid_rows, k = (size_t)c->outputs;
    float *predicted = iv_alloc_n(r->ctx, n, k * sizeof *predicted);
    float *truth = iv_alloc_n(r->ctx, n, sizeof *truth);
    imgvec_status status = predicted && truth ? IMGVEC_OK : iv_fail_nomem(err);
    if (status != IMGVEC_OK)
        goto done;
    IV_DO(iv_fit_predict(r->ctx, &r->study, c, d->valid, n, recipe, booster, predicted, err));
    for (size_t i = 0; i < n; i++) {
        memcpy(r->out->predictions + (size_t)d->valid[i] * k, predicted + i * k, k * sizeof(float));
        truth[i] = c->y[d->valid[i]];
    }
    IV_DO(iv_metrics_compute(r->ctx, c->task, n, c->outputs, predicted, truth, NULL, f->metrics,
                             err));
    IV_DO(baseline(d, truth, f->train_rows, n, f->baseline, err));
done:
    iv_free(r->ctx, predicted);
    iv_free(r->ctx, truth);
    return status;
}

/* A score that is not defined beats nothing. */
static bool better(const run *r, double a, double b)
{
    return !isnan(a) && (isnan(b) || (r->higher_is_better ? a > b : a < b));
}

static imgvec_status run_fold(desk *d, int32_t fold, imgvec_error *err)
{
    run *r = d->run;
    const iv_study *s = &r->study;
    iv_fold *f = &r->out->folds[fold];
    size_t n_train = 0, n_valid = 0, inner[2];
    for (size_t i = 0; i < r->cases->count; i++)
        if (r->out->fold_of[i] == fold)
            d->valid[n_valid++] = (int64_t)i;
        else
            d->train[n_train++] = (int64_t)i;
    f->train_rows = n_train;
    f->valid_rows = n_valid;
    bool choose = s->dim_count > 1 || iv_option_i64(s->opts, IMGVEC_OPT_EARLY_STOPPING_ROUNDS) > 0;
    trial *trials = r->trials + (size_t)fold * s->dim_count;
    size_t best = 0;
    if (choose)
        IV_TRY(inner_split(d, n_train, fold, inner, err));
    for (size_t k = 0; k < s->dim_count; k++) {
        trials[k] = (trial){NAN, (int32_t)iv_option_i64(s->opts, IMGVEC_OPT_ROUNDS)};
        if (choose)
            IV_TRY(try_candidate(d, inner, s->dims[k], &trials[k], err));
        if (better(r, trials[k].score, trials[best].score))
            best = k;
        IV_TRY(progress(r, err));
    }
    f->dim = s->dims[best];
    f->rounds = trials[best].rounds;

    iv_recipe recipe;
    iv_booster *booster = NULL;
    IV_TRY(iv_fit(r->ctx, s, r->cases, d->train, n_train, f->dim, f->rounds, r->watch, &recipe,
                  &booster, err));
    imgvec_status status = score(d, f, &recipe, booster, err);
    iv_booster_free(booster);
    iv_recipe_free(r->ctx, &recipe);
    return status == IMGVEC_OK ? progress(r, err) : status;
}

static void desk_free(desk *d)
{
    imgvec_context *ctx = d->run->ctx;
    iv_free(ctx, d->train);
    iv_free(ctx, d->valid);
    iv_free(ctx, d->part[0]);
    iv_free(ctx, d->part[1]);
    iv_free(ctx, d->labels);
    iv_free(ctx, d->groups);
    iv_free(ctx, d->side);
}

static imgvec_status desk_make(run *r, desk *d, imgvec_error *err)
{
    size_t n = r->cases->count;
    *d = (desk){.run = r};
    d->train = iv_alloc_n(r->ctx, n, sizeof *d->train);
    d->valid = iv_alloc_n(r->ctx, n, sizeof *d->valid);
    d->part[0] = iv_alloc_n(r->ctx, n, sizeof *d->part[0]);
    d->part[1] = iv_alloc_n(r->ctx, n, sizeof *d->part[1]);
    d->labels = iv_alloc_n(r->ctx, n, sizeof *d->labels);
    d->groups = iv_alloc_n(r->ctx, n, sizeof *d->groups);
    d->side = iv_alloc_n(r->ctx, n, sizeof *d->side);
    if (d->train && d->valid && d->part[0] && d->part[1] && d->labels && d->groups && d->side)
        return IMGVEC_OK;
    desk_free(d);
    return iv_fail_nomem(err);
}

static void work(void *user, int index)
{
    (void)index;
    run *r = user;
    desk d;
    imgvec_error error;
    imgvec_status status = desk_make(r, &d, &error);
    bool made = status == IMGVEC_OK;
    while (status == IMGVEC_OK && !atomic_load(&r->stop)) {
        int fold = atomic_fetch_add(&r->next, 1);
        if (fold >= r->out->fold_count)
            break;
        status = run_fold(&d, fold, &error);
    }
    if (status != IMGVEC_OK) {
        pthread_mutex_lock(&r->lock);
        if (r->failure == IMGVEC_OK) {
            r->failure = status;
            r->error = error;
        }
        pthread_mutex_unlock(&r->lock);
        atomic_store(&r->stop, true);
    }
    if (made)
        desk_free(&d);
}

/* All folds, by as many workers as there are threads. */
static imgvec_status run_folds(run *r, imgvec_error *err)
{
    int threads = r->study.threads, folds = r->out->fold_count;
    int workers = threads < folds ? threads : folds;
    imgvec_status status = IMGVEC_OK;
    iv_team *team = NULL;
    r->study.threads = threads / workers;
    r->inputs = *r->study.inputs;
    r->inputs.threads = r->study.threads;
    r->study.inputs = &r->inputs;
    IV_TRY(iv_watch_begin(r->watch, (uint64_t)folds * (r->study.dim_count + 1), err,
                          "cross-validating"));
    IV_TRY(iv_team_start(r->ctx, workers, work, r, &team, err));
    while (!iv_team_wait(team, 0.1) && status == IMGVEC_OK)
        status = iv_watch_step(r->watch, atomic_load(&r->fits), err);
    if (status != IMGVEC_OK)
        atomic_store(&r->stop, true);
    iv_team_free(team);
    r->study.threads = threads;
    if (status == IMGVEC_OK && r->failure != IMGVEC_OK) {
        status = r->failure;
        if (err)
            *err = r->error;
    }
    return status == IMGVEC_OK ? iv_watch_end(r->watch, err) : status;
}

static int by_value(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* true when every candidate has a score in the fold, so that their sums compare like with like. */
static bool comparable(const run *r, size_t fold)
{
    for (size_t d = 0; d < r->study.dim_count; d++)
        if (isnan(r->trials[fold * r->study.dim_count + d].score))
            return false;
    return true;
}

/* The final model's settings: the candidate with the best mean inner score, and the median of
 * the rounds that the folds chose for it. */
static imgvec_status settle(run *r, iv_crossval *out, imgvec_error *err)
{
    const iv_study *s = &r->study;
    size_t best = 0, folds = (size_t)out->fold_count;
    double best_score = NAN;
    for (size_t d = 0; d < s->dim_count; d++) {
        double sum = 0;
        for (size_t f = 0; f < folds; f++)
            if (comparable(r, f))
                sum += r->trials[f * s->dim_count + d].score;
        if (better(r, sum, best_score)) {
            best = d;
            best_score = sum;
        }
    }
    int32_t *rounds = iv_alloc_n(r->ctx, folds, sizeof *rounds);
    if (!rounds)
        return iv_fail_nomem(err);
    for (size_t f = 0; f < folds; f++)
        rounds[f] = r->trials[f * s->dim_count + best].rounds;
    qsort(rounds, folds, sizeof *rounds, by_value);
    out->dim = s->dims[best];
    out->rounds = rounds[folds / 2];
    iv_free(r->ctx, rounds);
    return IMGVEC_OK;
}

static imgvec_status summarise(run *r, iv_crossval *out, imgvec_error *err)
{
    const iv_cases *c = r->cases;
    size_t metrics;
    iv_metrics_of(c->task, &metrics);
    for (size_t m = 0; m < metrics; m++) {
        double n = 0, sum = 0, base = 0, squares = 0; /* over the folds that define the metric */
        for (int32_t f = 0; f < out->fold_count; f++) {
            if (isnan(out->folds[f].metrics[m]))
                continue;
            n++;
            sum += out->folds[f].metrics[m];
            base += out->folds[f].baseline[m];
        }
        for (int32_t f = 0; f < out->fold_count; f++) {
            double off = out->folds[f].metrics[m] - sum / n;
            squares += isnan(off) ? 0 : off * off;
        }
        out->mean[m] = n > 0 ? sum / n : NAN;
        out->baseline[m] = n > 0 ? base / n : NAN;
        out->deviation[m] = n > 1 ? sqrt(squares / (n - 1)) : NAN;
    }
    IV_TRY(iv_metrics_compute(r->ctx, c->task, c->count, c->outputs, out->predictions, c->y, NULL,
                              out->pooled, err));
    return iv_metrics_bootstrap(r->ctx, c->task, c->count, c->outputs, out->predictions, c->y,
                                BOOTSTRAP_DRAWS, r->seed, out->low, out->high, err);
}

static imgvec_status assign_folds(run *r, imgvec_error *err)
{
    const iv_cases *c = r->cases;
    iv_crossval *out = r->out;
    size_t n = c->count, folds = (size_t)out->fold_count;
    out->folds = iv_calloc(r->ctx, folds, sizeof *out->folds);
    out->fold_of = iv_alloc_n(r->ctx, n, sizeof *out->fold_of);
    out->predictions = iv_alloc_n(r->ctx, n, (size_t)c->outputs * sizeof(float));
    r->trials = iv_calloc(r->ctx, folds * r->study.dim_count, sizeof *r->trials);
    int32_t *labels = iv_alloc_n(r->ctx, n, sizeof *labels);
    imgvec_status status = IMGVEC_OK;
    if (!out->folds || !out->fold_of || !out->predictions || !r->trials || !labels)
        status = iv_fail_nomem(err);
    for (size_t i = 0; i < n && status == IMGVEC_OK; i++)
        labels[i] = c->class_count ? (int32_t)c->y[i] : 0;
    if (status == IMGVEC_OK)
        status = iv_folds_assign(r->ctx, n, c->class_count ? labels : NULL, c->group,
                                 out->fold_count, r->seed, out->fold_of, err);
    iv_free(r->ctx, labels);
    return status;
}

imgvec_status iv_crossval_run(imgvec_context *ctx, const iv_study *study, const iv_cases *cases,
                              iv_watch *watch, iv_crossval *out, imgvec_error *err)
{
    run r = {.ctx = ctx, .study = *study, .cases = cases, .watch = watch, .out = out};
    imgvec_status status = IMGVEC_OK;
    size_t metrics;
    const iv_metric *table = iv_metrics_of(cases->task, &metrics);
    memset(out, 0, sizeof *out);
    r.higher_is_better = table[iv_metric_find(cases->task, study->metric)].higher_is_better;
    r.seed = (uint64_t)iv_option_i64(study->opts, IMGVEC_OPT_SEED);
    out->fold_count = (int32_t)iv_option_i64(study->opts, IMGVEC_OPT_FOLDS);
    pthread_mutex_init(&r.lock, NULL);
    IV_DO(assign_folds(&r, err));
    IV_DO(run_folds(&r, err));
    IV_DO(settle(&r, out, err));
    IV_DO(summarise(&r, out, err));
done:
    pthread_mutex_destroy(&r.lock);
    iv_free(ctx, r.trials);
    if (status != IMGVEC_OK)
        iv_crossval_free(ctx, out);
    return status;
}
