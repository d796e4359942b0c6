/* What a trained model tells of itself; docs/json.md describes every member. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/options.h"
#include "io/json.h"
#include "io/options_json.h"
#include "learn/metrics_json.h"
#include "model/experiment.h"
#include "model/parts.h"
#include "model/plan_json.h"
#include "model/tune_json.h"
#include "table/dataset.h"
#include "table/skipped.h"

#define PROBLEMS_SHOWN 1000

static void put_columns(iv_json_writer *w, const iv_experiment *x)
{
    iv_json_put_array(w, "columns");
    for (size_t i = 0; i < x->cv.recipe.count; i++) {
        const iv_block *b = &x->cv.recipe.blocks[i];
        iv_json_put_object(w, NULL);
        iv_json_put_text(w, "name", b->column);
        iv_json_put_text(w, "type", iv_dataset_type_name(b->kind->type));
        iv_block_describe(b, w);
        iv_json_put_end(w, '}');
    }
    iv_json_put_end(w, ']');
}

/* Those of the model: a search has its own, and looked at the images through another. */
static void put_networks(iv_json_writer *w, const iv_experiment *x)
{
    iv_network *found[IV_PARTS_NETWORKS_MAX];
    iv_networks nets = {.items = found};
    for (size_t i = 0; x->searched && i < x->tuned.count && i < IV_PARTS_NETWORKS_MAX; i++)
        found[nets.count++] = x->tuned.items[i].network;
    iv_networks_write(x->searched ? &nets : &x->nets, w, "backbones");
}

static void put_rows(iv_json_writer *w, const iv_experiment *x)
{
    iv_json_put_object(w, "rows");
    iv_json_put_i64(w, "total", iv_dataset_rows(x->ds));
    iv_json_put_i64(w, "used", (int64_t)x->used);
    iv_json_put_i64(w, "held_out", (int64_t)x->holdout.count);
    iv_json_put_i64(w, "missing_target", x->target.missing);
    iv_json_put_i64(w, "dropped_bad_images", x->dropped);
    iv_json_put_end(w, '}');
}

static void put_folds(iv_json_writer *w, const iv_experiment *x)
{
    iv_json_put_array(w, "folds");
    for (int32_t f = 0; f < x->cv.fold_count; f++) {
        const iv_fold *fold = &x->cv.folds[f];
        iv_json_put_object(w, NULL);
        iv_json_put_i64(w, "train_rows", (int64_t)fold->train_rows);
        iv_json_put_i64(w, "valid_rows", (int64_t)fold->valid_rows);
        iv_plan_write(w, &fold->plan, fold->rounds, &x->units, x->target.class_count == 0);
        iv_metrics_write(w, "metrics", x->target.task, fold->metrics);
        iv_json_put_end(w, '}');
    }
    iv_json_put_end(w, ']');
}

static void put_problems(iv_json_writer *w, const iv_experiment *x)
{
    iv_problems shown = x->problems;
    iv_json_put_i64(w, "bad_images", (int64_t)x->problems.count);
    iv_json_put_i64(w, "missing_images", x->missing_images);
    if (shown.count > PROBLEMS_SHOWN)
        shown.count = PROBLEMS_SHOWN;
    iv_problems_write(&shown, w, "problems");
    iv_dataset_put_skipped(x->ds, w);
}

char *iv_experiment_json(const iv_experiment *x)
{
    iv_text text;
    iv_json_writer w;
    char fingerprint[33];
    iv_text_init(&text, x->ctx);
    iv_json_begin(&w, &text, true);
    iv_json_put_object(&w, NULL);
    iv_json_put_text(&w, "kind", "model");
    iv_json_put_text(&w, "task", iv_task_name(x->target.task));
    iv_json_put_text(&w, "target", x->target_name);
    iv_json_put_text(&w, "metric", x->metric);
    iv_metrics_write(&w, "metrics", x->target.task, x->cv.mean);
    iv_metrics_write(&w, "metrics_std", x->target.task, x->cv.deviation);
    iv_metrics_write(&w, "metrics_pooled", x->target.task, x->cv.pooled);
    iv_metrics_write_interval(&w, "metrics_ci", x->target.task, x->cv.low, x->cv.high);
    iv_metrics_write(&w, "metrics_baseline", x->target.task, x->cv.baseline);
    if (x->holdout.count)
        iv_metrics_write(&w, "metrics_holdout", x->target.task, x->holdout_metrics);
    put_columns(&w, x);
    put_networks(&w, x);
    iv_json_put_i64(&w, "features", x->cv.recipe.width);
    iv_plan_write(&w, &x->cv.plan, x->cv.rounds, &x->units, x->target.class_count == 0);
    if (x->importance)
        iv_json_put_raw(&w, "importance", x->importance);
    put_rows(&w, x);
    put_folds(&w, x);
    iv_tune_write(&w, x);
    if (x->searched)
        iv_json_put_raw(&w, "auto", x->searched);
    iv_ablation_write(&w, "ablation", &x->cv.ablation, &x->units, x->target.task);
    bool ok = x->target.class_count == 0 ||
              iv_confusion_write(x->ctx, &w, x->target.classes, x->target.class_count,
                                 x->cases.count, x->cv.predictions, x->cases.y, NULL) == IMGVEC_OK;
    iv_assessment_write(&x->assessment, x->target.task, &w);
    iv_json_put_text(&w, "on_bad", x->drop_bad ? "drop" : "missing");
    put_problems(&w, x);
    ok = iv_duplicates_write(&x->duplicates, x->ds, x->target_column, &w, NULL) == IMGVEC_OK && ok;
    iv_json_put_i64(&w, "seed", iv_option_i64(x->opts, IMGVEC_OPT_SEED));
    iv_json_put_i64(&w, "threads", x->inputs.threads);
    ok = iv_dataset_fingerprint(x->ds, fingerprint, NULL) == IMGVEC_OK && ok;
    if (ok)
        iv_json_put_text(&w, "fingerprint", fingerprint);
    int32_t jobs = (x->searched ? IMGVEC_JOB_AUTO : IMGVEC_JOB_TRAIN) |
                   (iv_options_jobs(x->opts) & IMGVEC_JOB_OPEN);
    iv_options_write_json(x->opts, jobs, &w, "options");
    char *engines = iv_engines_json(x->ctx, x->executor);
    if (engines)
        iv_json_put_raw(&w, "made_by", engines);
    iv_json_put_end(&w, '}');
    iv_text_add(&text, "\n");
    ok = ok && engines;
    iv_free(x->ctx, engines);
    if (!ok)
        text.failed = true;
    return iv_text_take(&text);
}
