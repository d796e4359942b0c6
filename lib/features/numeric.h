/* A numeric or boolean column as one feature, NaN when missing: the learner has its own way with
 * those. */
#ifndef IV_FEATURES_NUMERIC_H
#define IV_FEATURES_NUMERIC_H

#include "features/block.h"

extern const iv_block_kind iv_numeric_kind, iv_boolean_kind;

#endif
