#include "learn/metrics_json.h"

#include <math.h>

#include "base/error.h"
#include "base/mem.h"

void iv_metrics_write(iv_json_writer *w, const char *name, iv_task task,
                      const double values[IV_METRIC_MAX])
{
    size_t count;
    const iv_metric *table = iv_metrics_of(task, &count);
    iv_json_put_object(w, name);
    for (size_t m = 0; m < count; m++)
        if (!isnan(values[m]))
            iv_json_put_f64(w, table[m].name, values[m]);
    iv_json_put_end(w, '}');
}

void iv_metrics_write_interval(iv_json_writer *w, const char *name, iv_task task,
                               const double low[IV_METRIC_MAX], const double high[IV_METRIC_MAX])
{
    size_t count;
    const iv_metric *table = iv_metrics_of(task, &count);
    iv_json_put_object(w, name);
    for (size_t m = 0; m < count; m++) {
        if (isnan(low[m]) || isnan(high[m]))
            continue;
        iv_json_put_array(w, table[m].name);
        iv_json_put_f64(w, NULL, low[m]);
        iv_json_put_f64(w, NULL, high[m]);
        iv_json_put_end(w, ']');
    }
    iv_json_put_end(w, '}');
}

imgvec_status iv_confusion_write(imgvec_context *ctx, iv_json_writer *w, char *const *classes,
                                 int32_t class_count, size_t n, const float *predictions,
                                 const float *truth, imgvec_error *err)
{
    size_t k = (size_t)class_count;
    int64_t *counts = iv_calloc(ctx, k * k + 1, sizeof *counts);
    if (!counts)
        return iv_fail_nomem(err);
    iv_confusion(n, class_count, predictions, truth, counts);
    iv_json_put_array(w, "classes");
    for (size_t c = 0; c < k; c++)
        iv_json_put_text(w, NULL, classes[c]);
    iv_json_put_end(w, ']');
    iv_json_put_array(w, "confusion");
    for (size_t t = 0; t < k; t++) {
        iv_json_put_array(w, NULL);
        for (size_t c = 0; c < k; c++)
            iv_json_put_i64(w, NULL, counts[t * k + c]);
        iv_json_put_end(w, ']');
    }
    iv_json_put_end(w, ']');
    iv_free(ctx, counts);
    return IMGVEC_OK;
}
