/* What training a booster and using one share. */
#ifndef IV_LEARN_BOOSTER_INTERNAL_H
#define IV_LEARN_BOOSTER_INTERNAL_H

#include "learn/booster.h"
#include "learn/xgb.h"

/* Numbers of one prediction. */
int32_t iv_booster_outputs(iv_task task, int32_t class_count);

/* A booster of the handle, which it takes over only on success. */
imgvec_status iv_booster_wrap(imgvec_context *ctx, iv_task task, int32_t class_count,
                              size_t features, BoosterHandle handle, iv_booster **out,
                              imgvec_error *err);

/* XGBoost's own matrix. Values are copied; y is set when the matrix has one. */
imgvec_status iv_booster_matrix(const iv_matrix *m, int32_t threads, DMatrixHandle *out,
                                imgvec_error *err);

/* Predictions from what XGBoost gives: the second of two classes alone, or all as they are. */
void iv_booster_spread(iv_task task, const float *raw, size_t rows, size_t width, float *out);

#endif
