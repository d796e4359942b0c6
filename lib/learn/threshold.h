/* The probability of the second class from which on a binary prediction counts as that class. */
#ifndef IV_LEARN_THRESHOLD_H
#define IV_LEARN_THRESHOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>
#include <imgvec/error.h>

#include "learn/target.h"

/* Scores of labels; those that are not defined are 0, as in scikit-learn. */
typedef struct iv_label_scores {
    int64_t tp, fp, tn, fn;
    double accuracy, balanced_accuracy, precision, recall, f1, f05, f2, mcc;
} iv_label_scores;

/* What a threshold can maximise. */
typedef enum iv_threshold_goal {
    IV_GOAL_F1,
    IV_GOAL_F05,
    IV_GOAL_F2,
    IV_GOAL_MCC,
    IV_GOAL_ACCURACY,
    IV_GOAL_BALANCED_ACCURACY,
    IV_GOALS
} iv_threshold_goal;

const char *iv_goal_name(iv_threshold_goal goal); /* "f1"... */
/* A goal's own name, or "auto": the metric where it is a goal, else F1. 0 on success. */
int iv_goal_find(const char *name, const char *metric, iv_threshold_goal *out);

typedef struct iv_threshold {
    bool known; /* else nothing below is: no binary task, NaN among the predictions, one class */
    iv_threshold_goal goal;
    double value;            /* chosen on all rows: second class where p >= value */
    iv_label_scores fitted;  /* at value, on the rows that it was chosen on */
    iv_label_scores crossed; /* each part by the threshold that the others choose: what to expect */
    iv_label_scores half;    /* at 0.5 */
} iv_threshold;

/* predictions: n x 2. A row is the second class where predictions[2 i + 1] >= value. */
void iv_label_scores_at(size_t n, const float *predictions, const float *truth, double value,
                        iv_label_scores *out);

/* Chooses on out-of-fold (or validation) predictions: the middle between the two neighbouring
 * scores where the goal is best (0 and 1 count as scores), of several the one nearest to 0.5.
 * fold_of NULL: IV_PARTS parts.
 */
imgvec_status iv_threshold_run(imgvec_context *ctx, iv_task task, size_t n, int32_t k,
                               const float *predictions, const float *truth, const int32_t *fold_of,
                               int32_t fold_count, iv_threshold_goal goal, iv_threshold *out,
                               imgvec_error *err);

#endif
