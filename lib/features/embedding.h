/* An image column as the projection of its raw features, all NaN where no image of the cell can be
 * used. Where that is so for a row of the fit, one more feature says it: 1 for such rows, else
 * 0. */
#ifndef IV_FEATURES_EMBEDDING_H
#define IV_FEATURES_EMBEDDING_H

#include "features/block.h"

extern const iv_block_kind iv_embedding_kind;

#endif
