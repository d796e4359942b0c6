/* The average training row, feature by feature: what explanations of trees start from. */
#ifndef IV_MODEL_AVERAGE_H
#define IV_MODEL_AVERAGE_H

#include "model/bundle.h"

typedef struct iv_average {
    size_t width;     /* 0: nothing is known */
    float *mean;      /* of the rows that have the feature */
    float *deviation; /* about it */
} iv_average;

/* Of rows x width features, NaN where a row has none. */
imgvec_status iv_average_make(imgvec_context *ctx, const float *x, size_t rows, size_t width,
                              iv_average *out, imgvec_error *err);

/* Part average.safetensors. A file without it gives width 0; FORMAT unless it fits. */
imgvec_status iv_average_put(iv_bundle *b, const iv_average *a, imgvec_error *err);
imgvec_status iv_average_get(const iv_bundle *b, size_t width, iv_average *out, imgvec_error *err);
void iv_average_free(imgvec_context *ctx, iv_average *a);

#endif
