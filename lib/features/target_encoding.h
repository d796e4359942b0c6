/* A categorical column as the mean of the target by level (Micci-Barreca, 2001): one feature, or
 * one for each class of a multiclass target. A level's mean is drawn toward that of all rows, the
 * more the fewer rows it has: by the ratio of the variance within levels to that between them, as
 * one-way random effects estimate it. A level that no training row had is the mean of all rows, a
 * missing cell NaN. What a learner learns from is made out of fold: each row's features come from
 * training rows of other folds. */
#ifndef IV_FEATURES_TARGET_ENCODING_H
#define IV_FEATURES_TARGET_ENCODING_H

#include "features/block.h"

extern const iv_block_kind iv_target_encoding_kind;

#endif
