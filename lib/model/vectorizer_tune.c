#include "model/vectorizer_tune.h"

#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/thread.h"
#include "learn/target.h"
#include "model/tuning.h"
#include "table/dataset.h"
#include "train/batch_size.h"

#define MEMORY_SHARE 0.6 /* of what is available */

static imgvec_status find_target(const imgvec_dataset *ds, const imgvec_options *opts, int32_t *out,
                                 imgvec_error *err)
{
    const char *name = iv_option_text(opts, IMGVEC_OPT_TARGET);
    *out = iv_dataset_find(ds, *name ? name : "label");
    if (*out >= 0)
        return IMGVEC_OK;
    if (*name)
        return iv_prefix(err, iv_dataset_no_column(ds, name, err), "option target");
    return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                   "option fine_tune needs a target to learn: name its column by option target");
}

/* Keeps the rows whose image can be used. */
static imgvec_status keep_usable(imgvec_vectorizer *vz, const imgvec_dataset *ds, int32_t column,
                                 iv_target *t, iv_watch *watch, imgvec_error *err)
{
    size_t rows = (size_t)iv_dataset_rows(ds), used = 0;
    const iv_embed_settings settings = {.threads = iv_context_threads(vz->ctx, vz->threads),
                                        .batch_size = vz->batch_size,
                                        .max_bad = -1};
    float *raw = iv_alloc_n(vz->ctx, rows + 1, (size_t)vz->nets.width * sizeof *raw);
    int32_t *status_of = iv_calloc(vz->ctx, rows + 1, sizeof *status_of);
    imgvec_status status = raw && status_of ? IMGVEC_OK : iv_fail_nomem(err);
    if (status == IMGVEC_OK)
        status = iv_embed(vz->ctx, &vz->nets, ds, column, 0, rows, &settings, watch, NULL, raw,
                          status_of, err);
    for (size_t i = 0; status == IMGVEC_OK && i < t->rows; i++)
        if (status_of[t->row[i]] == IMGVEC_OK) {
            t->row[used] = t->row[i];
            t->value[used++] = t->value[i];
        }
    t->rows = used;
    iv_free(vz->ctx, raw);
    iv_free(vz->ctx, status_of);
    if (status == IMGVEC_OK && used < 2)
        status = iv_fail(err, IMGVEC_ERR_DATA,
                         "too few rows with a target and a usable image to fine-tune on");
    return status;
}

static imgvec_status choose_micro(const iv_network *net, iv_finetune_spec *spec, int32_t *stages,
                                  imgvec_error *err)
{
    iv_graph *graph;
    uint64_t bytes;
    IV_TRY(iv_network_graph(net, &graph, err));
    imgvec_status status = iv_training_bytes(graph, iv_network_input(net)->crop, &bytes, err);
    *stages = iv_graph_stages(graph);
    iv_graph_free(graph);
    spec->micro = iv_micro_batch(bytes, spec->batch_size,
                                 (uint64_t)(MEMORY_SHARE * (double)iv_memory_available()));
    return status;
}

/* A training on a thread of its own, so that this one can report. */
typedef struct lone_training {
    const imgvec_vectorizer *vz;
    const iv_network *base;
    const iv_lessons *lessons;
    const iv_finetune_spec *spec;
    iv_watch *watch;
    atomic_uint_fast64_t done;
    iv_finetuned *out;
    imgvec_status status;
    imgvec_error error;
} lone_training;

static void work(void *user, int index)
{
    (void)index;
    lone_training *t = user;
    t->status = iv_finetune(t->vz->ctx, t->vz->executor, t->base, t->lessons, t->spec, NULL,
                            t->watch, &t->done, t->out, &t->error);
}

static imgvec_status train(lone_training *t, imgvec_error *err)
{
    iv_team *team = NULL;
    IV_TRY(iv_watch_begin(t->watch, t->lessons->count * (uint64_t)t->spec->epochs, err,
                          "fine-tuning %s", iv_network_id(t->base)));
    IV_TRY(iv_team_start(t->vz->ctx, 1, work, t, &team, err));
    imgvec_status status = IMGVEC_OK;
    while (!iv_team_wait(team, 0.1)) /* once stopped, the training sees that itself */
        if (status == IMGVEC_OK)
            status = iv_watch_step(t->watch, atomic_load(&t->done), err);
    iv_team_free(team);
    if (status == IMGVEC_OK && t->status != IMGVEC_OK) {
        status = t->status;
        if (err)
            *err = t->error;
    }
    if (status == IMGVEC_OK)
        status = iv_watch_end(t->watch, err);
    if (status != IMGVEC_OK)
        iv_finetuned_free(t->vz->ctx, t->out);
    return status;
}

/* Replaces network i of vz by a fine-tuned copy. */
static imgvec_status tune_one(imgvec_vectorizer *vz, size_t i, iv_lessons *lessons,
                              iv_tuning *tuning, iv_watch *watch, imgvec_error *err)
{
    iv_network *base = vz->nets.items[i], *net = NULL;
    iv_finetuned tuned = {0};
    int32_t stages;
    lessons->input = *iv_network_input(base);
    IV_TRY(choose_micro(base, &tuning->spec, &stages, err));
    bool random = strcmp(iv_network_source(base), "random") == 0;
    IV_TRY(iv_tuning_choose(tuning, (int64_t)lessons->count, 1, random, stages, err));
    lone_training training = {.vz = vz,
                              .base = base,
                              .lessons = lessons,
                              .spec = &tuning->spec,
                              .watch = watch,
                              .out = &tuned};
    IV_TRY(train(&training, err));
    imgvec_status status = IMGVEC_OK;
    if (tuning->spec.bottleneck == 0) /* the head is of no more use */
        IV_DO(iv_tensors_set_meta(tuned.tensors, "head", "0", err));
    IV_DO(iv_network_from_tensors(vz->ctx, vz->executor, tuned.tensors, tuning->spec.device,
                                  tuning->spec.precision, &net, err));
    tuned.tensors = NULL;
    vz->nets.width += iv_network_width(net) - iv_network_width(base);
    vz->nets.items[i] = net;
    iv_network_free(base);
done:
    iv_finetuned_free(vz->ctx, &tuned);
    return status;
}

imgvec_status iv_vectorizer_tune(imgvec_vectorizer *vz, const imgvec_dataset *ds,
                                 const imgvec_options *opts, int32_t column, int32_t dim,
                                 iv_watch *watch, imgvec_error *err)
{
    iv_target target = {0};
    iv_tuning tuning;
    double *weights = NULL;
    int32_t at;
    imgvec_status status = IMGVEC_OK;
    const char *device = iv_option_text(opts, IMGVEC_OPT_DEVICE);
    if (iv_option_is(opts, IMGVEC_OPT_FINE_TUNE, "off"))
        return IMGVEC_OK;
    if (iv_option_is(opts, IMGVEC_OPT_FINE_TUNE, "auto"))
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                       "option fine_tune: auto compares by folds, which embedding has none of: "
                       "choose on or off");
    if (vz->column_count > 1)
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                       "option fine_tune: %zu image columns, and networks are fine-tuned for one: "
                       "leave out the others by option ignore",
                       vz->column_count);
    IV_TRY(find_target(ds, opts, &at, err));
    IV_TRY(iv_tuning_read(opts, *device ? device : vz->ctx->device, &tuning, err));
    IV_TRY(iv_target_read(vz->ctx, ds, opts, at, &target, err));
    IV_DO(keep_usable(vz, ds, column, &target, watch, err));
    iv_lessons lessons = {.ctx = vz->ctx,
                          .ds = ds,
                          .column = column,
                          .rows = target.row,
                          .y = target.value,
                          .count = target.rows,
                          .class_count = target.class_count,
                          .smoothing = tuning.smoothing,
                          .augment = &tuning.augment,
                          .seed = tuning.spec.seed};
    tuning.spec.bottleneck = dim;
    tuning.spec.threads = iv_context_threads(vz->ctx, vz->threads);
    tuning.spec.loss = target.class_count ? IV_LOSS_CROSS_ENTROPY : IV_LOSS_HUBER;
    if (target.class_count == 0)
        iv_tune_scale_numbers(target.value, target.rows,
                              iv_tune_by_logarithm(target.value, target.rows));
    if (tuning.balanced && target.class_count) {
        weights = iv_tune_class_weights(vz->ctx, target.value, target.rows, target.class_count);
        if (!weights)
            IV_DO(iv_fail_nomem(err));
        lessons.class_weights = weights;
    }
    for (size_t i = 0; i < vz->nets.count; i++)
        IV_DO(tune_one(vz, i, &lessons, &tuning, watch, err));
    iv_log(vz->ctx, IMGVEC_LOG_NOTICE,
           "fine-tuned on %zu rows: their own embeddings tell more of the target than those of new "
           "rows will; judge what learns from them on other rows",
           target.rows);
done:
    iv_free(vz->ctx, weights);
    iv_target_free(vz->ctx, &target);
    return status;
}
