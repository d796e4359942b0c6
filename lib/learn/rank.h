/* Order of rows by score, for rank statistics. */
#ifndef IV_LEARN_RANK_H
#define IV_LEARN_RANK_H

#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>
#include <imgvec/error.h>

/* Marks the last row of a run of equal scores. */
#define IV_RANK_LAST 0x80000000u

/* For each of `columns` columns of a matrix with `stride` floats a row: the n row numbers by
 * rising value, column after column in order (n x columns). n < 2^31, no NaN. */
imgvec_status iv_rank_columns(imgvec_context *ctx, const float *values, size_t n, size_t stride,
                              int32_t columns, uint32_t *order, imgvec_error *err);

/* Puts the row numbers in order by rising value; equal ones keep their order. No NaN. */
imgvec_status iv_rank_f64(imgvec_context *ctx, const double *values, uint32_t *order, size_t n,
                          imgvec_error *err);

/* Sorts doubles by rising value; scratch holds n of them. No NaN. */
void iv_sort_f64(double *values, double *scratch, size_t n);

#endif
