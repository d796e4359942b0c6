#include "auto/blend.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "learn/calibration.h"

enum { CUTS = 5, STEPS = 24 };

bool iv_trial_is_whole(const iv_trial *t)
{
    if (t->state != IV_TRIAL_DONE || !t->values || !t->members)
        return false;
    for (int32_t p = 0; p < t->parts; p++)
        if (!t->members[p].tensors)
            return false;
    return true;
}

void iv_blend_judged_free(imgvec_context *ctx, iv_blend_judged *j)
{
    iv_free(ctx, j->at);
    iv_free(ctx, j->truth);
    iv_free(ctx, j->part);
    iv_free(ctx, j->predictions);
    memset(j, 0, sizeof *j);
}

/* One choice: on the rows that are not in `cut` (-1: on all). */
typedef struct choice {
    const iv_auto_search *s;
    const iv_blend_judged *j;
    const size_t *pool;
    size_t pool_count;
    int32_t cut;
    float *sum, *mean, *predictions, *truth; /* of the rows chosen by, in their order */
} choice;

/* Rows that belong together are cut together. */
static int32_t cut_of(const choice *c, size_t i)
{
    const int32_t *group = c->s->x->cases.group;
    return (int32_t)((group ? (size_t)group[c->j->at[i]] : i) % CUTS);
}

static bool chosen_by(const choice *c, size_t i)
{
    return cut_of(c, i) != c->cut;
}

/* Score, higher is better, of the sum so far with one more trial; -INFINITY where undefined. */
static imgvec_status try_one(choice *c, size_t trial, int count, double *out, imgvec_error *err)
{
    const iv_auto_search *s = c->s;
    size_t k = (size_t)iv_auto_search_outputs(s), n = 0;
    double score;
    for (size_t i = 0; i < c->j->count; i++) {
        if (!chosen_by(c, i))
            continue;
        const float *v = s->trials[trial]->values + c->j->at[i] * k;
        for (size_t o = 0; o < k; o++)
            c->mean[n * k + o] = (c->sum[n * k + o] + v[o]) / (float)count;
        n++;
    }
    iv_auto_predictions(s, c->mean, n, 1, c->predictions);
    IV_TRY(iv_metric_compute_one(s->ctx, s->x->cases.task, s->metric, n, (int32_t)k, c->predictions,
                                 c->truth, &score, err));
    *out = isnan(score) ? -INFINITY : s->higher ? score : -score;
    return IMGVEC_OK;
}

static void add(choice *c, size_t trial)
{
    size_t k = (size_t)iv_auto_search_outputs(c->s), n = 0;
    for (size_t i = 0; i < c->j->count; i++) {
        if (!chosen_by(c, i))
            continue;
        const float *v = c->s->trials[trial]->values + c->j->at[i] * k;
        for (size_t o = 0; o < k; o++)
            c->sum[n * k + o] += v[o];
        n++;
    }
}

static double *weight_of(iv_blend *b, size_t trial)
{
    for (size_t m = 0; m < b->count; m++)
        if (b->trial[m] == trial)
            return &b->weight[m];
    b->trial[b->count] = trial;
    b->weight[b->count] = 0;
    return &b->weight[b->count++];
}

static bool has(const iv_blend *b, size_t trial)
{
    for (size_t m = 0; m < b->count; m++)
        if (b->trial[m] == trial)
            return true;
    return false;
}

/* Values of the blend for judged row i. */
static void blended(const iv_auto_search *s, const iv_blend *b, size_t at, float *out)
{
    size_t k = (size_t)iv_auto_search_outputs(s);
    for (size_t o = 0; o < k; o++) {
        double sum = 0;
        for (size_t m = 0; m < b->count; m++)
            sum += b->weight[m] * s->trials[b->trial[m]]->values[at * k + o];
        out[o] = (float)sum;
    }
}

static imgvec_status choose(choice *c, size_t most, iv_blend *b, imgvec_error *err)
{
    const iv_auto_search *s = c->s;
    size_t k = (size_t)iv_auto_search_outputs(s);
    double best = -INFINITY;
    int count = 0;
    size_t n = 0;
    memset(b, 0, sizeof *b);
    memset(c->sum, 0, c->j->count * k * sizeof *c->sum);
    for (size_t i = 0; i < c->j->count; i++)
        if (chosen_by(c, i))
            c->truth[n++] = c->j->truth[i];
    for (int step = 0; step < STEPS; step++) {
        size_t winner = SIZE_MAX;
        for (size_t p = 0; p < c->pool_count; p++) {
            double score;
            if (!has(b, c->pool[p]) && b->count == most)
                continue;
            IV_TRY(try_one(c, c->pool[p], count + 1, &score, err));
            if (score > best || (count == 0 && winner == SIZE_MAX)) {
                best = score;
                winner = c->pool[p];
            }
        }
        if (winner == SIZE_MAX)
            break;
        add(c, winner);
        *weight_of(b, winner) += 1;
        count++;
    }
    for (size_t m = 0; m < b->count; m++)
        b->weight[m] /= count;
    b->temperature = 1;
    if (s->x->target.class_count == 0)
        return IMGVEC_OK;
    n = 0;
    for (size_t i = 0; i < c->j->count; i++)
        if (chosen_by(c, i))
            blended(s, b, c->j->at[i], c->mean + n++ * k);
    iv_auto_predictions(s, c->mean, n, 1, c->predictions);
    b->temperature = iv_temperature_fit(n, (int32_t)k, c->predictions, c->truth, NULL, -1);
    return IMGVEC_OK;
}

/* Fills predictions and metrics of rows that each choice did not see. */
static imgvec_status cross_choose(choice *c, size_t most, iv_blend_judged *j, imgvec_error *err)
{
    const iv_auto_search *s = c->s;
    size_t k = (size_t)iv_auto_search_outputs(s);
    for (int32_t cut = 0; cut < CUTS; cut++) {
        iv_blend b;
        c->cut = cut;
        IV_TRY(choose(c, most, &b, err));
        for (size_t i = 0; i < j->count; i++) {
            if (cut_of(c, i) != cut)
                continue;
            blended(s, &b, j->at[i], c->mean);
            iv_auto_predictions(s, c->mean, 1, b.temperature, j->predictions + i * k);
        }
    }
    c->cut = -1;
    return iv_metrics_compute(s->ctx, s->x->cases.task, j->count, (int32_t)k, j->predictions,
                              j->truth, NULL, j->metrics, err);
}

/* Trials that may be chosen: whole ones that were judged by as many parts as any that learned, and
 * the one that did not, which all parts judge. `least`: the one of the fewest rows. */
static size_t make_pool(const iv_auto_search *s, size_t *pool, size_t *least)
{
    size_t n = 0;
    int32_t parts = 0;
    for (size_t i = 0; i < s->count; i++)
        if (iv_trial_is_whole(s->trials[i]) && s->trials[i]->candidate != IV_FROZEN &&
            s->trials[i]->parts > parts)
            parts = s->trials[i]->parts;
    for (size_t i = 0; i < s->count; i++) {
        if (!iv_trial_is_whole(s->trials[i]) || s->trials[i]->parts < parts)
            continue;
        if (n == 0 || s->trials[i]->parts < s->trials[*least]->parts)
            *least = i;
        pool[n++] = i;
    }
    return n;
}

static imgvec_status make_judged(const iv_auto_search *s, const iv_trial *t, iv_blend_judged *j,
                                 imgvec_error *err)
{
    const iv_cases *cases = &s->x->cases;
    size_t k = (size_t)iv_auto_search_outputs(s), n = cases->count;
    memset(j, 0, sizeof *j);
    j->at = iv_alloc_n(s->ctx, n + 1, sizeof *j->at);
    j->truth = iv_alloc_n(s->ctx, n + 1, sizeof *j->truth);
    j->part = iv_alloc_n(s->ctx, n + 1, sizeof *j->part);
    j->predictions = iv_alloc_n(s->ctx, n + 1, k * sizeof *j->predictions);
    if (!j->at || !j->truth || !j->part || !j->predictions)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < n; i++) {
        if (isnan(t->values[i * k]))
            continue;
        j->at[j->count] = i;
        j->part[j->count] = s->part_of[i];
        j->truth[j->count++] = cases->y[i];
    }
    return IMGVEC_OK;
}

imgvec_status iv_blend_choose(const iv_auto_search *s, size_t most, iv_blend *out,
                              iv_blend_judged *judged, imgvec_error *err)
{
    size_t k = (size_t)iv_auto_search_outputs(s), n = s->x->cases.count + 1;
    size_t least = 0;
    choice c = {.s = s, .j = judged, .cut = -1};
    imgvec_status status = IMGVEC_OK;
    memset(judged, 0, sizeof *judged);
    size_t *pool = iv_alloc_n(s->ctx, s->count + 1, sizeof *pool);
    c.pool = pool;
    c.sum = iv_alloc_n(s->ctx, n, k * sizeof *c.sum);
    c.mean = iv_alloc_n(s->ctx, n, k * sizeof *c.mean);
    c.predictions = iv_alloc_n(s->ctx, n, k * sizeof *c.predictions);
    c.truth = iv_alloc_n(s->ctx, n, sizeof *c.truth);
    if (!pool || !c.sum || !c.mean || !c.predictions || !c.truth) {
        status = iv_fail_nomem(err);
        goto done;
    }
    c.pool_count = make_pool(s, pool, &least);
    if (c.pool_count == 0)
        IV_DO(iv_fail(err, IMGVEC_ERR_NOT_FOUND, "no trial was finished"));
    IV_DO(make_judged(s, s->trials[least], judged, err));
    most = most < IV_BLEND_MAX ? most : IV_BLEND_MAX;
    IV_DO(cross_choose(&c, 1, judged, err));
    double alone = judged->metrics[s->metric];
    if (most > 1)
        IV_DO(cross_choose(&c, most, judged, err));
    double together = judged->metrics[s->metric];
    bool better = s->higher ? together > alone : together < alone;
    if (most > 1 && !better) {
        most = 1;
        IV_DO(cross_choose(&c, 1, judged, err));
    }
    status = choose(&c, most, out, err);
done:
    iv_free(s->ctx, pool);
    iv_free(s->ctx, c.sum);
    iv_free(s->ctx, c.mean);
    iv_free(s->ctx, c.predictions);
    iv_free(s->ctx, c.truth);
    return status;
}
