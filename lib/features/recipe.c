#include "features/recipe.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"

void iv_recipe_free(imgvec_context *ctx, iv_recipe *r)
{
    for (size_t i = 0; i < r->count; i++)
        iv_block_free(ctx, &r->blocks[i]);
    iv_free(ctx, r->blocks);
    memset(r, 0, sizeof *r);
}

imgvec_status iv_recipe_fit(imgvec_context *ctx, const iv_inputs *inputs, const iv_training *t,
                            iv_recipe *out, imgvec_error *err)
{
    memset(out, 0, sizeof *out);
    out->blocks = iv_calloc(ctx, inputs->count ? inputs->count : 1, sizeof *out->blocks);
    if (!out->blocks)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < inputs->count; i++) {
        iv_block *b = &out->blocks[i];
        imgvec_status status = iv_block_fit(ctx, inputs, &inputs->items[i], t, b, err);
        if (status != IMGVEC_OK) {
            iv_recipe_free(ctx, out);
            return status;
        }
        out->count = i + 1;
        out->width += b->width;
    }
    return IMGVEC_OK;
}

static void copy_training(const iv_block *b, size_t count, float *out, size_t stride)
{
    size_t width = (size_t)b->width;
    for (size_t i = 0; i < count; i++)
        memcpy(out + i * stride, b->training + i * width, width * sizeof *out);
}

static imgvec_status apply(const iv_recipe *r, const iv_inputs *inputs, const int64_t *rows,
                           size_t count, bool training, float *out, int64_t *unseen,
                           imgvec_error *err)
{
    size_t at = 0, stride = (size_t)r->width;
    for (size_t i = 0; i < r->count; i++) {
        const iv_block *b = &r->blocks[i];
        if (training && b->training)
            copy_training(b, count, out + at, stride);
        else
            IV_TRY(iv_block_apply(b, inputs, &inputs->items[i], rows, count, out + at, stride,
                                  unseen, err));
        at += (size_t)b->width;
    }
    return IMGVEC_OK;
}

imgvec_status iv_recipe_apply(const iv_recipe *r, const iv_inputs *inputs, const int64_t *rows,
                              size_t count, float *out, int64_t *unseen, imgvec_error *err)
{
    return apply(r, inputs, rows, count, false, out, unseen, err);
}

imgvec_status iv_recipe_training(const iv_recipe *r, const iv_inputs *inputs, const int64_t *rows,
                                 size_t count, float *out, imgvec_error *err)
{
    return apply(r, inputs, rows, count, true, out, NULL, err);
}

void iv_recipe_settle(imgvec_context *ctx, iv_recipe *r)
{
    for (size_t i = 0; i < r->count; i++) {
        iv_free(ctx, r->blocks[i].training);
        r->blocks[i].training = NULL;
    }
}

bool iv_recipe_has_images(const iv_recipe *r)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->blocks[i].kind->type == IMGVEC_COLUMN_IMAGE)
            return true;
    return false;
}
