#include "model/tune_json.h"

#include "features/tuned.h"
#include "learn/metrics_json.h"
#include "table/dataset.h"

static void put_strategy(iv_json_writer *w, const iv_tuning *t)
{
    if (t->spec.top > 0)
        iv_json_put_i64(w, "strategy", t->spec.top);
    else
        iv_json_put_text(w, "strategy", t->spec.top < 0 ? "all" : "frozen");
    iv_json_put_text(w, "reason", t->reason);
}

static void put_settings(iv_json_writer *w, const iv_tuning *t)
{
    const iv_finetune_spec *s = &t->spec;
    iv_json_put_i64(w, "epochs", s->epochs);
    iv_json_put_text(w, "optimizer", s->optimizer == IV_OPTIMIZER_SGD ? "sgd" : "adamw");
    iv_json_put_f64(w, "lr", s->rate);
    iv_json_put_i64(w, "train_batch_size", s->batch_size);
}

static void put_networks(iv_json_writer *w, const iv_experiment *x)
{
    iv_json_put_array(w, "networks");
    for (size_t i = 0; i < x->tuned.count; i++) {
        const iv_tuned_input *in = &x->tuned.items[i];
        iv_json_put_object(w, NULL);
        iv_json_put_text(w, "column",
                         iv_dataset_column_name(x->ds, x->inputs.items[in->from].column));
        iv_json_put_text(w, "backbone", iv_network_id(x->nets.items[in->net]));
        iv_json_put_i64(w, "images_at_once", in->micro);
        iv_json_put_array(w, "train_loss");
        for (int64_t e = 0; e < in->epochs; e++)
            iv_json_put_f64(w, NULL, in->losses[e]);
        iv_json_put_end(w, ']');
        if (x->tuned.tuning.spec.patience > 0 && in->best_epoch > 0) {
            iv_json_put_array(w, "valid_loss");
            for (int64_t e = 0; e < in->epochs; e++)
                iv_json_put_f64(w, NULL, in->check_losses[e]);
            iv_json_put_end(w, ']');
            iv_json_put_i64(w, "best_epoch", in->best_epoch);
        }
        iv_json_put_end(w, '}');
    }
    iv_json_put_end(w, ']');
}

void iv_tune_write(iv_json_writer *w, const iv_experiment *x)
{
    if (!x->tuned.inputs_of)
        return;
    const iv_tuning *t = &x->tuned.tuning;
    iv_json_put_object(w, "fine_tune");
    bool kept = false;
    for (size_t b = 0; b < x->cv.recipe.count; b++)
        kept = kept || x->cv.recipe.blocks[b].kind == &iv_tuned_image_kind;
    iv_json_put_bool(w, "kept", kept);
    iv_json_put_bool(w, "optimistic", t->fast);
    put_strategy(w, t);
    put_settings(w, t);
    iv_metrics_write(w, "metrics_tuned", x->target.task, x->tuned_kept ? x->raw : x->frozen.pooled);
    iv_metrics_write(w, "metrics_frozen", x->target.task,
                     x->tuned_kept ? x->frozen.pooled : x->raw);
    iv_metrics_write(w, "difference", x->target.task, x->tuned_gain.value);
    iv_metrics_write_interval(w, "difference_ci", x->target.task, x->tuned_gain.low,
                              x->tuned_gain.high);
    iv_json_put_i64(w, "networks_trained", (int64_t)x->tuned.trained);
    iv_json_put_i64(w, "images_learned_from", x->tuned.images);
    iv_json_put_f64(w, "seconds", x->tuned.seconds);
    put_networks(w, x);
    iv_json_put_end(w, '}');
}
