/* The mean of a network's weights over the last epochs of a training (Izmailov et al. 2018,
 * "Averaging Weights Leads to Wider Optima and Better Generalization", arXiv:1803.05407). */
#ifndef IV_TRAIN_SOUP_H
#define IV_TRAIN_SOUP_H

#include "io/tensors.h"

/* Takes the `count`-th state (from 1) into the mean: *soup is NEW with the first one. Both have the
 * same tensors in the same order. Statistics of batch norms are averaged like weights. */
imgvec_status iv_soup_add(imgvec_context *ctx, iv_tensors **soup, const iv_tensors *state,
                          int64_t count, imgvec_error *err);

/* NEW, the same tensors without metadata. */
imgvec_status iv_state_copy(imgvec_context *ctx, const iv_tensors *from, iv_tensors **out,
                            imgvec_error *err);

#endif
