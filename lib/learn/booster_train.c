/* Boosting round by round, with early stopping by a metric of ours. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"
#include "learn/booster_internal.h"
#include "learn/booster_params.h"
#include "learn/metrics.h"

/* A thread more pays for so many cells only: XGBoost's threads meet several times for each
 * node of a tree and spin while they wait, so that two threads on little data and busy cores
 * were 30 times slower than one. It also makes small models independent of the setting. */
#define CELLS_PER_THREAD 500000

static int32_t useful_threads(int32_t wanted, const iv_matrix *m)
{
    size_t useful = m->rows * m->cols / CELLS_PER_THREAD;
    if (useful < 1)
        useful = 1;
    return wanted < 1 ? 1 : (size_t)wanted > useful ? (int32_t)useful : wanted;
}

/* One training in progress. */
typedef struct run {
    imgvec_context *ctx;
    const iv_booster_request *request;
    const iv_matrix *valid; /* NULL: nothing is scored */
    BoosterHandle handle;
    DMatrixHandle matrix[2]; /* training, validation */
    float *predictions;
    int metric;
    bool fell_back; /* the metric is not the one that was asked for */
    int32_t best_rounds;
    double best_score;
} run;

static imgvec_status validation_score(run *r, double *score, imgvec_error *err)
{
    static const char config[] = "{\"type\":0,\"training\":false,\"iteration_begin\":0,"
                                 "\"iteration_end\":0,\"strict_shape\":true}";
    const bst_ulong *shape;
    bst_ulong dims;
    const float *raw;
    int32_t k = iv_booster_outputs(r->request->task, r->request->class_count);
    size_t width = r->request->task == IV_TASK_BINARY ? 1 : (size_t)k;
    if (XGBoosterPredictFromDMatrix(r->handle, r->matrix[1], config, &shape, &dims, &raw) != 0)
        return iv_xgb_fail(err, IMGVEC_ERR_ENGINE, "scoring the validation rows");
    iv_booster_spread(r->request->task, raw, r->valid->rows, width, r->predictions);
    return iv_metric_compute_one(r->ctx, r->request->task, r->metric, r->valid->rows, k,
                                 r->predictions, r->valid->y, score, err);
}

/* Scores a round and says whether it is time to stop. The score is our own metric, so that
 * what stops training is what is reported; XGBoost keeps the sums of the rounds before. */
static imgvec_status judge_round(run *r, int32_t round, bool *stop, imgvec_error *err)
{
    double score;
    size_t count;
    IV_TRY(validation_score(r, &score, err));
    const iv_metric *metrics = iv_metrics_of(r->request->task, &count);
    if (round == 0 && isnan(score)) {
        int loss = iv_metric_find(r->request->task,
                                  r->request->task == IV_TASK_REGRESSION ? "rmse" : "log_loss");
        iv_log(r->ctx, IMGVEC_LOG_NOTICE,
               "metric %s is not defined on the validation rows; early stopping looks at %s",
               metrics[r->metric].name, metrics[loss].name);
        r->metric = loss;
        r->fell_back = true;
        IV_TRY(validation_score(r, &score, err));
    }
    bool better =
        metrics[r->metric].higher_is_better ? score > r->best_score : score < r->best_score;
    if (round == 0 || better) {
        r->best_score = score;
        r->best_rounds = round + 1;
    }
    *stop = round + 1 - r->best_rounds >= r->request->early_stopping;
    return IMGVEC_OK;
}

static imgvec_status boost(run *r, iv_watch *watch, imgvec_error *err)
{
    bool stop = false;
    for (int32_t round = 0; round < r->request->rounds && !stop; round++) {
        if (watch)
            IV_TRY(iv_watch_check(watch, err));
        if (XGBoosterUpdateOneIter(r->handle, round, r->matrix[0]) != 0)
            return iv_xgb_fail(err, IMGVEC_ERR_ENGINE, "training");
        if (r->valid && r->request->early_stopping > 0)
            IV_TRY(judge_round(r, round, &stop, err));
        else
            r->best_rounds = round + 1;
    }
    if (r->valid && r->request->early_stopping <= 0)
        IV_TRY(validation_score(r, &r->best_score, err));
    if (r->fell_back) /* not to be compared with scores of the metric that was asked for */
        r->best_score = NAN;
    return IMGVEC_OK;
}

/* Cuts the rounds after the best one off. */
static imgvec_status keep_best(run *r, imgvec_error *err)
{
    int rounds = 0;
    BoosterHandle best;
    if (XGBoosterBoostedRounds(r->handle, &rounds) != 0)
        return iv_xgb_fail(err, IMGVEC_ERR_ENGINE, "counting rounds");
    if (rounds <= r->best_rounds)
        return IMGVEC_OK;
    if (XGBoosterSlice(r->handle, 0, r->best_rounds, 1, &best) != 0)
        return iv_xgb_fail(err, IMGVEC_ERR_ENGINE, "keeping the best rounds");
    XGBoosterFree(r->handle);
    r->handle = best;
    return IMGVEC_OK;
}

/* Where boosting starts: the mean of the target (the share of the second class). Set by us,
 * because the default differs between versions of XGBoost. */
static double start_score(iv_task task, const iv_matrix *train)
{
    if (task == IV_TASK_MULTICLASS)
        return 0.5;
    double sum = 0;
    for (size_t i = 0; i < train->rows; i++)
        sum += train->y[i];
    double mean = sum / (double)train->rows;
    return task == IV_TASK_REGRESSION ? mean : fmin(fmax(mean, 1e-4), 1 - 1e-4);
}

static imgvec_status prepare(run *r, const iv_matrix *train, imgvec_error *err)
{
    const iv_booster_request *q = r->request;
    IV_TRY(iv_booster_matrix(train, q->threads, &r->matrix[0], err));
    if (r->valid) {
        size_t k = (size_t)iv_booster_outputs(q->task, q->class_count);
        r->predictions = iv_calloc(r->ctx, r->valid->rows, k * sizeof(float));
        if (!r->predictions)
            return iv_fail_nomem(err);
        IV_TRY(iv_booster_matrix(r->valid, q->threads, &r->matrix[1], err));
    }
    if (XGBoosterCreate(r->matrix, r->valid ? 2 : 1, &r->handle) != 0) {
        r->handle = NULL;
        return iv_xgb_fail(err, IMGVEC_ERR_ENGINE, "making a booster");
    }
    return iv_booster_set_params(r->ctx, q, train, start_score(q->task, train), r->handle, err);
}

static imgvec_status check_request(const iv_booster_request *q, const iv_matrix *train,
                                   const iv_matrix *valid, int *metric, imgvec_error *err)
{
    if (train->rows == 0 || train->cols == 0)
        return iv_fail(err, IMGVEC_ERR_DATA, "training: %zu rows of %zu features", train->rows,
                       train->cols);
    if (q->early_stopping > 0 && (!valid || valid->rows == 0 || valid->cols != train->cols))
        return iv_fail(err, IMGVEC_ERR_INTERNAL, "early stopping without validation rows");
    *metric = iv_metric_find(q->task, q->metric);
    if (*metric < 0)
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "option metric: %s is none of task %s",
                       q->metric, iv_task_name(q->task));
    return IMGVEC_OK;
}

imgvec_status iv_booster_train(imgvec_context *ctx, const iv_booster_request *request,
                               const iv_matrix *train, const iv_matrix *valid, iv_watch *watch,
                               int32_t *best_rounds, double *best_score, iv_booster **out,
                               imgvec_error *err)
{
    iv_booster_request used = *request;
    run r = {.ctx = ctx, .request = &used, .best_score = NAN};
    IV_TRY(check_request(request, train, valid, &r.metric, err));
    used.threads = useful_threads(request->threads, train);
    r.valid = valid;
    imgvec_status status;
    int former = iv_xgb_quiet_begin();
    IV_DO(prepare(&r, train, err));
    IV_DO(boost(&r, watch, err));
    IV_DO(keep_best(&r, err));
    IV_DO(
        iv_booster_wrap(ctx, request->task, request->class_count, train->cols, r.handle, out, err));
    r.handle = NULL;
    if (best_rounds)
        *best_rounds = r.best_rounds;
    if (best_score)
        *best_score = r.best_score;
done:
    if (r.handle)
        XGBoosterFree(r.handle);
    for (int i = 0; i < 2; i++)
        if (r.matrix[i])
            XGDMatrixFree(r.matrix[i]);
    iv_free(ctx, r.predictions);
    iv_xgb_quiet_end(former);
    return status;
}
