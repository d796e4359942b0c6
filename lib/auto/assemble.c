#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "auto/stages.h"
#include "auto/trial_json.h"
#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/thread.h"
#include "features/tuned.h"
#include "learn/assess.h"
#include "learn/summary.h"
#include "table/dataset.h"

/* One network of the model: what it weighs in the blend, and its scale of a number. */
typedef struct piece {
    double weight, centre, scale;
} piece;

static imgvec_status add_piece(iv_auto_search *s, iv_tensors **tensors, const piece *p,
                               piece *pieces, imgvec_error *err)
{
    iv_tuned_inputs *t = &s->x->tuned;
    iv_tuned_input *in = &t->items[t->count];
    *in = (iv_tuned_input){.from = s->input};
    IV_TRY(
        iv_network_from_tensors(s->ctx, s->x->executor, *tensors, iv_option_device(s->opts, s->ctx),
                                iv_option_text(s->opts, IMGVEC_OPT_PRECISION), &in->network, err));
    *tensors = NULL; /* moved */
    pieces[t->count++] = *p;
    return IMGVEC_OK;
}

/* The networks, each with its part of the blend: one that learned from all rows, or those of the
 * trial's parts. */
static imgvec_status take_networks(iv_auto_search *s, const iv_blend *b, iv_member *networks,
                                   piece *pieces, imgvec_error *err)
{
    for (size_t m = 0; m < b->count; m++) {
        iv_trial *t = s->trials[b->trial[m]];
        iv_member *own = &networks[m];
        if (own->tensors) {
            const piece p = {b->weight[m], own->centre, own->scale};
            IV_TRY(add_piece(s, &own->tensors, &p, pieces, err));
            continue;
        }
        for (int32_t i = 0; i < t->parts; i++) {
            const piece p = {b->weight[m] / t->parts, t->members[i].centre, t->members[i].scale};
            IV_TRY(add_piece(s, &t->members[i].tensors, &p, pieces, err));
        }
    }
    return IMGVEC_OK;
}

static imgvec_status make_recipe(iv_auto_search *s, imgvec_error *err)
{
    iv_experiment *x = s->x;
    iv_recipe *r = &x->cv.recipe;
    const char *column = iv_dataset_column_name(x->ds, x->inputs.items[s->input].column);
    r->blocks = iv_calloc(s->ctx, x->tuned.count + 1, sizeof *r->blocks);
    if (!r->blocks)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < x->tuned.count; i++) {
        iv_block *b = &r->blocks[r->count++];
        const iv_input in = {.column = x->inputs.items[s->input].column,
                             .type = IMGVEC_COLUMN_IMAGE,
                             .tuned = iv_auto_search_outputs(s),
                             .tuned_id = (int32_t)i};
        b->kind = &iv_tuned_image_kind;
        b->column = iv_strdup(s->ctx, column);
        if (!b->column)
            return iv_fail_nomem(err);
        IV_TRY(b->kind->fit(s->ctx, &x->inputs, &in, NULL, b, err));
        r->width += b->width;
    }
    return IMGVEC_OK;
}

/* The mean of the networks' answers is a linear model on them: softmax of the weighted mean of
 * their logits over the temperature, or the weighted mean of numbers on their own scales. */
static imgvec_status make_learner(iv_auto_search *s, const iv_blend *b, const piece *pieces,
                                  imgvec_error *err)
{
    iv_experiment *x = s->x;
    size_t width = (size_t)x->cv.recipe.width;
    int32_t classes = x->target.class_count, outputs = classes > 2 ? classes : 1;
    iv_linear *l = &x->cv.learner.linear;
    x->cv.learner = (iv_learner){
        .kind = IV_LINEAR, .task = x->target.task, .class_count = classes, .features = width};
    *l = (iv_linear){.width = (int32_t)width, .outputs = outputs};
    l->mean = iv_calloc(s->ctx, width, sizeof *l->mean);
    l->weights = iv_calloc(s->ctx, width, (size_t)outputs * sizeof *l->weights);
    l->bias = iv_calloc(s->ctx, (size_t)outputs, sizeof *l->bias);
    if (!l->mean || !l->weights || !l->bias)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < x->tuned.count; i++)
        for (int32_t o = 0; o < outputs; o++) {
            double w =
                classes ? pieces[i].weight / b->temperature : pieces[i].weight * pieces[i].scale;
            l->weights[(size_t)o * width + i * (size_t)outputs + (size_t)o] = (float)w;
            if (!classes)
                l->bias[o] += (float)(pieces[i].weight * pieces[i].centre);
        }
    return IMGVEC_OK;
}

static void make_transform(iv_auto_search *s)
{
    s->x->cv.transform =
        (iv_transform){.kind = s->transform, .scale = 1, .low = -DBL_MAX, .high = DBL_MAX};
    if (s->transform == IV_LOG) {
        s->x->cv.transform.low = s->low;
        s->x->cv.transform.high = s->high;
    }
    s->x->cv.plan = (iv_plan){.transform = (int32_t)s->transform, .learner = IV_LINEAR};
}

/* The judged rows as the folds of a cross-validation of all cases: scores of each, with what a
 * constant answer by the other rows comes to. */
static imgvec_status score_parts(iv_auto_search *s, const iv_blend_judged *j, int32_t judges,
                                 imgvec_error *err)
{
    const iv_cases *cases = &s->x->cases;
    iv_crossval *cv = &s->x->cv;
    size_t k = (size_t)cases->outputs;
    cv->fold_count = judges;
    cv->folds = iv_calloc(s->ctx, (size_t)judges, sizeof *cv->folds);
    cv->fold_of = iv_alloc_n(s->ctx, cases->count + 1, sizeof *cv->fold_of);
    cv->predictions = iv_calloc(s->ctx, cases->count + 1, k * sizeof *cv->predictions);
    if (!cv->folds || !cv->fold_of || !cv->predictions)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < cases->count; i++)
        cv->fold_of[i] = -1;
    for (size_t i = 0; i < j->count; i++) {
        cv->fold_of[j->at[i]] = j->part[i];
        cv->folds[j->part[i]].valid_rows++;
        memcpy(cv->predictions + j->at[i] * k, j->predictions + i * k, k * sizeof(float));
    }
    for (int32_t f = 0; f < judges; f++) {
        cv->folds[f].train_rows = cases->count - cv->folds[f].valid_rows;
        IV_TRY(iv_summary_fold(s->ctx, cases, cv, f, err));
    }
    return IMGVEC_OK;
}

/* Judged by more parts first, then the better. */
static bool is_before(const iv_auto_search *s, const iv_trial *a, const iv_trial *b)
{
    return a->parts != b->parts ? a->parts > b->parts
                                : iv_trial_goodness(s, a) > iv_trial_goodness(s, b);
}

static void put_leaderboard(const iv_auto_search *s, iv_json_writer *w, size_t *order)
{
    for (size_t i = 0; i < s->count; i++) {
        size_t at = i;
        for (; at > 0 && is_before(s, s->trials[i], s->trials[order[at - 1]]); at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    iv_json_put_array(w, "trials");
    for (size_t i = 0; i < s->count; i++) {
        if (s->trials[order[i]]->state == IV_TRIAL_RUNNING)
            continue;
        iv_json_put_object(w, NULL);
        iv_trial_write(s, s->trials[order[i]], w);
        iv_json_put_end(w, '}');
    }
    iv_json_put_end(w, ']');
}

/* Member "auto" (docs/json.md), without the name (NEW). */
static char *write_json(const iv_auto_search *s, const iv_blend *b, const iv_blend_judged *j,
                        bool refitted, int32_t epochs, int32_t judges, double time_budget)
{
    iv_text text;
    iv_json_writer w;
    size_t *order = iv_alloc_n(s->ctx, s->count + 1, sizeof *order);
    if (!order)
        return NULL;
    iv_text_init(&text, s->ctx);
    iv_json_begin(&w, &text, true);
    iv_json_put_object(&w, NULL);
    iv_json_put_f64(&w, "time_budget", time_budget);
    iv_json_put_f64(&w, "seconds", iv_now() - s->started);
    iv_json_put_text(&w, "metric", s->x->metric);
    iv_json_put_bool(&w, "interrupted", s->interrupted);
    iv_json_put_object(&w, "validation");
    iv_json_put_text(&w, "kind", s->parts > 1 ? "folds" : "holdout");
    iv_json_put_i64(&w, "parts", judges);
    iv_json_put_i64(&w, "rows", (int64_t)j->count);
    iv_json_put_end(&w, '}');
    iv_json_put_array(&w, "ensemble");
    for (size_t m = 0; m < b->count; m++) {
        iv_json_put_object(&w, NULL);
        iv_json_put_i64(&w, "trial", s->trials[b->trial[m]]->id);
        iv_json_put_f64(&w, "weight", b->weight[m]);
        iv_json_put_end(&w, '}');
    }
    iv_json_put_end(&w, ']');
    if (s->x->target.class_count)
        iv_json_put_f64(&w, "temperature", b->temperature);
    iv_json_put_bool(&w, "refitted", refitted);
    if (refitted)
        iv_json_put_i64(&w, "refit_epochs", epochs);
    put_leaderboard(s, &w, order);
    iv_json_put_end(&w, '}');
    iv_free(s->ctx, order);
    return iv_text_take(&text);
}

/* Pictures and a map for the report: of the rows that were judged, and neighbours of those that
 * were learned from. A search that was asked to stop leaves them out. */
static imgvec_status collect_insights(iv_auto_search *s, const iv_blend *b,
                                      const iv_blend_judged *j, int32_t judges, imgvec_error *err)
{
    iv_experiment *x = s->x;
    const iv_cases *c = &x->cases;
    const iv_input *in = &x->inputs.items[s->input];
    imgvec_status status = IMGVEC_OK;
    if (s->interrupted || !iv_option_bool(s->opts, IMGVEC_OPT_INSIGHTS))
        return IMGVEC_OK;
    size_t n = 0;
    int64_t *scored = iv_alloc_n(s->ctx, j->count + 1, sizeof *scored);
    int64_t *learned = iv_alloc_n(s->ctx, c->count + 1, sizeof *learned);
    float *truth = iv_alloc_n(s->ctx, c->count + 1, sizeof *truth);
    if (!scored || !learned || !truth) {
        status = iv_fail_nomem(err);
        goto done;
    }
    for (size_t i = 0; i < j->count; i++)
        scored[i] = c->row[j->at[i]];
    for (size_t i = 0; i < c->count; i++)
        if (s->part_of[i] < 0) {
            learned[n] = c->row[i];
            truth[n++] = c->y[i];
        }
    const iv_insight_input input = {.ds = x->ds,
                                    .column = in->column,
                                    .seed = s->space.seed,
                                    .task = c->task,
                                    .outputs = c->outputs,
                                    .scored = {j->count, scored, j->truth},
                                    .predictions = j->predictions,
                                    .fold = judges > 1 ? j->part : NULL,
                                    .learned = {n, learned, truth},
                                    .augment = s->trials[b->trial[0]]->c.augment,
                                    .features = in->raw,
                                    .status = in->status,
                                    .width = x->nets.width};
    status = iv_insight_collect(s->ctx, &input, &x->watch, &s->insights, err);
    if (status == IMGVEC_ERR_CANCELLED)
        status = IMGVEC_OK;
done:
    iv_free(s->ctx, scored);
    iv_free(s->ctx, learned);
    iv_free(s->ctx, truth);
    return status;
}

/* The judged rows become the cases that the result tells of. */
static void keep_judged(iv_auto_search *s, const iv_blend_judged *j)
{
    iv_cases *c = &s->x->cases;
    iv_crossval *cv = &s->x->cv;
    size_t k = (size_t)c->outputs;
    for (size_t i = 0; i < j->count; i++) { /* rising, so that none is overwritten too early */
        c->row[i] = c->row[j->at[i]];
        c->y[i] = j->truth[i];
        cv->fold_of[i] = j->part[i];
        memcpy(cv->predictions + i * k, j->predictions + i * k, k * sizeof(float));
    }
    c->count = j->count;
}

imgvec_status iv_auto_search_assemble(iv_auto_search *s, const iv_blend *b, iv_blend_judged *j,
                                      iv_member *networks, int32_t refit_epochs, double time_budget,
                                      imgvec_error *err)
{
    iv_experiment *x = s->x;
    size_t most = 0;
    bool refitted = b->count > 0;
    imgvec_status status = IMGVEC_OK;
    int32_t judges = 1; /* parts that judged: folds where there are several */
    for (size_t i = 0; i < j->count; i++)
        judges = j->part[i] + 1 > judges ? j->part[i] + 1 : judges;
    for (size_t m = 0; m < b->count; m++) {
        most += (size_t)s->parts;
        refitted = refitted && networks[m].tensors;
    }
    piece *pieces = iv_calloc(s->ctx, most + 1, sizeof *pieces);
    x->tuned.items = iv_calloc(s->ctx, most + 1, sizeof *x->tuned.items);
    if (!pieces || !x->tuned.items)
        IV_DO(iv_fail_nomem(err));
    IV_DO(take_networks(s, b, networks, pieces, err));
    IV_DO(make_recipe(s, err));
    IV_DO(make_learner(s, b, pieces, err));
    make_transform(s);
    memcpy(x->raw, j->metrics, sizeof x->raw);
    IV_DO(iv_assess(s->ctx, s->opts, x->metric, x->cases.task, j->count, x->cases.outputs,
                    j->predictions, j->truth, &x->cv.transform, judges > 1 ? j->part : NULL, judges,
                    &x->assessment, err));
    IV_DO(score_parts(s, j, judges, err));
    x->searched = write_json(s, b, j, refitted, refit_epochs, judges, time_budget);
    if (!x->searched)
        IV_DO(iv_fail_nomem(err));
    IV_DO(collect_insights(s, b, j, judges, err));
    keep_judged(s, j);
    status = iv_summary_all(s->ctx, &x->cases, s->space.seed, &x->cv, err);
    x->cv.fold_count = 0; /* they are parts of one search, not folds of a plan of their own */
done:
    iv_free(s->ctx, pieces);
    return status;
}
