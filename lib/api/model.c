#include "model/model.h"

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
