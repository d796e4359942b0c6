#include "model/scorer.h"

#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"
#include "table/dataset.h"

void iv_scorer_free(imgvec_scorer *s)
{
    if (!s)
        return;
    imgvec_model *model = s->model;
    iv_slice_free(model->ctx, &s->slice);
    iv_dataset_free(s->row);
    iv_free(model->ctx, s);
    iv_model_free(model);
}

imgvec_status iv_scorer_new(const imgvec_model *model, const imgvec_options *opts,
                            imgvec_scorer **out, imgvec_error *err)
{
    imgvec_status status = IMGVEC_OK;
    imgvec_scorer *s = iv_zalloc(model->ctx, sizeof *s);
    if (!s)
        return iv_fail_nomem(err);
    s->model = iv_model_ref(model);
    IV_DO(iv_dataset_new(model->ctx, &s->row, err));
    IV_DO(iv_dataset_set_options(s->row, opts, err));
    for (size_t i = 0; i < model->recipe.count; i++) {
        const iv_block *b = &model->recipe.blocks[i];
        if (iv_dataset_find(s->row, b->column) < 0)
            IV_DO(iv_dataset_add_column(s->row, b->column, b->kind->type, err));
    }
    status = iv_slice_make(model, s->row, 1, &s->slice, err);
done:
    if (status == IMGVEC_OK)
        *out = s;
    else
        iv_scorer_free(s);
    return status;
}

static imgvec_status only_image(const imgvec_scorer *s, int32_t *out, imgvec_error *err)
{
    int32_t images = 0;
    for (int32_t c = 0; c < iv_dataset_columns(s->row); c++)
        if (iv_dataset_column_type(s->row, c) == IMGVEC_COLUMN_IMAGE) {
            *out = c;
            images++;
        }
    if (images == 1)
        return IMGVEC_OK;
    return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                   "column is NULL, and the model has %d image columns; name one", (int)images);
}

imgvec_status iv_scorer_cell(imgvec_scorer *s, const char *column, const char **name,
                             imgvec_error *err)
{
    int32_t c = -1;
    if (!column)
        IV_TRY(only_image(s, &c, err));
    else if ((c = iv_dataset_find(s->row, column)) < 0)
        return iv_prefix(err, iv_dataset_no_column(s->row, column, err),
                         "of the columns that the model uses");
    iv_dataset_clear(s->row, c);
    *name = iv_dataset_column_name(s->row, c);
    return IMGVEC_OK;
}

/* What was not set is missing. */
static imgvec_status complete(imgvec_scorer *s, imgvec_error *err)
{
    for (int32_t c = 0; c < iv_dataset_columns(s->row); c++)
        if (iv_dataset_column_cells(s->row, c) == 0)
            IV_TRY(iv_dataset_append_text(s->row, iv_dataset_column_name(s->row, c), NULL, err));
    return IMGVEC_OK;
}

imgvec_status iv_scorer_run(imgvec_scorer *s, iv_watch *watch, float *out, int32_t *status_out,
                            imgvec_error *err)
{
    imgvec_status status = complete(s, err);
    if (status == IMGVEC_OK)
        status = iv_slice_score(s->model, s->row, &s->slice, 0, 1, watch, out, status_out, err);
    iv_slice_tell_unseen(s->model, &s->slice);
    for (int32_t c = 0; c < iv_dataset_columns(s->row); c++)
        iv_dataset_clear(s->row, c);
    return status;
}
