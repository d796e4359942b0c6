#include "model/vectorizer_tune.h"

#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/jobs.h"
#include "base/mem.h"
#include "base/options.h"
#include "learn/target.h"
#include "model/tuning.h"
#include "table/dataset.h"
#include "train/batch_size.h"

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

typedef struct training {
    const imgvec_vectorizer *vz;
    const iv_network *base;
    const iv_lessons *lessons;
    const iv_finetune_spec *spec;
    iv_watch *watch;
    atomic_uint_fast64_t done;
    iv_finetuned *out;
} training;

static imgvec_status run(void *user, size_t job, imgvec_error *err)
{
    training *t = user;
    (void)job;
    return iv_finetune(t->vz->ctx, t->vz->executor, t->base, t->lessons, NULL, t->spec, NULL,
                       t->watch, &t->done, t->out, err);
}

/* The training is a job, so that this thread can report. */
static imgvec_status train(training *t, imgvec_error *err)
{
    const iv_jobs job = {
        .count = 1, .workers = 1, .run = run, .user = t, .watch = t->watch, .done = &t->done};
    IV_TRY(iv_watch_begin(t->watch, t->lessons->count * (uint64_t)t->spec->epochs, err,
                          "fine-tuning %s", iv_network_id(t->base)));
    imgvec_status status = iv_jobs_run(t->vz->ctx, &job, err);
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
    iv_training_memory memory;
    lessons->input = *iv_network_input(base);
    IV_TRY(iv_training_memory_of(base, &memory, err));
    tuning->spec.micro = iv_micro_batch(&memory, tuning->spec.batch_size, iv_memory_for_training());
    IV_TRY(iv_tuning_choose(tuning, (int64_t)lessons->count, 1, base, err));
    training t = {.vz = vz,
                  .base = base,
                  .lessons = lessons,
                  .spec = &tuning->spec,
                  .watch = watch,
                  .out = &tuned};
    IV_TRY(train(&t, err));
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
    const char *device = iv_option_device(opts, vz->ctx);
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
    IV_TRY(iv_tuning_read(opts, device, &tuning, err));
    IV_TRY(iv_target_read(vz->ctx, ds, opts, at, &target, err));
    IV_DO(keep_usable(vz, ds, column, &target, watch, err));
    iv_lessons lessons = {.ctx = vz->ctx,
                          .ds = ds,
                          .column = column,
                          .rows = target.row,
                          .y = target.value,
                          .count = target.rows,
                          .class_count = target.class_count};
    tuning.spec.bottleneck = dim;
    tuning.spec.threads = iv_context_threads(vz->ctx, vz->threads);
    if (target.class_count == 0)
        iv_tune_scale_numbers(target.value, target.rows,
                              iv_tune_by_logarithm(target.value, target.rows));
    IV_DO(iv_tuning_teach(&tuning, &lessons, &tuning.spec, &weights, err));
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
