#include "model/model.h"

#include <math.h>

#include "api/check.h"
#include "api/executor.h"
#include "api/text.h"
#include "auto/auto.h"
#include "base/context.h"
#include "base/watch.h"
#include "model/compare.h"
#include "model/describe_file.h"
#include "table/dataset.h"

imgvec_status imgvec_model_train(imgvec_context *ctx, const imgvec_dataset *ds,
                                 const imgvec_options *opts, const imgvec_watch *watch,
                                 imgvec_model **out, imgvec_error *err)
{
    NEED(ctx);
    NEED(ds);
    NEED(out);
    *out = NULL;
    return iv_dataset_blame(ds, iv_model_train(ctx, iv_executor_get, ds, opts, watch, out, err),
                            err);
}

imgvec_status imgvec_model_train_auto(imgvec_context *ctx, const imgvec_dataset *ds,
                                      const imgvec_options *opts, const imgvec_watch *watch,
                                      imgvec_model **out, imgvec_error *err)
{
    NEED(ctx);
    NEED(ds);
    NEED(out);
    *out = NULL;
    return iv_dataset_blame(
        ds, iv_model_train_auto(ctx, iv_executor_get, ds, opts, watch, out, err), err);
}

int32_t imgvec_model_outputs(const imgvec_model *model)
{
    return model ? model->outputs : 0;
}

const char *imgvec_model_output_name(const imgvec_model *model, int32_t index)
{
    if (!model || index < 0 || index >= model->outputs)
        return NULL;
    return model->class_count ? model->classes[index] : "prediction";
}

imgvec_status imgvec_model_predict(const imgvec_model *model, const imgvec_dataset *ds,
                                   const imgvec_watch *watch, float *dst, size_t capacity,
                                   size_t *written, int32_t *status, imgvec_error *err)
{
    iv_watch w;
    NEED(model);
    NEED(ds);
    size_t need = (size_t)imgvec_dataset_rows(ds) * (size_t)model->outputs;
    if (need > capacity)
        return iv_fail(err, IMGVEC_ERR_LIMIT, "%s: room for %zu values, and %zu are needed",
                       __func__, capacity, need);
    if (need)
        NEED(dst);
    IV_TRY(iv_watch_init(&w, watch, err));
    IV_TRY(iv_dataset_blame(ds, iv_model_predict(model, ds, &w, dst, status, err), err));
    if (written)
        *written = need;
    return IMGVEC_OK;
}

double imgvec_model_threshold(const imgvec_model *model)
{
    return model ? model->decision.threshold : NAN;
}

double imgvec_model_interval_level(const imgvec_model *model)
{
    return model ? model->decision.level : 0;
}

/* Whether the model is of the kind that is asked for, has a quantile, and the room suffices. */
static imgvec_status check_bounds(const imgvec_model *model, bool classes, size_t rows, size_t each,
                                  size_t capacity, const char *function, imgvec_error *err)
{
    if ((model->class_count > 0) != classes)
        return iv_fail_argument(err, function,
                                classes ? "the model predicts a number; it has intervals, not sets"
                                        : "the model predicts classes; it has sets, not intervals");
    if (!(model->decision.level > 0))
        return iv_fail(err, IMGVEC_ERR_UNSUPPORTED,
                       "%s: the model has none; it was trained with option interval 0, on too few "
                       "rows, or by an older release",
                       function);
    if (capacity / each < rows)
        return iv_fail(err, IMGVEC_ERR_LIMIT,
                       "%s: room for %zu values, and %zu rows of %zu are "
                       "needed",
                       function, capacity, rows, each);
    return IMGVEC_OK;
}

imgvec_status imgvec_model_intervals(const imgvec_model *model, const float *predictions,
                                     size_t rows, float *bounds, size_t capacity, imgvec_error *err)
{
    NEED(model);
    IV_TRY(check_bounds(model, false, rows, 2, capacity, __func__, err));
    if (rows) {
        NEED(predictions);
        NEED(bounds);
    }
    for (size_t i = 0; i < rows; i++)
        iv_conformal_interval(model->decision.quantile, &model->transform, predictions[i],
                              &bounds[2 * i], &bounds[2 * i + 1]);
    return IMGVEC_OK;
}

imgvec_status imgvec_model_sets(const imgvec_model *model, const float *predictions, size_t rows,
                                uint8_t *members, size_t capacity, imgvec_error *err)
{
    NEED(model);
    size_t k = (size_t)model->outputs;
    IV_TRY(check_bounds(model, true, rows, k, capacity, __func__, err));
    if (rows) {
        NEED(predictions);
        NEED(members);
    }
    for (size_t i = 0; i < rows; i++)
        iv_conformal_set(model->decision.quantile, model->outputs, predictions + i * k,
                         members + i * k);
    return IMGVEC_OK;
}

imgvec_status imgvec_model_evaluate(const imgvec_model *model, const imgvec_dataset *ds,
                                    const imgvec_watch *watch, char **out, imgvec_error *err)
{
    NEED(model);
    NEED(ds);
    NEED(out);
    char *text;
    *out = NULL;
    IV_TRY(iv_dataset_blame(ds, iv_model_evaluate(model, ds, watch, &text, err), err));
    return iv_text_export(model->ctx, text, out, err);
}

const char *imgvec_model_info(const imgvec_model *model)
{
    return model ? model->info : "";
}

imgvec_status imgvec_model_save(const imgvec_model *model, const char *path, imgvec_error *err)
{
    NEED(model);
    NEED(path);
    return iv_model_save(model, path, err);
}

imgvec_status imgvec_model_open(imgvec_context *ctx, const char *path, const imgvec_options *opts,
                                imgvec_model **out, imgvec_error *err)
{
    NEED(ctx);
    NEED(path);
    NEED(out);
    *out = NULL;
    return iv_model_open(ctx, iv_executor_get, path, opts, out, err);
}

imgvec_status imgvec_model_describe_file(imgvec_context *ctx, const char *path, char **out,
                                         imgvec_error *err)
{
    NEED(ctx);
    NEED(path);
    NEED(out);
    char *text;
    *out = NULL;
    IV_TRY(iv_describe_file(ctx, path, &text, err));
    return iv_text_export(ctx, text, out, err);
}

imgvec_status imgvec_model_compare_files(imgvec_context *ctx, const char *const *paths,
                                         size_t count, char **out, imgvec_error *err)
{
    NEED(ctx);
    NEED(paths);
    NEED(out);
    char *text;
    *out = NULL;
    if (count == 0)
        return iv_fail_argument(err, __func__, "count is 0");
    for (size_t i = 0; i < count; i++)
        if (!paths[i])
            return iv_fail_argument(err, __func__, "a path is NULL");
    IV_TRY(iv_model_compare_files(ctx, paths, count, &text, err));
    return iv_text_export(ctx, text, out, err);
}

void imgvec_model_free(imgvec_model *model)
{
    iv_model_free(model);
}
