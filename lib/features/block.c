#include "features/block.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "features/date_parts.h"
#include "features/embedding.h"
#include "features/numeric.h"
#include "features/onehot.h"
#include "features/stacked.h"
#include "features/target_encoding.h"
#include "features/text_column.h"
#include "features/tuned.h"
#include "table/dataset.h"

static const iv_block_kind *const kinds[] = {&iv_tuned_image_kind,
                                             &iv_embedding_kind,
                                             &iv_stacked_image_kind,
                                             &iv_numeric_kind,
                                             &iv_target_encoding_kind,
                                             &iv_onehot_kind,
                                             &iv_boolean_kind,
                                             &iv_date_kind,
                                             &iv_text_kind};

enum { KINDS = sizeof kinds / sizeof *kinds };

const iv_block_kind *iv_block_kind_find(const char *name)
{
    for (size_t i = 0; i < KINDS; i++)
        if (strcmp(kinds[i]->name, name) == 0)
            return kinds[i];
    return NULL;
}

static imgvec_status choose(imgvec_context *ctx, const iv_inputs *inputs, const iv_input *in,
                            const iv_training *t, const iv_block_kind **out, imgvec_error *err)
{
    *out = in->kind;
    for (size_t i = 0; i < KINDS && !*out; i++) {
        bool suits = true;
        if (kinds[i]->type != in->type)
            continue;
        if (kinds[i]->suits)
            IV_TRY(kinds[i]->suits(ctx, inputs, in, t, &suits, err));
        if (suits)
            *out = kinds[i];
    }
    if (!*out)
        return iv_fail(err, IMGVEC_ERR_INTERNAL, "column %s: no features for type %d",
                       iv_dataset_column_name(inputs->ds, in->column), (int)in->type);
    return IMGVEC_OK;
}

static imgvec_status start(imgvec_context *ctx, const iv_block_kind *kind, const char *column,
                           iv_block *out, imgvec_error *err)
{
    *out = (iv_block){.kind = kind, .column = iv_strdup(ctx, column)};
    return out->column ? IMGVEC_OK : iv_fail_nomem(err);
}

imgvec_status iv_block_fit(imgvec_context *ctx, const iv_inputs *inputs, const iv_input *in,
                           const iv_training *t, iv_block *out, imgvec_error *err)
{
    const iv_block_kind *kind;
    IV_TRY(choose(ctx, inputs, in, t, &kind, err));
    IV_TRY(start(ctx, kind, iv_dataset_column_name(inputs->ds, in->column), out, err));
    imgvec_status status = kind->fit(ctx, inputs, in, t, out, err);
    if (status != IMGVEC_OK)
        iv_block_free(ctx, out);
    return status;
}

imgvec_status iv_block_apply(const iv_block *b, const iv_inputs *inputs, const iv_input *in,
                             const int64_t *rows, size_t count, float *out, size_t stride,
                             int64_t *unseen, imgvec_error *err)
{
    return b->kind->apply(b, inputs, in, rows, count, out, stride, unseen, err);
}

void iv_block_feature_name(const iv_block *b, int32_t i, iv_text *out)
{
    b->kind->feature_name(b, i, out);
}

void iv_block_describe(const iv_block *b, iv_json_writer *w)
{
    iv_json_put_text(w, "kind", b->kind->name);
    iv_json_put_i64(w, "features", b->width);
    if (b->kind->describe)
        b->kind->describe(b, w);
}

void iv_block_write(const iv_block *b, iv_json_writer *w)
{
    iv_json_put_object(w, NULL);
    iv_json_put_text(w, "kind", b->kind->name);
    iv_json_put_text(w, "column", b->column);
    if (b->kind->write)
        b->kind->write(b, w);
    iv_json_put_end(w, '}');
}

imgvec_status iv_block_to_tensors(imgvec_context *ctx, const iv_block *b, iv_tensors **out,
                                  imgvec_error *err)
{
    *out = NULL;
    return b->kind->to_tensors ? b->kind->to_tensors(ctx, b, out, err) : IMGVEC_OK;
}

imgvec_status iv_block_peek(const iv_json *json, const iv_block_kind **kind, const char **column,
                            imgvec_error *err)
{
    const char *name;
    IV_TRY(iv_json_text(json, "kind", &name, err));
    IV_TRY(iv_json_text(json, "column", column, err));
    *kind = iv_block_kind_find(name);
    if (!*kind)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "column %.60s: unknown kind %.40s", *column, name);
    return IMGVEC_OK;
}

imgvec_status iv_block_read(imgvec_context *ctx, const iv_json *json, const iv_tensors *tensors,
                            int32_t raw_width, iv_block *out, imgvec_error *err)
{
    const iv_block_kind *kind;
    const char *column;
    IV_TRY(iv_block_peek(json, &kind, &column, err));
    IV_TRY(start(ctx, kind, column, out, err));
    imgvec_status status =
        iv_prefix(err, kind->read(ctx, json, tensors, raw_width, out, err), "column %.60s", column);
    if (status != IMGVEC_OK)
        iv_block_free(ctx, out);
    return status;
}

void iv_block_free(imgvec_context *ctx, iv_block *b)
{
    if (b->kind && b->kind->free)
        b->kind->free(ctx, b);
    iv_free(ctx, b->column);
    iv_free(ctx, b->training);
    memset(b, 0, sizeof *b);
}
