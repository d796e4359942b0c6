#include "train/finetune.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/thread.h"
#include "net/head.h"
#include "train/check.h"
#include "train/checkpoint.h"
#include "train/fingerprint.h"
#include "train/schedule.h"
#include "train/soup.h"
#include "train/trainer.h"

#define KEEP_EVERY 60.0   /* seconds between two kept states */
#define DIVERGED_AFTER 20 /* updates in a row without a finite gradient */

typedef struct run {
    imgvec_context *ctx;
    const iv_executor *executor;
    const iv_network *base;
    const iv_lessons *lessons;
    const iv_finetune_spec *spec;
    iv_watch *watch;
    atomic_uint_fast64_t *done;
    iv_graph *graph;
    iv_tensors *weights;
    iv_trainer *trainer;
    double *rates; /* of the stages */
    int64_t *order;
    float *pixels, *targets;
    size_t values;      /* of one image */
    int64_t steps_each; /* of an epoch */
    int32_t micro;
    int diverged;
    bool amid;                 /* within an update: batch norms' statistics have moved already */
    const iv_lessons *checked; /* NULL: there are no rows to check by */
    iv_check check;
    bool check_is_fresh; /* of the weights as they are */
    bool ended;          /* by epoch_done */
    iv_progress at;
    char *path; /* of the kept state; NULL: none */
    double kept;
} run;

static void run_free(run *r)
{
    iv_trainer_free(r->trainer);
    iv_graph_free(r->graph);
    iv_tensors_free(r->weights);
    iv_free(r->ctx, r->rates);
    iv_free(r->ctx, r->order);
    iv_free(r->ctx, r->pixels);
    iv_free(r->ctx, r->targets);
    iv_check_free(&r->check);
    iv_tensors_free(r->at.best);
    iv_tensors_free(r->at.soup);
    iv_free(r->ctx, r->at.losses);
    iv_free(r->ctx, r->at.check_losses);
    iv_free(r->ctx, r->path);
}

/* The network's graph with the head and its first weights. */
static imgvec_status build(run *r, const iv_first_head *head, imgvec_error *err)
{
    int32_t outputs = iv_lessons_outputs(r->lessons);
    IV_TRY(iv_network_graph(r->base, &r->graph, err));
    IV_TRY(iv_state_copy(r->ctx, iv_network_tensors(r->base), &r->weights, err));
    if (r->spec->own_dropout)
        r->graph->dropout = r->spec->dropout;
    IV_TRY(iv_head_add(r->graph, r->weights, r->spec->bottleneck, outputs, r->spec->seed, err));
    if (!head || r->spec->bottleneck > 0)
        return IMGVEC_OK;
    iv_tensor *weight = iv_tensors_find(r->weights, IV_HEAD ".weight");
    iv_tensor *bias = iv_tensors_find(r->weights, IV_HEAD ".bias");
    memcpy(weight->data, head->weight, weight->count * sizeof(float));
    memcpy(bias->data, head->bias, bias->count * sizeof(float));
    return IMGVEC_OK;
}

static imgvec_status make_room(run *r, imgvec_error *err)
{
    const iv_finetune_spec *s = r->spec;
    size_t n = r->lessons->count, crop = (size_t)r->lessons->input.crop;
    size_t batch = (size_t)s->batch_size < n ? (size_t)s->batch_size : n;
    int32_t stages = iv_graph_stages(r->graph);
    r->values = 3 * crop * crop;
    r->steps_each = (int64_t)((n + batch - 1) / batch);
    r->micro = s->micro > 0 && s->micro < s->batch_size ? s->micro : s->batch_size;
    r->rates = iv_alloc_n(r->ctx, (size_t)stages, sizeof *r->rates);
    r->order = iv_alloc_n(r->ctx, n, sizeof *r->order);
    r->pixels = iv_alloc_n(r->ctx, batch, r->values * sizeof *r->pixels);
    r->targets = iv_alloc_n(r->ctx, batch, (size_t)iv_lessons_outputs(r->lessons) * sizeof(float));
    r->at.losses = iv_calloc(r->ctx, (size_t)s->epochs + 1, sizeof *r->at.losses);
    r->at.check_losses = iv_calloc(r->ctx, (size_t)s->epochs + 1, sizeof *r->at.check_losses);
    if (!r->rates || !r->order || !r->pixels || !r->targets || !r->at.losses || !r->at.check_losses)
        return iv_fail_nomem(err);
    iv_stage_rates(stages, s->top, s->stage_decay, r->rates);
    return r->checked ? iv_check_init(r->checked, r->micro, &r->check, err) : IMGVEC_OK;
}

static imgvec_status begin(run *r, const iv_first_head *head, bool *resumed, imgvec_error *err)
{
    const iv_finetune_spec *s = r->spec;
    IV_TRY(build(r, head, err));
    IV_TRY(make_room(r, err));
    const iv_trainer_spec training = {.device = s->device,
                                      .precision = s->precision,
                                      .loss = s->loss,
                                      .drop = s->drop,
                                      .freeze_norms = s->freeze_norms,
                                      .part = s->part,
                                      .optimizer = s->optimizer,
                                      .momentum = s->momentum,
                                      .beta1 = 0.9,
                                      .beta2 = 0.999,
                                      .epsilon = 1e-8,
                                      .weight_decay = s->weight_decay,
                                      .stage_rates = r->rates,
                                      .stage_count = iv_graph_stages(r->graph)};
    IV_TRY(iv_trainer_new(r->ctx, r->executor, r->graph, r->weights, &training, &r->trainer, err));
    r->kept = iv_now();
    *resumed = false;
    if (!*s->folder)
        return IMGVEC_OK;
    iv_digest digest;
    IV_TRY(iv_training_fingerprint(r->ctx, r->executor, r->weights, r->lessons, r->checked, s,
                                   &digest, err));
    r->path = iv_checkpoint_path(r->ctx, s->folder, &digest);
    if (!r->path)
        return iv_fail_nomem(err);
    IV_TRY(iv_training_resume(r->ctx, r->trainer, &r->at, s->epochs, r->path, resumed, err));
    if (!*resumed)
        return IMGVEC_OK;
    if (r->at.step > r->steps_each * s->epochs || r->at.epochs > r->at.step / r->steps_each ||
        r->at.epochs + 1 < r->at.step / r->steps_each)
        return iv_fail(err, IMGVEC_ERR_FORMAT,
                       "%s: delete it to train from the start: its counts "
                       "do not agree",
                       r->path);
    r->micro = r->at.micro < r->micro ? (int32_t)r->at.micro : r->micro;
    iv_log(r->ctx, IMGVEC_LOG_NOTICE, "fine-tuning goes on behind update %lld of %lld, from %s",
           (long long)r->at.step, (long long)(r->steps_each * s->epochs), r->path);
    return IMGVEC_OK;
}

static imgvec_status keep(run *r, imgvec_error *err)
{
    r->kept = iv_now();
    r->at.micro = r->micro;
    return r->path ? iv_training_save(r->trainer, &r->at, r->path, err) : IMGVEC_OK;
}

/* Gathers the gradients of a batch, as much of it at once as memory allows. */
static imgvec_status learn(run *r, size_t count, uint64_t seed, double *loss, imgvec_error *err)
{
    int32_t crop = r->lessons->input.crop;
    size_t outputs = (size_t)iv_lessons_outputs(r->lessons);
    *loss = 0;
    for (size_t at = 0; at < count;) {
        /* Equal parts: batch norms would suffer from a part of one image. */
        size_t parts = (count + (size_t)r->micro - 1) / (size_t)r->micro;
        size_t n =
            (count + parts - 1) / parts < count - at ? (count + parts - 1) / parts : count - at;
        double share = (double)n / (double)count, part;
        const iv_batch batch = {.images = r->pixels + at * r->values,
                                .targets = r->targets + at * outputs,
                                .count = (int32_t)n,
                                .height = crop,
                                .width = crop};
        IV_TRY(iv_watch_check(r->watch, err));
        r->amid = true;
        imgvec_status status =
            iv_trainer_learn(r->trainer, &batch, share, seed + at, r->spec->threads, &part, err);
        if (status == IMGVEC_ERR_NO_MEMORY && r->micro > 1) {
            r->micro = (r->micro + 1) / 2;
            iv_log(r->ctx, IMGVEC_LOG_NOTICE,
                   "fine-tuning: memory ran out; %d images at once from here on, %d for each "
                   "update as before",
                   (int)r->micro, (int)r->spec->batch_size);
            at = 0; /* what was gathered is gone */
            *loss = 0;
            continue;
        }
        IV_TRY(status);
        *loss += share * part;
        at += n;
    }
    return IMGVEC_OK;
}

static imgvec_status diverged(const run *r, imgvec_error *err)
{
    return iv_fail(err, IMGVEC_ERR_DATA,
                   "fine-tuning diverged: its values are finite no more; set option lr below %g",
                   r->spec->rate);
}

/* Update number r->at.step + 1, of batch `b` of the epoch. */
static imgvec_status step(run *r, uint64_t epoch, int64_t b, imgvec_error *err)
{
    const iv_finetune_spec *s = r->spec;
    int64_t n = (int64_t)r->lessons->count, steps = r->steps_each * s->epochs;
    int64_t first = b * n / r->steps_each, end = (b + 1) * n / r->steps_each;
    double loss, norm;
    IV_TRY(iv_lessons_load(r->lessons, epoch, r->order + first, (size_t)(end - first), s->threads,
                           r->pixels, r->targets, err));
    IV_TRY(
        learn(r, (size_t)(end - first), s->seed + ((uint64_t)(r->at.step + 1) << 20), &loss, err));
    const iv_update update = {.rate =
                                  s->rate * iv_schedule_factor(r->at.step + 1, steps, s->warmup),
                              .clip = s->clip,
                              .step = r->at.step + 1};
    IV_TRY(iv_trainer_update(r->trainer, &update, s->threads, &norm, err));
    r->diverged = isfinite(norm) && isfinite(loss) ? 0 : r->diverged + 1;
    if (r->diverged >= DIVERGED_AFTER)
        return diverged(r, err);
    if (isfinite(loss)) {
        r->at.loss_sum += loss * (double)(end - first);
        r->at.loss_count += end - first;
    }
    r->at.step++;
    r->amid = r->check_is_fresh = false;
    atomic_fetch_add(r->done, (uint64_t)(end - first));
    return IMGVEC_OK;
}

/* Weights are averaged from the middle on: those before are still far from where they end. */
static imgvec_status stir_soup(run *r, imgvec_error *err)
{
    iv_tensors *state;
    if (!r->spec->soup || r->spec->epochs < 3 || r->at.epochs <= r->spec->epochs / 2)
        return IMGVEC_OK;
    IV_TRY(iv_trainer_state(r->trainer, IV_SLOT_VALUE, &state, err));
    imgvec_status status = iv_soup_add(r->ctx, &r->at.soup, state, r->at.soup_count + 1, err);
    iv_tensors_free(state);
    r->at.soup_count += status == IMGVEC_OK;
    return status;
}

static imgvec_status check(run *r, imgvec_error *err)
{
    if (r->checked && !r->check_is_fresh)
        IV_TRY(iv_check_run(&r->check, r->trainer, r->spec->threads, r->watch, err));
    r->check_is_fresh = true;
    return IMGVEC_OK;
}

static imgvec_status keep_best(run *r, imgvec_error *err)
{
    iv_progress *p = &r->at;
    const double *losses = p->check_losses;
    if (!r->checked || r->spec->patience < 1 || !isfinite(losses[p->epochs - 1]) ||
        (p->best_epoch > 0 && losses[p->epochs - 1] >= losses[p->best_epoch - 1]))
        return IMGVEC_OK;
    iv_tensors_free(p->best);
    p->best = NULL;
    p->best_epoch = 0;
    IV_TRY(iv_trainer_state(r->trainer, IV_SLOT_VALUE, &p->best, err));
    p->best_epoch = p->epochs;
    return IMGVEC_OK;
}

static imgvec_status end_epoch(run *r, imgvec_error *err)
{
    iv_progress *p = &r->at;
    IV_TRY(check(r, err)); /* first: it may be cancelled, and the epoch must not count twice */
    p->losses[p->epochs] = p->loss_count ? p->loss_sum / (double)p->loss_count : NAN;
    p->check_losses[p->epochs] = r->checked ? r->check.loss : NAN;
    p->epochs++;
    p->loss_sum = 0;
    p->loss_count = 0;
    IV_TRY(stir_soup(r, err));
    IV_TRY(keep_best(r, err));
    const iv_epoch e = {.epoch = p->epochs,
                        .train_loss = p->losses[p->epochs - 1],
                        .check_loss = p->check_losses[p->epochs - 1],
                        .outputs = r->checked ? r->check.outputs : NULL};
    r->ended = r->spec->epoch_done && !r->spec->epoch_done(r->spec->user, &e);
    return IMGVEC_OK;
}

static bool is_over(const run *r)
{
    const iv_progress *p = &r->at;
    return r->ended || p->epochs == r->spec->epochs ||
           (r->spec->deadline > 0 && iv_now() > r->spec->deadline) ||
           (p->best_epoch > 0 && p->epochs - p->best_epoch >= r->spec->patience);
}

/* Asked to stop between two updates: what was learned is kept. */
static void keep_cancelled(run *r, imgvec_status status)
{
    imgvec_error other;
    if (status == IMGVEC_ERR_CANCELLED && !r->amid)
        keep(r, &other); /* it was asked to stop: that is what it says */
}

static imgvec_status train(run *r, imgvec_error *err)
{
    atomic_fetch_add(r->done, (uint64_t)r->at.epochs * r->lessons->count);
    int64_t ordered = 0;
    while (!is_over(r)) {
        int64_t epoch = r->at.epochs + 1, b = r->at.step - r->at.epochs * r->steps_each;
        imgvec_status status = IMGVEC_OK;
        if (ordered != epoch)
            iv_lessons_order(r->lessons, (uint64_t)epoch, r->order);
        ordered = epoch;
        if (b < r->steps_each)
            status = step(r, (uint64_t)epoch, b, err);
        bool end = status == IMGVEC_OK && b + 1 >= r->steps_each;
        if (end)
            status = end_epoch(r, err);
        keep_cancelled(r, status);
        IV_TRY(status);
        if (end || iv_now() - r->kept >= KEEP_EVERY)
            IV_TRY(keep(r, err));
    }
    return IMGVEC_OK;
}

/* The weights that are handed out: of the best epoch, or the mean of the last ones where that is
 * better, or the last. */
static imgvec_status choose(run *r, iv_finetuned *out, imgvec_error *err)
{
    iv_progress *p = &r->at;
    iv_tensors *last = NULL;
    imgvec_status status = IMGVEC_OK;
    if (p->best_epoch > 0 && p->best_epoch < p->epochs) {
        IV_TRY(iv_trainer_restore(r->trainer, IV_SLOT_VALUE, p->best, err));
        r->check_is_fresh = false;
    }
    out->best_epoch = p->best_epoch;
    IV_TRY(check(r, err));
    if (p->soup_count < 2 || p->best_epoch > 0)
        return IMGVEC_OK;
    double loss = r->check.loss;
    IV_TRY(iv_trainer_state(r->trainer, IV_SLOT_VALUE, &last, err));
    IV_DO(iv_trainer_restore(r->trainer, IV_SLOT_VALUE, p->soup, err));
    r->check_is_fresh = false;
    IV_DO(check(r, err));
    out->soup = !r->checked || r->check.loss < loss;
    if (out->soup)
        goto done;
    IV_DO(iv_trainer_restore(r->trainer, IV_SLOT_VALUE, last, err));
    r->check_is_fresh = false;
    status = check(r, err);
done:
    iv_tensors_free(last);
    return status;
}

/* The trained state_dict with the metadata of the base and of the head. */
static imgvec_status describe(const run *r, iv_tensors *set, imgvec_error *err)
{
    for (size_t i = 0; i < set->count; i++)
        if (iv_tensor_check_finite(&set->items[i], NULL) != IMGVEC_OK)
            return diverged(r, err);
    return iv_head_describe(set, iv_network_tensors(r->base), &r->lessons->input,
                            r->spec->bottleneck, iv_lessons_outputs(r->lessons), err);
}

imgvec_status iv_finetune(imgvec_context *ctx, const iv_executor *executor, const iv_network *base,
                          const iv_lessons *lessons, const iv_lessons *check_by,
                          const iv_finetune_spec *spec, const iv_first_head *head, iv_watch *watch,
                          atomic_uint_fast64_t *done, iv_finetuned *out, imgvec_error *err)
{
    run r = {.ctx = ctx,
             .executor = executor,
             .base = base,
             .lessons = lessons,
             .checked = check_by && check_by->count > 0 ? check_by : NULL,
             .spec = spec,
             .watch = watch,
             .done = done};
    imgvec_status status = IMGVEC_OK;
    memset(out, 0, sizeof *out);
    IV_DO(begin(&r, head, &out->resumed, err));
    IV_DO(train(&r, err));
    IV_DO(choose(&r, out, err));
    IV_DO(iv_trainer_state(r.trainer, IV_SLOT_VALUE, &out->tensors, err));
    IV_DO(describe(&r, out->tensors, err));
    out->losses = r.at.losses;
    out->check_losses = r.at.check_losses;
    out->outputs = r.check.outputs;
    out->check_loss = r.checked ? r.check.loss : NAN;
    out->epochs = r.at.epochs;
    out->micro = r.micro;
    out->state = r.path;
    r.path = NULL;
    r.at.losses = r.at.check_losses = NULL;
    r.check.outputs = NULL;
done:
    run_free(&r);
    if (status != IMGVEC_OK)
        iv_finetuned_free(ctx, out);
    return status;
}

void iv_finetuned_free(imgvec_context *ctx, iv_finetuned *f)
{
    iv_tensors_free(f->tensors);
    iv_free(ctx, f->losses);
    iv_free(ctx, f->check_losses);
    iv_free(ctx, f->outputs);
    iv_free(ctx, f->state);
    memset(f, 0, sizeof *f);
}
