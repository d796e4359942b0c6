#include "model/scorer.h"

#include "api/check.h"
#include "base/watch.h"
#include "table/dataset.h"

imgvec_status imgvec_scorer_new(const imgvec_model *model, const imgvec_options *opts,
                                imgvec_scorer **out, imgvec_error *err)
{
    NEED(model);
    NEED(out);
    *out = NULL;
    return iv_scorer_new(model, opts, out, err);
}

imgvec_status imgvec_scorer_set_number(imgvec_scorer *scorer, const char *column, double value,
                                       imgvec_error *err)
{
    const char *name;
    NEED(scorer);
    NEED(column);
    IV_TRY(iv_scorer_cell(scorer, column, &name, err));
    return iv_dataset_append_number(scorer->row, name, value, err);
}

imgvec_status imgvec_scorer_set_text(imgvec_scorer *scorer, const char *column, const char *value,
                                     imgvec_error *err)
{
    const char *name;
    NEED(scorer);
    IV_TRY(iv_scorer_cell(scorer, column, &name, err));
    return iv_dataset_append_text(scorer->row, name, value, err);
}

imgvec_status imgvec_scorer_set_bytes(imgvec_scorer *scorer, const char *column, const void *bytes,
                                      size_t size, imgvec_error *err)
{
    const char *name;
    NEED(scorer);
    if (size)
        NEED(bytes);
    IV_TRY(iv_scorer_cell(scorer, column, &name, err));
    return iv_dataset_append_bytes(scorer->row, name, bytes, size, err);
}

imgvec_status imgvec_scorer_set_pixels(imgvec_scorer *scorer, const char *column,
                                       const void *pixels, int32_t width, int32_t height,
                                       size_t stride, int32_t format, imgvec_error *err)
{
    const char *name;
    NEED(scorer);
    NEED(pixels);
    IV_TRY(iv_scorer_cell(scorer, column, &name, err));
    return iv_dataset_append_pixels(scorer->row, name, pixels, width, height, stride, format, err);
}

imgvec_status imgvec_scorer_run(imgvec_scorer *scorer, const imgvec_watch *watch, float *dst,
                                size_t capacity, int32_t *status, imgvec_error *err)
{
    iv_watch w;
    NEED(scorer);
    NEED(dst);
    size_t need = (size_t)scorer->model->outputs;
    if (need > capacity)
        return iv_fail(err, IMGVEC_ERR_LIMIT, "%s: room for %zu values, and %zu are needed",
                       __func__, capacity, need);
    IV_TRY(iv_watch_init(&w, watch, err));
    return iv_scorer_run(scorer, &w, dst, status, err);
}

void imgvec_scorer_free(imgvec_scorer *scorer)
{
    iv_scorer_free(scorer);
}
