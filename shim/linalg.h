// Linear algebra for the projection.
#ifndef SHIM_LINALG_H
#define SHIM_LINALG_H

#include <cstddef>

namespace shim
{

void gram(const float *x, size_t rows, size_t cols, const double *mean, double *out);
void eigh(const double *matrix, size_t n, double *values, double *vectors);

} // namespace shim

#endif
