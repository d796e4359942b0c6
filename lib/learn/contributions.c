#include "learn/contributions.h"

#include <math.h>

#include "base/error.h"

size_t iv_learner_margin_count(const iv_learner *l)
{
    return l->class_count > 2 ? (size_t)l->class_count : 1;
}

/* Takes their mean off `count` numbers that lie `step` apart. */
static void centre(float *x, size_t count, size_t step)
{
    double sum = 0;
    for (size_t c = 0; c < count; c++)
        sum += x[c * step];
    for (size_t c = 0; count > 1 && c < count; c++)
        x[c * step] = (float)(x[c * step] - sum / (double)count);
}

/* One margin of a linear learner: what each feature adds, then the bias. */
static void linear_terms(const iv_learner *l, const float *x, size_t output, float *out)
{
    const iv_linear *m = &l->linear;
    const float *w = m->weights + output * (size_t)m->width;
    for (size_t j = 0; j < l->features; j++)
        out[j] = isnan(x[j]) ? 0.0f : (x[j] - m->mean[j]) * w[j];
    for (size_t k = 0; k < l->missing_count; k++) {
        size_t j = (size_t)l->missing[k], at = l->features + k;
        out[j] += ((isnan(x[j]) ? 1.0f : 0.0f) - m->mean[at]) * w[at];
    }
    out[l->features] = m->bias[output];
}

imgvec_status iv_learner_contributions(const iv_learner *l, const iv_matrix *x, float *out,
                                       imgvec_error *err)
{
    size_t k = iv_learner_margin_count(l), each = l->features + 1;
    if (l->kind == IV_XGBOOST)
        IV_TRY(iv_booster_contributions(l->booster, x, out, err));
    for (size_t i = 0; i < x->rows; i++) {
        float *row = out + i * k * each;
        for (size_t c = 0; l->kind == IV_LINEAR && c < k; c++)
            linear_terms(l, x->x + i * x->cols, c, row + c * each);
        for (size_t j = 0; j < each; j++)
            centre(row + j, k, each);
    }
    return IMGVEC_OK;
}
