/* Where images lie among each other: a map in two dimensions, and their nearest neighbours. */
#ifndef IV_MODEL_INSIGHT_MAP_H
#define IV_MODEL_INSIGHT_MAP_H

#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>
#include <imgvec/error.h>

/* Features of rows: row r at values + r * width. */
typedef struct iv_feature_rows {
    const float *values;
    int32_t width;
} iv_feature_rows;

/* The two principal components of the rows, by randomised subspace iteration (Halko, Martinsson
 * and Tropp, 2011): out[2 * count]; variance[2] is each one's share of the whole. Both are 0 where
 * the rows do not differ. */
imgvec_status iv_insight_flatten(imgvec_context *ctx, const iv_feature_rows *features,
                                 const int64_t *rows, size_t count, uint64_t seed, float *out,
                                 double variance[2], imgvec_error *err);

/* Cosine of the angle between two rows, 0 where one is zero. */
double iv_insight_similarity(const iv_feature_rows *features, int64_t a, int64_t b);

#endif
