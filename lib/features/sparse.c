#include "features/sparse.h"

#include <string.h>

void iv_sparse_multiply(const iv_sparse *a, const float *wide, size_t width, float *tall)
{
    memset(tall, 0, a->rows * width * sizeof *tall);
    for (size_t row = 0; row < a->rows; row++)
        for (size_t e = a->start[row]; e < a->start[row + 1]; e++)
            iv_axpy(a->value[e], wide + a->index[e] * width, tall + row * width, width);
}

void iv_sparse_multiply_transposed(const iv_sparse *a, const float *tall, size_t width, float *wide)
{
    memset(wide, 0, a->cols * width * sizeof *wide);
    for (size_t row = 0; row < a->rows; row++)
        for (size_t e = a->start[row]; e < a->start[row + 1]; e++)
            iv_axpy(a->value[e], tall + row * width, wide + a->index[e] * width, width);
}
