#include "model/plan_json.h"

#include "learn/metrics_json.h"
#include "table/dataset.h"

static const char *use_name(uint8_t use)
{
    return use == IV_PLAIN ? "projection" : use == IV_STACKED ? "stacked" : "both";
}

/* A failed allocation fails the whole document. */
static void put_name(iv_json_writer *w, const char *name, const iv_units *units, size_t u)
{
    iv_text text;
    iv_text_init(&text, w->out->ctx);
    iv_text_addf(&text, "%s%s", units->name[u], units->tuned[u] ? " (fine-tuned)" : "");
    if (text.failed)
        w->out->failed = true;
    else
        iv_json_put_text(w, name, text.data);
    iv_text_free(&text);
}

void iv_plan_write(iv_json_writer *w, const iv_plan *plan, int32_t rounds, const iv_units *units,
                   bool regression)
{
    uint8_t wide = IV_UNUSED;
    for (size_t u = 0; u < units->count; u++)
        if (units->wide[u] && !units->tuned[u])
            wide |= plan->use[u];
    iv_json_put_text(w, "learner", iv_learner_name((iv_learner_kind)plan->learner));
    if (plan->learner == IV_XGBOOST)
        iv_json_put_i64(w, "rounds", rounds);
    if (wide)
        iv_json_put_text(w, "image_features", use_name(wide));
    if (wide & IV_PLAIN && plan->dim)
        iv_json_put_i64(w, "dim", plan->dim);
    else if (wide & IV_PLAIN)
        iv_json_put_text(w, "dim", "all");
    if (regression)
        iv_json_put_text(w, "target_transform",
                         iv_transform_name((iv_transform_kind)plan->transform));
    iv_json_put_array(w, "left_out");
    for (size_t u = 0; u < units->count; u++)
        if (!plan->use[u])
            put_name(w, NULL, units, u);
    iv_json_put_end(w, ']');
}

static void put_variant(iv_json_writer *w, const char *name, const iv_ablation *a, size_t v,
                        iv_task task)
{
    const iv_difference *d = &a->differences[v];
    iv_json_put_object(w, name);
    iv_metrics_write(w, "metrics_pooled", task, a->pooled[v]);
    iv_metrics_write(w, "difference", task, d->value);
    iv_metrics_write_interval(w, "difference_ci", task, d->low, d->high);
    iv_json_put_end(w, '}');
}

void iv_ablation_write(iv_json_writer *w, const char *name, const iv_ablation *a,
                       const iv_units *units, iv_task task)
{
    if (a->units == 0)
        return;
    iv_json_put_array(w, name);
    for (size_t u = 0; u < a->units; u++) {
        iv_json_put_object(w, NULL);
        put_name(w, "name", units, u);
        iv_json_put_text(w, "type", iv_dataset_type_name(units->type[u]));
        iv_json_put_i64(w, "columns", units->columns[u]);
        iv_json_put_i64(w, "folds_used", a->kept[u]);
        put_variant(w, "without", a, IV_VARIANTS * u + IV_WITHOUT, task);
        put_variant(w, "alone", a, IV_VARIANTS * u + IV_ALONE, task);
        iv_json_put_end(w, '}');
    }
    iv_json_put_end(w, ']');
}
