/* How far a prediction can be off, from out-of-fold errors and without a model of them: intervals
 * of a number from the quantile of the absolute residuals (split conformal prediction; Vovk et al.,
 * 2005; cross-conformal over folds), and sets of classes that hold every class of at least a
 * probability (LAC; Sadinle, Lei and Wasserman, Least ambiguous set-valued classifiers with bounded
 * error levels, 2019). Over rows that are drawn like those of the training both hold the truth
 * about as often as `level` says. For the model that is refitted on all rows there is no guarantee
 * of it for so many rows: what is known is the coverage that was measured. */
#ifndef IV_LEARN_CONFORMAL_H
#define IV_LEARN_CONFORMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>
#include <imgvec/error.h>

#include "learn/target.h"
#include "learn/transform.h"

typedef struct iv_conformal {
    bool known; /* else nothing below is: off, NaN, or too few rows for the level */
    double level;
    double quantile; /* regression: of |z - prediction| on the scale of the transform; classes: the
                      * least probability of a member */
    double coverage; /* share of rows whose truth is within, each part by the others' quantile */
    double width;    /* regression: mean of upper - lower; classes: mean size of a set */
    double single;   /* classes: share of sets with one member */
} iv_conformal;

/* From out-of-fold (or validation) predictions, calibrated ones where the model calibrates.
 * transform: of the target, NULL or kind none: errors count on the target's own scale. With it
 * intervals are of one width on its scale, and so follow the size of the prediction. level: in
 * (0, 1), or 0: nothing is known. fold_of NULL: IV_PARTS parts. */
imgvec_status iv_conformal_run(imgvec_context *ctx, iv_task task, size_t n, int32_t k,
                               const float *predictions, const float *truth,
                               const iv_transform *transform, const int32_t *fold_of,
                               int32_t fold_count, double level, iv_conformal *out,
                               imgvec_error *err);

/* Interval around one predicted number; NaN gives NaN. */
void iv_conformal_interval(double quantile, const iv_transform *transform, float prediction,
                           float *lower, float *upper);
/* Classes of one row: members[c] 1 or 0; the most probable one always, but none where a value is
 * NaN. Returns how many there are. */
int32_t iv_conformal_set(double quantile, int32_t k, const float *predictions, uint8_t *members);

/* Adds one row with its truth to the sums of coverage, width and single. members: k of scratch. */
void iv_conformal_add(iv_conformal *sums, iv_task task, int32_t k, const float *p, float truth,
                      const iv_transform *transform, double quantile, uint8_t *members);

#endif
