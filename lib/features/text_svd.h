/* Truncated singular value decomposition of a sparse matrix by a randomised range finder (Halko,
 * Martinsson and Tropp, 2011). In plain C: a table without images needs no network library. */
#ifndef IV_FEATURES_TEXT_SVD_H
#define IV_FEATURES_TEXT_SVD_H

#include <imgvec/context.h>
#include <imgvec/error.h>

#include "features/sparse.h"

/* The right singular vectors of the `dim` largest singular values, fewer where the matrix has a
 * lower rank (*found of them): components[cols * *found] (NEW), row-major, so that a row of the
 * matrix times it is the projection. The sign of a vector is chosen so that its largest entry is
 * positive: equal input and seed give equal bits. */
imgvec_status iv_svd_fit(imgvec_context *ctx, const iv_sparse *a, size_t dim, uint64_t seed,
                         float **components, size_t *found, imgvec_error *err);

/* Eigenvectors of a symmetric n x n matrix by Jacobi rotations: values falling, vectors as rows.
 * matrix is overwritten. */
void iv_jacobi_eigen(double *matrix, size_t n, double *values, double *vectors);

#endif
