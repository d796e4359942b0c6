/* What the options say of fine-tuning, and what is chosen where they say nothing. */
#ifndef IV_MODEL_TUNING_H
#define IV_MODEL_TUNING_H

#include <imgvec/options.h>

#include "train/finetune.h"

typedef struct iv_tuning {
    iv_finetune_spec spec; /* top: see iv_tuning_choose */
    iv_augment augment;
    double smoothing;
    bool balanced; /* classes count the same, however many rows they have */
    bool fast;     /* one network for all folds */
    int32_t parts; /* of a training fold: each one's rows are told of by a network of the rest */
    bool probed;   /* the head starts as a linear model on the frozen features */
    const char *asked; /* option strategy */
    char reason[200];  /* of the strategy */
} iv_tuning;

/* Reads the options. INVALID_ARGUMENT names the one that is wrong. */
imgvec_status iv_tuning_read(const imgvec_options *opts, const char *device, iv_tuning *out,
                             imgvec_error *err);

/* Which stages learn, from the size of the data and its similarity to what the weights know:
 * rows of the smallest class, or all of a number's (fewer than 1000 is small), and how well
 * frozen features do: skill, 0 for no better than a constant and 1 for perfect. net: that is to
 * learn. Sets spec.top and reason. */
imgvec_status iv_tuning_choose(iv_tuning *t, int64_t rows, double skill, const iv_network *net,
                               imgvec_error *err);

/* Whether a number is better learned by its logarithm: all are above 0, and that lessens the skew.
 */
bool iv_tune_by_logarithm(const float *y, size_t n);
/* Takes numbers, or their logarithms, to mean 0 and deviation 1. */
void iv_tune_scale_numbers(float *y, size_t n, bool logarithm);

/* Sets what the options say of lessons whose rows and targets are set already, and the loss that
 * suits them. weights: NEW or NULL, what lessons->class_weights is from here on. */
imgvec_status iv_tuning_teach(const iv_tuning *t, iv_lessons *lessons, iv_finetune_spec *spec,
                              double **weights, imgvec_error *err);

#endif
