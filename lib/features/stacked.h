/* Stacked predictions (Wolpert, 1992): an image column as what a linear model on its whole
 * embedding says of the target: one feature for a number or two classes, else one for each class.
 * For the rows of the fit each comes from a model that did not see the row. */
#ifndef IV_FEATURES_STACKED_H
#define IV_FEATURES_STACKED_H

#include "features/block.h"

extern const iv_block_kind iv_stacked_image_kind;

/* The kind that stacks columns of the type; NULL where their features are few enough as they are.
 */
const iv_block_kind *iv_stacked_kind_of(int32_t type);

#endif
