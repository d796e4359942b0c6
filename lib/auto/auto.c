#include "auto/auto.h"

#include <math.h>
#include <string.h>

#include "auto/stages.h"
#include "auto/trial_log.h"
#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/thread.h"
#include "model/insight_gradcam.h"
#include "model/parts.h"
#include "model/tuning.h"
#include "table/dataset.h"
#include "table/skipped.h"

#define MOST_WORKERS 4 /* networks that learn at once; their threads share the rest */

/* The one image column; what else there is does not take part. */
static imgvec_status keep_image(iv_experiment *x, imgvec_error *err)
{
    size_t others = x->inputs.count - (size_t)x->image_count;
    if (x->image_count == 0)
        return iv_fail(err, IMGVEC_ERR_DATA,
                       "no image column to learn %s from: the automatic model learns from images; "
                       "imgvec_model_train takes other columns",
                       x->target_name);
    if (x->image_count > 1)
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                       "%d image columns, and the automatic model learns from one: leave out the "
                       "others by option ignore",
                       (int)x->image_count);
    if (others > 0)
        iv_log(x->ctx, IMGVEC_LOG_NOTICE,
               "%zu columns beside the image are not used: imgvec_model_train learns from all "
               "columns",
               others);
    x->inputs.count = 1; /* images come first */
    return IMGVEC_OK;
}

/* The network that looks at the images before the search: the one that costs the least. */
static imgvec_status load_first(iv_auto_search *s, imgvec_error *err)
{
    iv_experiment *x = s->x;
    const iv_space *sp = &s->space;
    const iv_network *net;
    int32_t cheapest = 0;
    for (int32_t i = 1; i < sp->backbone_count; i++)
        if (iv_auto_work(sp->backbones[i], sp->native[i]) <
            iv_auto_work(sp->backbones[cheapest], sp->native[cheapest]))
            cheapest = i;
    IV_TRY(iv_auto_base(s, sp->backbones[cheapest], &net, err));
    x->nets.items = iv_calloc(s->ctx, 1, sizeof *x->nets.items);
    if (!x->nets.items)
        return iv_fail_nomem(err);
    x->nets.items[0] = s->bases[cheapest]; /* lent: taken back by search_free */
    x->nets.count = 1;
    x->nets.width = iv_network_width(net);
    return IMGVEC_OK;
}

static void share_threads(iv_auto_search *s)
{
    int threads = s->x->inputs.threads;
    bool cuda = strncmp(iv_option_device(s->opts, s->ctx), "cuda", 4) == 0;
    s->workers = cuda ? 1 : threads < MOST_WORKERS ? threads : MOST_WORKERS;
    s->threads = threads / s->workers;
}

/* As in iv_transform: no answer is blown up by the way back from the logarithm. */
static void bounds(iv_auto_search *s)
{
    const iv_cases *c = &s->x->cases;
    s->low = INFINITY;
    s->high = -INFINITY;
    for (size_t i = 0; s->transform == IV_LOG && i < c->count; i++) {
        s->low = fmin(s->low, log(c->y[i]));
        s->high = fmax(s->high, log(c->y[i]));
    }
    double room = (s->high - s->low) / 2;
    s->low -= room;
    s->high += room;
}

static imgvec_status prepare(iv_auto_search *s, iv_executor_source executors, imgvec_error *err)
{
    iv_experiment *x = s->x;
    size_t count;
    IV_TRY(
        iv_dataset_check_skipped(x->ds, iv_option_f64(x->opts, IMGVEC_OPT_MAX_BAD_FRACTION), err));
    IV_TRY(iv_experiment_columns(x, err));
    IV_TRY(keep_image(x, err));
    IV_TRY(iv_auto_search_backbones(s, err));
    IV_TRY(executors(x->ctx, &x->executor, err));
    IV_TRY(load_first(s, err));
    IV_TRY(iv_experiment_images(x, executors, err));
    IV_TRY(iv_experiment_cases(x, err));
    share_threads(s);
    s->space.task = x->target.task;
    s->space.rows = (int64_t)x->cases.count;
    s->metric = iv_metric_find(x->target.task, x->metric);
    s->higher = iv_metrics_of(x->target.task, &count)[s->metric].higher_is_better;
    s->transform = x->target.class_count == 0 && iv_tune_by_logarithm(x->cases.y, x->cases.count)
                       ? IV_LOG
                       : IV_NO_TRANSFORM;
    bounds(s);
    return IMGVEC_OK;
}

static void search_free(iv_auto_search *s)
{
    iv_experiment *x = s->x;
    if (x && x->nets.items)
        x->nets.count = 0; /* theirs are among the bases */
    for (size_t i = 0; i < s->count; i++)
        iv_trial_free(s->ctx, s->trials[i], s->parts);
    for (int32_t i = 0; i < IV_SPACE_BACKBONES; i++)
        iv_network_free(s->bases[i]);
    iv_insight_free(s->ctx, &s->insights);
    iv_free(s->ctx, s->trials);
    iv_free(s->ctx, s->part_of);
    iv_json_free(s->given_doc);
    iv_trial_log_close(s);
    pthread_mutex_destroy(&s->lock);
}

/* As many as a model file may hold, also where each of the blend is one network for each part. */
static size_t most_networks(const iv_auto_search *s)
{
    int64_t asked = iv_option_i64(s->opts, IMGVEC_OPT_ENSEMBLE);
    size_t most = asked > 0        ? (size_t)asked
                  : s->workers < 2 ? 2
                  : s->workers > 3 ? 3
                                   : (size_t)s->workers;
    size_t room = IV_PARTS_NETWORKS_MAX / (size_t)s->parts;
    return most < room ? most : room;
}

static imgvec_status search(iv_auto_search *s, double time_budget, imgvec_error *err)
{
    iv_blend b = {0};
    iv_blend_judged judged = {0};
    iv_member networks[IV_BLEND_MAX] = {0};
    imgvec_status status = IMGVEC_OK;
    IV_TRY(iv_trial_log_open(s, iv_option_bool(s->opts, IMGVEC_OPT_RESUME), err));
    IV_TRY(iv_auto_search_plan(s, time_budget, err));
    IV_TRY(iv_trial_log_begin(s, err));
    IV_TRY(iv_auto_search_run(s, err));
    IV_DO(iv_blend_choose(s, most_networks(s), &b, &judged, err));
    int32_t epochs = iv_auto_search_refit(s, &b, networks);
    status = iv_auto_search_assemble(s, &b, &judged, networks, epochs, time_budget, err);
done:
    for (size_t m = 0; m < IV_BLEND_MAX; m++)
        iv_tensors_free(networks[m].tensors);
    iv_blend_judged_free(s->ctx, &judged);
    return status;
}

/* Scores a few rows by the clock; a search that was asked to stop has no patience for it. */
static imgvec_status finish(iv_auto_search *s, imgvec_model *m, imgvec_error *err)
{
    m->insights = s->insights;
    memset(&s->insights, 0, sizeof s->insights);
    m->cost = (iv_cost){.train_seconds = iv_now() - s->started};
    if (s->interrupted)
        return IMGVEC_OK;
    imgvec_status status = iv_insight_gradcam(m, s->x->ds, &s->x->watch, err);
    if (status == IMGVEC_OK)
        status = iv_cost_measure(m, s->x->ds, &s->x->watch, &m->cost, err);
    return status == IMGVEC_ERR_CANCELLED ? IMGVEC_OK : status;
}

imgvec_status iv_model_train_auto(imgvec_context *ctx, iv_executor_source executors,
                                  const imgvec_dataset *ds, const imgvec_options *opts,
                                  const imgvec_watch *watch, imgvec_model **out, imgvec_error *err)
{
    imgvec_status status = IMGVEC_OK;
    imgvec_model *m = NULL;
    double time_budget;
    IV_TRY(iv_time_budget(iv_option_text(opts, IMGVEC_OPT_TIME_BUDGET), &time_budget, err));
    iv_auto_search s = {
        .ctx = ctx,
        .opts = opts,
        .started = iv_now(),
        .log = -1,
        .folder = iv_option_text(opts, IMGVEC_OPT_CHECKPOINT_DIR),
        .most_trials = (int32_t)iv_option_i64(opts, IMGVEC_OPT_TRIALS),
        .space = {.opts = opts, .seed = (uint64_t)iv_option_i64(opts, IMGVEC_OPT_SEED)}};
    s.deadline = s.started + time_budget;
    pthread_mutex_init(&s.lock, NULL);
    s.x = iv_experiment_new(ctx, ds, opts);
    if (!s.x)
        IV_DO(iv_fail_nomem(err));
    IV_DO(iv_watch_init(&s.x->watch, watch, err));
    IV_DO(prepare(&s, executors, err));
    IV_DO(search(&s, time_budget, err));
    IV_DO(iv_experiment_hand_over(s.x, &m, err));
    IV_DO(finish(&s, m, err));
    *out = m;
    m = NULL;
done:
    iv_model_free(m);
    search_free(&s);
    iv_experiment_free(s.x);
    return status;
}
