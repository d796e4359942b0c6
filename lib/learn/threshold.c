#include "learn/threshold.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "learn/calibration.h"
#include "learn/rank.h"

static const char *const names[IV_GOALS] = {"f1",  "f05",      "f2",
                                            "mcc", "accuracy", "balanced_accuracy"};

const char *iv_goal_name(iv_threshold_goal goal)
{
    return names[goal];
}

int iv_goal_find(const char *name, const char *metric, iv_threshold_goal *out)
{
    bool automatic = iv_equal_nocase(name, "auto");
    *out = IV_GOAL_F1;
    for (int g = 0; g < IV_GOALS; g++)
        if (iv_equal_nocase(automatic ? metric : name, names[g])) {
            *out = (iv_threshold_goal)g;
            return 0;
        }
    return automatic ? 0 : -1;
}

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

static void fill(iv_label_scores *s)
{
    double tp = (double)s->tp, fp = (double)s->fp, tn = (double)s->tn, fn = (double)s->fn;
    double spread = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn);
    s->accuracy = share(tp + tn, tp + fp + tn + fn);
    s->precision = share(tp, tp + fp);
    s->recall = share(tp, tp + fn);
    s->balanced_accuracy = (s->recall + share(tn, tn + fp)) / 2;
    s->f1 = share(2 * tp, 2 * tp + fp + fn);
    s->f05 = share(1.25 * tp, 1.25 * tp + fp + 0.25 * fn);
    s->f2 = share(5 * tp, 5 * tp + fp + 4 * fn);
    s->mcc = spread > 0 ? (tp * tn - fp * fn) / sqrt(spread) : 0;
}

static double goal_of(const iv_label_scores *s, iv_threshold_goal goal)
{
    const double values[IV_GOALS] = {s->f1,  s->f05,      s->f2,
                                     s->mcc, s->accuracy, s->balanced_accuracy};
    return values[goal];
}

static void count_row(iv_label_scores *s, bool truth, bool guess)
{
    s->tp += truth && guess;
    s->fp += !truth && guess;
    s->tn += !truth && !guess;
    s->fn += truth && !guess;
}

void iv_label_scores_at(size_t n, const float *predictions, const float *truth, double value,
                        iv_label_scores *out)
{
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < n; i++)
        count_row(out, truth[i] > 0, predictions[2 * i + 1] >= value);
    fill(out);
}

/* Takes the value where the labels so far are better, or as good and it is nearer to 0.5. */
static void consider(iv_label_scores *s, iv_threshold_goal goal, double value, double *best,
                     double *best_value)
{
    fill(s);
    double score = goal_of(s, goal);
    if (score > *best || (score == *best && fabs(value - 0.5) < fabs(*best_value - 0.5))) {
        *best = score;
        *best_value = value;
    }
}

/* From the highest score down, leaving out the rows of part `without`. Sums of counts are whole
 * numbers, so that equal scores are found to be equal. */
static double best_value(size_t n, const float *predictions, const float *truth,
                         const uint32_t *order, const int32_t *part, int32_t without,
                         iv_threshold_goal goal)
{
    iv_label_scores s = {0};
    double best = -INFINITY, value = 0.5, above = 1; /* above: the next higher score */
    for (size_t i = 0; i < n; i++)
        if (part[i] != without)
            count_row(&s, truth[i] > 0, false);
    for (size_t at = n; at-- > 0;) {
        size_t i = order[at] & ~IV_RANK_LAST;
        double p = predictions[2 * i + 1];
        if (part[i] == without)
            continue;
        if (p < above)
            consider(&s, goal, 0.5 * (p + above), &best, &value);
        above = p;
        s.tp += truth[i] > 0;
        s.fn -= truth[i] > 0;
        s.fp += !(truth[i] > 0);
        s.tn -= !(truth[i] > 0);
    }
    consider(&s, goal, 0.5 * above, &best, &value); /* every row is the second class */
    return value;
}

static bool has_both(size_t n, const float *predictions, const float *truth)
{
    bool seen[2] = {false, false};
    for (size_t i = 0; i < n; i++) {
        if (isnan(predictions[2 * i + 1]))
            return false;
        seen[truth[i] > 0] = true;
    }
    return seen[0] && seen[1];
}

imgvec_status iv_threshold_run(imgvec_context *ctx, iv_task task, size_t n, int32_t k,
                               const float *predictions, const float *truth, const int32_t *fold_of,
                               int32_t fold_count, iv_threshold_goal goal, iv_threshold *out,
                               imgvec_error *err)
{
    *out = (iv_threshold){.goal = goal, .value = 0.5};
    if (task != IV_TASK_BINARY || k != 2 || !has_both(n, predictions, truth))
        return IMGVEC_OK;
    imgvec_status status = IMGVEC_OK;
    uint32_t *order = iv_alloc_n(ctx, n, sizeof *order);
    int32_t *part = iv_alloc_n(ctx, n, sizeof *part);
    if (!order || !part) {
        status = iv_fail_nomem(err);
        goto done;
    }
    IV_DO(iv_rank_columns(ctx, predictions + 1, n, 2, 1, order, err));
    int32_t parts = iv_parts_of(n, fold_of, fold_count, part);
    out->known = true;
    out->value = best_value(n, predictions, truth, order, part, -1, goal);
    for (int32_t p = 0; p < parts; p++) {
        double value = best_value(n, predictions, truth, order, part, p, goal);
        for (size_t i = 0; i < n; i++)
            if (part[i] == p)
                count_row(&out->crossed, truth[i] > 0, predictions[2 * i + 1] >= value);
    }
    fill(&out->crossed);
    iv_label_scores_at(n, predictions, truth, out->value, &out->fitted);
    iv_label_scores_at(n, predictions, truth, 0.5, &out->half);
done:
    iv_free(ctx, order);
    iv_free(ctx, part);
    return status;
}
