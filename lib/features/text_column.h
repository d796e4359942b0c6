/* A text column as the projection of its TF-IDF weights on their leading singular vectors; all NaN
 * when missing. Words that no training row had count for nothing. */
#ifndef IV_FEATURES_TEXT_COLUMN_H
#define IV_FEATURES_TEXT_COLUMN_H

#include "features/block.h"

extern const iv_block_kind iv_text_kind;

#endif
