/* A sparse matrix by rows, and its products with dense ones of few columns. */
#ifndef IV_FEATURES_SPARSE_H
#define IV_FEATURES_SPARSE_H

#include <stddef.h>
#include <stdint.h>

typedef struct iv_sparse {
    size_t rows, cols;
    size_t *start;   /* rows + 1: where each row's entries begin */
    uint32_t *index; /* column of each entry */
    float *value;
} iv_sparse;

/* Dense matrices are padded to a multiple of this many columns, so that loops over them are vector
 * operations. */
#define IV_LANE 8

static inline size_t iv_lanes(size_t columns)
{
    return (columns + IV_LANE - 1) / IV_LANE * IV_LANE;
}

/* y += scale * x */
static inline void iv_axpy(float scale, const float *x, float *y, size_t width)
{
    for (size_t k = 0; k < width; k += IV_LANE)
        for (size_t i = 0; i < IV_LANE; i++)
            y[k + i] += scale * x[k + i];
}

/* tall (rows x width) = a * wide (cols x width); width a multiple of IV_LANE */
void iv_sparse_multiply(const iv_sparse *a, const float *wide, size_t width, float *tall);
/* wide = transposed a * tall */
void iv_sparse_multiply_transposed(const iv_sparse *a, const float *tall, size_t width,
                                   float *wide);

#endif
