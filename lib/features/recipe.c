#include "features/recipe.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "table/dataset.h"

void iv_recipe_free(imgvec_context *ctx, iv_recipe *r)
{
    for (size_t i = 0; i < r->count; i++) {
        iv_block *b = &r->blocks[i];
        iv_free(ctx, b->column);
        if (b->type == IMGVEC_COLUMN_IMAGE)
            iv_projection_free(ctx, &b->projection);
        else
            iv_encoder_free(ctx, &b->encoder);
    }
    iv_free(ctx, r->blocks);
    memset(r, 0, sizeof *r);
}

static imgvec_status fit_block(imgvec_context *ctx, const iv_executor *executor,
                               const iv_inputs *inputs, const iv_input *in, const char *name,
                               const int64_t *rows, size_t count, int32_t dim, bool lower,
                               iv_block *b, imgvec_error *err)
{
    b->column = iv_strdup(ctx, name);
    if (!b->column)
        return iv_fail_nomem(err);
    if (in->type != IMGVEC_COLUMN_IMAGE) {
        IV_TRY(iv_encoder_fit(ctx, inputs->ds, in->column, in->type, rows, count,
                              inputs->max_categories, &b->encoder, err));
        b->width = iv_encoder_width(&b->encoder);
        return IMGVEC_OK;
    }
    int32_t limit = iv_projection_limit(in->raw, inputs->raw_width, rows, count);
    if (lower && dim > limit && limit > 0)
        dim = limit;
    if (dim == 0)
        iv_projection_identity(&b->projection, inputs->raw_width);
    else
        IV_TRY(iv_prefix(err,
                         iv_projection_fit(ctx, executor, in->raw, rows, count, inputs->blocks,
                                           inputs->block_count, dim, inputs->threads,
                                           &b->projection, err),
                         "column %s", name));
    b->width = b->projection.dim;
    return IMGVEC_OK;
}

imgvec_status iv_recipe_fit(imgvec_context *ctx, const iv_executor *executor,
                            const iv_inputs *inputs, const int64_t *rows, size_t count, int32_t dim,
                            bool lower, iv_recipe *out, imgvec_error *err)
{
    memset(out, 0, sizeof *out);
    out->blocks = iv_calloc(ctx, inputs->count ? inputs->count : 1, sizeof *out->blocks);
    if (!out->blocks)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < inputs->count; i++) {
        const iv_input *in = &inputs->items[i];
        iv_block *b = &out->blocks[i];
        b->type = in->type;
        out->count = i + 1;
        imgvec_status status =
            fit_block(ctx, executor, inputs, in, iv_dataset_column_name(inputs->ds, in->column),
                      rows, count, dim, lower, b, err);
        if (status != IMGVEC_OK) {
            iv_recipe_free(ctx, out);
            return status;
        }
        out->width += b->width;
    }
    return IMGVEC_OK;
}

imgvec_status iv_recipe_apply(const iv_recipe *r, const iv_inputs *inputs, int64_t first_raw,
                              const int64_t *rows, size_t count, float *out, int64_t *unseen,
                              imgvec_error *err)
{
    size_t at = 0, stride = (size_t)r->width;
    for (size_t i = 0; i < r->count; i++) {
        const iv_block *b = &r->blocks[i];
        const iv_input *in = &inputs->items[i];
        if (b->type == IMGVEC_COLUMN_IMAGE) {
            for (size_t k = 0; k < count; k++)
                iv_projection_apply(&b->projection,
                                    in->raw +
                                        (size_t)(rows[k] - first_raw) * (size_t)inputs->raw_width,
                                    out + k * stride + at);
        } else {
            IV_TRY(iv_encoder_apply(&b->encoder, inputs->ds, in->column, rows, count, out + at,
                                    stride, unseen, err));
        }
        at += (size_t)b->width;
    }
    return IMGVEC_OK;
}
