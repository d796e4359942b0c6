#include "model/vectorizer.h"

#include "api/check.h"
#include "api/executor.h"
#include "table/dataset.h"

imgvec_status imgvec_vectorizer_fit(imgvec_context *ctx, const imgvec_dataset *ds,
                                    const imgvec_options *opts, const imgvec_watch *watch,
                                    imgvec_vectorizer **out, imgvec_error *err)
{
    NEED(ctx);
    NEED(ds);
    NEED(out);
    *out = NULL;
    return iv_dataset_blame(ds, iv_vectorizer_fit(ctx, iv_executor_get, ds, opts, watch, out, err),
                            err);
}

int32_t imgvec_vectorizer_width(const imgvec_vectorizer *vz)
{
    return vz ? vz->width : 0;
}

imgvec_status imgvec_vectorizer_run(const imgvec_vectorizer *vz, const imgvec_dataset *ds,
                                    const imgvec_watch *watch, float *dst, size_t capacity,
                                    size_t *written, int32_t *status, imgvec_error *err)
{
    NEED(vz);
    NEED(ds);
    size_t need = (size_t)imgvec_dataset_rows(ds) * (size_t)vz->width;
    if (need > capacity)
        return iv_fail(err, IMGVEC_ERR_LIMIT, "%s: room for %zu values, and %zu are needed",
                       __func__, capacity, need);
    if (need)
        NEED(dst);
    IV_TRY(iv_dataset_blame(ds, iv_vectorizer_run(vz, ds, watch, dst, status, err), err));
    if (written)
        *written = need;
    return IMGVEC_OK;
}

const char *imgvec_vectorizer_info(const imgvec_vectorizer *vz)
{
    return vz ? vz->info : "";
}

imgvec_status imgvec_vectorizer_save(const imgvec_vectorizer *vz, const char *path,
                                     imgvec_error *err)
{
    NEED(vz);
    NEED(path);
    return iv_vectorizer_save(vz, path, err);
}

imgvec_status imgvec_vectorizer_open(imgvec_context *ctx, const char *path,
                                     const imgvec_options *opts, imgvec_vectorizer **out,
                                     imgvec_error *err)
{
    NEED(ctx);
    NEED(path);
    NEED(out);
    *out = NULL;
    return iv_vectorizer_open(ctx, iv_executor_get, path, opts, out, err);
}

void imgvec_vectorizer_free(imgvec_vectorizer *vz)
{
    iv_vectorizer_free(vz);
}
