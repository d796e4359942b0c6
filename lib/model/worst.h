/* The predictions that were most wrong. */
#ifndef IV_MODEL_WORST_H
#define IV_MODEL_WORST_H

#include <stddef.h>
#include <stdint.h>

#include "learn/target.h"

/* Class with the highest probability, the first of equal ones; -1 where there is no number. */
int32_t iv_likeliest(const float *prediction, int32_t outputs);

/* Writes at most `most` indices to out, the worst first, and returns how many: of classes those
 * that were predicted wrongly, by the probability of the right one; of numbers those farthest from
 * the truth. Equal ones keep their order. */
size_t iv_worst(iv_task task, size_t count, int32_t outputs, const float *truth,
                const float *predictions, size_t most, size_t *out);

#endif
