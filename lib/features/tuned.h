/* An image column as what a network says of the target that was fine-tuned for it. */
#ifndef IV_FEATURES_TUNED_H
#define IV_FEATURES_TUNED_H

#include "features/block.h"

/* For inputs with `tuned` set. One feature for a number (the network's scale) and for two classes
 * (their log-odds), else one for each class: its logit less their mean. The caller sees to it that
 * no row's values come from a network that learned from the row. NaN where there is no usable
 * image. */
extern const iv_block_kind iv_tuned_image_kind;

/* Outputs of the network that a block of this kind needs. */
int32_t iv_tuned_outputs(const iv_block *b);

/* The tuned_id of the input that the block was fitted on; -1 for one that was read. */
int32_t iv_tuned_id(const iv_block *b);

#endif
