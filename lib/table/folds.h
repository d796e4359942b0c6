/* Assigning rows to folds and to the parts of a split. */
#ifndef IV_TABLE_FOLDS_H
#define IV_TABLE_FOLDS_H

#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>
#include <imgvec/error.h>

#include "base/random.h"

/* Assigns n rows to folds 0..k-1 at random. labels (class of each row) stratifies: every
 * fold gets each class as evenly as can be; NULL does not. groups (an id for each row)
 * keeps equal ids together; NULL does not. DATA when a fold would be empty. */
imgvec_status iv_folds_assign(imgvec_context *ctx, size_t n, const int32_t *labels,
                              const int32_t *groups, int32_t k, uint64_t seed, int32_t *fold,
                              imgvec_error *err);

/* Groups that keep together what either does (NULL: it ties nothing): the index of each one's first
 * row. */
imgvec_status iv_groups_join(imgvec_context *ctx, size_t n, const int32_t *a, const int32_t *b,
                             int32_t *out, imgvec_error *err);

/* Marks round(ratio * n) rows (per class when labels are given, at least one of each class
 * with two rows or more on both sides) as part 0, the others as part 1. */
imgvec_status iv_split_assign(imgvec_context *ctx, size_t n, const int32_t *labels,
                              const int32_t *groups, double ratio, uint64_t seed, int32_t *part,
                              imgvec_error *err);

#endif
