#include "learn/booster.h"

#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"
#include "learn/booster_params.h"
#include "learn/metrics.h"
#include "learn/tree_check.h"
#include "learn/xgb.h"

struct iv_booster {
    imgvec_context *ctx;
    iv_task task;
    int32_t class_count;
    size_t features;
    BoosterHandle handle;
    /* XGBoost predicts from many threads at once, but not while a booster is configured:
     * predictions read, a change of the number of threads writes. */
    pthread_rwlock_t lock;
    int32_t threads;
    bool looked_at; /* facts are known; read and written with the write lock held */
    iv_tree_facts facts;
};

/* TreeSHAP recurses as deep as a tree, which the stack of a thread has to hold. */
enum { CONTRIBUTIONS_DEPTH_MAX = 256 };

static pthread_once_t version_once = PTHREAD_ONCE_INIT;
static char version_text[32];

static void make_version(void)
{
    int major = 0, minor = 0, patch = 0;
    XGBoostVersion(&major, &minor, &patch);
    snprintf(version_text, sizeof version_text, "%d.%d.%d", major, minor, patch);
}

const char *iv_booster_version(void)
{
    pthread_once(&version_once, make_version);
    return version_text;
}

static int32_t outputs(iv_task task, int32_t class_count)
{
    return task == IV_TASK_REGRESSION ? 1 : class_count;
}

/* Numbers that XGBoost gives for each row: binary has the second class only. */
static size_t raw_outputs(const iv_booster *b)
{
    return b->task == IV_TASK_MULTICLASS ? (size_t)b->class_count : 1;
}

/* Takes the handle over only on success. */
static imgvec_status wrap(imgvec_context *ctx, iv_task task, int32_t class_count, size_t features,
                          BoosterHandle handle, iv_booster **out, imgvec_error *err)
{
    iv_booster *b = iv_zalloc(ctx, sizeof *b);
    if (!b)
        return iv_fail_nomem(err);
    if (pthread_rwlock_init(&b->lock, NULL) != 0) {
        iv_free(ctx, b);
        return iv_fail_nomem(err);
    }
    b->ctx = iv_context_ref(ctx);
    b->task = task;
    b->class_count = class_count;
    b->features = features;
    b->handle = handle;
    *out = b;
    return IMGVEC_OK;
}

void iv_booster_free(iv_booster *b)
{
    if (!b)
        return;
    imgvec_context *ctx = b->ctx;
    XGBoosterFree(b->handle);
    pthread_rwlock_destroy(&b->lock);
    iv_free(ctx, b);
    iv_context_unref(ctx);
}

/* A thread more pays for so many cells only: XGBoost's threads meet several times for each
 * node of a tree and spin while they wait, so that two threads on little data and busy cores
 * were 30 times slower than one. It also makes small models independent of the setting. */
#define CELLS_PER_THREAD 500000
#define ROWS_FOR_THREADS 1024 /* in prediction */

static int32_t useful_threads(int32_t wanted, const iv_matrix *m)
{
    size_t useful = m->rows * m->cols / CELLS_PER_THREAD;
    if (useful < 1)
        useful = 1;
    return wanted < 1 ? 1 : (size_t)wanted > useful ? (int32_t)useful : wanted;
}

/* Values are copied. y is set when the matrix has one. */
static imgvec_status make_matrix(const iv_matrix *m, int32_t threads, DMatrixHandle *out,
                                 imgvec_error *err)
{
    char array[IV_XGB_ARRAY_MAX], config[64];
    snprintf(config, sizeof config, "{\"missing\":NaN,\"nthread\":%d}", (int)threads);
    iv_xgb_array(array, m->x, m->rows, m->cols);
    if (XGDMatrixCreateFromDense(array, config, out) != 0)
        return iv_xgb_fail(err, IMGVEC_ERR_ENGINE, "reading the features");
    if (!m->y)
        return IMGVEC_OK;
    iv_xgb_array(array, m->y, m->rows, 0);
    if (XGDMatrixSetInfoFromInterface(*out, "label", array) != 0) {
        imgvec_status status = iv_xgb_fail(err, IMGVEC_ERR_ENGINE, "reading the target");
        XGDMatrixFree(*out);
        *out = NULL;
        return status;
    }
    return IMGVEC_OK;
}

/* Second class from one number; the others as they are. */
static void spread(iv_task task, const float *raw, size_t rows, size_t width, float *out)
{
    if (task != IV_TASK_BINARY) {
        memcpy(out, raw, rows * width * sizeof *out);
        return;
    }
    for (size_t i = 0; i < rows; i++) {
        out[2 * i] = 1.0f - raw[i];
        out[2 * i + 1] = raw[i];
    }
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
    int32_t k = outputs(r->request->task, r->request->class_count);
    size_t width = r->request->task == IV_TASK_BINARY ? 1 : (size_t)k;
    if (XGBoosterPredictFromDMatrix(r->handle, r->matrix[1], config, &shape, &dims, &raw) != 0)
        return iv_xgb_fail(err, IMGVEC_ERR_ENGINE, "scoring the validation rows");
    spread(r->request->task, raw, r->valid->rows, width, r->predictions);
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
    IV_TRY(make_matrix(train, q->threads, &r->matrix[0], err));
    if (r->valid) {
        size_t k = (size_t)outputs(q->task, q->class_count);
        r->predictions = iv_calloc(r->ctx, r->valid->rows, k * sizeof(float));
        if (!r->predictions)
            return iv_fail_nomem(err);
        IV_TRY(make_matrix(r->valid, q->threads, &r->matrix[1], err));
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
    IV_DO(wrap(ctx, request->task, request->class_count, train->cols, r.handle, out, err));
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

/* Sets the number of threads and lets XGBoost configure itself, after which predicting
 * changes nothing in the booster any more. Needs the write lock. */
static imgvec_status configure(iv_booster *b, int32_t threads, imgvec_error *err)
{
    char number[16];
    bst_ulong length;
    const char *config;
    snprintf(number, sizeof number, "%d", (int)threads);
    if (XGBoosterSetParam(b->handle, "nthread", number) != 0 ||
        XGBoosterSaveJsonConfig(b->handle, &length, &config) != 0)
        return iv_xgb_fail(err, IMGVEC_ERR_ENGINE, "setting threads");
    b->threads = threads;
    return IMGVEC_OK;
}

/* Leaves with the read lock held on success. */
static imgvec_status lock_for(iv_booster *b, int32_t threads, imgvec_error *err)
{
    for (;;) {
        pthread_rwlock_rdlock(&b->lock);
        if (b->threads == threads)
            return IMGVEC_OK;
        pthread_rwlock_unlock(&b->lock);
        pthread_rwlock_wrlock(&b->lock);
        imgvec_status status = b->threads == threads ? IMGVEC_OK : configure(b, threads, err);
        pthread_rwlock_unlock(&b->lock);
        if (status != IMGVEC_OK)
            return status;
    }
}

static imgvec_status predict_block(const iv_booster *b, const float *x, size_t rows, float *out,
                                   imgvec_error *err)
{
    static const char config[] = "{\"type\":0,\"training\":false,\"iteration_begin\":0,"
                                 "\"iteration_end\":0,\"strict_shape\":true,\"missing\":NaN,"
                                 "\"cache_id\":0}";
    char array[IV_XGB_ARRAY_MAX];
    const bst_ulong *shape;
    bst_ulong dims, total = 1;
    const float *raw;
    iv_xgb_array(array, x, rows, b->features);
    if (XGBoosterPredictFromDense(b->handle, array, config, NULL, &shape, &dims, &raw) != 0)
        return iv_xgb_fail(err, IMGVEC_ERR_ENGINE, "predicting");
    for (bst_ulong d = 0; d < dims; d++)
        total *= shape[d];
    if (total != rows * raw_outputs(b))
        return iv_fail(err, IMGVEC_ERR_ENGINE, "XGBoost gave %llu numbers for %zu rows",
                       (unsigned long long)total, rows);
    spread(b->task, raw, rows, raw_outputs(b), out);
    return IMGVEC_OK;
}

imgvec_status iv_booster_predict(const iv_booster *b, const iv_matrix *x, int32_t threads,
                                 float *out, imgvec_error *err)
{
    enum { BLOCK = 65536 };               /* bounds the result that XGBoost keeps for each thread */
    iv_booster *shared = (iv_booster *)b; /* only its lock and thread count change */
    size_t width = (size_t)outputs(b->task, b->class_count);
    if (x->rows == 0)
        return IMGVEC_OK;
    if (x->cols != b->features)
        return iv_fail(err, IMGVEC_ERR_INTERNAL, "the booster has %zu features, the rows have %zu",
                       b->features, x->cols);
    if (threads < 1 || x->rows < ROWS_FOR_THREADS)
        threads = 1;
    int former = iv_xgb_quiet_begin();
    imgvec_status status = lock_for(shared, threads, err);
    if (status == IMGVEC_OK) {
        for (size_t row = 0; row < x->rows && status == IMGVEC_OK; row += BLOCK) {
            size_t rows = x->rows - row < BLOCK ? x->rows - row : BLOCK;
            status = predict_block(b, x->x + row * x->cols, rows, out + row * width, err);
        }
        pthread_rwlock_unlock(&shared->lock);
    }
    iv_xgb_quiet_end(former);
    return status;
}

/* The booster as JSON (NEW), checked: what is saved can be opened, and weights that diverged are
 * found here. Needs the write lock. */
static imgvec_status dump(iv_booster *b, char **data, size_t *size, imgvec_error *err)
{
    bst_ulong length = 0;
    const char *text = NULL;
    if (XGBoosterSaveModelToBuffer(b->handle, "{\"format\":\"json\"}", &length, &text) != 0)
        return iv_xgb_fail(err, IMGVEC_ERR_ENGINE, "saving");
    char *copy = iv_strndup(b->ctx, text, (size_t)length);
    if (!copy)
        return iv_fail_nomem(err);
    imgvec_status status = iv_tree_check(b->ctx, copy, (size_t)length, b->task, b->class_count,
                                         b->features, &b->facts, err);
    if (status != IMGVEC_OK) {
        iv_free(b->ctx, copy);
        return iv_prefix(err, status, "the trained model is not usable");
    }
    b->looked_at = true;
    *data = copy;
    *size = (size_t)length;
    return IMGVEC_OK;
}

/* Whether TreeSHAP is safe on the trees. Needs the write lock. */
static imgvec_status allow_contributions(iv_booster *b, imgvec_error *err)
{
    if (!b->looked_at) {
        char *data;
        size_t size;
        IV_TRY(dump(b, &data, &size, err));
        iv_free(b->ctx, data);
    }
    if (b->facts.depth > CONTRIBUTIONS_DEPTH_MAX)
        return iv_fail(err, IMGVEC_ERR_UNSUPPORTED,
                       "predictions cannot be attributed to features: a tree is %d splits deep, "
                       "more than %d",
                       (int)b->facts.depth, (int)CONTRIBUTIONS_DEPTH_MAX);
    if (!b->facts.covered)
        return iv_fail(err, IMGVEC_ERR_UNSUPPORTED,
                       "predictions cannot be attributed to features: a tree does not say how many "
                       "rows came to each of its nodes (sum_hessian is not above 0)");
    return IMGVEC_OK;
}

imgvec_status iv_booster_contributions(const iv_booster *b, const iv_matrix *x, float *out,
                                       imgvec_error *err)
{
    static const char config[] = "{\"type\":2,\"training\":false,\"iteration_begin\":0,"
                                 "\"iteration_end\":0,\"strict_shape\":true}";
    iv_booster *shared = (iv_booster *)b;
    const iv_matrix values = {.x = x->x, .rows = x->rows, .cols = x->cols};
    const bst_ulong *shape;
    bst_ulong dims;
    const float *raw;
    DMatrixHandle matrix = NULL;
    size_t need = x->rows * raw_outputs(b) * (b->features + 1), total = 1;
    if (x->rows == 0)
        return IMGVEC_OK;
    if (x->cols != b->features)
        return iv_fail(err, IMGVEC_ERR_INTERNAL, "the booster has %zu features, the rows have %zu",
                       b->features, x->cols);
    imgvec_status status = IMGVEC_OK;
    int former = iv_xgb_quiet_begin();
    /* Unlike predictions of dense rows, these may write to the booster. */
    pthread_rwlock_wrlock(&shared->lock);
    IV_DO(allow_contributions(shared, err));
    if (b->threads != 1)
        IV_DO(configure(shared, 1, err));
    IV_DO(make_matrix(&values, 1, &matrix, err));
    if (XGBoosterPredictFromDMatrix(b->handle, matrix, config, &shape, &dims, &raw) != 0)
        IV_DO(iv_xgb_fail(err, IMGVEC_ERR_ENGINE, "attributing predictions to features"));
    for (bst_ulong d = 0; d < dims; d++)
        total *= (size_t)shape[d];
    if (total != need)
        IV_DO(iv_fail(err, IMGVEC_ERR_ENGINE, "XGBoost gave %zu numbers for %zu rows", total,
                      x->rows));
    memcpy(out, raw, need * sizeof *out);
done:
    if (matrix)
        XGDMatrixFree(matrix);
    pthread_rwlock_unlock(&shared->lock);
    iv_xgb_quiet_end(former);
    return status;
}

imgvec_status iv_booster_save(const iv_booster *b, char **data, size_t *size, imgvec_error *err)
{
    iv_booster *shared = (iv_booster *)b;
    int former = iv_xgb_quiet_begin();
    pthread_rwlock_wrlock(&shared->lock);
    imgvec_status status = dump(shared, data, size, err);
    pthread_rwlock_unlock(&shared->lock);
    iv_xgb_quiet_end(former);
    return status;
}

imgvec_status iv_booster_load(imgvec_context *ctx, const char *data, size_t size, iv_task task,
                              int32_t class_count, size_t features, iv_booster **out,
                              imgvec_error *err)
{
    iv_tree_facts facts;
    IV_TRY(iv_tree_check(ctx, data, size, task, class_count, features, &facts, err));
    BoosterHandle handle = NULL;
    iv_booster *b = NULL;
    imgvec_status status;
    int former = iv_xgb_quiet_begin();
    if (XGBoosterCreate(NULL, 0, &handle) != 0) {
        handle = NULL;
        status = iv_xgb_fail(err, IMGVEC_ERR_ENGINE, "making a booster");
        goto done;
    }
    if (XGBoosterLoadModelFromBuffer(handle, data, (bst_ulong)size) != 0) {
        status = iv_xgb_fail(err, IMGVEC_ERR_FORMAT, "loading the model");
        goto done;
    }
    IV_DO(wrap(ctx, task, class_count, features, handle, &b, err));
    handle = NULL;
    IV_DO(configure(b, 1, err));
    b->facts = facts;
    b->looked_at = true;
    *out = b;
    b = NULL;
done:
    if (handle)
        XGBoosterFree(handle);
    iv_booster_free(b);
    iv_xgb_quiet_end(former);
    return status;
}
