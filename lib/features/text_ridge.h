/* Ridge regression on a sparse matrix (Hoerl and Kennard, 1970) by conjugate gradients: a linear
 * answer of all terms, where few directions of a decomposition miss what rare words tell. */
#ifndef IV_FEATURES_TEXT_RIDGE_H
#define IV_FEATURES_TEXT_RIDGE_H

#include <imgvec/context.h>
#include <imgvec/error.h>

#include "features/sparse.h"

typedef struct iv_text_ridge {
    float *weights;   /* cols x outputs */
    float *intercept; /* outputs */
    float *out;       /* rows x outputs: answers for the rows of the fit, out of fold */
} iv_text_ridge;

/* Minimises |a w + c - y|^2 + |w|^2 for each output, c being the mean of y (rows x outputs): once
 * on all rows, and for each fold on the rows that are not of it. */
imgvec_status iv_text_ridge_fit(imgvec_context *ctx, const iv_sparse *a, const float *y,
                                size_t outputs, const int32_t *fold, int32_t folds,
                                iv_text_ridge *out, imgvec_error *err);
void iv_text_ridge_free(imgvec_context *ctx, iv_text_ridge *r);

#endif
