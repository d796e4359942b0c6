#include "features/embedding.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "features/projection.h"
#include "table/dataset.h"

/* The state is an iv_projection. */
static iv_projection *make_state(imgvec_context *ctx, iv_block *b)
{
    return b->state = iv_zalloc(ctx, sizeof(iv_projection));
}

static void free_state(imgvec_context *ctx, iv_block *b)
{
    if (b->state)
        iv_projection_free(ctx, b->state);
    iv_free(ctx, b->state);
}

static imgvec_status fit(imgvec_context *ctx, const iv_inputs *inputs, const iv_input *in,
                         const iv_training *t, iv_block *b, imgvec_error *err)
{
    iv_projection *p = make_state(ctx, b);
    if (!p)
        return iv_fail_nomem(err);
    int32_t dim = t->dim;
    int32_t limit = iv_projection_limit(in->raw, inputs->raw_width, t->rows, t->count);
    if (t->lower_dim && dim > limit && limit > 0)
        dim = limit;
    if (dim == 0)
        iv_projection_identity(p, inputs->raw_width);
    else
        IV_TRY(iv_prefix(err,
                         iv_projection_fit(ctx, inputs->executor, in->raw, t->rows, t->count,
                                           inputs->blocks, inputs->block_count, dim,
                                           inputs->threads, p, err),
                         "column %s", b->column));
    b->width = p->dim;
    return IMGVEC_OK;
}

static imgvec_status apply(const iv_block *b, const iv_inputs *inputs, const iv_input *in,
                           const int64_t *rows, size_t count, float *out, size_t stride,
                           int64_t *unseen, imgvec_error *err)
{
    size_t width = (size_t)inputs->raw_width;
    for (size_t i = 0; i < count; i++)
        iv_projection_apply(b->state, in->raw + (size_t)(rows[i] - inputs->first_raw) * width,
                            out + i * stride);
    return IMGVEC_OK;
}

static void feature_name(const iv_block *b, int32_t i, iv_text *out)
{
    iv_text_addf(out, "%s[%d]", b->column, (int)i);
}

static void describe(const iv_block *b, iv_json_writer *w)
{
    const iv_projection *p = b->state;
    double kept = 0;
    if (!p->components)
        return;
    for (int32_t d = 0; d < p->dim; d++)
        kept += p->variance[d];
    iv_json_put_f64(w, "variance_kept", kept / p->total_variance);
}

static imgvec_status to_tensors(imgvec_context *ctx, const iv_block *b, iv_tensors **out,
                                imgvec_error *err)
{
    return iv_projection_to_tensors(ctx, b->state, out, err);
}

static imgvec_status read(imgvec_context *ctx, const iv_json *json, const iv_tensors *tensors,
                          int32_t raw_width, iv_block *b, imgvec_error *err)
{
    iv_projection *p = make_state(ctx, b);
    if (!p)
        return iv_fail_nomem(err);
    IV_TRY(iv_projection_from_tensors(ctx, tensors, p, err));
    if (p->width != raw_width)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "projection of %d features for networks of %d",
                       (int)p->width, (int)raw_width);
    b->width = p->dim;
    return IMGVEC_OK;
}

const iv_block_kind iv_embedding_kind = {.name = "embedding",
                                         .type = IMGVEC_COLUMN_IMAGE,
                                         .fit = fit,
                                         .apply = apply,
                                         .feature_name = feature_name,
                                         .describe = describe,
                                         .to_tensors = to_tensors,
                                         .read = read,
                                         .free = free_state};
