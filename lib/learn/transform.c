#include "learn/transform.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/error.h"

#define LAMBDA_LIMIT 3.0 /* beyond, powers lose everything to rounding */

static const char *const names[IV_TRANSFORMS] = {"none", "log", "box_cox", "yeo_johnson"};

const char *iv_transform_name(iv_transform_kind kind)
{
    return names[kind];
}

int iv_transform_from_name(const char *name, iv_transform_kind *out)
{
    for (int i = 0; i < IV_TRANSFORMS; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (iv_transform_kind)i;
            return 0;
        }
    return -1;
}

int iv_transform_suits(iv_transform_kind kind, const float *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((kind == IV_LOG && !(y[i] >= 0)) || (kind == IV_BOX_COX && !(y[i] > 0)))
            return 0;
    return 1;
}

/* (y^lambda - 1) / lambda for y > 0, without the cancellation near lambda 0. */
static double power(double log_y, double lambda)
{
    return fabs(lambda) < 1e-8 ? log_y : expm1(lambda * log_y) / lambda;
}

static double power_back(double v, double lambda)
{
    if (fabs(lambda) < 1e-8)
        return exp(v);
    double inside = 1 + lambda * v;
    return inside > 0 ? exp(log(inside) / lambda) : lambda > 0 ? 0 : FLT_MAX;
}

/* T(y) and, where wanted, the log of its derivative. */
static double raw(iv_transform_kind kind, double lambda, double y, double *log_slope)
{
    double slope = 0, v = y;
    switch (kind) {
    case IV_NO_TRANSFORM:
        break;
    case IV_LOG:
        v = log(lambda + y);
        slope = -v;
        break;
    case IV_BOX_COX:
        v = y > 0 ? power(log(y), lambda) : NAN;
        slope = (lambda - 1) * log(y);
        break;
    case IV_YEO_JOHNSON:
        v = y >= 0 ? power(log1p(y), lambda) : -power(log1p(-y), 2 - lambda);
        slope = (lambda - 1) * (y >= 0 ? log1p(y) : -log1p(-y));
        break;
    }
    if (log_slope)
        *log_slope = slope;
    return isfinite(v) ? v : NAN;
}

/* Likelihood of normal values of T(y), up to a constant. */
static double likelihood(iv_transform_kind kind, double lambda, const float *y, size_t n)
{
    double sum = 0, squares = 0, slopes = 0, slope;
    for (size_t i = 0; i < n; i++) {
        sum += raw(kind, lambda, y[i], &slope);
        slopes += slope;
    }
    double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++) {
        double off = raw(kind, lambda, y[i], NULL) - mean;
        squares += off * off;
    }
    double variance = squares / (double)n;
    return variance > 0 ? slopes - 0.5 * (double)n * log(variance) : -INFINITY;
}

/* The lambda of the greatest likelihood, by golden sections (Kiefer, 1953). */
static double fit_lambda(iv_transform_kind kind, const float *y, size_t n)
{
    const double ratio = 0.6180339887498949;
    double low = -LAMBDA_LIMIT, high = LAMBDA_LIMIT;
    double a = high - ratio * (high - low), b = low + ratio * (high - low);
    double fa = likelihood(kind, a, y, n), fb = likelihood(kind, b, y, n);
    while (high - low > 1e-4) {
        if (fa > fb) {
            high = b;
            b = a;
            fb = fa;
            a = high - ratio * (high - low);
            fa = likelihood(kind, a, y, n);
        } else {
            low = a;
            a = b;
            fa = fb;
            b = low + ratio * (high - low);
            fb = likelihood(kind, b, y, n);
        }
    }
    return (low + high) / 2;
}

void iv_transform_fit(iv_transform_kind kind, const float *y, size_t n, iv_transform *out)
{
    *out = (iv_transform){.kind = kind, .scale = 1, .low = -DBL_MAX, .high = DBL_MAX};
    if (kind == IV_NO_TRANSFORM || n == 0)
        return;
    double sum = 0, squares = 0, low = INFINITY, high = -INFINITY;
    for (size_t i = 0; kind == IV_LOG && i < n; i++)
        if (y[i] == 0)
            out->lambda = 1;
    if (kind != IV_LOG)
        out->lambda = fit_lambda(kind, y, n);
    for (size_t i = 0; i < n; i++) {
        double v = raw(kind, out->lambda, y[i], NULL);
        sum += v;
        low = fmin(low, v);
        high = fmax(high, v);
    }
    out->centre = sum / (double)n;
    for (size_t i = 0; i < n; i++) {
        double off = raw(kind, out->lambda, y[i], NULL) - out->centre;
        squares += off * off;
    }
    if (squares > 0)
        out->scale = sqrt(squares / (double)n);
    double margin = (high - low) / 2;
    out->low = (low - margin - out->centre) / out->scale;
    out->high = (high + margin - out->centre) / out->scale;
}

double iv_transform_apply(const iv_transform *t, double y)
{
    return (raw(t->kind, t->lambda, y, NULL) - t->centre) / t->scale;
}

double iv_transform_label(const iv_transform *t, double y)
{
    double z = iv_transform_apply(t, y);
    return isnan(z) ? t->low : z;
}

double iv_transform_log_slope(const iv_transform *t, double y)
{
    double slope;
    raw(t->kind, t->lambda, y, &slope);
    return slope - log(t->scale);
}

double iv_transform_invert(const iv_transform *t, double z)
{
    if (t->kind == IV_NO_TRANSFORM || isnan(z))
        return z;
    double v = fmin(fmax(z, t->low), t->high) * t->scale + t->centre, y;
    if (t->kind == IV_LOG)
        y = exp(v) - t->lambda;
    else if (t->kind == IV_BOX_COX)
        y = power_back(v, t->lambda);
    else
        y = v >= 0 ? power_back(v, t->lambda) - 1 : 1 - power_back(-v, 2 - t->lambda);
    return fmin(fmax(y, -FLT_MAX), FLT_MAX);
}

void iv_transform_write(const iv_transform *t, iv_json_writer *w, const char *name)
{
    iv_json_put_object(w, name);
    iv_json_put_text(w, "kind", names[t->kind]);
    if (t->kind != IV_NO_TRANSFORM) {
        iv_json_put_f64(w, "lambda", t->lambda);
        iv_json_put_f64(w, "centre", t->centre);
        iv_json_put_f64(w, "scale", t->scale);
        iv_json_put_f64(w, "low", t->low);
        iv_json_put_f64(w, "high", t->high);
    }
    iv_json_put_end(w, '}');
}

imgvec_status iv_transform_read(const iv_json *json, iv_transform *out, imgvec_error *err)
{
    const char *name;
    IV_TRY(iv_json_text(json, "kind", &name, err));
    *out = (iv_transform){.scale = 1, .low = -DBL_MAX, .high = DBL_MAX};
    if (iv_transform_from_name(name, &out->kind) != 0)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "unknown transform %.40s", name);
    if (out->kind == IV_NO_TRANSFORM)
        return IMGVEC_OK;
    IV_TRY(iv_json_f64(json, "lambda", &out->lambda, err));
    IV_TRY(iv_json_f64(json, "centre", &out->centre, err));
    IV_TRY(iv_json_f64(json, "scale", &out->scale, err));
    IV_TRY(iv_json_f64(json, "low", &out->low, err));
    IV_TRY(iv_json_f64(json, "high", &out->high, err));
    bool sound = fabs(out->lambda) <= LAMBDA_LIMIT && out->scale > 0 && out->low <= out->high &&
                 (out->kind != IV_LOG || out->lambda == 0 || out->lambda == 1);
    return sound ? IMGVEC_OK
                 : iv_fail(err, IMGVEC_ERR_FORMAT, "transform %s: numbers out of range", name);
}
