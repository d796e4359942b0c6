/* What the outputs of a classifying network should be. */
#ifndef IV_TRAIN_TARGETS_H
#define IV_TRAIN_TARGETS_H

#include <stddef.h>
#include <stdint.h>

/* Targets of IV_LOSS_CROSS_ENTROPY for known classes: out[count x classes].
 * smoothing: the part of each target that is spread evenly over all classes (Szegedy et al.
 * 2015). weights: one for each class, NULL for none; the loss is then the sum of the weighted
 * losses divided by the sum of the labels' weights, which must not be 0. Labels are in
 * 0..classes-1. */
void iv_targets_of_labels(const int32_t *labels, size_t count, int32_t classes, double smoothing,
                          const double *weights, float *out);

#endif
