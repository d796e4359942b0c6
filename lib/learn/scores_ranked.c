#include <math.h>

#include "learn/rank.h"
#include "learn/scores.h"

/* One class against the others, from the highest score down: the area under the ROC curve, which is
 * the share of pairs that are in order, an equal pair counting half; and average precision, the sum
 * of precision times the step of recall over the different scores. NaN when a side is empty. */
static void areas(const iv_scores *s, const double *weights, const uint32_t *order, int32_t cls,
                  double *auc, double *aucpr)
{
    double positive = 0, negative = 0, ordered = 0, precise = 0, run_p = 0, run_n = 0;
    for (size_t i = s->n; i-- > 0;) {
        uint32_t row = order[i] & ~IV_RANK_LAST;
        double w = weights ? weights[row] : 1.0;
        if (s->label[row] == cls)
            run_p += w;
        else
            run_n += w;
        if (i == 0 || order[i - 1] & IV_RANK_LAST) {
            ordered += run_n * (positive + 0.5 * run_p);
            positive += run_p;
            negative += run_n;
            if (run_p > 0)
                precise += run_p * positive / (positive + negative);
            run_p = run_n = 0;
        }
    }
    *auc = positive > 0 && negative > 0 ? ordered / (positive * negative) : NAN;
    *aucpr = positive > 0 ? precise / positive : NAN;
}

/* Macro averages over the classes that define the area. */
void iv_scores_ranked(const iv_scores *s, const double *weights, double *out)
{
    double auc, aucpr, auc_sum = 0, aucpr_sum = 0;
    int32_t aucs = 0, aucprs = 0;
    if (s->task == IV_TASK_BINARY) {
        areas(s, weights, s->order, 1, &out[IV_AUC], &out[IV_AUCPR]);
        out[IV_GINI] = 2 * out[IV_AUC] - 1;
        return;
    }
    for (int32_t c = 0; c < s->k; c++) {
        areas(s, weights, s->order + (size_t)c * s->n, c, &auc, &aucpr);
        if (!isnan(auc)) {
            auc_sum += auc;
            aucs++;
        }
        if (!isnan(aucpr)) {
            aucpr_sum += aucpr;
            aucprs++;
        }
    }
    out[IV_AUC] = out[IV_MACRO_AUC] = aucs > 0 ? auc_sum / aucs : NAN;
    out[IV_AUCPR] = aucprs > 0 ? aucpr_sum / aucprs : NAN;
    out[IV_GINI] = 2 * out[IV_AUC] - 1;
}
