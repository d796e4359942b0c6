/* Learning rates: over the steps of a training, and over the stages of a network. */
#ifndef IV_TRAIN_SCHEDULE_H
#define IV_TRAIN_SCHEDULE_H

#include <stdint.h>

/* Linear warm-up, then half a cosine down to 0 (Loshchilov and Hutter, 2017, "SGDR").
 * step: from 1 to steps. warmup: part of the steps, in [0, 1). Returns the factor of the highest
 * rate, in (0, 1]: no step is wasted on a rate of 0. */
double iv_schedule_factor(int64_t step, int64_t steps, double warmup);

/* Rates of a network's stages (out[stages]; the head is the last one) as factors: 1 for the head,
 * `decay` times as much for each stage further down (Clark et al. 2020, "ELECTRA", section 3.3),
 * and 0, which freezes, for all but the head and the `top` stages below it. top < 0: all. */
void iv_stage_rates(int32_t stages, int32_t top, double decay, double *out);

#endif
