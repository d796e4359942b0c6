#include "features/numeric.h"

#include <float.h>
#include <math.h>

#include "base/error.h"
#include "table/dataset.h"

static imgvec_status fit(imgvec_context *ctx, const iv_inputs *inputs, const iv_input *in,
                         const iv_training *t, iv_block *b, imgvec_error *err)
{
    b->width = 1;
    return IMGVEC_OK;
}

static imgvec_status apply(const iv_block *b, const iv_inputs *inputs, const iv_input *in,
                           const int64_t *rows, size_t count, float *out, size_t stride,
                           int64_t *unseen, imgvec_error *err)
{
    for (size_t i = 0; i < count; i++) {
        double value;
        IV_TRY(iv_dataset_number(inputs->ds, in->column, rows[i], &value, err));
        /* Past the range of float32 is taken as an infinity is: missing. */
        out[i * stride] = fabs(value) <= FLT_MAX ? (float)value : NAN;
    }
    return IMGVEC_OK;
}

static imgvec_status apply_boolean(const iv_block *b, const iv_inputs *inputs, const iv_input *in,
                                   const int64_t *rows, size_t count, float *out, size_t stride,
                                   int64_t *unseen, imgvec_error *err)
{
    for (size_t i = 0; i < count; i++)
        IV_TRY(iv_dataset_boolean(inputs->ds, in->column, rows[i], &out[i * stride], err));
    return IMGVEC_OK;
}

static void feature_name(const iv_block *b, int32_t i, iv_text *out)
{
    iv_text_add(out, b->column);
}

static imgvec_status read(imgvec_context *ctx, const iv_json *json, const iv_tensors *tensors,
                          int32_t raw_width, iv_block *b, imgvec_error *err)
{
    b->width = 1;
    return IMGVEC_OK;
}

const iv_block_kind iv_numeric_kind = {.name = "numeric",
                                       .type = IMGVEC_COLUMN_NUMERIC,
                                       .fit = fit,
                                       .apply = apply,
                                       .feature_name = feature_name,
                                       .read = read};

const iv_block_kind iv_boolean_kind = {.name = "boolean",
                                       .type = IMGVEC_COLUMN_BOOLEAN,
                                       .fit = fit,
                                       .apply = apply_boolean,
                                       .feature_name = feature_name,
                                       .read = read};
