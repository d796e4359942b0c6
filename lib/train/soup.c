#include "train/soup.h"

#include "base/error.h"

imgvec_status iv_state_copy(imgvec_context *ctx, const iv_tensors *from, iv_tensors **out,
                            imgvec_error *err)
{
    iv_tensors *set;
    IV_TRY(iv_tensors_new(ctx, &set, err));
    imgvec_status status = IMGVEC_OK;
    for (size_t i = 0; i < from->count; i++) {
        const iv_tensor *t = &from->items[i];
        IV_DO(iv_tensors_put(set, t->name, t->rank, t->shape, t->data, err));
    }
    *out = set;
    set = NULL;
done:
    iv_tensors_free(set);
    return status;
}

imgvec_status iv_soup_add(imgvec_context *ctx, iv_tensors **soup, const iv_tensors *state,
                          int64_t count, imgvec_error *err)
{
    if (count == 1) {
        iv_tensors_free(*soup);
        *soup = NULL;
        return iv_state_copy(ctx, state, soup, err);
    }
    for (size_t i = 0; i < state->count; i++) {
        float *mean = (*soup)->items[i].data;
        const float *x = state->items[i].data;
        for (size_t v = 0; v < state->items[i].count; v++)
            mean[v] = (float)(mean[v] + ((double)x[v] - mean[v]) / (double)count);
    }
    return IMGVEC_OK;
}
