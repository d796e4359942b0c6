#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "auto/search.h"
#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/thread.h"
#include "model/tuning.h"
#include "table/dataset.h"
#include "train/batch_size.h"

int32_t iv_auto_search_outputs(const iv_auto_search *s)
{
    return s->x->cases.outputs;
}

static bool usable(const iv_auto_search *s, size_t i)
{
    return s->x->inputs.items[s->input].status[s->x->cases.row[i]] == IMGVEC_OK;
}

size_t iv_auto_search_rows(const iv_auto_search *s, int32_t part)
{
    size_t n = 0;
    for (size_t i = 0; i < s->x->cases.count; i++)
        n += usable(s, i) && s->part_of[i] != part;
    return n;
}

static void rows_free(imgvec_context *ctx, iv_auto_rows *r)
{
    iv_free(ctx, r->row);
    iv_free(ctx, r->y);
    iv_free(ctx, r->at);
}

static imgvec_status choose_rows(const iv_auto_search *s, int32_t part, iv_auto_rows *r,
                                 imgvec_error *err)
{
    const iv_cases *cases = &s->x->cases;
    memset(r, 0, sizeof *r);
    r->row = iv_alloc_n(s->ctx, cases->count + 1, sizeof *r->row);
    r->y = iv_alloc_n(s->ctx, cases->count + 1, sizeof *r->y);
    r->at = iv_alloc_n(s->ctx, cases->count + 1, sizeof *r->at);
    if (!r->row || !r->y || !r->at)
        return iv_fail_nomem(err);
    for (int judged = 0; judged < 2; judged++)
        for (size_t i = 0; i < cases->count; i++) {
            if (!usable(s, i) || (part >= 0 && s->part_of[i] == part) != (judged == 1))
                continue;
            size_t to = r->learn + r->judge;
            r->row[to] = cases->row[i];
            r->y[to] = cases->y[i];
            r->at[to] = i;
            r->learn += !judged;
            r->judge += judged;
        }
    return r->learn >= 2 ? IMGVEC_OK
                         : iv_fail(err, IMGVEC_ERR_DATA, "too few usable images to learn from");
}

/* Numbers to mean 0 and deviation 1 by the rows to learn from. */
static void scale_numbers(const iv_auto_search *s, iv_auto_rows *r, iv_member *m)
{
    double sum = 0, squares = 0;
    size_t n = r->learn + r->judge;
    for (size_t i = 0; s->transform == IV_LOG && i < n; i++)
        r->y[i] = logf(r->y[i]);
    for (size_t i = 0; i < r->learn; i++)
        sum += r->y[i];
    m->centre = sum / (double)r->learn;
    for (size_t i = 0; i < r->learn; i++)
        squares += ((double)r->y[i] - m->centre) * ((double)r->y[i] - m->centre);
    m->scale = squares > 0 ? sqrt(squares / (double)r->learn) : 1;
    for (size_t i = 0; i < n; i++)
        r->y[i] = (float)(((double)r->y[i] - m->centre) / m->scale);
}

/* What the curve of a trial needs while one of its networks learns. */
typedef struct listener {
    iv_auto_search *s;
    iv_trial *trial;
    const iv_auto_rows *r;
    const iv_member *m;
    float *values; /* cases x outputs */
    imgvec_status status;
} listener;

void iv_auto_spread(const iv_auto_search *s, const iv_auto_rows *r, const iv_member *m,
                    const float *outputs, float *values)
{
    size_t k = (size_t)iv_auto_search_outputs(s);
    bool number = s->x->target.class_count == 0;
    for (size_t i = 0; i < r->judge; i++)
        for (size_t c = 0; c < k; c++) {
            double v = outputs[i * k + c];
            values[r->at[r->learn + i] * k + c] = (float)(number ? m->scale * v + m->centre : v);
        }
}

static void forget(const iv_auto_search *s, float *values)
{
    size_t n = s->x->cases.count * (size_t)iv_auto_search_outputs(s);
    for (size_t v = 0; v < n; v++)
        values[v] = NAN;
}

static bool hear(void *user, const iv_epoch *e)
{
    listener *l = user;
    iv_trial *t = l->trial;
    imgvec_error err;
    double metrics[IV_METRIC_MAX];
    bool time_left = iv_now() < l->s->deadline;
    if (!t || e->epoch > t->c.epochs)
        return time_left;
    iv_curve_point p = {.train_loss = e->train_loss, .valid_loss = e->check_loss, .score = NAN};
    if (e->outputs) {
        forget(l->s, l->values);
        iv_auto_spread(l->s, l->r, l->m, e->outputs, l->values);
        l->status = iv_auto_score(l->s, l->values, &p.score, NULL, NULL, metrics, &err);
    }
    pthread_mutex_lock(&l->s->lock);
    t->curve[e->epoch - 1] = p;
    if (t->epochs < e->epoch)
        t->epochs = (int32_t)e->epoch;
    pthread_mutex_unlock(&l->s->lock);
    return time_left;
}

imgvec_status iv_auto_base(iv_auto_search *s, const char *backbone, const iv_network **out,
                           imgvec_error *err)
{
    imgvec_status status = IMGVEC_OK;
    const iv_network_request request = {.backbone = backbone,
                                        .weights = iv_option_text(s->opts, IMGVEC_OPT_WEIGHTS),
                                        .weights_dir =
                                            iv_option_text(s->opts, IMGVEC_OPT_WEIGHTS_DIR),
                                        .device = iv_option_device(s->opts, s->ctx),
                                        .precision = iv_option_text(s->opts, IMGVEC_OPT_PRECISION),
                                        .seed = s->space.seed};
    pthread_mutex_lock(&s->lock);
    int32_t at = 0;
    while (at < s->space.backbone_count && strcmp(s->space.backbones[at], backbone) != 0)
        at++;
    if (at == s->space.backbone_count)
        status =
            iv_fail(err, IMGVEC_ERR_NOT_FOUND, "backbone %s is not among those searched", backbone);
    else if (!s->bases[at])
        status = iv_network_load(s->ctx, s->x->executor, &request, &s->bases[at], err);
    if (status == IMGVEC_OK)
        *out = s->bases[at];
    pthread_mutex_unlock(&s->lock);
    return status;
}

double iv_trial_goodness(const iv_auto_search *s, const iv_trial *t)
{
    if (t->state != IV_TRIAL_DONE || isnan(t->score))
        return -INFINITY;
    return s->higher ? t->score : -t->score;
}

static iv_finetune_spec spec_of(const iv_auto_search *s, const iv_candidate *c, int32_t threads)
{
    return (iv_finetune_spec){.device = iv_option_device(s->opts, s->ctx),
                              .precision = iv_option_text(s->opts, IMGVEC_OPT_PRECISION),
                              .top = -1,
                              .epochs = c->epochs,
                              .batch_size = c->batch_size,
                              .part = IV_TRAINING_PART,
                              .rate = c->rate,
                              .stage_decay = c->layer_decay,
                              .warmup = c->warmup,
                              .weight_decay = c->weight_decay,
                              .momentum = 0.9,
                              .clip = iv_option_f64(s->opts, IMGVEC_OPT_CLIP_NORM),
                              .optimizer = c->optimizer,
                              .drop = true,
                              .own_dropout = c->dropout >= 0,
                              .dropout = c->dropout,
                              .deadline = s->deadline,
                              .threads = threads,
                              .seed = c->seed,
                              .folder = s->folder};
}

/* Epochs of before a break, which nobody heard of. */
static void complete_curve(iv_auto_search *s, iv_trial *t, const iv_finetuned *f)
{
    pthread_mutex_lock(&s->lock);
    for (int64_t e = 0; e < f->epochs && e < t->c.epochs; e++)
        if (isnan(t->curve[e].train_loss)) {
            t->curve[e].train_loss = f->losses[e];
            t->curve[e].valid_loss = f->check_losses[e];
        }
    t->epochs = (int32_t)f->epochs < t->c.epochs ? (int32_t)f->epochs : t->c.epochs;
    pthread_mutex_unlock(&s->lock);
}

imgvec_status iv_trial_train(iv_auto_search *s, const iv_candidate *c, int32_t part,
                             iv_trial *trial, int32_t threads, bool soup, iv_watch *watch,
                             iv_member *out, float *values, imgvec_error *err)
{
    iv_experiment *x = s->x;
    const iv_network *base = NULL;
    iv_auto_rows r = {0};
    double *weights = NULL;
    iv_finetuned tuned = {0};
    iv_training_memory memory;
    iv_tuning tuning = {.smoothing = c->smoothing,
                        .balanced = iv_option_is(s->opts, IMGVEC_OPT_CLASS_WEIGHTS, "balanced")};
    iv_finetune_spec spec = spec_of(s, c, threads);
    spec.soup = soup;
    imgvec_status status = IMGVEC_OK;
    listener ear = {.s = s, .trial = trial, .r = &r, .m = out};
    *out = (iv_member){.scale = 1};
    IV_DO(iv_augment_parse(c->augment, &tuning.augment, err));
    IV_DO(iv_auto_base(s, c->backbone, &base, err));
    IV_DO(choose_rows(s, part, &r, err));
    if (x->target.class_count == 0)
        scale_numbers(s, &r, out);
    if (c->epochs == 0) {
        status = iv_auto_frozen_train(s, &r, watch, out, values, err);
        goto done;
    }
    ear.values =
        iv_alloc_n(s->ctx, x->cases.count + 1, (size_t)iv_auto_search_outputs(s) * sizeof(float));
    if (!ear.values)
        IV_DO(iv_fail_nomem(err));
    iv_lessons lessons = {.ctx = s->ctx,
                          .ds = x->ds,
                          .column = x->inputs.items[s->input].column,
                          .rows = r.row,
                          .y = r.y,
                          .count = r.learn,
                          .class_count = x->target.class_count,
                          .input = iv_candidate_input(c, iv_network_input(base))};
    iv_lessons check = lessons;
    check.rows += r.learn;
    check.y += r.learn;
    check.count = s->measuring ? 0 : r.judge;
    IV_DO(iv_tuning_teach(&tuning, &lessons, &spec, &weights, err));
    IV_DO(iv_training_memory_of(base, &memory, err));
    double area = (double)lessons.input.crop / iv_network_input(base)->crop;
    memory.each = (uint64_t)((double)memory.each * area * area);
    spec.micro =
        iv_micro_batch(&memory, spec.batch_size, iv_memory_for_training() / (uint64_t)s->workers);
    spec.epoch_done = hear;
    spec.user = &ear;
    IV_DO(iv_finetune(s->ctx, x->executor, base, &lessons, &check, &spec, NULL, watch, &s->done,
                      &tuned, err));
    if (values && tuned.outputs)
        iv_auto_spread(s, &r, out, tuned.outputs, values);
    out->tensors = tuned.tensors;
    out->soup = tuned.soup;
    out->epochs = (int32_t)tuned.epochs;
    out->resumed = tuned.resumed;
    out->state = tuned.state;
    tuned.state = NULL;
    if (trial)
        complete_curve(s, trial, &tuned);
    tuned.tensors = NULL;
    status = ear.status;
done:
    iv_finetuned_free(s->ctx, &tuned);
    iv_free(s->ctx, ear.values);
    iv_free(s->ctx, weights);
    rows_free(s->ctx, &r);
    return status;
}

/* What a unit of work takes, from what this one took. */
static void learn_speed(iv_auto_search *s, const iv_trial *t, double seconds)
{
    double work = 0;
    for (int32_t p = 0; p < t->parts; p++)
        work += (double)iv_auto_search_rows(s, p) * t->c.epochs *
                iv_auto_work(t->c.backbone, t->c.input_size);
    if (work <= 0)
        return;
    pthread_mutex_lock(&s->lock);
    s->unit_seconds = (s->unit_seconds * s->measured + seconds) / (s->measured + work);
    s->measured += work;
    pthread_mutex_unlock(&s->lock);
}

static imgvec_status check_finite(const iv_auto_search *s, const iv_trial *t, imgvec_error *err)
{
    size_t k = (size_t)iv_auto_search_outputs(s);
    for (size_t i = 0; i < s->x->cases.count; i++)
        for (size_t c = 0; c < k && usable(s, i) && s->part_of[i] >= 0 && s->part_of[i] < t->parts;
             c++)
            if (!isfinite(t->values[i * k + c]))
                return iv_fail(err, IMGVEC_ERR_DATA, "its network's answers are not finite");
    return IMGVEC_OK;
}

imgvec_status iv_trial_run(iv_auto_search *s, iv_trial *t, iv_watch *watch, imgvec_error *err)
{
    size_t k = (size_t)iv_auto_search_outputs(s);
    double started = iv_now();
    /* Low rungs are judged by one part, which is enough to tell the better ones. */
    t->parts = t->rung == s->halving.rungs - 1 || t->candidate == IV_FROZEN ? s->parts : 1;
    t->curve = iv_calloc(s->ctx, (size_t)t->c.epochs + 1, sizeof *t->curve);
    t->members = iv_calloc(s->ctx, (size_t)s->parts + 1, sizeof *t->members);
    t->values = iv_alloc_n(s->ctx, s->x->cases.count + 1, k * sizeof *t->values);
    if (!t->curve || !t->members || !t->values)
        return iv_fail_nomem(err);
    forget(s, t->values);
    for (int32_t e = 0; e < t->c.epochs; e++)
        t->curve[e] = (iv_curve_point){NAN, NAN, NAN};
    for (int32_t p = 0; p < t->parts; p++) {
        IV_TRY(iv_trial_train(s, &t->c, p, p == 0 ? t : NULL, s->threads, true, watch,
                              &t->members[p], t->values, err));
        if (iv_now() > s->deadline && t->c.epochs > 0)
            t->parts = p + 1;
    }
    IV_TRY(check_finite(s, t, err));
    IV_TRY(iv_auto_score(s, t->values, &t->score, &t->low, &t->high, t->metrics, err));
    bool whole = t->c.epochs > 0;
    for (int32_t p = 0; p < t->parts; p++)
        whole = whole && t->members[p].epochs == t->c.epochs && !t->members[p].resumed;
    if (whole)
        learn_speed(s, t, iv_now() - started);
    return IMGVEC_OK;
}

void iv_member_settle(imgvec_context *ctx, iv_member *m)
{
    if (m->state)
        unlink(m->state);
    iv_free(ctx, m->state);
    m->state = NULL;
}

void iv_trial_free(imgvec_context *ctx, iv_trial *t, int32_t parts)
{
    if (!t)
        return;
    for (int32_t p = 0; t->members && p < parts; p++) {
        iv_tensors_free(t->members[p].tensors);
        iv_free(ctx, t->members[p].state);
    }
    iv_free(ctx, t->members);
    iv_free(ctx, t->curve);
    iv_free(ctx, t->values);
    iv_free(ctx, t);
}
