#include "learn/compare.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/random.h"
#include "learn/rank.h"
#include "learn/scores.h"

#define GAIN_DRAWS 100
#define INTERVAL_DRAWS 1000
#define INTERVAL_DRAWS_MANY 200 /* from so many rows on the draws differ little */
#define MANY_ROWS 20000

static void draw_weights(iv_random *random, double *weights, size_t n)
{
    memset(weights, 0, n * sizeof *weights);
    for (size_t i = 0; i < n; i++)
        weights[iv_random_below(random, n)] += 1.0;
}

imgvec_status iv_compare(imgvec_context *ctx, iv_task task, int metric, size_t n, int32_t k,
                         const float *first, const float *second, const float *truth, iv_gain *out,
                         imgvec_error *err)
{
    size_t metrics, used = 0;
    double sign = iv_metrics_of(task, &metrics)[metric].higher_is_better ? 1 : -1;
    double a[IV_METRIC_MAX], b[IV_METRIC_MAX], sum = 0, squares = 0;
    iv_scores one, two;
    double *weights = iv_alloc_n(ctx, n + 1, sizeof *weights);
    if (!weights)
        return iv_fail_nomem(err);
    imgvec_status status =
        iv_scores_init(ctx, task, n, k, first, truth, iv_scores_parts(task, metric), &one, err);
    if (status == IMGVEC_OK) {
        status = iv_scores_init(ctx, task, n, k, second, truth, iv_scores_parts(task, metric), &two,
                                err);
        if (status != IMGVEC_OK)
            iv_scores_free(&one);
    }
    if (status != IMGVEC_OK) {
        iv_free(ctx, weights);
        return status;
    }
    iv_scores_eval(&one, NULL, a);
    iv_scores_eval(&two, NULL, b);
    *out = (iv_gain){sign * (b[metric] - a[metric]), 0};
    if (isnan(a[metric]) || isnan(b[metric]))
        out->value = isnan(b[metric]) ? -INFINITY : INFINITY;
    iv_random random;
    iv_random_seed(&random, 1, "compare");
    for (int d = 0; d < GAIN_DRAWS && isfinite(out->value); d++) {
        draw_weights(&random, weights, n);
        iv_scores_eval(&one, weights, a);
        iv_scores_eval(&two, weights, b);
        double gain = b[metric] - a[metric];
        if (isnan(gain))
            continue;
        used++;
        sum += gain;
        squares += gain * gain;
    }
    if (used > 1) {
        double mean = sum / (double)used;
        out->error = sqrt(fmax(squares / (double)used - mean * mean, 0));
    }
    iv_scores_free(&one);
    iv_scores_free(&two);
    iv_free(ctx, weights);
    return IMGVEC_OK;
}

/* Linear interpolation between the sorted values. */
static double percentile(const double *sorted, size_t n, double share)
{
    double place = share * (double)(n - 1);
    size_t below = (size_t)place;
    if (below + 1 >= n)
        return sorted[n - 1];
    return sorted[below] + (place - (double)below) * (sorted[below + 1] - sorted[below]);
}

/* The predictions under comparison: the full ones, then the variants. */
typedef struct table {
    imgvec_context *ctx;
    iv_scores *scores; /* count + 1 */
    size_t count, metrics, draws;
    double *weights;
    double *values; /* variant x metric x draw */
} table;

static void draw_all(table *t, size_t n, uint64_t seed)
{
    double full[IV_METRIC_MAX], other[IV_METRIC_MAX];
    iv_random random;
    iv_random_seed(&random, seed, "variants");
    for (size_t d = 0; d < t->draws; d++) {
        draw_weights(&random, t->weights, n);
        iv_scores_eval(&t->scores[0], t->weights, full);
        for (size_t v = 0; v < t->count; v++) {
            if (!t->scores[v + 1].ctx)
                continue;
            iv_scores_eval(&t->scores[v + 1], t->weights, other);
            for (size_t m = 0; m < t->metrics; m++)
                t->values[(v * t->metrics + m) * t->draws + d] = other[m] - full[m];
        }
    }
}

static void find_intervals(table *t, double *scratch, iv_difference *out)
{
    double full[IV_METRIC_MAX], other[IV_METRIC_MAX];
    iv_scores_eval(&t->scores[0], NULL, full);
    for (size_t v = 0; v < t->count; v++) {
        for (size_t m = 0; m < IV_METRIC_MAX; m++)
            out[v].value[m] = out[v].low[m] = out[v].high[m] = NAN;
        if (!t->scores[v + 1].ctx)
            continue;
        iv_scores_eval(&t->scores[v + 1], NULL, other);
        for (size_t m = 0; m < t->metrics; m++) {
            double *values = t->values + (v * t->metrics + m) * t->draws;
            size_t defined = 0;
            for (size_t d = 0; d < t->draws; d++)
                if (!isnan(values[d]))
                    values[defined++] = values[d];
            out[v].value[m] = other[m] - full[m];
            if (defined == 0)
                continue;
            iv_sort_f64(values, scratch, defined);
            out[v].low[m] = percentile(values, defined, 0.025);
            out[v].high[m] = percentile(values, defined, 0.975);
        }
    }
}

imgvec_status iv_compare_variants(imgvec_context *ctx, iv_task task, size_t n, int32_t k,
                                  const float *full, float *const *variants, size_t count,
                                  const float *truth, uint64_t seed, iv_difference *out,
                                  imgvec_error *err)
{
    table t = {
        .ctx = ctx, .count = count, .draws = n < MANY_ROWS ? INTERVAL_DRAWS : INTERVAL_DRAWS_MANY};
    imgvec_status status = IMGVEC_OK;
    iv_metrics_of(task, &t.metrics);
    t.scores = iv_calloc(ctx, count + 1, sizeof *t.scores);
    t.weights = iv_alloc_n(ctx, n + 1, sizeof *t.weights);
    t.values = iv_calloc(ctx, count * t.metrics + 1, t.draws * sizeof *t.values);
    double *scratch = iv_alloc_n(ctx, t.draws, sizeof *scratch);
    if (!t.scores || !t.weights || !t.values || !scratch) {
        status = iv_fail_nomem(err);
        goto done;
    }
    for (size_t v = 0; v <= count; v++) {
        const float *p = v ? variants[v - 1] : full;
        if (p)
            IV_DO(iv_scores_init(ctx, task, n, k, p, truth, IV_SCORES_ALL, &t.scores[v], err));
    }
    draw_all(&t, n, seed);
    find_intervals(&t, scratch, out);
done:
    for (size_t v = 0; t.scores && v <= count; v++)
        if (t.scores[v].ctx)
            iv_scores_free(&t.scores[v]);
    iv_free(ctx, t.scores);
    iv_free(ctx, t.weights);
    iv_free(ctx, t.values);
    iv_free(ctx, scratch);
    return status;
}
