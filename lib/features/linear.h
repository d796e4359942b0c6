/* Linear models with a quadratic penalty: ridge regression (Hoerl and Kennard, 1970) and logistic
 * regression, binary and multinomial. The strength of the penalty is chosen by cross-validation
 * inside the rows of the fit; what that leaves over, a prediction for each row by a model that did
 * not see it, is what stacking needs (Wolpert, 1992). */
#ifndef IV_FEATURES_LINEAR_H
#define IV_FEATURES_LINEAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>
#include <imgvec/error.h>

#include "base/watch.h"
#include "io/tensors.h"

/* score[c] = sum over j of weights[c][j] * (x[j] - mean[j]); the answer adds bias[c]. */
typedef struct iv_linear {
    int32_t width, outputs; /* outputs: 1 for a number and for two classes, else the classes */
    float *mean;            /* width */
    float *weights;         /* outputs x width */
    float *bias;            /* outputs */
    double lambda;          /* penalty: lambda / 2 times the squares of standardised weights */
} iv_linear;

typedef struct iv_linear_data {
    const float *x; /* rows x width, finite */
    size_t rows;
    int32_t width;
    const float *y;       /* a number, or the index of a class */
    int32_t class_count;  /* 0: y is a number */
    const int32_t *group; /* rows of one group are held out together where there are two; or NULL */
    uint64_t seed;        /* of the folds */
    iv_watch *watch;      /* for cancellation; may be NULL */
} iv_linear_data;

/* Fits. held_out (rows x outputs; may be NULL): the score of each row by the model of the folds
 * that it is not in, without the bias: a fold's bias is the mean of the other folds' targets and
 * would tell of its own. With too few rows to hold any out, or targets so large that their
 * products overflow, all weights are 0 and the bias is that of the mean or the shares. */
imgvec_status iv_linear_fit(imgvec_context *ctx, const iv_linear_data *data, iv_linear *out,
                            float *held_out, imgvec_error *err);

/* out[outputs]: scores of one row, finite. A value that is NaN counts as the mean; none is
 * infinite. */
void iv_linear_scores(const iv_linear *m, const float *x, float *out);

/* Scores with the bias as answers: a number, or the probability of each class (two for outputs 1).
 */
void iv_linear_answer(const iv_linear *m, int32_t class_count, const float *scores, float *out);

/* The same answers as those of a network's linear layer on x: weight[outputs * width] and
 * bias[outputs]. Two outputs for a model of two classes: half of its log-odds each way. */
void iv_linear_as_layer(const iv_linear *m, int32_t outputs, float *weight, float *bias);

/* As tensors mean, weights, bias, and back; FORMAT unless all are there, of one width and finite.
 */
imgvec_status iv_linear_to_tensors(imgvec_context *ctx, const iv_linear *m, iv_tensors **out,
                                   imgvec_error *err);
imgvec_status iv_linear_from_tensors(imgvec_context *ctx, const iv_tensors *set, iv_linear *out,
                                     imgvec_error *err);
void iv_linear_free(imgvec_context *ctx, iv_linear *m);

#endif
