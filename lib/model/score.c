#include "model/score.h"

#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"
#include "table/dataset.h"

#define SLICE 1024 /* rows in memory at once */

imgvec_status iv_match_columns(const iv_recipe *recipe, const imgvec_dataset *ds, int32_t *columns,
                               imgvec_error *err)
{
    int32_t only_image = -1, images = 0;
    for (int32_t c = 0; c < iv_dataset_columns(ds); c++)
        if (iv_dataset_column_type(ds, c) == IMGVEC_COLUMN_IMAGE) {
            only_image = c;
            images++;
        }
    bool one = true; /* all blocks are of one column */
    for (size_t i = 1; i < recipe->count; i++)
        one = one && strcmp(recipe->blocks[i].column, recipe->blocks[0].column) == 0;
    for (size_t i = 0; i < recipe->count; i++) {
        const iv_block *b = &recipe->blocks[i];
        columns[i] = iv_dataset_find(ds, b->column);
        bool image = b->kind->type == IMGVEC_COLUMN_IMAGE;
        if (columns[i] < 0 && one && image && images == 1)
            columns[i] = only_image;
        if (columns[i] < 0)
            return iv_prefix(err, iv_dataset_no_column(ds, b->column, err),
                             "a column of the training data is absent");
        if (image && iv_dataset_column_type(ds, columns[i]) == IMGVEC_COLUMN_NUMERIC)
            return iv_fail(err, IMGVEC_ERR_DATA,
                           "column %s holds numbers, and images in the training data",
                           iv_dataset_column_name(ds, columns[i]));
    }
    return IMGVEC_OK;
}

void iv_slice_free(imgvec_context *ctx, iv_slice *s)
{
    iv_views_free(&s->views);
    iv_free(ctx, s->inputs.items);
    iv_free(ctx, s->rows);
    iv_free(ctx, s->features);
    memset(s, 0, sizeof *s);
}

imgvec_status iv_slice_make(const imgvec_model *m, const imgvec_dataset *ds, size_t room,
                            iv_slice *s, imgvec_error *err)
{
    const iv_recipe *r = &m->recipe;
    imgvec_status status = IMGVEC_OK;
    memset(s, 0, sizeof *s);
    s->views.ctx = m->ctx;
    int32_t *columns = iv_alloc_n(m->ctx, r->count, sizeof *columns);
    s->inputs = (iv_inputs){.ds = ds, .raw_width = m->nets.width};
    s->inputs.items = iv_calloc(m->ctx, r->count, sizeof *s->inputs.items);
    s->rows = iv_alloc_n(m->ctx, room, sizeof *s->rows);
    s->features = iv_alloc_n(m->ctx, room, ((size_t)r->width + 1) * sizeof *s->features);
    if (!columns || !s->inputs.items || !s->rows || !s->features) {
        status = iv_fail_nomem(err);
        goto done;
    }
    IV_DO(iv_match_columns(r, ds, columns, err));
    s->inputs.count = r->count;
    for (size_t i = 0; i < r->count; i++)
        s->inputs.items[i].column = columns[i];
    status = iv_views_make(m->ctx, r, &m->nets, &m->tuned, s->inputs.items, room, &s->views, err);
done:
    iv_free(m->ctx, columns);
    if (status != IMGVEC_OK)
        iv_slice_free(m->ctx, s);
    return status;
}

int32_t iv_slice_status(const imgvec_model *m, const iv_slice *s, size_t at)
{
    int32_t first_bad = IMGVEC_OK;
    size_t good = 0;
    for (size_t i = 0; i < s->inputs.count; i++) {
        const iv_input *in = &s->inputs.items[i];
        if (in->type != IMGVEC_COLUMN_IMAGE || in->status[at] == IMGVEC_OK)
            good++;
        else if (first_bad == IMGVEC_OK)
            first_bad = in->status[at];
    }
    return m->drop_bad || good == 0 ? first_bad : IMGVEC_OK;
}

imgvec_status iv_slice_fill(const imgvec_model *m, const imgvec_dataset *ds, iv_slice *s,
                            int64_t first, size_t count, iv_watch *watch, imgvec_error *err)
{
    iv_embed_settings settings = {.threads = iv_context_threads(m->ctx, m->threads),
                                  .batch_size = m->batch_size,
                                  .max_bad = -1};
    IV_TRY(iv_views_embed(&s->views, ds, first, count, &settings, watch, err));
    for (size_t i = 0; i < count; i++)
        s->rows[i] = first + (int64_t)i;
    s->inputs.first_raw = first;
    return iv_recipe_apply(&m->recipe, &s->inputs, s->rows, count, s->features, &s->unseen, err);
}

imgvec_status iv_slice_score(const imgvec_model *m, const imgvec_dataset *ds, iv_slice *s,
                             int64_t first, size_t count, iv_watch *watch, float *out,
                             int32_t *status_out, imgvec_error *err)
{
    size_t k = (size_t)m->outputs;
    IV_TRY(iv_slice_fill(m, ds, s, first, count, watch, err));
    iv_matrix matrix = {.x = s->features, .rows = count, .cols = (size_t)m->recipe.width};
    IV_TRY(iv_learner_predict(m->ctx, &m->learner, &matrix, iv_context_threads(m->ctx, m->threads),
                              out, err));
    for (size_t i = 0; m->transform.kind != IV_NO_TRANSFORM && i < count; i++)
        out[i] = (float)iv_transform_invert(&m->transform, out[i]);
    if (m->class_count)
        iv_temperature_apply(m->decision.temperature, count, m->outputs, out);
    for (size_t i = 0; i < count; i++) {
        int32_t row = iv_slice_status(m, s, i);
        for (size_t c = 0; row != IMGVEC_OK && c < k; c++)
            out[i * k + c] = NAN;
        if (status_out)
            status_out[i] = row;
    }
    return iv_watch_check(watch, err);
}

void iv_slice_tell_unseen(const imgvec_model *m, iv_slice *s)
{
    if (s->unseen > 0)
        iv_log(m->ctx, IMGVEC_LOG_NOTICE,
               "%lld cells of categorical columns hold values that training did not have",
               (long long)s->unseen);
    s->unseen = 0;
}

imgvec_status iv_model_predict(const imgvec_model *m, const imgvec_dataset *ds, iv_watch *watch,
                               float *out, int32_t *status_out, imgvec_error *err)
{
    size_t rows = (size_t)iv_dataset_rows(ds), k = (size_t)m->outputs;
    iv_slice s;
    IV_TRY(iv_dataset_check(ds, err));
    IV_TRY(iv_slice_make(m, ds, rows < SLICE ? rows + 1 : SLICE, &s, err));
    imgvec_status status = IMGVEC_OK;
    for (size_t at = 0; at < rows && status == IMGVEC_OK; at += SLICE) {
        size_t count = rows - at < SLICE ? rows - at : SLICE;
        status = iv_slice_score(m, ds, &s, (int64_t)at, count, watch, out + at * k,
                                status_out ? status_out + at : NULL, err);
    }
    if (status == IMGVEC_OK)
        iv_slice_tell_unseen(m, &s);
    iv_slice_free(m->ctx, &s);
    return status;
}

imgvec_status iv_model_score_first(const imgvec_model *m, const imgvec_dataset *ds, size_t rows,
                                   iv_watch *watch, float *out, imgvec_error *err)
{
    iv_slice s;
    IV_TRY(iv_slice_make(m, ds, rows + 1, &s, err));
    imgvec_status status = iv_slice_score(m, ds, &s, 0, rows, watch, out, NULL, err);
    iv_slice_free(m->ctx, &s);
    return status;
}

imgvec_status iv_model_features(const imgvec_model *m, const imgvec_dataset *ds, iv_watch *watch,
                                float *const *columns, int32_t *status_out, imgvec_error *err)
{
    size_t rows = (size_t)iv_dataset_rows(ds), width = (size_t)m->recipe.width;
    iv_slice s;
    IV_TRY(iv_dataset_check(ds, err));
    IV_TRY(iv_slice_make(m, ds, rows < SLICE ? rows + 1 : SLICE, &s, err));
    imgvec_status status = IMGVEC_OK;
    for (size_t at = 0; at < rows && status == IMGVEC_OK; at += SLICE) {
        size_t count = rows - at < SLICE ? rows - at : SLICE;
        status = iv_slice_fill(m, ds, &s, (int64_t)at, count, watch, err);
        for (size_t c = 0; c < width && status == IMGVEC_OK; c++)
            for (size_t i = 0; i < count; i++)
                columns[c][at + i] = s.features[i * width + c];
        for (size_t i = 0; i < count && status == IMGVEC_OK; i++)
            status_out[at + i] = iv_slice_status(m, &s, i);
        if (status == IMGVEC_OK)
            status = iv_watch_check(watch, err);
    }
    iv_slice_free(m->ctx, &s);
    return status;
}
