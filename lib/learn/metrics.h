/* Scores of predictions against truth. Definitions are scikit-learn's. All accept weights
 * (NULL: ones) and ties, and compute in double. */
#ifndef IV_LEARN_METRICS_H
#define IV_LEARN_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>
#include <imgvec/error.h>

#include "learn/target.h"

#define IV_METRIC_MAX 16

/* One metric: its lower-case name ("log_loss") and whether more is better. */
typedef struct iv_metric {
    const char *name;
    int higher_is_better;
} iv_metric;

/* Metrics of a task, in the order of reports; *count of them. regression: rmse mae r2 rmsle mse
 * mape smape rmspe mer gini; binary and multiclass: accuracy log_loss auc balanced_accuracy f1 mcc
 * aucpr gini f05 f2, and multiclass macro_auc.
 * Binary: the second class is the positive one. Multiclass: auc and aucpr (average precision) are
 * the mean over classes of one against the rest, macro_auc is auc, f1, f05 and f2 the mean over the
 * classes that occur. gini is 2 auc - 1. log_loss clips probabilities to the epsilon of float32.
 * smape is the mean of 2 |y - p| / (|y| + |p|), 0 where both are 0; rmspe and mer are the root mean
 * square and the median of |y - p| / |y| over the rows with a y other than 0; gini of a number is
 * the Gini coefficient of the truth in the order of the predictions, ties at their middle place,
 * divided by that in its own order. */
const iv_metric *iv_metrics_of(iv_task task, size_t *count);

/* Index of the metric that option "metric" names ("auto": rmse, auc, log_loss), -1 when the
 * task has none of that name. */
int iv_metric_find(iv_task task, const char *name);

/* All of them. predictions: n x k (k = 1 for regression, the number of classes else; rows of
 * class probabilities). truth: number or class index. A metric that is not defined on this
 * data (AUC with one class, rmsle with a value of -1 or less) is NaN. */
imgvec_status iv_metrics_compute(imgvec_context *ctx, iv_task task, size_t n, int32_t k,
                                 const float *predictions, const float *truth,
                                 const double *weights, double out[IV_METRIC_MAX],
                                 imgvec_error *err);

/* One metric (index in iv_metrics_of), without the work of the others. */
imgvec_status iv_metric_compute_one(imgvec_context *ctx, iv_task task, int metric, size_t n,
                                    int32_t k, const float *predictions, const float *truth,
                                    double *out, imgvec_error *err);

/* The class of the highest probability, the first of equal ones. */
int32_t iv_most_probable(const float *prediction, int32_t k);

/* counts[truth * k + predicted]. */
void iv_confusion(size_t n, int32_t k, const float *predictions, const float *truth,
                  int64_t *counts);

/* Bootstrap over rows: lower and upper 2.5 % percentile of each metric over `draws`
 * resamples, seeded (Efron, 1979). NaN where a metric is not defined. */
imgvec_status iv_metrics_bootstrap(imgvec_context *ctx, iv_task task, size_t n, int32_t k,
                                   const float *predictions, const float *truth, int draws,
                                   uint64_t seed, double low[IV_METRIC_MAX],
                                   double high[IV_METRIC_MAX], imgvec_error *err);

#endif
