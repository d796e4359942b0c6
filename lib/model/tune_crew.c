#include "model/tune_crew.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/jobs.h"
#include "base/mem.h"
#include "table/dataset.h"
#include "table/folds.h"
#include "train/batch_size.h"

int32_t iv_tune_outputs(const iv_experiment *x)
{
    return x->cases.class_count > 0 ? x->cases.class_count : 1;
}

/* Progress of a job that only the experiment's watch may end. */
static int32_t ask_to_stop(void *user, const imgvec_progress *now)
{
    (void)now;
    return iv_watch_stopped(user);
}

/* Outputs of the network for the rows that it is to tell of. */
static imgvec_status tell(iv_tune_crew *c, const iv_tune_job *j, const iv_tune_rows *r,
                          iv_network *net, imgvec_error *err)
{
    iv_experiment *x = c->x;
    size_t k = (size_t)iv_tune_outputs(x);
    const iv_networks one = {.items = &net, .count = 1, .width = (int32_t)k};
    const iv_embed_settings settings = {
        .threads = c->threads, .batch_size = -1, .max_bad = -1, .rows = r->tell};
    const imgvec_watch quiet = {.size = sizeof quiet, .user = &x->watch, .progress = ask_to_stop};
    float *to = c->raw[j->fold][j->input];
    int32_t *status_of = iv_calloc(c->ctx, r->tell_count + 1, sizeof *status_of);
    float *values = iv_alloc_n(c->ctx, r->tell_count + 1, k * sizeof *values);
    iv_watch watch;
    imgvec_status status = IMGVEC_OK;
    if (!values || !status_of) {
        status = iv_fail_nomem(err);
        goto done;
    }
    IV_DO(iv_watch_init(&watch, &quiet, err));
    IV_DO(iv_embed(c->ctx, &one, x->ds, x->inputs.items[c->t->items[j->input].from].column, 0,
                   r->tell_count, &settings, &watch, NULL, values, status_of, err));
    for (size_t i = 0; i < r->tell_count; i++)
        memcpy(to + (size_t)r->tell[i] * k, values + i * k, k * sizeof *values);
done:
    iv_free(c->ctx, values);
    iv_free(c->ctx, status_of);
    return status;
}

static imgvec_status run_job(void *user, size_t number, imgvec_error *err)
{
    iv_tune_crew *c = user;
    const iv_tune_job *j = &c->jobs[number];
    iv_tune_rows r;
    iv_network *net = NULL;
    imgvec_status status = IMGVEC_OK;
    IV_DO(iv_tune_rows_choose(c, j, &r, err));
    IV_DO(iv_tune_learn(c, j, &r, &net, err));
    IV_DO(tell(c, j, &r, net, err));
    if (j->fold == c->t->jobs - 1 && j->part == c->t->tuning.parts) {
        c->t->items[j->input].network = net;
        net = NULL;
    }
done:
    iv_network_free(net);
    iv_tune_rows_free(c->ctx, &r);
    return status;
}

/* The final model's networks first: they have the most rows. */
static imgvec_status list_jobs(iv_tune_crew *c, uint64_t *images, imgvec_error *err)
{
    iv_tuned_inputs *t = c->t;
    int32_t last = t->jobs - 1;
    c->jobs = iv_alloc_n(c->ctx, t->count * (size_t)t->jobs * (size_t)(t->tuning.parts + 1),
                         sizeof *c->jobs);
    if (!c->jobs)
        return iv_fail_nomem(err);
    for (int32_t fold = last; fold >= (t->tuning.fast ? last : 0); fold--)
        for (int32_t part = t->tuning.parts; part >= (t->tuning.fast ? t->tuning.parts : 0); part--)
            for (size_t i = 0; i < t->count; i++)
                c->jobs[c->job_count++] = (iv_tune_job){i, fold, part};
    *images = 0;
    for (size_t i = 0; i < c->job_count; i++) {
        iv_tune_rows r;
        imgvec_status status = iv_tune_rows_choose(c, &c->jobs[i], &r, err);
        *images += r.learn_count * (uint64_t)t->tuning.spec.epochs;
        iv_tune_rows_free(c->ctx, &r);
        IV_TRY(status);
    }
    return IMGVEC_OK;
}

/* As many jobs side by side as there are threads and memory for. */
static imgvec_status plan_workers(iv_tune_crew *c, int *workers, imgvec_error *err)
{
    iv_experiment *x = c->x;
    iv_training_memory most = {0};
    int threads = x->inputs.threads;
    iv_finetune_spec *spec = &c->t->tuning.spec;
    for (size_t i = 0; i < x->nets.count; i++) {
        iv_training_memory m;
        IV_TRY(iv_training_memory_of(x->nets.items[i], &m, err));
        most.each = m.each > most.each ? m.each : most.each;
        most.fixed = m.fixed > most.fixed ? m.fixed : most.fixed;
    }
    uint64_t share = iv_memory_for_training();
    uint64_t fit = share / (most.each * (uint64_t)spec->batch_size + most.fixed + 1);
    *workers = (size_t)threads < c->job_count ? threads : (int)c->job_count;
    if (fit < (uint64_t)*workers)
        *workers = fit > 0 ? (int)fit : 1;
    c->threads = threads / *workers;
    spec->micro = iv_micro_batch(&most, spec->batch_size, share / (uint64_t)*workers);
    return IMGVEC_OK;
}

static imgvec_status run_jobs(iv_tune_crew *c, imgvec_error *err)
{
    iv_watch *watch = &c->x->watch;
    uint64_t images = 0;
    int workers;
    IV_TRY(list_jobs(c, &images, err));
    IV_TRY(plan_workers(c, &workers, err));
    const iv_jobs jobs = {.count = c->job_count,
                          .workers = workers,
                          .run = run_job,
                          .user = c,
                          .watch = watch,
                          .done = &c->done};
    IV_TRY(iv_watch_begin(watch, images, err, "fine-tuning %zu networks", c->job_count));
    IV_TRY(iv_jobs_run(c->ctx, &jobs, err));
    c->t->trained = c->job_count;
    c->t->images = (int64_t)images;
    return iv_watch_end(watch, err);
}

/* Parts of each training fold, stratified and with groups kept together as folds are. */
static imgvec_status assign_parts(iv_tune_crew *c, imgvec_error *err)
{
    const iv_cases *cases = &c->x->cases;
    const iv_tuned_inputs *t = c->t;
    size_t n = cases->count;
    imgvec_status status = IMGVEC_OK;
    int64_t *at = iv_alloc_n(c->ctx, n + 1, sizeof *at);
    int32_t *labels = iv_alloc_n(c->ctx, n + 1, sizeof *labels);
    int32_t *group = iv_alloc_n(c->ctx, n + 1, sizeof *group);
    int32_t *part = iv_alloc_n(c->ctx, n + 1, sizeof *part);
    if (!at || !labels || !group || !part) {
        status = iv_fail_nomem(err);
        goto done;
    }
    for (int32_t fold = 0; fold < t->jobs; fold++) {
        size_t m = 0;
        for (size_t i = 0; i < n; i++) {
            if (fold < t->jobs - 1 && c->fold_of[i] == fold)
                continue;
            labels[m] = cases->class_count ? (int32_t)cases->y[i] : 0;
            group[m] = cases->group ? cases->group[i] : 0;
            at[m++] = (int64_t)i;
        }
        IV_DO(iv_prefix(err,
                        iv_folds_assign(c->ctx, m, cases->class_count ? labels : NULL,
                                        cases->group ? group : NULL, t->tuning.parts,
                                        t->tuning.spec.seed + 1 + (uint64_t)fold, part, err),
                        "parts of a training fold for fine-tuning"));
        for (size_t i = 0; i < m; i++)
            c->part_of[fold][at[i]] = part[i];
    }
done:
    iv_free(c->ctx, at);
    iv_free(c->ctx, labels);
    iv_free(c->ctx, group);
    iv_free(c->ctx, part);
    return status;
}

static imgvec_status make_room(iv_tune_crew *c, imgvec_error *err)
{
    iv_tuned_inputs *t = c->t;
    size_t total = (size_t)iv_dataset_rows(c->x->ds), k = (size_t)iv_tune_outputs(c->x);
    c->part_of = iv_calloc(c->ctx, (size_t)t->jobs, sizeof *c->part_of);
    c->raw = iv_calloc(c->ctx, (size_t)t->jobs, sizeof *c->raw);
    if (!c->part_of || !c->raw)
        return iv_fail_nomem(err);
    for (int32_t f = t->tuning.fast ? t->jobs - 1 : 0; f < t->jobs; f++) {
        c->part_of[f] = iv_calloc(c->ctx, c->x->cases.count + 1, sizeof **c->part_of);
        c->raw[f] = iv_calloc(c->ctx, t->count + 1, sizeof **c->raw);
        if (!c->part_of[f] || !c->raw[f])
            return iv_fail_nomem(err);
        for (size_t i = 0; i < t->count; i++) {
            float *raw = c->raw[f][i] = iv_alloc_n(c->ctx, total, k * sizeof *raw);
            for (size_t v = 0; raw && v < total * k; v++)
                raw[v] = NAN;
            if (!raw)
                return iv_fail_nomem(err);
        }
    }
    return IMGVEC_OK;
}

imgvec_status iv_tune_crew_run(iv_tune_crew *c, imgvec_error *err)
{
    c->fold_of = c->x->frozen.fold_of;
    IV_TRY(make_room(c, err));
    if (!c->t->tuning.fast)
        IV_TRY(assign_parts(c, err));
    return run_jobs(c, err);
}

void iv_tune_crew_free(iv_tune_crew *c)
{
    for (int32_t f = 0; f < c->t->jobs; f++) {
        for (size_t i = 0; c->raw && c->raw[f] && i < c->t->count; i++)
            iv_free(c->ctx, c->raw[f][i]);
        if (c->raw)
            iv_free(c->ctx, c->raw[f]);
        if (c->part_of)
            iv_free(c->ctx, c->part_of[f]);
    }
    iv_free(c->ctx, c->raw);
    iv_free(c->ctx, c->part_of);
    iv_free(c->ctx, c->jobs);
}
