#include "learn/scores.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "learn/rank.h"

/* Probabilities are clipped to [eps, 1 - eps] with the eps of float32, which is what
 * scikit-learn takes for float32 input, and each row is then divided by its sum. The
 * arithmetic is in double. */
static double row_loss(const float *p, int32_t k, int32_t label)
{
    double sum = 0, mine = 0;
    for (int32_t c = 0; c < k; c++) {
        double v = p[c];
        if (v < FLT_EPSILON)
            v = FLT_EPSILON;
        if (v > 1.0 - FLT_EPSILON)
            v = 1.0 - FLT_EPSILON;
        sum += v;
        if (c == label)
            mine = v;
    }
    return -log(mine / sum);
}

int iv_scores_parts(iv_task task, int metric)
{
    if (task == IV_TASK_REGRESSION)
        return metric == IV_RANK_GINI ? IV_SCORES_RANKS
               : metric == IV_MER     ? IV_SCORES_MER
               : metric == IV_RMSLE   ? IV_SCORES_LOG_LOSS
                                      : 0;
    switch (metric) {
    case IV_LOG_LOSS:
        return IV_SCORES_LOG_LOSS;
    case IV_AUC:
    case IV_AUCPR:
    case IV_GINI:
    case IV_MACRO_AUC:
        return IV_SCORES_RANKS;
    default:
        return 0;
    }
}

int32_t iv_most_probable(const float *p, int32_t k)
{
    int32_t best = 0;
    for (int32_t c = 1; c < k; c++)
        if (p[c] > p[best])
            best = c;
    return best;
}

static imgvec_status prepare_classes(iv_scores *s, int parts, imgvec_error *err)
{
    size_t n = s->n, k = (size_t)s->k;
    s->label = iv_alloc_n(s->ctx, n, sizeof *s->label);
    s->guess = iv_alloc_n(s->ctx, n, sizeof *s->guess);
    s->confusion = iv_alloc_n(s->ctx, k * k, sizeof *s->confusion);
    if (!s->label || !s->guess || !s->confusion)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < n; i++) {
        if (!(s->truth[i] >= 0 && s->truth[i] < (float)s->k))
            return iv_fail_at(err, IMGVEC_ERR_INTERNAL, (int64_t)i,
                              "metrics: class %g of row %zu is none of %d", s->truth[i], i,
                              (int)s->k);
        s->label[i] = (int32_t)s->truth[i];
        s->guess[i] = iv_most_probable(s->predictions + i * k, s->k);
    }
    if (parts & IV_SCORES_LOG_LOSS) {
        s->loss = iv_alloc_n(s->ctx, n, sizeof *s->loss);
        if (!s->loss)
            return iv_fail_nomem(err);
        for (size_t i = 0; i < n; i++)
            s->loss[i] = row_loss(s->predictions + i * k, s->k, s->label[i]);
    }
    if (parts & IV_SCORES_RANKS) {
        s->ranked = s->task == IV_TASK_BINARY ? 1 : s->k;
        if (n > SIZE_MAX / (size_t)s->ranked)
            return iv_fail_nomem(err);
        s->order = iv_alloc_n(s->ctx, n * (size_t)s->ranked, sizeof *s->order);
        if (!s->order)
            return iv_fail_nomem(err);
        IV_TRY(iv_rank_columns(s->ctx, s->predictions + (s->task == IV_TASK_BINARY ? 1 : 0), n, k,
                               s->ranked, s->order, err));
    }
    return IMGVEC_OK;
}

imgvec_status iv_scores_init(imgvec_context *ctx, iv_task task, size_t n, int32_t k,
                             const float *predictions, const float *truth, int parts,
                             iv_scores *out, imgvec_error *err)
{
    memset(out, 0, sizeof *out);
    out->ctx = ctx;
    out->task = task;
    out->n = n;
    out->k = k;
    out->predictions = predictions;
    out->truth = truth;
    if (task == IV_TASK_REGRESSION ? k != 1 : task == IV_TASK_BINARY ? k != 2 : k < 2)
        return iv_fail(err, IMGVEC_ERR_INTERNAL, "metrics: %d columns for task %s", (int)k,
                       iv_task_name(task));
    if (n > INT32_MAX || (size_t)k > SIZE_MAX / sizeof(double) / (size_t)k)
        return iv_fail(err, IMGVEC_ERR_LIMIT, "metrics: %zu rows of %d classes are too many", n,
                       (int)k);
    for (size_t i = 0; i < n * (size_t)k && !out->undefined; i++)
        out->undefined = isnan(predictions[i]);
    if (n == 0)
        out->undefined = true;
    if (out->undefined)
        return IMGVEC_OK;
    imgvec_status status = task == IV_TASK_REGRESSION
                               ? iv_scores_prepare_regression(out, parts, err)
                               : prepare_classes(out, parts, err);
    if (status != IMGVEC_OK)
        iv_scores_free(out);
    return status;
}

void iv_scores_free(iv_scores *s)
{
    iv_free(s->ctx, s->label);
    iv_free(s->ctx, s->guess);
    iv_free(s->ctx, s->loss);
    iv_free(s->ctx, s->order);
    iv_free(s->ctx, s->confusion);
    iv_free(s->ctx, s->relative);
    iv_free(s->ctx, s->by_relative);
    s->label = s->guess = NULL;
    s->loss = s->confusion = s->relative = NULL;
    s->order = s->by_relative = NULL;
}

static void eval_confusion(const iv_scores *s, double total, double *out)
{
    const double *m = s->confusion;
    int32_t k = s->k;
    double correct = 0, recalls = 0, tt = 0, pp = 0, tp = 0;
    double f[3] = {0}, sums[3] = {0};                    /* of f1, f05, f2 */
    static const double shares[3] = {0.5, 0.8, 1 / 5.0}; /* 1 / (1 + beta^2) */
    int32_t with_truth = 0, with_any = 0;
    for (int32_t c = 0; c < k; c++) {
        double truth = 0, guessed = 0, both = m[(size_t)c * (size_t)k + (size_t)c];
        for (int32_t j = 0; j < k; j++) {
            truth += m[(size_t)c * (size_t)k + (size_t)j];
            guessed += m[(size_t)j * (size_t)k + (size_t)c];
        }
        correct += both;
        tt += truth * truth;
        pp += guessed * guessed;
        tp += truth * guessed;
        if (truth > 0) {
            recalls += both / truth;
            with_truth++;
        }
        /* F_beta = (1 + beta^2) both / (beta^2 truth + guessed) */
        for (int b = 0; b < 3 && truth + guessed > 0; b++)
            sums[b] += f[b] = both / ((1 - shares[b]) * truth + shares[b] * guessed);
        if (!(truth + guessed > 0))
            f[0] = f[1] = f[2] = 0;
        with_any += truth + guessed > 0;
    }
    out[IV_ACCURACY] = correct / total;
    out[IV_BALANCED_ACCURACY] = recalls / with_truth;
    for (int b = 0; b < 3; b++) /* binary: f of the last class */
        out[b == 0   ? IV_F1
            : b == 1 ? IV_F05
                     : IV_F2] = s->task == IV_TASK_BINARY ? f[b] : sums[b] / with_any;
    double spread = (total * total - pp) * (total * total - tt);
    out[IV_MCC] = spread > 0 ? (correct * total - tp) / sqrt(spread) : 0.0;
}

static void eval_classes(iv_scores *s, const double *weights, double *out)
{
    size_t k = (size_t)s->k;
    double total = 0, loss = 0;
    memset(s->confusion, 0, k * k * sizeof *s->confusion);
    for (size_t i = 0; i < s->n; i++) {
        double w = weights ? weights[i] : 1.0;
        total += w;
        s->confusion[(size_t)s->label[i] * k + (size_t)s->guess[i]] += w;
        if (s->loss)
            loss += w * s->loss[i];
    }
    if (!(total > 0))
        return;
    eval_confusion(s, total, out);
    if (s->loss)
        out[IV_LOG_LOSS] = loss / total;
    if (s->order)
        iv_scores_ranked(s, weights, out);
}

void iv_scores_eval(iv_scores *s, const double *weights, double out[IV_METRIC_MAX])
{
    for (int i = 0; i < IV_METRIC_MAX; i++)
        out[i] = NAN;
    if (s->undefined)
        return;
    if (s->task == IV_TASK_REGRESSION)
        iv_scores_regression(s, weights, out);
    else
        eval_classes(s, weights, out);
}
