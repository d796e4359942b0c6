#include "learn/conformal.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "learn/calibration.h"
#include "learn/rank.h"

static bool transforms(const iv_transform *t)
{
    return t && t->kind != IV_NO_TRANSFORM;
}

void iv_conformal_interval(double quantile, const iv_transform *transform, float prediction,
                           float *lower, float *upper)
{
    if (!transforms(transform)) {
        *lower = (float)(prediction - quantile);
        *upper = (float)(prediction + quantile);
        return;
    }
    double z = iv_transform_label(transform, prediction);
    *lower = fminf((float)iv_transform_invert(transform, z - quantile), prediction);
    *upper = fmaxf((float)iv_transform_invert(transform, z + quantile), prediction);
    if (isnan(prediction))
        *lower = *upper = NAN;
}

int32_t iv_conformal_set(double quantile, int32_t k, const float *predictions, uint8_t *members)
{
    int32_t best = 0, count = 0;
    memset(members, 0, (size_t)k);
    for (int32_t c = 0; c < k; c++) {
        if (isnan(predictions[c]))
            return 0;
        if (predictions[c] > predictions[best])
            best = c;
    }
    for (int32_t c = 0; c < k; c++) {
        members[c] = c == best || predictions[c] >= quantile;
        count += members[c];
    }
    return count;
}

/* Place of the quantile among n sorted errors, the new one counted with them; n when there are too
 * few. */
static size_t place_of(size_t n, double level)
{
    double place = ceil((double)(n + 1) * level - 1e-9);
    return place <= (double)n && place >= 1 ? (size_t)place - 1 : n;
}

/* Errors of the rows outside part `without`, sorted, and their quantile; NaN when they are too
 * few. */
static double quantile_of(const double *error, const int32_t *part, int32_t without, size_t n,
                          double level, double *sorted, double *scratch)
{
    size_t used = 0;
    for (size_t i = 0; i < n; i++)
        if (part[i] != without)
            sorted[used++] = error[i];
    iv_sort_f64(sorted, scratch, used);
    size_t place = place_of(used, level);
    return place < used ? sorted[place] : NAN;
}

typedef struct desk {
    imgvec_context *ctx;
    int32_t *part;
    double *error, *sorted, *scratch;
    uint8_t *members;
} desk;

/* Size of the error of each row: distance of the number, or 1 less the true class' probability. */
static bool find_errors(desk *d, iv_task task, size_t n, int32_t k, const float *predictions,
                        const float *truth, const iv_transform *transform)
{
    for (size_t i = 0; i < n; i++) {
        const float *p = predictions + i * (size_t)k;
        if (task != IV_TASK_REGRESSION)
            d->error[i] = -(double)p[(size_t)truth[i]];
        else if (transforms(transform))
            d->error[i] =
                fabs(iv_transform_label(transform, truth[i]) - iv_transform_label(transform, p[0]));
        else
            d->error[i] = fabs((double)truth[i] - p[0]);
        if (!isfinite(d->error[i]))
            return false;
    }
    return true;
}

void iv_conformal_add(iv_conformal *sums, iv_task task, int32_t k, const float *p, float truth,
                      const iv_transform *transform, double quantile, uint8_t *members)
{
    if (task == IV_TASK_REGRESSION) {
        float lower, upper;
        iv_conformal_interval(quantile, transform, p[0], &lower, &upper);
        sums->coverage += truth >= lower && truth <= upper;
        sums->width += (double)upper - lower;
        return;
    }
    int32_t size = iv_conformal_set(quantile, k, p, members);
    sums->coverage += members[(size_t)truth];
    sums->width += size;
    sums->single += size == 1;
}

static bool desk_make(desk *d, size_t n, int32_t k)
{
    d->part = iv_alloc_n(d->ctx, n, sizeof *d->part);
    d->error = iv_alloc_n(d->ctx, n, sizeof *d->error);
    d->sorted = iv_alloc_n(d->ctx, n, sizeof *d->sorted);
    d->scratch = iv_alloc_n(d->ctx, n, sizeof *d->scratch);
    d->members = iv_alloc(d->ctx, (size_t)k);
    return d->part && d->error && d->sorted && d->scratch && d->members;
}

imgvec_status iv_conformal_run(imgvec_context *ctx, iv_task task, size_t n, int32_t k,
                               const float *predictions, const float *truth,
                               const iv_transform *transform, const int32_t *fold_of,
                               int32_t fold_count, double level, iv_conformal *out,
                               imgvec_error *err)
{
    desk d = {.ctx = ctx};
    imgvec_status status = IMGVEC_OK;
    *out = (iv_conformal){.level = level};
    if (n == 0 || !(level > 0 && level < 1))
        return IMGVEC_OK;
    if (!desk_make(&d, n, k)) {
        status = iv_fail_nomem(err);
        goto done;
    }
    if (!find_errors(&d, task, n, k, predictions, truth, transform))
        goto done;
    int32_t parts = iv_parts_of(n, fold_of, fold_count, d.part);
    double whole = quantile_of(d.error, d.part, -1, n, level, d.sorted, d.scratch);
    bool known = !isnan(whole);
    for (int32_t p = 0; p < parts && known; p++) {
        double quantile = quantile_of(d.error, d.part, p, n, level, d.sorted, d.scratch);
        known = !isnan(quantile);
        for (size_t i = 0; i < n && known; i++)
            if (d.part[i] == p)
                iv_conformal_add(out, task, k, predictions + i * (size_t)k, truth[i], transform,
                                 task == IV_TASK_REGRESSION ? quantile : -quantile, d.members);
    }
    out->known = known;
    out->quantile = task == IV_TASK_REGRESSION ? whole : -whole;
    out->coverage /= (double)n;
    out->width /= (double)n;
    out->single /= (double)n;
done:
    iv_free(ctx, d.part);
    iv_free(ctx, d.error);
    iv_free(ctx, d.sorted);
    iv_free(ctx, d.scratch);
    iv_free(ctx, d.members);
    return status;
}
