/* Scores as JSON members. */
#ifndef IV_LEARN_METRICS_JSON_H
#define IV_LEARN_METRICS_JSON_H

#include "io/json.h"
#include "learn/metrics.h"

/* {"rmse": 1.5, ...}; a metric that is NaN is left out. */
void iv_metrics_write(iv_json_writer *w, const char *name, iv_task task,
                      const double values[IV_METRIC_MAX]);

/* {"rmse": [low, high], ...} */
void iv_metrics_write_interval(iv_json_writer *w, const char *name, iv_task task,
                               const double low[IV_METRIC_MAX], const double high[IV_METRIC_MAX]);

/* "classes" and "confusion": rows are the truth, columns the prediction. */
imgvec_status iv_confusion_write(imgvec_context *ctx, iv_json_writer *w, char *const *classes,
                                 int32_t class_count, size_t n, const float *predictions,
                                 const float *truth, imgvec_error *err);

#endif
