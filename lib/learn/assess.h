/* What out-of-fold predictions teach beside scores: a temperature, a threshold, and how far a
 * prediction can be off; as JSON, and what of it scoring needs. */
#ifndef IV_LEARN_ASSESS_H
#define IV_LEARN_ASSESS_H

#include <imgvec/options.h>

#include "io/json.h"
#include "learn/calibration.h"
#include "learn/conformal.h"
#include "learn/threshold.h"

typedef struct iv_assessment {
    iv_calibration calibration;
    iv_threshold threshold;
    iv_conformal conformal;
} iv_assessment;

/* Runs iv_calibration_run, iv_threshold_run and iv_conformal_run by the options calibrate,
 * threshold_metric and interval. predictions: out-of-fold or validation ones; calibrated in place
 * where that is kept. metric: a name of iv_metrics_of. transform: of the target, may be NULL.
 * fold_of NULL: IV_PARTS parts. */
imgvec_status iv_assess(imgvec_context *ctx, const imgvec_options *opts, const char *metric,
                        iv_task task, size_t n, int32_t k, float *predictions, const float *truth,
                        const iv_transform *transform, const int32_t *fold_of, int32_t fold_count,
                        iv_assessment *out, imgvec_error *err);

/* Members calibration, threshold and intervals, those that are known (docs/json.md). */
void iv_assessment_write(const iv_assessment *a, iv_task task, iv_json_writer *w);

/* What scoring needs. */
typedef struct iv_decision {
    double temperature; /* 1: predictions stay as they are */
    double threshold;   /* NaN: none */
    double level;       /* of intervals and sets; 0: there are none */
    double quantile;
} iv_decision;

void iv_decision_none(iv_decision *out);
void iv_decision_of(const iv_assessment *a, iv_decision *out);
/* From the JSON that iv_assessment_write made: FORMAT unless every number is sound. */
imgvec_status iv_decision_read(const iv_json *object, iv_task task, iv_decision *out,
                               imgvec_error *err);

/* The same figures of predictions that nothing was fitted on, as members calibration, threshold and
 * intervals: expected calibration error, scores at the threshold, coverage. */
imgvec_status iv_decision_measure(imgvec_context *ctx, const iv_decision *d, iv_task task, size_t n,
                                  int32_t k, const float *predictions, const float *truth,
                                  const iv_transform *transform, iv_json_writer *w,
                                  imgvec_error *err);

#endif
