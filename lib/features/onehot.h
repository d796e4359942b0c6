/* A categorical column as one feature for each level: 1 or 0. The levels are the max_categories
 * most frequent ones of the training rows; another level is all zero, a missing cell all NaN. */
#ifndef IV_FEATURES_ONEHOT_H
#define IV_FEATURES_ONEHOT_H

#include "features/block.h"

extern const iv_block_kind iv_onehot_kind;

#endif
