/* Gradient-boosted trees through XGBoost's C API (Chen and Guestrin, 2016). */
#ifndef IV_LEARN_BOOSTER_H
#define IV_LEARN_BOOSTER_H

#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>
#include <imgvec/error.h>
#include <imgvec/options.h>

#include "base/watch.h"
#include "learn/target.h"

typedef struct iv_booster iv_booster;

typedef struct iv_booster_request {
    iv_task task;
    int32_t class_count;
    const imgvec_options *opts; /* xgb.<name>, seed */
    const char *metric;         /* that early stopping looks at: a name of iv_metrics_of */
    int32_t threads;            /* at most; small data takes one */
    int32_t rounds;             /* most rounds */
    int32_t early_stopping;     /* rounds without improvement; 0: off (no validation rows needed) */
} iv_booster_request;

/* Rows of a float32 matrix, NaN is a missing value; y as in iv_target. */
typedef struct iv_matrix {
    const float *x;
    size_t rows, cols;
    const float *y; /* NULL for prediction */
} iv_matrix;

/* Trains. With early_stopping > 0, valid is watched and *best_rounds (may be NULL) is the
 * number of rounds with the best score; the booster predicts with those. *best_score (may be
 * NULL) is the metric on valid: NaN without valid and where it is not defined there. Cancellation
 * is looked at between rounds through watch (may be NULL). XGBoost's message comes back as ENGINE;
 * an unknown xgb.<name> is INVALID_ARGUMENT. */
imgvec_status iv_booster_train(imgvec_context *ctx, const iv_booster_request *request,
                               const iv_matrix *train, const iv_matrix *valid, iv_watch *watch,
                               int32_t *best_rounds, double *best_score, iv_booster **out,
                               imgvec_error *err);

/* out: rows x k. Many threads at once on one booster are fine. */
imgvec_status iv_booster_predict(const iv_booster *b, const iv_matrix *x, int32_t threads,
                                 float *out, imgvec_error *err);

/* What each feature adds to the sum of the leaves, which is a number, the log-odds of the second of
 * two classes, or a logit for each of more, by TreeSHAP (Lundberg et al., 2020): for each row and
 * sum features + 1 values that make it up; the last is where all rows start. One thread at a time
 * for each booster, and no predictions meanwhile: others wait. UNSUPPORTED: trees deeper than 256
 * splits, or without the cover that the values are made of. */
imgvec_status iv_booster_contributions(const iv_booster *b, const iv_matrix *x, float *out,
                                       imgvec_error *err);

/* The booster as JSON text (NEW, iv_free). */
imgvec_status iv_booster_save(const iv_booster *b, char **data, size_t *size, imgvec_error *err);

/* Loads JSON of iv_booster_save after checking every tree ourselves: XGBoost crashes or loops
 * on edited ones (array lengths, child > parent or none, split index < features, finite
 * values, class index, counts). FORMAT names the tree. */
imgvec_status iv_booster_load(imgvec_context *ctx, const char *data, size_t size, iv_task task,
                              int32_t class_count, size_t features, iv_booster **out,
                              imgvec_error *err);
void iv_booster_free(iv_booster *b); /* NULL is accepted */

/* Version of the XGBoost that is running, "1.7.4". */
const char *iv_booster_version(void);

#endif
