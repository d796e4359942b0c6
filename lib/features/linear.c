#include "features/linear.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "features/linear_solve.h"
#include "table/folds.h"

#define PARTS 5
#define FEWEST_ROWS 10 /* below, nothing can be held out in earnest */

/* Penalties go from strong to weak, in steps of the square root of ten, until the rows that were
 * held out fare worse. They are relative to rows x width: the scale of the sum of squares. */
#define STEPS 11
#define STRONGEST_RIDGE 1.0
#define STRONGEST_LOGISTIC 0.001
#define PATH_TOLERANCE 1e-2
#define FINAL_TOLERANCE 1e-3

void iv_linear_free(imgvec_context *ctx, iv_linear *m)
{
    iv_free(ctx, m->mean);
    iv_free(ctx, m->weights);
    iv_free(ctx, m->bias);
    memset(m, 0, sizeof *m);
}

static imgvec_status allocate(imgvec_context *ctx, int32_t width, int32_t outputs, iv_linear *m,
                              imgvec_error *err)
{
    *m = (iv_linear){.width = width, .outputs = outputs};
    m->mean = iv_calloc(ctx, (size_t)width, sizeof *m->mean);
    m->weights = iv_calloc(ctx, (size_t)width, (size_t)outputs * sizeof *m->weights);
    m->bias = iv_calloc(ctx, (size_t)outputs, sizeof *m->bias);
    if (m->mean && m->weights && m->bias)
        return IMGVEC_OK;
    iv_linear_free(ctx, m);
    return iv_fail_nomem(err);
}

/* What a fit needs beside the model. */
typedef struct work {
    const iv_linear_data *data;
    iv_linear_problem p;
    float *x;      /* standardised */
    double *scale; /* width: what standardised values were multiplied by */
    int32_t *part;
    double *best; /* outputs x width weights, then biases, of the fit on all rows */
} work;

static float within_range(double value)
{
    return (float)fmin(fmax(value, -FLT_MAX), FLT_MAX);
}

/* x to mean 0 and deviation 1; a constant column to 0. */
static void standardise(work *w, iv_linear *m)
{
    size_t n = w->p.rows, d = w->p.width;
    double *sum = w->scale; /* before it holds the scale */
    memset(sum, 0, d * sizeof *sum);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++)
            sum[j] += w->data->x[i * d + j];
    for (size_t j = 0; j < d; j++)
        m->mean[j] = (float)(sum[j] / (double)n);
    memset(sum, 0, d * sizeof *sum);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++) {
            double off = (double)w->data->x[i * d + j] - m->mean[j];
            sum[j] += off * off;
        }
    for (size_t j = 0; j < d; j++) {
        double deviation = sqrt(sum[j] / (double)n);
        w->scale[j] = deviation > 1e-6 * fabs(m->mean[j]) && deviation > 1e-30 ? 1 / deviation : 0;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++)
            w->x[i * d + j] = (float)(((double)w->data->x[i * d + j] - m->mean[j]) * w->scale[j]);
}

/* Parts to hold out in turn; *parts 0 when there is too little to hold any out. */
static imgvec_status make_parts(imgvec_context *ctx, work *w, int32_t *parts, imgvec_error *err)
{
    static const int32_t counts[] = {PARTS, 2};
    const iv_linear_data *data = w->data;
    *parts = 0;
    if (data->rows < FEWEST_ROWS)
        return IMGVEC_OK;
    int32_t *labels = data->class_count ? iv_alloc_n(ctx, data->rows, sizeof *labels) : NULL;
    if (data->class_count && !labels)
        return iv_fail_nomem(err);
    for (size_t i = 0; labels && i < data->rows; i++)
        labels[i] = (int32_t)data->y[i];
    imgvec_status status = IMGVEC_ERR_DATA;
    for (size_t c = 0; c < 2 && status == IMGVEC_ERR_DATA; c++) {
        status = iv_folds_assign(ctx, data->rows, labels, data->group, counts[c], data->seed,
                                 w->part, err);
        if (status == IMGVEC_OK)
            *parts = counts[c];
    }
    if (status == IMGVEC_ERR_DATA && data->group) { /* one group: rows may be alike */
        status = iv_folds_assign(ctx, data->rows, labels, NULL, PARTS, data->seed, w->part, err);
        *parts = PARTS;
    }
    iv_free(ctx, labels);
    return status;
}

static imgvec_status fit_ridge(imgvec_context *ctx, work *w, float *held_out, double *lambda,
                               imgvec_error *err)
{
    const iv_linear_problem *p = &w->p;
    size_t n = p->rows, fits = (size_t)p->parts + 1;
    imgvec_status status = IMGVEC_OK;
    iv_ridge *r = NULL;
    double *scores = iv_alloc_n(ctx, n, fits * sizeof *scores);
    double bias[PARTS + 1], least = INFINITY;
    double penalty = STRONGEST_RIDGE * (double)n * (double)p->width;
    if (!scores) {
        status = iv_fail_nomem(err);
        goto done;
    }
    IV_DO(iv_ridge_new(p, &r, err));
    for (int s = 0; s < STEPS; s++, penalty /= sqrt(10)) {
        double loss = 0;
        IV_DO(iv_ridge_solve(r, penalty, scores, bias, err));
        for (size_t i = 0; i < n; i++) {
            size_t f = (size_t)p->part[i];
            double off = (double)p->y[i] - scores[i * fits + f] - bias[f];
            loss += off * off;
        }
        if (!(loss < least))
            break;
        least = loss;
        *lambda = penalty;
        for (size_t i = 0; held_out && i < n; i++)
            held_out[i] = (float)scores[i * fits + (size_t)p->part[i]];
        iv_ridge_weights(r, w->best);
        w->best[p->width] = bias[fits - 1];
    }
done:
    iv_ridge_free(r);
    iv_free(ctx, scores);
    return status;
}

/* -log of the true class's probability. */
static double loss_of(const float *s, size_t k, size_t label)
{
    if (k == 1) {
        double z = label ? -(double)s[0] : s[0];
        return fmax(z, 0) + log1p(exp(-fabs(z)));
    }
    double top = s[0], sum = 0;
    for (size_t c = 1; c < k; c++)
        top = fmax(top, s[c]);
    for (size_t c = 0; c < k; c++)
        sum += exp(s[c] - top);
    return log(sum) + top - s[label];
}

/* One penalty: every part held out in turn. oof: rows x outputs, without the bias. */
static imgvec_status try_penalty(work *w, double penalty, double *theta, float *scores, float *oof,
                                 double *loss, imgvec_error *err)
{
    const iv_linear_problem *p = &w->p;
    size_t n = p->rows, k = p->outputs, size = k * (p->width + 1);
    *loss = 0;
    for (int32_t part = 0; part < p->parts; part++) {
        double *t = theta + (size_t)part * size;
        IV_TRY(iv_logistic_solve(p, part, penalty, PATH_TOLERANCE, t, scores, err));
        for (size_t i = 0; i < n; i++) {
            if (p->part[i] != part)
                continue;
            *loss += loss_of(scores + i * k, k, (size_t)p->y[i]);
            for (size_t c = 0; c < k; c++)
                oof[i * k + c] = scores[i * k + c] - (float)t[k * p->width + c];
        }
    }
    return IMGVEC_OK;
}

static imgvec_status fit_logistic(imgvec_context *ctx, work *w, float *held_out, double *lambda,
                                  imgvec_error *err)
{
    const iv_linear_problem *p = &w->p;
    size_t n = p->rows, k = p->outputs, size = k * (p->width + 1), parts = (size_t)p->parts;
    double least = INFINITY, penalty = STRONGEST_LOGISTIC * (double)n * (double)p->width;
    imgvec_status status = IMGVEC_OK;
    double *theta = iv_calloc(ctx, size, parts * sizeof *theta);
    float *scores = iv_alloc_n(ctx, n, k * sizeof *scores);
    float *oof = iv_alloc_n(ctx, n, k * sizeof *oof);
    if (!theta || !scores || !oof) {
        status = iv_fail_nomem(err);
        goto done;
    }
    for (int s = 0; s < STEPS; s++, penalty /= sqrt(10)) {
        double loss;
        IV_DO(try_penalty(w, penalty, theta, scores, oof, &loss, err));
        if (!(loss < least))
            break;
        least = loss;
        *lambda = penalty;
        if (held_out)
            memcpy(held_out, oof, n * k * sizeof *oof);
        for (size_t j = 0; j < size; j++) { /* the fit on all rows starts from their mean */
            w->best[j] = 0;
            for (size_t part = 0; part < parts; part++)
                w->best[j] += theta[part * size + j] / (double)parts;
        }
    }
    if (*lambda > 0)
        status = iv_logistic_solve(p, p->parts, *lambda, FINAL_TOLERANCE, w->best, scores, err);
done:
    iv_free(ctx, theta);
    iv_free(ctx, scores);
    iv_free(ctx, oof);
    return status;
}

/* Without anything learned: the mean, or the classes' shares. */
static void give_constant(const iv_linear_data *data, iv_linear *m)
{
    double n = (double)data->rows;
    for (int32_t c = 0; c < m->outputs; c++) {
        double sum = 0;
        for (size_t i = 0; i < data->rows; i++)
            sum += data->class_count == 0 ? data->y[i]
                   : m->outputs == 1      ? data->y[i] == 1
                                          : (int32_t)data->y[i] == c;
        double share = (sum + 0.5) / (n + 1);
        m->bias[c] = (float)(data->class_count == 0 ? (n > 0 ? sum / n : 0)
                             : m->outputs == 1      ? log(share / (1 - share))
                                                    : log(share));
    }
}

imgvec_status iv_linear_fit(imgvec_context *ctx, const iv_linear_data *data, iv_linear *out,
                            float *held_out, imgvec_error *err)
{
    int32_t outputs = data->class_count > 2 ? data->class_count : 1, parts;
    size_t n = data->rows, d = (size_t)data->width, k = (size_t)outputs;
    imgvec_status status = IMGVEC_OK;
    work w = {.data = data};
    IV_TRY(allocate(ctx, data->width, outputs, out, err));
    if (held_out)
        memset(held_out, 0, n * k * sizeof *held_out);
    w.x = iv_alloc_n(ctx, n + 1, d * sizeof *w.x);
    w.scale = iv_alloc_n(ctx, d, sizeof *w.scale);
    w.part = iv_alloc_n(ctx, n + 1, sizeof *w.part);
    w.best = iv_calloc(ctx, k, (d + 1) * sizeof *w.best);
    if (!w.x || !w.scale || !w.part || !w.best) {
        status = iv_fail_nomem(err);
        goto done;
    }
    IV_DO(make_parts(ctx, &w, &parts, err));
    if (parts == 0) {
        give_constant(data, out);
        goto done;
    }
    w.p = (iv_linear_problem){ctx, w.x, n, d, data->y, k, parts, w.part, data->watch};
    standardise(&w, out);
    IV_DO(data->class_count ? fit_logistic(ctx, &w, held_out, &out->lambda, err)
                            : fit_ridge(ctx, &w, held_out, &out->lambda, err));
    if (out->lambda == 0) { /* targets too large for the arithmetic of a fit */
        give_constant(data, out);
        goto done;
    }
    for (size_t c = 0; c < k; c++) {
        out->bias[c] = within_range(w.best[k * d + c]);
        for (size_t j = 0; j < d; j++) {
            double weight = w.best[c * d + j] * w.scale[j];
            /* What float32 cannot hold is not learned. */
            out->weights[c * d + j] = fabs(weight) <= FLT_MAX ? (float)weight : 0;
        }
    }
done:
    iv_free(ctx, w.x);
    iv_free(ctx, w.scale);
    iv_free(ctx, w.part);
    iv_free(ctx, w.best);
    if (status != IMGVEC_OK)
        iv_linear_free(ctx, out);
    return status;
}

/* A score whose sum in float32 overflowed. */
static float score_in_double(const iv_linear *m, const float *w, const float *x)
{
    double sum = 0;
    for (size_t j = 0; j < (size_t)m->width; j++)
        if (!isnan(x[j]))
            sum += ((double)x[j] - m->mean[j]) * w[j];
    return within_range(sum);
}

void iv_linear_scores(const iv_linear *m, const float *x, float *out)
{
    size_t d = (size_t)m->width;
    for (int32_t c = 0; c < m->outputs; c++) {
        const float *w = m->weights + (size_t)c * d;
        float part[8] = {0};
        for (size_t j = 0; j < d; j++) {
            float off = x[j] - m->mean[j];
            part[j & 7] += isnan(off) ? 0.0f : off * w[j];
        }
        out[c] = ((part[0] + part[1]) + (part[2] + part[3])) +
                 ((part[4] + part[5]) + (part[6] + part[7]));
        if (!isfinite(out[c]))
            out[c] = score_in_double(m, w, x);
    }
}

void iv_linear_answer(const iv_linear *m, int32_t class_count, const float *scores, float *out)
{
    if (class_count == 0) {
        out[0] = within_range((double)scores[0] + m->bias[0]);
        return;
    }
    if (m->outputs == 1) {
        double z = (double)scores[0] + m->bias[0];
        out[1] = (float)(1 / (1 + exp(-z)));
        out[0] = (float)(1 / (1 + exp(z)));
        return;
    }
    double top = -INFINITY, sum = 0;
    for (int32_t c = 0; c < m->outputs; c++)
        top = fmax(top, (double)scores[c] + m->bias[c]);
    for (int32_t c = 0; c < m->outputs; c++)
        sum += exp((double)scores[c] + m->bias[c] - top);
    for (int32_t c = 0; c < m->outputs; c++)
        out[c] = (float)(exp((double)scores[c] + m->bias[c] - top) / sum);
}

void iv_linear_as_layer(const iv_linear *m, int32_t outputs, float *weight, float *bias)
{
    size_t d = (size_t)m->width;
    for (int32_t o = 0; o < outputs; o++) {
        bool own = m->outputs == outputs; /* else one score, the log-odds of the second class */
        double sign = own ? 1 : o == 0 ? -0.5 : 0.5;
        const float *w = m->weights + (own ? (size_t)o * d : 0);
        double b = m->bias[own ? o : 0];
        for (size_t i = 0; i < d; i++) {
            weight[(size_t)o * d + i] = (float)(sign * w[i]);
            b -= (double)w[i] * m->mean[i];
        }
        bias[o] = (float)(sign * b);
    }
}

static imgvec_status put(iv_tensors *set, const char *name, int rank, int64_t rows, int64_t columns,
                         const float *values, imgvec_error *err)
{
    iv_tensor *t;
    int64_t shape[2] = {rows, columns};
    IV_TRY(iv_tensors_add(set, name, rank, rank == 2 ? shape : shape + 1, &t, err));
    memcpy(t->data, values, t->count * sizeof *values);
    return IMGVEC_OK;
}

imgvec_status iv_linear_to_tensors(imgvec_context *ctx, const iv_linear *m, iv_tensors **out,
                                   imgvec_error *err)
{
    iv_tensors *set = NULL;
    imgvec_status status = iv_tensors_new(ctx, &set, err);
    if (status != IMGVEC_OK)
        return status;
    IV_DO(put(set, "mean", 1, 0, m->width, m->mean, err));
    IV_DO(put(set, "weights", 2, m->outputs, m->width, m->weights, err));
    IV_DO(put(set, "bias", 1, 0, m->outputs, m->bias, err));
    *out = set;
done:
    if (status != IMGVEC_OK)
        iv_tensors_free(set);
    return status;
}

imgvec_status iv_linear_from_tensors(imgvec_context *ctx, const iv_tensors *set, iv_linear *out,
                                     imgvec_error *err)
{
    const iv_tensor *mean = iv_tensors_find(set, "mean"), *bias = iv_tensors_find(set, "bias");
    const iv_tensor *weights = iv_tensors_find(set, "weights");
    if (!mean || !weights || !bias || mean->rank != 1 || bias->rank != 1 || weights->rank != 2 ||
        weights->shape[0] < 1 || weights->shape[1] < 1 || weights->shape[0] != bias->shape[0] ||
        weights->shape[1] != mean->shape[0] || mean->shape[0] > INT32_MAX ||
        bias->shape[0] > INT32_MAX)
        return iv_fail(err, IMGVEC_ERR_FORMAT,
                       "tensors mean, weights and bias of a linear model are missing or misshapen");
    IV_TRY(iv_tensor_check_finite(mean, err));
    IV_TRY(iv_tensor_check_finite(weights, err));
    IV_TRY(iv_tensor_check_finite(bias, err));
    IV_TRY(allocate(ctx, (int32_t)mean->shape[0], (int32_t)bias->shape[0], out, err));
    memcpy(out->mean, mean->data, mean->count * sizeof(float));
    memcpy(out->weights, weights->data, weights->count * sizeof(float));
    memcpy(out->bias, bias->data, bias->count * sizeof(float));
    return IMGVEC_OK;
}
