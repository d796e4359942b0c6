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

typedef struct stacked {
    iv_linear model;
    bool indicator; /* the last feature is whether there is no usable image */
} stacked;

static stacked *make_state(imgvec_context *ctx, iv_block *b)
{
    return b->state = iv_zalloc(ctx, sizeof(stacked));
}

static void free_state(imgvec_context *ctx, iv_block *b)
{
    stacked *s = b->state;
    if (s)
        iv_linear_free(ctx, &s->model);
    iv_free(ctx, s);
}

static const float *raw_row(const iv_inputs *inputs, const iv_input *in, int64_t row)
{
    return in->raw + (size_t)(row - inputs->first_raw) * (size_t)inputs->raw_width;
}

/* Puts the scores of the usable rows where they belong; the others are missing. */
static void spread(const iv_inputs *inputs, const iv_input *in, const iv_training *t,
                   const stacked *s, const float *scores, float *out)
{
    size_t outputs = (size_t)s->model.outputs, used = 0;
    for (size_t i = 0; i < t->count; i++) {
        bool usable = !isnan(raw_row(inputs, in, t->rows[i])[0]);
        for (size_t c = 0; c < outputs; c++)
            *out++ = usable ? scores[used * outputs + c] : NAN;
        if (s->indicator)
            *out++ = !usable;
        used += usable;
    }
}

static imgvec_status fit(imgvec_context *ctx, const iv_inputs *inputs, const iv_input *in,
                         const iv_training *t, iv_block *b, imgvec_error *err)
{
    size_t d = (size_t)inputs->raw_width, used = 0;
    size_t outputs = t->class_count > 2 ? (size_t)t->class_count : 1;
    imgvec_status status = IMGVEC_OK;
    stacked *m = make_state(ctx, b);
    float *x = iv_alloc_n(ctx, t->count + 1, d * sizeof *x);
    float *y = iv_alloc_n(ctx, t->count + 1, sizeof *y);
    float *scores = iv_alloc_n(ctx, t->count + 1, outputs * sizeof *scores);
    int32_t *group = t->group ? iv_alloc_n(ctx, t->count + 1, sizeof *group) : NULL;
    b->training = iv_alloc_n(ctx, t->count + 1, (outputs + 1) * sizeof *b->training);
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
    IV_DO(iv_linear_fit(ctx, &data, &m->model, scores, err));
    m->indicator = used < t->count;
    b->width = m->model.outputs + m->indicator;
    spread(inputs, in, t, m, scores, b->training);
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
    const stacked *s = b->state;
    int32_t outputs = s->model.outputs;
    for (size_t i = 0; i < count; i++, out += stride) {
        const float *row = raw_row(inputs, in, rows[i]);
        bool usable = !isnan(row[0]);
        if (usable)
            iv_linear_scores(&s->model, row, out);
        for (int32_t c = 0; !usable && c < outputs; c++)
            out[c] = NAN;
        if (s->indicator)
            out[outputs] = !usable;
    }
    return IMGVEC_OK;
}

static void feature_name(const iv_block *b, int32_t i, iv_text *out)
{
    const stacked *s = b->state;
    if (i == s->model.outputs)
        iv_text_addf(out, "%s is missing", b->column);
    else
        iv_text_addf(out, "%s:score[%d]", b->column, (int)i);
}

static void describe(const iv_block *b, iv_json_writer *w)
{
    const stacked *s = b->state;
    iv_json_put_f64(w, "penalty", s->model.lambda);
    iv_json_put_bool(w, "missing_indicator", s->indicator);
}

static void write(const iv_block *b, iv_json_writer *w)
{
    describe(b, w);
}

static imgvec_status to_tensors(imgvec_context *ctx, const iv_block *b, iv_tensors **out,
                                imgvec_error *err)
{
    return iv_linear_to_tensors(ctx, &((const stacked *)b->state)->model, out, err);
}

static imgvec_status read(imgvec_context *ctx, const iv_json *json, const iv_tensors *tensors,
                          int32_t raw_width, iv_block *b, imgvec_error *err)
{
    double penalty;
    const iv_json *indicator = iv_json_get(json, "missing_indicator");
    stacked *s = make_state(ctx, b);
    if (!s)
        return iv_fail_nomem(err);
    if (!indicator || indicator->type != IV_JSON_BOOL)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "missing_indicator is not true or false");
    IV_TRY(iv_json_f64(json, "penalty", &penalty, err));
    IV_TRY(iv_linear_from_tensors(ctx, tensors, &s->model, err));
    s->model.lambda = penalty;
    s->indicator = indicator->as.boolean;
    if (s->model.width != raw_width)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "a linear model of %d features for networks of %d",
                       (int)s->model.width, (int)raw_width);
    b->width = s->model.outputs + s->indicator;
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
