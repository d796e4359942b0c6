#include "features/out_of_fold.h"

#include <string.h>

#include "base/error.h"
#include "table/folds.h"

imgvec_status iv_out_of_fold(imgvec_context *ctx, const iv_training *t, uint64_t seed,
                             int32_t *fold, imgvec_error *err)
{
    int32_t folds = t->count < IV_FEATURE_FOLDS ? (int32_t)t->count : IV_FEATURE_FOLDS;
    if (folds < 2) {
        memset(fold, 0, t->count * sizeof *fold);
        return IMGVEC_OK;
    }
    imgvec_status status = iv_folds_assign(ctx, t->count, NULL, t->group, folds, seed, fold, err);
    if (status == IMGVEC_ERR_DATA && t->group)
        status = iv_folds_assign(ctx, t->count, NULL, NULL, folds, seed, fold, err);
    return status;
}

size_t iv_target_outputs(const iv_training *t)
{
    return !t->y ? 0 : t->class_count > 2 ? (size_t)t->class_count : 1;
}

double iv_target_output(const iv_training *t, size_t row, size_t output)
{
    float y = t->y[row];
    return t->class_count > 2 ? (double)((size_t)y == output) : (double)y;
}
