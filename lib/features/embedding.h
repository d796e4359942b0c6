/* An image column as the projection of its raw features, all NaN where the image cannot be
 * used. */
#ifndef IV_FEATURES_EMBEDDING_H
#define IV_FEATURES_EMBEDDING_H

#include "features/block.h"

extern const iv_block_kind iv_embedding_kind;

#endif
