#include "features/stacked.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "features/linear.h"

const iv_block_kind *iv_stacked_kind_of(int32_t type)
{
    return type == IMGVEC_COLUMN_IMAGE ? &iv_stacked_image_kind : NULL;
}

/* The state is an iv_linear. */
static iv_linear *make_state(imgvec_context *ctx, iv_block *b)
{
    return b->state = iv_zalloc(ctx, sizeof(iv_linear));
}

static void free_state(imgvec_context *ctx, iv_block *b)
{
    if (b->state)
        iv_linear_free(ctx, b->state);
    iv_free(ctx, b->state);
}

static const float *raw_row(const iv_inputs *inputs, const iv_input *in, int64_t row)
{
    return in->raw + (size_t)(row - inputs->first_raw) * (size_t)inputs->raw_width;
}

/* Puts the scores of the usable rows where they belong; the others are missing. */
static void spread(const iv_inputs *inputs, const iv_input *in, const iv_training *t,
                   const float *scores, size_t outputs, float *out)
{
    size_t used = 0;
    for (size_t i = 0; i < t->count; i++) {
        bool usable = !isnan(raw_row(inputs, in, t->rows[i])[0]);
        for (size_t c = 0; c < outputs; c++)
            out[i * outputs + c] = usable ? scores[used * outputs + c] : NAN;
        used += usable;
    }
}

static imgvec_status fit(imgvec_context *ctx, const iv_inputs *inputs, const iv_input *in,
                         const iv_training *t, iv_block *b, imgvec_error *err)
{
    size_t d = (size_t)inputs->raw_width, used = 0;
    size_t outputs = t->class_count > 2 ? (size_t)t->class_count : 1;
    imgvec_status status = IMGVEC_OK;
    iv_linear *m = make_state(ctx, b);
    float *x = iv_alloc_n(ctx, t->count + 1, d * sizeof *x);
    float *y = iv_alloc_n(ctx, t->count + 1, sizeof *y);
    float *scores = iv_alloc_n(ctx, t->count + 1, outputs * sizeof *scores);
    int32_t *group = t->group ? iv_alloc_n(ctx, t->count + 1, sizeof *group) : NULL;
    b->training = iv_alloc_n(ctx, t->count + 1, outputs * sizeof *b->training);
    if (!m || !x || !y || !scores || (t->group && !group) || !b->training) {
        status = iv_fail_nomem(err);
        goto done;
    }
    for (size_t i = 0; i < t->count; i++) {
        const float *row = raw_row(inputs, in, t->rows[i]);
        if (isnan(row[0]))
            continue;
        memcpy(x + used * d, row, d * sizeof *x);
        y[used] = t->y[i];
        if (group)
            group[used] = t->group[i];
        used++;
    }
    const iv_linear_data data = {.x = x,
                                 .rows = used,
                                 .width = inputs->raw_width,
                                 .y = y,
                                 .class_count = t->class_count,
                                 .group = group,
                                 .seed = (uint64_t)iv_option_i64(inputs->opts, IMGVEC_OPT_SEED),
                                 .watch = t->watch};
    IV_DO(iv_linear_fit(ctx, &data, m, scores, err));
    b->width = m->outputs;
    spread(inputs, in, t, scores, outputs, b->training);
done:
    iv_free(ctx, x);
    iv_free(ctx, y);
    iv_free(ctx, scores);
    iv_free(ctx, group);
    return status;
}

static imgvec_status apply(const iv_block *b, const iv_inputs *inputs, const iv_input *in,
                           const int64_t *rows, size_t count, float *out, size_t stride,
                           int64_t *unseen, imgvec_error *err)
{
    for (size_t i = 0; i < count; i++) {
        const float *row = raw_row(inputs, in, rows[i]);
        if (!isnan(row[0]))
            iv_linear_scores(b->state, row, out + i * stride);
        for (int32_t c = 0; isnan(row[0]) && c < b->width; c++)
            out[i * stride + (size_t)c] = NAN;
    }
    return IMGVEC_OK;
}

static void feature_name(const iv_block *b, int32_t i, iv_text *out)
{
    iv_text_addf(out, "%s:score[%d]", b->column, (int)i);
}

static void describe(const iv_block *b, iv_json_writer *w)
{
    const iv_linear *m = b->state;
    iv_json_put_f64(w, "penalty", m->lambda);
}

static void write(const iv_block *b, iv_json_writer *w)
{
    describe(b, w);
}

static imgvec_status to_tensors(imgvec_context *ctx, const iv_block *b, iv_tensors **out,
                                imgvec_error *err)
{
    return iv_linear_to_tensors(ctx, b->state, out, err);
}

static imgvec_status read(imgvec_context *ctx, const iv_json *json, const iv_tensors *tensors,
                          int32_t raw_width, iv_block *b, imgvec_error *err)
{
    double penalty;
    iv_linear *m = make_state(ctx, b);
    if (!m)
        return iv_fail_nomem(err);
    IV_TRY(iv_json_f64(json, "penalty", &penalty, err));
    IV_TRY(iv_linear_from_tensors(ctx, tensors, m, err));
    m->lambda = penalty;
    if (m->width != raw_width)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "a linear model of %d features for networks of %d",
                       (int)m->width, (int)raw_width);
    b->width = m->outputs;
    return IMGVEC_OK;
}

const iv_block_kind iv_stacked_image_kind = {.name = "stacked",
                                             .type = IMGVEC_COLUMN_IMAGE,
                                             .fit = fit,
                                             .apply = apply,
                                             .feature_name = feature_name,
                                             .describe = describe,
                                             .write = write,
                                             .to_tensors = to_tensors,
                                             .read = read,
                                             .free = free_state};
