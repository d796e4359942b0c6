#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "io/json.h"
#include "learn/metrics_json.h"
#include "model/model.h"
#include "table/dataset.h"

#define BOOTSTRAP_DRAWS 1000
#define BOOTSTRAP_SEED 1

/* Predictions and truth of the rows that have both. */
typedef struct paired {
    float *predicted, *truth;
    int32_t *status;
    size_t count;
    int64_t no_target, unscored;
} paired;

static imgvec_status collect(const imgvec_model *m, const imgvec_dataset *ds, iv_watch *watch,
                             paired *p, imgvec_error *err)
{
    size_t rows = (size_t)iv_dataset_rows(ds), k = (size_t)m->outputs;
    int32_t column = iv_dataset_find(ds, m->target);
    if (column < 0)
        return iv_prefix(err, iv_dataset_no_column(ds, m->target, err),
                         "the target of the training data is absent");
    p->predicted = iv_alloc_n(m->ctx, rows + 1, k * sizeof *p->predicted);
    p->truth = iv_alloc_n(m->ctx, rows + 1, sizeof *p->truth);
    p->status = iv_calloc(m->ctx, rows + 1, sizeof *p->status);
    if (!p->predicted || !p->truth || !p->status)
        return iv_fail_nomem(err);
    IV_TRY(iv_target_map(m->ctx, ds, column, m->task, m->classes, m->class_count, p->truth, err));
    IV_TRY(iv_model_predict(m, ds, watch, p->predicted, p->status, err));
    for (size_t i = 0; i < rows; i++) {
        if (isnan(p->truth[i])) {
            p->no_target++;
        } else if (p->status[i] != IMGVEC_OK) {
            p->unscored++;
        } else {
            memmove(p->predicted + p->count * k, p->predicted + i * k, k * sizeof(float));
            p->truth[p->count++] = p->truth[i];
        }
    }
    if (p->count == 0)
        return iv_fail(err, IMGVEC_ERR_DATA,
                       "no row can be evaluated: of %zu, %lld have no %s and %lld cannot be scored",
                       rows, (long long)p->no_target, m->target, (long long)p->unscored);
    return IMGVEC_OK;
}

static imgvec_status write(const imgvec_model *m, const imgvec_dataset *ds, const paired *p,
                           char **out, imgvec_error *err)
{
    double value[IV_METRIC_MAX], low[IV_METRIC_MAX], high[IV_METRIC_MAX];
    IV_TRY(iv_metrics_compute(m->ctx, m->task, p->count, m->outputs, p->predicted, p->truth, NULL,
                              value, err));
    IV_TRY(iv_metrics_bootstrap(m->ctx, m->task, p->count, m->outputs, p->predicted, p->truth,
                                BOOTSTRAP_DRAWS, BOOTSTRAP_SEED, low, high, err));
    iv_text text;
    iv_json_writer w;
    iv_text_init(&text, m->ctx);
    iv_json_begin(&w, &text, true);
    iv_json_put_object(&w, NULL);
    iv_json_put_text(&w, "kind", "evaluation");
    iv_json_put_text(&w, "task", iv_task_name(m->task));
    iv_json_put_text(&w, "target", m->target);
    iv_json_put_object(&w, "rows");
    iv_json_put_i64(&w, "total", iv_dataset_rows(ds));
    iv_json_put_i64(&w, "used", (int64_t)p->count);
    iv_json_put_i64(&w, "missing_target", p->no_target);
    iv_json_put_i64(&w, "unscored", p->unscored);
    iv_json_put_end(&w, '}');
    iv_metrics_write(&w, "metrics", m->task, value);
    iv_metrics_write_interval(&w, "metrics_ci", m->task, low, high);
    imgvec_status status = IMGVEC_OK;
    if (m->class_count)
        status = iv_confusion_write(m->ctx, &w, m->classes, m->class_count, p->count, p->predicted,
                                    p->truth, err);
    if (status == IMGVEC_OK)
        status = iv_decision_measure(m->ctx, &m->decision, m->task, p->count, m->outputs,
                                     p->predicted, p->truth, &m->transform, &w, err);
    iv_json_put_end(&w, '}');
    iv_text_add(&text, "\n");
    *out = iv_text_take(&text);
    if (status == IMGVEC_OK && !*out)
        status = iv_fail_nomem(err);
    return status;
}

imgvec_status iv_model_evaluate(const imgvec_model *m, const imgvec_dataset *ds,
                                const imgvec_watch *watch, char **out, imgvec_error *err)
{
    paired p = {0};
    iv_watch w;
    *out = NULL;
    imgvec_status status = iv_watch_init(&w, watch, err);
    if (status == IMGVEC_OK)
        status = collect(m, ds, &w, &p, err);
    if (status == IMGVEC_OK)
        status = write(m, ds, &p, out, err);
    iv_free(m->ctx, p.predicted);
    iv_free(m->ctx, p.truth);
    iv_free(m->ctx, p.status);
    if (status != IMGVEC_OK) {
        iv_free(m->ctx, *out);
        *out = NULL;
    }
    return status;
}
