#include "learn/booster_internal.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"
#include "learn/tree_check.h"

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

int32_t iv_booster_outputs(iv_task task, int32_t class_count)
{
    return task == IV_TASK_REGRESSION ? 1 : class_count;
}

/* Numbers that XGBoost gives for each row: binary has the second class only. */
static size_t raw_outputs(const iv_booster *b)
{
    return b->task == IV_TASK_MULTICLASS ? (size_t)b->class_count : 1;
}

imgvec_status iv_booster_wrap(imgvec_context *ctx, iv_task task, int32_t class_count,
                              size_t features, BoosterHandle handle, iv_booster **out,
                              imgvec_error *err)
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

#define ROWS_FOR_THREADS 1024 /* in prediction */

imgvec_status iv_booster_matrix(const iv_matrix *m, int32_t threads, DMatrixHandle *out,
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

void iv_booster_spread(iv_task task, const float *raw, size_t rows, size_t width, float *out)
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
    iv_booster_spread(b->task, raw, rows, raw_outputs(b), out);
    return IMGVEC_OK;
}

imgvec_status iv_booster_predict(const iv_booster *b, const iv_matrix *x, int32_t threads,
                                 float *out, imgvec_error *err)
{
    enum { BLOCK = 65536 };               /* bounds the result that XGBoost keeps for each thread */
    iv_booster *shared = (iv_booster *)b; /* only its lock and thread count change */
    size_t width = (size_t)iv_booster_outputs(b->task, b->class_count);
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
    IV_DO(iv_booster_matrix(&values, 1, &matrix, err));
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
    IV_DO(iv_booster_wrap(ctx, task, class_count, features, handle, &b, err));
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
