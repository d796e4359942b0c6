#include "learn/calibration.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "learn/metrics.h"

int32_t iv_parts_of(size_t n, const int32_t *fold_of, int32_t fold_count, int32_t *part)
{
    for (size_t i = 0; i < n; i++)
        part[i] = fold_of ? fold_of[i] : (int32_t)(i % IV_PARTS);
    return fold_of ? fold_count : IV_PARTS;
}

void iv_reliability_of(iv_task task, size_t n, int32_t k, const float *predictions,
                       const float *truth, iv_reliability *out)
{
    double gap = 0;
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < n; i++) {
        const float *p = predictions + i * (size_t)k;
        size_t at = task == IV_TASK_BINARY ? 1 : (size_t)iv_most_probable(p, k);
        int bin = (int)fmin(fmax(p[at], 0) * IV_CALIBRATION_BINS, IV_CALIBRATION_BINS - 1);
        out->rows[bin]++;
        out->confidence[bin] += p[at];
        out->hits[bin] += (size_t)truth[i] == at;
    }
    for (int b = 0; b < IV_CALIBRATION_BINS; b++) {
        if (!out->rows[b])
            continue;
        gap += fabs(out->hits[b] - out->confidence[b]);
        out->hits[b] /= (double)out->rows[b];
        out->confidence[b] /= (double)out->rows[b];
    }
    out->ece = n ? gap / (double)n : 0;
}

static double clipped_log(float p)
{
    return log(fmin(fmax(p, FLT_EPSILON), 1.0 - FLT_EPSILON));
}

/* First and second derivative of a row's negative log-likelihood by b = 1 / temperature: mean and
 * variance of log p under the row's probabilities, the mean less log p of the true class. */
static void add_slopes(const float *p, size_t k, size_t label, double b, double *first,
                       double *second)
{
    double top = -INFINITY, sum = 0, mean = 0, square = 0;
    for (size_t c = 0; c < k; c++)
        top = fmax(top, clipped_log(p[c]));
    for (size_t c = 0; c < k; c++) {
        double z = clipped_log(p[c]) - top, e = exp(b * z);
        sum += e;
        mean += e * z;
        square += e * z * z;
    }
    mean /= sum;
    *first += mean - (clipped_log(p[label]) - top);
    *second += square / sum - mean * mean;
}

/* The loss is convex in b: Newton's steps, halved into the bracket where they leave it. */
double iv_temperature_fit(size_t n, int32_t k, const float *predictions, const float *truth,
                          const int32_t *part, int32_t without)
{
    double low = 1 / IV_TEMPERATURE_MAX, high = 1 / IV_TEMPERATURE_MIN, b = 1;
    for (int step = 0; step < 100; step++) {
        double first = 0, second = 0;
        size_t used = 0;
        for (size_t i = 0; i < n; i++) {
            if ((part ? part[i] : 0) == without)
                continue;
            used++;
            add_slopes(predictions + i * (size_t)k, (size_t)k, (size_t)truth[i], b, &first,
                       &second);
        }
        /* No row, or rows whose classes are all equally probable: nothing to learn. */
        if (!used || (first == 0 && second == 0))
            return 1;
        if (first > 0)
            high = b;
        else
            low = b;
        double next = second > 0 ? b - first / second : low;
        if (!(next > low && next < high))
            next = 0.5 * (low + high);
        if (fabs(next - b) <= 1e-9 * b)
            return 1 / next;
        b = next;
    }
    return 1 / b;
}

void iv_temperature_apply(double temperature, size_t n, int32_t k, float *predictions)
{
    if (temperature == 1)
        return;
    for (size_t i = 0; i < n; i++) {
        float *p = predictions + i * (size_t)k;
        double top = -INFINITY, sum = 0;
        bool known = true;
        for (int32_t c = 0; c < k; c++) {
            known = known && !isnan(p[c]);
            top = fmax(top, clipped_log(p[c]));
        }
        for (int32_t c = 0; c < k; c++)
            sum += exp((clipped_log(p[c]) - top) / temperature);
        for (int32_t c = 0; known && c < k; c++)
            p[c] = (float)(exp((clipped_log(p[c]) - top) / temperature) / sum);
    }
}

static imgvec_status log_loss(imgvec_context *ctx, iv_task task, size_t n, int32_t k,
                              const float *predictions, const float *truth, double *out,
                              imgvec_error *err)
{
    return iv_metric_compute_one(ctx, task, iv_metric_find(task, "log_loss"), n, k, predictions,
                                 truth, out, err);
}

imgvec_status iv_calibration_run(imgvec_context *ctx, iv_task task, size_t n, int32_t k,
                                 float *predictions, const float *truth, const int32_t *fold_of,
                                 int32_t fold_count, iv_calibrate how, iv_calibration *out,
                                 imgvec_error *err)
{
    *out = (iv_calibration){.temperature = 1, .log_loss_before = NAN, .log_loss_after = NAN};
    if (task == IV_TASK_REGRESSION)
        return IMGVEC_OK;
    IV_TRY(log_loss(ctx, task, n, k, predictions, truth, &out->log_loss_before, err));
    if (isnan(out->log_loss_before)) /* no rows, or a prediction is NaN */
        return IMGVEC_OK;
    out->measured = true;
    iv_reliability_of(task, n, k, predictions, truth, &out->before);
    if (how == IV_CALIBRATE_OFF)
        return IMGVEC_OK;
    imgvec_status status = IMGVEC_OK;
    size_t width = (size_t)k;
    int32_t *part = iv_alloc_n(ctx, n, sizeof *part);
    float *fitted = iv_alloc_n(ctx, n, width * sizeof *fitted);
    if (!part || !fitted) {
        status = iv_fail_nomem(err);
        goto done;
    }
    int32_t parts = iv_parts_of(n, fold_of, fold_count, part);
    memcpy(fitted, predictions, n * width * sizeof *fitted);
    for (int32_t p = 0; p < parts; p++) {
        double temperature = iv_temperature_fit(n, k, predictions, truth, part, p);
        for (size_t i = 0; i < n; i++)
            if (part[i] == p)
                iv_temperature_apply(temperature, 1, k, fitted + i * width);
    }
    IV_DO(log_loss(ctx, task, n, k, fitted, truth, &out->log_loss_after, err));
    iv_reliability_of(task, n, k, fitted, truth, &out->after);
    out->fitted = true;
    out->temperature = iv_temperature_fit(n, k, predictions, truth, NULL, -1);
    out->kept = how == IV_CALIBRATE_TEMPERATURE || out->log_loss_after < out->log_loss_before;
    if (out->kept)
        memcpy(predictions, fitted, n * width * sizeof *fitted);
done:
    iv_free(ctx, part);
    iv_free(ctx, fitted);
    return status;
}
