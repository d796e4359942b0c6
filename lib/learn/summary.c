#include "learn/summary.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

#define BOOTSTRAP_DRAWS 1000

/* The training rows' mean, or the shares of their classes. */
static void find_shares(const iv_cases *c, const iv_crossval *cv, int32_t fold, double *share)
{
    double n = (double)cv->folds[fold].train_rows;
    for (size_t i = 0; i < c->count; i++) {
        if (cv->fold_of[i] == fold)
            continue;
        if (c->class_count)
            share[(size_t)c->y[i]] += 1.0 / n;
        else
            share[0] += c->y[i] / n;
    }
}

imgvec_status iv_summary_fold(imgvec_context *ctx, const iv_cases *c, iv_crossval *out,
                              int32_t fold, imgvec_error *err)
{
    iv_fold *f = &out->folds[fold];
    size_t n = f->valid_rows, k = (size_t)c->outputs, used = 0;
    double *share = iv_calloc(ctx, k, sizeof *share);
    float *predicted = iv_alloc_n(ctx, n, k * sizeof *predicted);
    float *constant = iv_alloc_n(ctx, n, k * sizeof *constant);
    float *truth = iv_alloc_n(ctx, n, sizeof *truth);
    imgvec_status status = IMGVEC_OK;
    if (!share || !predicted || !constant || !truth) {
        status = iv_fail_nomem(err);
        goto done;
    }
    find_shares(c, out, fold, share);
    for (size_t i = 0; i < c->count; i++) {
        if (out->fold_of[i] != fold)
            continue;
        memcpy(predicted + used * k, out->predictions + i * k, k * sizeof *predicted);
        for (size_t j = 0; j < k; j++)
            constant[used * k + j] = (float)share[j];
        truth[used++] = c->y[i];
    }
    IV_DO(iv_metrics_compute(ctx, c->task, n, c->outputs, predicted, truth, NULL, f->metrics, err));
    IV_DO(iv_metrics_compute(ctx, c->task, n, c->outputs, constant, truth, NULL, f->baseline, err));
done:
    iv_free(ctx, share);
    iv_free(ctx, predicted);
    iv_free(ctx, constant);
    iv_free(ctx, truth);
    return status;
}

imgvec_status iv_summary_all(imgvec_context *ctx, const iv_cases *c, uint64_t seed,
                             iv_crossval *out, imgvec_error *err)
{
    size_t metrics;
    iv_metrics_of(c->task, &metrics);
    for (size_t m = 0; m < metrics; m++) {
        double n = 0, sum = 0, base = 0, squares = 0; /* over the folds that define the metric */
        for (int32_t f = 0; f < out->fold_count; f++) {
            if (isnan(out->folds[f].metrics[m]))
                continue;
            n++;
            sum += out->folds[f].metrics[m];
            base += out->folds[f].baseline[m];
        }
        for (int32_t f = 0; f < out->fold_count; f++) {
            double off = out->folds[f].metrics[m] - sum / n;
            squares += isnan(off) ? 0 : off * off;
        }
        out->mean[m] = n > 0 ? sum / n : NAN;
        out->baseline[m] = n > 0 ? base / n : NAN;
        out->deviation[m] = n > 1 ? sqrt(squares / (n - 1)) : NAN;
    }
    IV_TRY(iv_metrics_compute(ctx, c->task, c->count, c->outputs, out->predictions, c->y, NULL,
                              out->pooled, err));
    return iv_metrics_bootstrap(ctx, c->task, c->count, c->outputs, out->predictions, c->y,
                                BOOTSTRAP_DRAWS, seed, out->low, out->high, err);
}
