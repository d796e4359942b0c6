/* Cross-validation of the whole procedure: everything that is fitted or chosen is fitted and chosen
 * inside the training part of each fold, and every score comes from rows that nothing saw (Stone,
 * 1974; nested choice after Varma and Simon, 2006). The final model is the same procedure on all
 * rows. */
#ifndef IV_LEARN_CROSSVAL_H
#define IV_LEARN_CROSSVAL_H

#include "base/watch.h"
#include "features/recipe.h"
#include "learn/ablation.h"
#include "learn/metrics.h"
#include "learn/study.h"

typedef struct iv_fold {
    size_t train_rows, valid_rows;
    iv_plan plan; /* chosen inside the training rows, as are the rounds */
    int32_t rounds;
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
    iv_ablation ablation;
    /* The final model, fitted on all cases. */
    iv_plan plan;
    int32_t rounds;
    iv_transform transform;
    iv_recipe recipe;
    iv_learner learner;
} iv_crossval;

imgvec_status iv_crossval_run(imgvec_context *ctx, const iv_study *study, const iv_cases *cases,
                              iv_watch *watch, iv_crossval *out, imgvec_error *err);
void iv_crossval_free(imgvec_context *ctx, iv_crossval *cv);

#endif
