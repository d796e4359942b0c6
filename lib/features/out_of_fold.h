/* Folds of training rows, for features that are learned from the target: a row's own are made
 * without its fold. */
#ifndef IV_FEATURES_OUT_OF_FOLD_H
#define IV_FEATURES_OUT_OF_FOLD_H

#include "features/block.h"

#define IV_FEATURE_FOLDS 5

/* A fold below IV_FEATURE_FOLDS for each training row; rows of a group share one where there are
 * groups enough. */
imgvec_status iv_out_of_fold(imgvec_context *ctx, const iv_training *t, uint64_t seed,
                             int32_t *fold, imgvec_error *err);

/* Columns that a target makes: one for a number or two classes, else one for each class; 0 without
 * a target. */
size_t iv_target_outputs(const iv_training *t);
/* What a row's target is for one of them: the number, or whether the row is of the class. */
double iv_target_output(const iv_training *t, size_t row, size_t output);

#endif
