#include "features/embedding.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "features/projection.h"
#include "table/dataset.h"

typedef struct embedding {
    iv_projection projection;
    bool indicator; /* the last feature is whether there is no usable image */
} embedding;

static embedding *make_state(imgvec_context *ctx, iv_block *b)
{
    return b->state = iv_zalloc(ctx, sizeof(embedding));
}

static void free_state(imgvec_context *ctx, iv_block *b)
{
    embedding *e = b->state;
    if (e)
        iv_projection_free(ctx, &e->projection);
    iv_free(ctx, e);
}

static bool is_missing(const iv_inputs *inputs, const iv_input *in, int64_t row)
{
    return in->status && in->status[row - inputs->first_raw] != IMGVEC_OK;
}

static void set_width(iv_block *b)
{
    const embedding *e = b->state;
    b->width = e->projection.dim + e->indicator;
}

static imgvec_status fit(imgvec_context *ctx, const iv_inputs *inputs, const iv_input *in,
                         const iv_training *t, iv_block *b, imgvec_error *err)
{
    embedding *e = make_state(ctx, b);
    if (!e)
        return iv_fail_nomem(err);
    iv_projection *p = &e->projection;
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
    for (size_t i = 0; i < t->count && !e->indicator; i++)
        e->indicator = is_missing(inputs, in, t->rows[i]);
    set_width(b);
    return IMGVEC_OK;
}

static imgvec_status apply(const iv_block *b, const iv_inputs *inputs, const iv_input *in,
                           const int64_t *rows, size_t count, float *out, size_t stride,
                           int64_t *unseen, imgvec_error *err)
{
    const embedding *e = b->state;
    size_t width = (size_t)inputs->raw_width;
    for (size_t i = 0; i < count; i++) {
        float *to = out + i * stride;
        iv_projection_apply(&e->projection, in->raw + (size_t)(rows[i] - inputs->first_raw) * width,
                            to);
        if (e->indicator)
            to[e->projection.dim] = (float)is_missing(inputs, in, rows[i]);
    }
    return IMGVEC_OK;
}

static void feature_name(const iv_block *b, int32_t i, iv_text *out)
{
    const embedding *e = b->state;
    if (i == e->projection.dim)
        iv_text_addf(out, "%s is missing", b->column);
    else
        iv_text_addf(out, "%s[%d]", b->column, (int)i);
}

static void describe(const iv_block *b, iv_json_writer *w)
{
    const embedding *e = b->state;
    const iv_projection *p = &e->projection;
    double kept = 0;
    iv_json_put_bool(w, "missing_indicator", e->indicator);
    if (!p->components)
        return;
    for (int32_t d = 0; d < p->dim; d++)
        kept += p->variance[d];
    iv_json_put_f64(w, "variance_kept", kept / p->total_variance);
}

static void write(const iv_block *b, iv_json_writer *w)
{
    const embedding *e = b->state;
    iv_json_put_bool(w, "missing_indicator", e->indicator);
}

static imgvec_status to_tensors(imgvec_context *ctx, const iv_block *b, iv_tensors **out,
                                imgvec_error *err)
{
    const embedding *e = b->state;
    return iv_projection_to_tensors(ctx, &e->projection, out, err);
}

static imgvec_status read(imgvec_context *ctx, const iv_json *json, const iv_tensors *tensors,
                          int32_t raw_width, iv_block *b, imgvec_error *err)
{
    embedding *e = make_state(ctx, b);
    if (!e)
        return iv_fail_nomem(err);
    iv_projection *p = &e->projection;
    const iv_json *indicator = iv_json_get(json, "missing_indicator");
    if (!indicator || indicator->type != IV_JSON_BOOL)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "missing_indicator is not true or false");
    e->indicator = indicator->as.boolean;
    IV_TRY(iv_projection_from_tensors(ctx, tensors, p, err));
    if (p->width != raw_width)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "projection of %d features for networks of %d",
                       (int)p->width, (int)raw_width);
    set_width(b);
    return IMGVEC_OK;
}

const iv_block_kind iv_embedding_kind = {.name = "embedding",
                                         .type = IMGVEC_COLUMN_IMAGE,
                                         .fit = fit,
                                         .apply = apply,
                                         .feature_name = feature_name,
                                         .describe = describe,
                                         .write = write,
                                         .to_tensors = to_tensors,
                                         .read = read,
                                         .free = free_state};
