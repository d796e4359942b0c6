/* What metrics and bootstrap share: predictions prepared once, scored under many weights. */
#ifndef IV_LEARN_SCORES_H
#define IV_LEARN_SCORES_H

#include <stdbool.h>

#include "learn/metrics.h"

/* Places in the tables of iv_metrics_of. */
enum {
    IV_RMSE,
    IV_MAE,
    IV_R2,
    IV_RMSLE,
    IV_MSE,
    IV_MAPE,
    IV_SMAPE,
    IV_RMSPE,
    IV_MER,
    IV_RANK_GINI,
    IV_REGRESSION_METRICS
};
enum {
    IV_ACCURACY,
    IV_LOG_LOSS,
    IV_AUC,
    IV_BALANCED_ACCURACY,
    IV_F1,
    IV_MCC,
    IV_AUCPR,
    IV_GINI,
    IV_F05,
    IV_F2,
    IV_MACRO_AUC, /* last: none of a binary task */
    IV_CLASS_METRICS
};

/* Parts of the work that may be left out: what needs rows in order, and the logarithms. */
enum { IV_SCORES_RANKS = 1, IV_SCORES_LOG_LOSS = 2, IV_SCORES_MER = 4, IV_SCORES_ALL = 7 };

typedef struct iv_scores {
    imgvec_context *ctx;
    iv_task task;
    size_t n;
    int32_t k;
    bool undefined; /* a prediction is NaN: no metric is defined */
    const float *predictions, *truth;
    int32_t *label;  /* class of each row */
    int32_t *guess;  /* most probable class, the first one of equals */
    double *loss;    /* -log of the probability of the true class; regression: squared difference of
                      * the logarithms; NULL: not wanted */
    uint32_t *order; /* rows by rising score for each ranked class, for regression by
                      * prediction, then by truth; NULL: not wanted. The top bit marks the
                      * last row of a run of equal scores. */
    int32_t ranked;  /* classes in order: 1 for binary (the second class), else k */
    double *confusion; /* k x k, scratch */
    /* Regression: relative errors, and the rows whose truth is not 0 by them; NULL: not wanted. */
    double *relative;
    uint32_t *by_relative;
    size_t relatives;
} iv_scores;

/* What one metric (index in iv_metrics_of) needs. */
int iv_scores_parts(iv_task task, int metric);

/* predictions and truth are BORROWED until iv_scores_free. parts: IV_SCORES_* bits. */
imgvec_status iv_scores_init(imgvec_context *ctx, iv_task task, size_t n, int32_t k,
                             const float *predictions, const float *truth, int parts,
                             iv_scores *out, imgvec_error *err);
/* Metrics under the weights (NULL: ones); those left out are NaN. A row of weight 0 is a
 * row that is not there. One thread at a time for each iv_scores. */
void iv_scores_eval(iv_scores *s, const double *weights, double out[IV_METRIC_MAX]);
void iv_scores_free(iv_scores *s);

/* scores_regression.c */
imgvec_status iv_scores_prepare_regression(iv_scores *s, int parts, imgvec_error *err);
void iv_scores_regression(const iv_scores *s, const double *weights, double *out);
/* scores_ranked.c: auc, aucpr and what follows from them; s->order is there. */
void iv_scores_ranked(const iv_scores *s, const double *weights, double *out);

#endif
