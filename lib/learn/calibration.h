/* Whether predicted probabilities mean what they say, and a temperature that makes them do so:
 * p becomes softmax(log(p) / T), one T for all rows and classes, which maximises the likelihood
 * (Guo et al., On calibration of modern neural networks, 2017). The order of a row's classes stays.
 */
#ifndef IV_LEARN_CALIBRATION_H
#define IV_LEARN_CALIBRATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>
#include <imgvec/error.h>

#include "learn/target.h"

#define IV_CALIBRATION_BINS 15
#define IV_TEMPERATURE_MIN 0.2
#define IV_TEMPERATURE_MAX 5.0

/* Where the rows are not parted into folds, what is cross-fitted is cross-fitted over so many
 * parts: row i is in part i mod IV_PARTS. */
#define IV_PARTS 5

/* Rows by confidence, equal widths from 0 to 1; a bin holds its lower bound, the last one both.
 * Confidence and hit: binary, the probability of the second class and whether it is true; else the
 * largest probability and whether its class is true. */
typedef struct iv_reliability {
    int64_t rows[IV_CALIBRATION_BINS];
    double confidence[IV_CALIBRATION_BINS]; /* mean; 0 in an empty bin */
    double hits[IV_CALIBRATION_BINS];       /* share; 0 in an empty bin */
    double ece;                             /* expected calibration error: |hits - confidence|
                                             * averaged over the rows */
} iv_reliability;

/* predictions: n x k class probabilities without NaN. truth: class index. */
void iv_reliability_of(iv_task task, size_t n, int32_t k, const float *predictions,
                       const float *truth, iv_reliability *out);

/* The temperature of largest likelihood on the rows whose part is not `without` (-1: all), within
 * the bounds, which rows without an error would pass; 1 where there are no rows. part NULL: one
 * part, 0. Probabilities are clipped as log_loss clips them. */
double iv_temperature_fit(size_t n, int32_t k, const float *predictions, const float *truth,
                          const int32_t *part, int32_t without);

/* In place. Temperature 1 changes nothing, nor does a row that holds NaN change. */
void iv_temperature_apply(double temperature, size_t n, int32_t k, float *predictions);

typedef enum iv_calibrate {
    IV_CALIBRATE_OFF,
    IV_CALIBRATE_AUTO,
    IV_CALIBRATE_TEMPERATURE
} iv_calibrate;

typedef struct iv_calibration {
    bool measured;      /* else nothing below is known: regression, or a prediction is NaN */
    bool fitted;        /* a temperature was fitted; before it is measured only */
    bool kept;          /* predictions are calibrated */
    double temperature; /* that suits all rows; 1 where none was fitted */
    double log_loss_before, log_loss_after;
    iv_reliability before, after; /* after: cross-fitted, each part by the others' temperature */
} iv_calibration;

/* Fits on out-of-fold (or validation) predictions and decides. AUTO keeps the temperature where the
 * cross-fitted log-loss is lower than that of the predictions as they are, TEMPERATURE always.
 * fold_of: of each row, below fold_count; NULL: IV_PARTS parts. Where it is kept, predictions
 * become the cross-fitted ones, so that scores of them are those of rows that their temperature did
 * not see; a new prediction gets out->temperature. */
imgvec_status iv_calibration_run(imgvec_context *ctx, iv_task task, size_t n, int32_t k,
                                 float *predictions, const float *truth, const int32_t *fold_of,
                                 int32_t fold_count, iv_calibrate how, iv_calibration *out,
                                 imgvec_error *err);

/* The parts that are cross-fitted over: part[n]; fold_of, or without it i mod IV_PARTS. Returns how
 * many there are. */
int32_t iv_parts_of(size_t n, const int32_t *fold_of, int32_t fold_count, int32_t *part);

#endif
