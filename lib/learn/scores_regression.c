#include <float.h>
#include <math.h>

#include "base/error.h"
#include "base/mem.h"
#include "learn/rank.h"
#include "learn/scores.h"

static imgvec_status prepare_relative(iv_scores *s, imgvec_error *err)
{
    s->relative = iv_alloc_n(s->ctx, s->n, sizeof *s->relative);
    s->by_relative = iv_alloc_n(s->ctx, s->n, sizeof *s->by_relative);
    if (!s->relative || !s->by_relative)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < s->n; i++) {
        double y = s->truth[i];
        if (y == 0)
            continue;
        s->relative[i] = fabs((y - s->predictions[i]) / y);
        s->by_relative[s->relatives++] = (uint32_t)i;
    }
    return iv_rank_f64(s->ctx, s->relative, s->by_relative, s->relatives, err);
}

/* Squared differences of the logarithms; NaN where one is not defined. */
static imgvec_status prepare_logs(iv_scores *s, imgvec_error *err)
{
    s->loss = iv_alloc_n(s->ctx, s->n, sizeof *s->loss);
    if (!s->loss)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < s->n; i++) {
        double y = s->truth[i], p = s->predictions[i];
        double l = y <= -1 || p <= -1 ? NAN : log1p(y) - log1p(p);
        s->loss[i] = l * l;
    }
    return IMGVEC_OK;
}

imgvec_status iv_scores_prepare_regression(iv_scores *s, int parts, imgvec_error *err)
{
    if (parts & IV_SCORES_LOG_LOSS)
        IV_TRY(prepare_logs(s, err));
    if (parts & IV_SCORES_MER)
        IV_TRY(prepare_relative(s, err));
    if (!(parts & IV_SCORES_RANKS))
        return IMGVEC_OK;
    s->order = iv_alloc_n(s->ctx, s->n, 2 * sizeof *s->order);
    if (!s->order)
        return iv_fail_nomem(err);
    IV_TRY(iv_rank_columns(s->ctx, s->predictions, s->n, 1, 1, s->order, err));
    return iv_rank_columns(s->ctx, s->truth, s->n, 1, 1, s->order + s->n, err);
}

/* Weight times the covariance of the truth with the place of a row in the order, rows of a run
 * sharing their middle place. *runs: how many there are. */
static double place_covariance(const iv_scores *s, const double *weights, const uint32_t *order,
                               double mean, size_t *runs)
{
    double below = 0, sum = 0, run_w = 0, run_y = 0;
    *runs = 0;
    for (size_t i = 0; i < s->n; i++) {
        uint32_t row = order[i] & ~IV_RANK_LAST;
        double w = weights ? weights[row] : 1.0;
        run_w += w;
        run_y += w * (s->truth[row] - mean);
        if (order[i] & IV_RANK_LAST) {
            sum += run_y * (below + 0.5 * run_w);
            below += run_w;
            *runs += run_w > 0;
            run_w = run_y = 0;
        }
    }
    return sum;
}

/* Normalised Gini: the area between the Lorenz curve of the truth in the order of the predictions
 * and the diagonal, as a share of that in the order of the truth. */
static double gini(const iv_scores *s, const double *weights, double mean)
{
    size_t runs;
    double own = place_covariance(s, weights, s->order + s->n, mean, &runs);
    if (runs < 2)
        return NAN;
    return place_covariance(s, weights, s->order, mean, &runs) / own;
}

/* Middle of the relative errors: where half the weight is below, the mean of the two values beside
 * the gap if there is one. */
static double median_error(const iv_scores *s, const double *weights)
{
    double total = 0, below = 0, first = NAN;
    for (size_t i = 0; i < s->relatives; i++)
        total += weights ? weights[s->by_relative[i]] : 1.0;
    for (size_t i = 0; i < s->relatives; i++) {
        double w = weights ? weights[s->by_relative[i]] : 1.0;
        double value = s->relative[s->by_relative[i]];
        if (w == 0)
            continue;
        if (!isnan(first))
            return 0.5 * (first + value);
        below += w;
        if (2 * below > total)
            return value;
        if (2 * below == total)
            first = value;
    }
    return first;
}

void iv_scores_regression(const iv_scores *s, const double *weights, double *out)
{
    double sum_w = 0, sum_y = 0, squares = 0, absolute = 0, relative = 0, logs = 0;
    double symmetric = 0, relative_squares = 0, relative_w = 0;
    size_t present = 0;
    for (size_t i = 0; i < s->n; i++) {
        double w = weights ? weights[i] : 1.0;
        if (w == 0)
            continue;
        double y = s->truth[i], p = s->predictions[i], d = y - p;
        present++;
        sum_w += w;
        sum_y += w * y;
        squares += w * d * d;
        absolute += w * fabs(d);
        relative += w * fabs(d) / fmax(fabs(y), DBL_EPSILON);
        if (d != 0)
            symmetric += w * 2 * fabs(d) / (fabs(y) + fabs(p));
        if (y != 0) {
            relative_w += w;
            relative_squares += w * (d / y) * (d / y);
        }
        if (s->loss)
            logs += w * s->loss[i];
    }
    if (!(sum_w > 0))
        return;
    double mean = sum_y / sum_w, spread = 0;
    for (size_t i = 0; i < s->n; i++) {
        double d = s->truth[i] - mean;
        spread += (weights ? weights[i] : 1.0) * d * d;
    }
    out[IV_MSE] = squares / sum_w;
    out[IV_RMSE] = sqrt(out[IV_MSE]);
    out[IV_MAE] = absolute / sum_w;
    out[IV_MAPE] = relative / sum_w;
    out[IV_SMAPE] = symmetric / sum_w;
    if (relative_w > 0)
        out[IV_RMSPE] = sqrt(relative_squares / relative_w);
    if (s->by_relative)
        out[IV_MER] = median_error(s, weights);
    if (s->order)
        out[IV_RANK_GINI] = gini(s, weights, mean);
    if (s->loss)
        out[IV_RMSLE] = sqrt(logs / sum_w);
    /* A constant truth: 1 when it is met exactly, else 0, as scikit-learn's force_finite. */
    if (present >= 2)
        out[IV_R2] = spread > 0 ? 1.0 - squares / spread : squares > 0 ? 0.0 : 1.0;
}
