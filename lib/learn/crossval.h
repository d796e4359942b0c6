/* Cross-validation of recipe and learner: everything that is fitted is fitted inside the
 * training part of each fold, and every score comes from rows that nothing saw (Stone, 1974;
 * nested choice of parameters after Varma and Simon, 2006). */
#ifndef IV_LEARN_CROSSVAL_H
#define IV_LEARN_CROSSVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <imgvec/options.h>

#include "base/watch.h"
#include "features/recipe.h"
#include "learn/booster.h"
#include "learn/metrics.h"
#include "learn/target.h"

/* The labelled rows that an experiment uses. */
typedef struct iv_cases {
    iv_task task;
    int32_t class_count;
    int32_t outputs; /* 1, or the number of classes */
    size_t count;
    int64_t *row;   /* row of the dataset */
    float *y;       /* number or class index */
    int32_t *group; /* rows of one group stay in one fold; NULL: no groups */
} iv_cases;

typedef struct iv_study {
    const iv_inputs *inputs;
    const imgvec_options *opts;
    const char *metric;  /* a name of iv_metrics_of */
    const int32_t *dims; /* candidates; 0: all dimensions */
    size_t dim_count;
    bool lower_dim; /* the caller did not ask for that many dimensions: fewer will do */
    int32_t threads;
} iv_study;

typedef struct iv_fold {
    size_t train_rows, valid_rows;
    int32_t dim, rounds; /* chosen on an inner part of the training rows */
    double metrics[IV_METRIC_MAX];
    double baseline[IV_METRIC_MAX]; /* of the training rows' mean or class shares */
} iv_fold;

typedef struct iv_crossval {
    int32_t fold_count;
    iv_fold *folds;
    int32_t *fold_of;                                     /* of each case */
    float *predictions;                                   /* out of fold: cases x outputs */
    double mean[IV_METRIC_MAX], deviation[IV_METRIC_MAX]; /* over folds; deviation with n - 1 */
    double pooled[IV_METRIC_MAX];                         /* of all out-of-fold rows at once */
    double low[IV_METRIC_MAX], high[IV_METRIC_MAX];       /* 95 % bootstrap interval of pooled */
    double baseline[IV_METRIC_MAX];                       /* mean over folds */
    int32_t dim, rounds;                                  /* for the final model */
} iv_crossval;

imgvec_status iv_crossval_run(imgvec_context *ctx, const iv_study *study, const iv_cases *cases,
                              iv_watch *watch, iv_crossval *out, imgvec_error *err);
void iv_crossval_free(imgvec_context *ctx, iv_crossval *cv);

/* Fits a recipe and a booster of `rounds` rounds on the cases `which` (count of them). */
imgvec_status iv_fit(imgvec_context *ctx, const iv_study *study, const iv_cases *cases,
                     const int64_t *which, size_t count, int32_t dim, int32_t rounds,
                     iv_watch *watch, iv_recipe *recipe, iv_booster **booster, imgvec_error *err);

/* Predictions of cases: out[count * outputs]. */
imgvec_status iv_fit_predict(imgvec_context *ctx, const iv_study *study, const iv_cases *cases,
                             const int64_t *which, size_t count, const iv_recipe *recipe,
                             const iv_booster *booster, float *out, imgvec_error *err);

#endif
