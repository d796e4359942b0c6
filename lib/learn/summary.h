/* Scores of a cross-validation: of each fold, over the folds, of all rows. */
#ifndef IV_LEARN_SUMMARY_H
#define IV_LEARN_SUMMARY_H

#include "learn/crossval.h"

/* A fold's metrics and baseline, once its predictions are in out->predictions. */
imgvec_status iv_summary_fold(imgvec_context *ctx, const iv_cases *cases, iv_crossval *out,
                              int32_t fold, imgvec_error *err);
/* What is over all folds. */
imgvec_status iv_summary_all(imgvec_context *ctx, const iv_cases *cases, uint64_t seed,
                             iv_crossval *out, imgvec_error *err);

#endif
