#include "model/experiment_tune.h"

#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/thread.h"
#include "model/parts.h"
#include "model/tune_crew.h"

imgvec_status iv_experiment_read_tuning(iv_experiment *x, imgvec_error *err)
{
    const char *device = iv_option_device(x->opts, x->ctx);
    if (iv_option_is(x->opts, IMGVEC_OPT_FINE_TUNE, "off"))
        return IMGVEC_OK;
    x->tuned.wanted = x->image_count > 0;
    if (!x->tuned.wanted)
        iv_log(x->ctx, IMGVEC_LOG_NOTICE, "option fine_tune: there is no image column to tune for");
    return iv_tuning_read(x->opts, device, &x->tuned.tuning, err);
}

/* Rows to learn from whose image can be used. */
static size_t count_usable(const iv_experiment *x, size_t input)
{
    size_t n = 0;
    for (size_t i = 0; i < x->cases.count; i++)
        n += x->inputs.items[input].status[x->cases.row[i]] == IMGVEC_OK;
    return n;
}

imgvec_status iv_experiment_list_tuned(iv_experiment *x, imgvec_error *err)
{
    iv_tuned_inputs *t = &x->tuned;
    t->jobs = (int32_t)iv_option_i64(x->opts, IMGVEC_OPT_FOLDS) + 1;
    t->items = iv_calloc(x->ctx, x->inputs.count * x->nets.count + 1, sizeof *t->items);
    if (!t->items)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < x->inputs.count; i++) {
        if (x->inputs.items[i].type != IMGVEC_COLUMN_IMAGE)
            continue;
        if (count_usable(x, i) < (size_t)(2 * t->jobs * t->tuning.parts)) {
            iv_log(x->ctx, IMGVEC_LOG_NOTICE, "column %s has too few usable images to fine-tune on",
                   iv_dataset_column_name(x->ds, x->inputs.items[i].column));
            continue;
        }
        for (size_t n = 0; n < x->nets.count; n++)
            t->items[t->count++] = (iv_tuned_input){.from = i, .net = n};
    }
    if (t->count > IV_PARTS_NETWORKS_MAX)
        return iv_fail(err, IMGVEC_ERR_LIMIT,
                       "option fine_tune: %zu networks for the image columns and backbones, and at "
                       "most %d are possible",
                       t->count, IV_PARTS_NETWORKS_MAX);
    t->wanted = t->count > 0;
    /* A strategy that the network does not have is told now; what auto is, when skill is known. */
    return iv_tuning_choose(&t->tuning, 0, 0, x->nets.items[0], err);
}

/* The experiment's inputs with the fine-tuned ones behind them, for each job; raws move over. */
static imgvec_status make_inputs(iv_tune_crew *c, imgvec_error *err)
{
    iv_experiment *x = c->x;
    iv_tuned_inputs *t = c->t;
    size_t n = x->inputs.count;
    t->inputs_of = iv_calloc(c->ctx, (size_t)t->jobs, sizeof *t->inputs_of);
    if (!t->inputs_of)
        return iv_fail_nomem(err);
    for (int32_t f = 0; f < t->jobs; f++) {
        iv_inputs *in = &t->inputs_of[f];
        *in = x->inputs;
        in->items = iv_calloc(c->ctx, n + t->count + 1, sizeof *in->items);
        if (!in->items)
            return iv_fail_nomem(err);
        memcpy(in->items, x->inputs.items, n * sizeof *in->items);
        for (size_t i = 0; i < t->count; i++) {
            iv_input *to = &in->items[n + i];
            *to = x->inputs.items[t->items[i].from];
            to->kind = NULL;
            to->tuned = iv_tune_outputs(x);
            to->tuned_id = (int32_t)i;
            to->raw = NULL;
        }
        in->count = n + t->count;
    }
    for (int32_t f = 0; f < t->jobs; f++)
        for (size_t i = 0; i < t->count; i++)
            t->inputs_of[f].items[n + i].raw = c->raw[t->tuning.fast ? t->jobs - 1 : f][i];
    for (int32_t f = 0; f < t->jobs; f++) { /* theirs from here on */
        iv_free(c->ctx, c->raw[f]);
        c->raw[f] = NULL;
    }
    return IMGVEC_OK;
}

static int64_t smallest_class(const iv_cases *c)
{
    int64_t least = (int64_t)c->count;
    for (int32_t k = 0; k < c->class_count; k++) {
        int64_t own = 0;
        for (size_t i = 0; i < c->count; i++)
            own += (int32_t)c->y[i] == k;
        least = own < least ? own : least;
    }
    return least;
}

imgvec_status iv_experiment_tune(iv_experiment *x, double skill, imgvec_error *err)
{
    iv_tuned_inputs *t = &x->tuned;
    iv_tune_crew c = {.ctx = x->ctx, .x = x, .t = t};
    imgvec_status status = IMGVEC_OK;
    double started = iv_now();
    if (t->tuning.fast)
        iv_log(x->ctx, IMGVEC_LOG_WARNING,
               "option fast: one fine-tuned network for all folds, which has seen every row: the "
               "scores of this model are optimistic");
    IV_TRY(iv_tuning_choose(&t->tuning, smallest_class(&x->cases), skill, x->nets.items[0], err));
    IV_DO(iv_tune_crew_run(&c, err));
    IV_DO(make_inputs(&c, err));
    t->seconds = iv_now() - started;
done:
    iv_tune_crew_free(&c);
    return status;
}

void iv_tuned_inputs_free(imgvec_context *ctx, iv_tuned_inputs *t)
{
    size_t n = t->inputs_of ? t->inputs_of[0].count - t->count : 0;
    for (int32_t f = 0; t->inputs_of && f < t->jobs; f++) {
        iv_input *items = t->inputs_of[f].items;
        for (size_t i = 0; items && i < t->count; i++)
            if (!t->tuning.fast || f == t->jobs - 1) /* fast: all folds share the last one's */
                iv_free(ctx, items[n + i].raw);
        iv_free(ctx, items);
    }
    iv_free(ctx, t->inputs_of);
    for (size_t i = 0; t->items && i < t->count; i++) {
        iv_network_free(t->items[i].network);
        iv_free(ctx, t->items[i].losses);
        iv_free(ctx, t->items[i].check_losses);
    }
    iv_free(ctx, t->items);
    memset(t, 0, sizeof *t);
}
