#include "model/arrow_export.h"

#include "base/error.h"
#include "base/mem.h"
#include "model/arrow_stream.h"
#include "model/score.h"
#include "model/vectorizer.h"
#include "table/dataset.h"

imgvec_status iv_vectorizer_export_arrow(const imgvec_vectorizer *vz, const imgvec_dataset *ds,
                                         const imgvec_watch *watch, struct ArrowArrayStream *out,
                                         imgvec_error *err)
{
    int64_t rows = iv_dataset_rows(ds);
    iv_arrow_column *columns = iv_arrow_columns_new(vz->ctx, 1, rows);
    if (!columns)
        return iv_fail_nomem(err);
    float *values = iv_alloc_n(vz->ctx, (size_t)rows + 1, (size_t)vz->width * sizeof *values);
    columns[2] =
        (iv_arrow_column){iv_strdup(vz->ctx, "embedding"), IV_ARROW_F32, vz->width, values};
    imgvec_status status = values && columns[2].name
                               ? iv_vectorizer_run(vz, ds, watch, values, columns[1].values, err)
                               : iv_fail_nomem(err);
    if (status == IMGVEC_OK)
        return iv_arrow_stream_new(vz->ctx, columns, 3, rows, out, err);
    iv_arrow_columns_free(vz->ctx, columns, 3);
    return status;
}

/* Names and memory of a column for each feature. */
static imgvec_status make_features(const imgvec_model *m, int64_t rows, iv_arrow_column *columns,
                                   imgvec_error *err)
{
    for (size_t i = 0; i < m->recipe.count; i++)
        for (int32_t k = 0; k < m->recipe.blocks[i].width; k++, columns++) {
            iv_text name;
            iv_text_init(&name, m->ctx);
            iv_block_feature_name(&m->recipe.blocks[i], k, &name);
            *columns = (iv_arrow_column){iv_text_take(&name), IV_ARROW_F32, 0,
                                         iv_alloc_n(m->ctx, (size_t)rows + 1, sizeof(float))};
            if (!columns->name || !columns->values)
                return iv_fail_nomem(err);
        }
    return IMGVEC_OK;
}

imgvec_status iv_model_export_arrow(const imgvec_model *m, const imgvec_dataset *ds,
                                    const imgvec_watch *watch, struct ArrowArrayStream *out,
                                    imgvec_error *err)
{
    int64_t rows = iv_dataset_rows(ds);
    size_t width = (size_t)m->recipe.width;
    float **features = NULL;
    iv_watch w;
    imgvec_status status = IMGVEC_OK;
    IV_TRY(iv_watch_init(&w, watch, err));
    iv_arrow_column *columns = iv_arrow_columns_new(m->ctx, width, rows);
    if (!columns)
        return iv_fail_nomem(err);
    IV_DO(make_features(m, rows, columns + 2, err));
    features = iv_calloc(m->ctx, width + 1, sizeof *features);
    if (!features) {
        status = iv_fail_nomem(err);
        goto done;
    }
    for (size_t i = 0; i < width; i++)
        features[i] = columns[2 + i].values;
    IV_DO(iv_model_features(m, ds, &w, features, columns[1].values, err));
    status = iv_arrow_stream_new(m->ctx, columns, width + 2, rows, out, err);
    columns = NULL;
done:
    iv_free(m->ctx, features);
    iv_arrow_columns_free(m->ctx, columns, width + 2);
    return status;
}
