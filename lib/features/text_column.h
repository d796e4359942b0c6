/* A text column as the projection of its TF-IDF weights on their leading singular vectors and,
 * where the fit knows the target, the linear answers of all terms (ridge regression): one, or one
 * for each class. All NaN when missing. Words that no training row had count for nothing. */
#ifndef IV_FEATURES_TEXT_COLUMN_H
#define IV_FEATURES_TEXT_COLUMN_H

#include "features/block.h"

extern const iv_block_kind iv_text_kind;

#endif
