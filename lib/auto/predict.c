/* From what networks say to predictions and their score. */
#include <math.h>
#include <string.h>

#include "auto/search.h"
#include "base/error.h"
#include "base/mem.h"

static void softmax(const float *z, size_t k, double temperature, float *out)
{
    double top = -INFINITY, sum = 0;
    for (size_t c = 0; c < k; c++)
        top = fmax(top, z[c] / temperature);
    for (size_t c = 0; c < k; c++)
        sum += exp(z[c] / temperature - top);
    for (size_t c = 0; c < k; c++)
        out[c] = (float)(exp(z[c] / temperature - top) / sum);
}

void iv_auto_predictions(const iv_auto_search *s, const float *values, size_t rows,
                         double temperature, float *out)
{
    size_t k = (size_t)iv_auto_search_outputs(s);
    for (size_t i = 0; i < rows; i++)
        if (s->x->target.class_count)
            softmax(values + i * k, k, temperature, out + i * k);
        else
            out[i] = s->transform == IV_LOG ? (float)exp(fmin(fmax(values[i], s->low), s->high))
                                            : values[i];
}

imgvec_status iv_auto_score(const iv_auto_search *s, const float *values, double *score,
                            double *low, double *high, double metrics[IV_METRIC_MAX],
                            imgvec_error *err)
{
    enum { DRAWS = 200 };
    const iv_cases *cases = &s->x->cases;
    size_t k = (size_t)iv_auto_search_outputs(s), n = 0;
    double lows[IV_METRIC_MAX], highs[IV_METRIC_MAX];
    imgvec_status status = IMGVEC_OK;
    float *told = iv_alloc_n(s->ctx, cases->count + 1, k * sizeof *told);
    float *truth = iv_alloc_n(s->ctx, cases->count + 1, sizeof *truth);
    if (!told || !truth) {
        status = iv_fail_nomem(err);
        goto done;
    }
    for (size_t i = 0; i < cases->count; i++) {
        if (isnan(values[i * k]))
            continue;
        iv_auto_predictions(s, values + i * k, 1, 1, told + n * k);
        truth[n++] = cases->y[i];
    }
    IV_DO(iv_metrics_compute(s->ctx, cases->task, n, (int32_t)k, told, truth, NULL, metrics, err));
    *score = metrics[s->metric];
    if (!low)
        goto done;
    IV_DO(iv_metrics_bootstrap(s->ctx, cases->task, n, (int32_t)k, told, truth, DRAWS,
                               s->space.seed, lows, highs, err));
    *low = lows[s->metric];
    *high = highs[s->metric];
done:
    iv_free(s->ctx, told);
    iv_free(s->ctx, truth);
    return status;
}
