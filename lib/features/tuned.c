#include "features/tuned.h"

#include "base/error.h"
#include "base/mem.h"

enum { OUTPUTS_MAX = 100000 };

typedef struct tuned {
    int32_t outputs, id;
} tuned;

static imgvec_status set(imgvec_context *ctx, iv_block *b, int32_t outputs, int32_t id,
                         imgvec_error *err)
{
    tuned *t = b->state = iv_zalloc(ctx, sizeof *t);
    if (!t)
        return iv_fail_nomem(err);
    t->outputs = outputs;
    t->id = id;
    b->width = outputs == 2 ? 1 : outputs;
    return IMGVEC_OK;
}

int32_t iv_tuned_outputs(const iv_block *b)
{
    return ((const tuned *)b->state)->outputs;
}

int32_t iv_tuned_id(const iv_block *b)
{
    return ((const tuned *)b->state)->id;
}

static imgvec_status suits(imgvec_context *ctx, const iv_inputs *inputs, const iv_input *in,
                           const iv_training *t, bool *out, imgvec_error *err)
{
    (void)ctx, (void)inputs, (void)t, (void)err;
    *out = in->tuned > 0;
    return IMGVEC_OK;
}

static imgvec_status fit(imgvec_context *ctx, const iv_inputs *inputs, const iv_input *in,
                         const iv_training *t, iv_block *b, imgvec_error *err)
{
    (void)inputs, (void)t;
    return set(ctx, b, in->tuned, in->tuned_id, err);
}

static imgvec_status apply(const iv_block *b, const iv_inputs *inputs, const iv_input *in,
                           const int64_t *rows, size_t count, float *out, size_t stride,
                           int64_t *unseen, imgvec_error *err)
{
    int32_t k = iv_tuned_outputs(b);
    (void)unseen, (void)err;
    for (size_t i = 0; i < count; i++, out += stride) {
        const float *z = in->raw + (size_t)(rows[i] - inputs->first_raw) * (size_t)k;
        double mean = 0;
        for (int32_t c = 0; k > 2 && c < k; c++)
            mean += (double)z[c] / k;
        for (int32_t c = 0; c < b->width; c++)
            out[c] = k == 2 ? z[1] - z[0] : (float)(z[c] - mean);
    }
    return IMGVEC_OK;
}

static void feature_name(const iv_block *b, int32_t i, iv_text *out)
{
    iv_text_addf(out, "%s:tuned[%d]", b->column, (int)i);
}

static void write(const iv_block *b, iv_json_writer *w)
{
    iv_json_put_i64(w, "outputs", iv_tuned_outputs(b));
}

static imgvec_status read(imgvec_context *ctx, const iv_json *json, const iv_tensors *tensors,
                          int32_t raw_width, iv_block *b, imgvec_error *err)
{
    int64_t outputs;
    (void)tensors, (void)raw_width;
    IV_TRY(iv_json_i64(json, "outputs", 1, OUTPUTS_MAX, &outputs, err));
    return set(ctx, b, (int32_t)outputs, -1, err);
}

static void free_state(imgvec_context *ctx, iv_block *b)
{
    iv_free(ctx, b->state);
}

const iv_block_kind iv_tuned_image_kind = {.name = "fine_tuned",
                                           .type = IMGVEC_COLUMN_IMAGE,
                                           .suits = suits,
                                           .fit = fit,
                                           .apply = apply,
                                           .feature_name = feature_name,
                                           .describe = write,
                                           .write = write,
                                           .read = read,
                                           .free = free_state};
