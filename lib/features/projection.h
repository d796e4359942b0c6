/* Principal-component projection of raw features (Pearson, 1901; Hotelling, 1933). */
#ifndef IV_FEATURES_PROJECTION_H
#define IV_FEATURES_PROJECTION_H

#include <stddef.h>
#include <stdint.h>

#include "io/tensors.h"
#include "net/executor.h"

typedef struct iv_projection {
    int32_t width, dim; /* dim values out of width */
    float *mean;        /* width */
    float *scale;       /* width: features are multiplied by it after centring */
    float *components;  /* dim x width, orthonormal rows; NULL: all dimensions, unchanged */
    float *variance;    /* dim: variance along each component on the rows it was fitted on */
    double total_variance;
} iv_projection;

/* Keeps all dimensions as they are. */
void iv_projection_identity(iv_projection *p, int32_t width);

/* Highest dim that the rows allow: min(width, usable rows - 1), at least 0. */
int32_t iv_projection_limit(const float *values, int32_t width, const int64_t *rows, size_t count);

/* Fits on the given rows of values (rows x width); rows that hold NaN are left out. blocks:
 * widths of the concatenated backbones (block_count of them); with several, each is divided
 * by the square root of its total variance, so that none drowns the others. INVALID_ARGUMENT when
 * dim is above min(width, usable rows - 1). The sign of a component is chosen so that its largest
 * entry is positive: equal input gives equal bits. */
imgvec_status iv_projection_fit(imgvec_context *ctx, const iv_executor *executor,
                                const float *values, const int64_t *rows, size_t count,
                                const int32_t *blocks, size_t block_count, int32_t dim,
                                int32_t threads, iv_projection *out, imgvec_error *err);

/* out[dim] for one row of width values. A row of NaN gives NaN. Each row's result depends on
 * that row alone, to the bit. */
void iv_projection_apply(const iv_projection *p, const float *values, float *out);

/* As tensors mean, scale, components, variance, and back. The identity has width alone. */
imgvec_status iv_projection_to_tensors(imgvec_context *ctx, const iv_projection *p,
                                       iv_tensors **out, imgvec_error *err);
imgvec_status iv_projection_from_tensors(imgvec_context *ctx, const iv_tensors *set,
                                         iv_projection *out, imgvec_error *err);
void iv_projection_free(imgvec_context *ctx, iv_projection *p);

#endif
