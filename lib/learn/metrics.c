#include "learn/metrics.h"

#include <string.h>

#include "base/text.h"
#include "learn/scores.h"

/* In the order of the IV_RMSE and IV_ACCURACY enumerations. */
static const iv_metric regression_metrics[] = {
    {"rmse", 0}, {"mae", 0},   {"r2", 1},    {"rmsle", 0}, {"mse", 0},
    {"mape", 0}, {"smape", 0}, {"rmspe", 0}, {"mer", 0},   {"gini", 1},
};
static const iv_metric class_metrics[] = {
    {"accuracy", 1}, {"log_loss", 0}, {"auc", 1},       {"balanced_accuracy", 1},
    {"f1", 1},       {"mcc", 1},      {"aucpr", 1},     {"gini", 1},
    {"f05", 1},      {"f2", 1},       {"macro_auc", 1},
};

const iv_metric *iv_metrics_of(iv_task task, size_t *count)
{
    if (task == IV_TASK_REGRESSION) {
        *count = IV_REGRESSION_METRICS;
        return regression_metrics;
    }
    *count = task == IV_TASK_BINARY ? IV_MACRO_AUC : IV_CLASS_METRICS;
    return class_metrics;
}

int iv_metric_find(iv_task task, const char *name)
{
    if (!name || !*name || iv_equal_nocase(name, "auto"))
        return task == IV_TASK_REGRESSION ? IV_RMSE : task == IV_TASK_BINARY ? IV_AUC : IV_LOG_LOSS;
    size_t count;
    const iv_metric *metrics = iv_metrics_of(task, &count);
    for (size_t i = 0; i < count; i++)
        if (iv_equal_nocase(name, metrics[i].name))
            return (int)i;
    return -1;
}

imgvec_status iv_metrics_compute(imgvec_context *ctx, iv_task task, size_t n, int32_t k,
                                 const float *predictions, const float *truth,
                                 const double *weights, double out[IV_METRIC_MAX],
                                 imgvec_error *err)
{
    iv_scores scores;
    imgvec_status status =
        iv_scores_init(ctx, task, n, k, predictions, truth, IV_SCORES_ALL, &scores, err);
    if (status != IMGVEC_OK)
        return status;
    iv_scores_eval(&scores, weights, out);
    iv_scores_free(&scores);
    return IMGVEC_OK;
}

imgvec_status iv_metric_compute_one(imgvec_context *ctx, iv_task task, int metric, size_t n,
                                    int32_t k, const float *predictions, const float *truth,
                                    double *out, imgvec_error *err)
{
    double all[IV_METRIC_MAX];
    iv_scores scores;
    imgvec_status status = iv_scores_init(ctx, task, n, k, predictions, truth,
                                          iv_scores_parts(task, metric), &scores, err);
    if (status != IMGVEC_OK)
        return status;
    iv_scores_eval(&scores, NULL, all);
    iv_scores_free(&scores);
    *out = all[metric];
    return IMGVEC_OK;
}

void iv_confusion(size_t n, int32_t k, const float *predictions, const float *truth,
                  int64_t *counts)
{
    size_t width = (size_t)k;
    memset(counts, 0, width * width * sizeof *counts);
    for (size_t i = 0; i < n; i++) {
        const float *p = predictions + i * width;
        if (!(truth[i] >= 0 && truth[i] < (float)k))
            continue;
        size_t best = 0;
        for (size_t c = 1; c < width; c++)
            if (p[c] > p[best])
                best = c;
        counts[(size_t)truth[i] * width + best]++;
    }
}
