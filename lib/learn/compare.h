/* Is one set of predictions better than another? Both are scored under the same resamples of the
 * rows (the paired bootstrap), so that what is hard about the rows cancels out. */
#ifndef IV_LEARN_COMPARE_H
#define IV_LEARN_COMPARE_H

#include "learn/metrics.h"

typedef struct iv_gain {
    double value; /* by how much the second is better; infinite where only one has a score */
    double error; /* its standard error */
} iv_gain;

/* metric: index in iv_metrics_of. */
imgvec_status iv_compare(imgvec_context *ctx, iv_task task, int metric, size_t n, int32_t k,
                         const float *first, const float *second, const float *truth, iv_gain *out,
                         imgvec_error *err);

/* Metrics of one variant less those of the full predictions: value and 95 % interval. */
typedef struct iv_difference {
    double value[IV_METRIC_MAX], low[IV_METRIC_MAX], high[IV_METRIC_MAX];
} iv_difference;

/* For several variants under the same draws; a variant that is NULL is left out. */
imgvec_status iv_compare_variants(imgvec_context *ctx, iv_task task, size_t n, int32_t k,
                                  const float *full, float *const *variants, size_t count,
                                  const float *truth, uint64_t seed, iv_difference *out,
                                  imgvec_error *err);

#endif
