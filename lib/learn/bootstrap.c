#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/random.h"
#include "learn/rank.h"
#include "learn/scores.h"

/* Linear interpolation between the sorted values, numpy's default. */
static double percentile(const double *sorted, size_t n, double share)
{
    double place = share * (double)(n - 1);
    size_t below = (size_t)place;
    if (below + 1 >= n)
        return sorted[n - 1];
    return sorted[below] + (place - (double)below) * (sorted[below + 1] - sorted[below]);
}

/* A resample is a weight for each row: how often the row was drawn. Nothing but the weights
 * changes from draw to draw, so that sorting is done once. */
static void draw_weights(iv_random *random, double *weights, size_t n)
{
    memset(weights, 0, n * sizeof *weights);
    for (size_t i = 0; i < n; i++)
        weights[iv_random_below(random, n)] += 1.0;
}

imgvec_status iv_metrics_bootstrap(imgvec_context *ctx, iv_task task, size_t n, int32_t k,
                                   const float *predictions, const float *truth, int draws,
                                   uint64_t seed, double low[IV_METRIC_MAX],
                                   double high[IV_METRIC_MAX], imgvec_error *err)
{
    for (int m = 0; m < IV_METRIC_MAX; m++)
        low[m] = high[m] = NAN;
    if (draws < 1)
        return iv_fail(err, IMGVEC_ERR_INTERNAL, "bootstrap: %d draws", draws);
    iv_scores scores;
    IV_TRY(iv_scores_init(ctx, task, n, k, predictions, truth, IV_SCORES_ALL, &scores, err));
    if (scores.undefined) {
        iv_scores_free(&scores);
        return IMGVEC_OK;
    }
    size_t count = (size_t)draws, metrics;
    iv_metrics_of(task, &metrics);
    imgvec_status status = IMGVEC_OK;
    double *weights = iv_alloc_n(ctx, n, sizeof *weights);
    double *values = iv_calloc(ctx, count, (metrics + 1) * sizeof *values);
    if (!weights || !values) {
        status = iv_fail_nomem(err);
        goto done;
    }
    double *scratch = values + metrics * count;
    size_t defined[IV_METRIC_MAX] = {0};
    iv_random random;
    iv_random_seed(&random, seed, "bootstrap");
    for (size_t d = 0; d < count; d++) {
        double out[IV_METRIC_MAX];
        draw_weights(&random, weights, n);
        iv_scores_eval(&scores, weights, out);
        for (size_t m = 0; m < metrics; m++)
            if (!isnan(out[m]))
                values[m * count + defined[m]++] = out[m];
    }
    for (size_t m = 0; m < metrics; m++) {
        if (defined[m] == 0)
            continue;
        iv_sort_f64(values + m * count, scratch, defined[m]);
        low[m] = percentile(values + m * count, defined[m], 0.025);
        high[m] = percentile(values + m * count, defined[m], 0.975);
    }
done:
    iv_free(ctx, weights);
    iv_free(ctx, values);
    iv_scores_free(&scores);
    return status;
}
