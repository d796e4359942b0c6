#include "model/insight_gradcam.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "image/encode.h"
#include "io/json.h"
#include "learn/metrics.h"
#include "model/insight_data.h"
#include "model/overlay.h"
#include "table/dataset.h"

enum { ERRORS = 12, SIDE = 160, QUALITY = 85 };

/* The answer that a row was given when it was scored. */
static int32_t answer_of(const imgvec_model *m, int64_t row)
{
    const iv_oof *o = &m->oof;
    for (size_t i = 0; i < o->count; i++)
        if (o->row[i] == row)
            return iv_most_probable(o->predictions + i * (size_t)o->outputs, o->outputs);
    return 0;
}

static imgvec_status add(imgvec_model *m, const imgvec_dataset *ds, const char *column, int64_t row,
                         imgvec_error *err)
{
    const iv_saliency_request request = {.row = row, .column = column, .output = answer_of(m, row)};
    iv_image picture = {0};
    imgvec_error why;
    char name[64];
    iv_encoded jpeg;
    imgvec_status status = iv_model_overlay(m, ds, &request, SIDE, &picture, &why);
    if (status == IMGVEC_OK)
        status = iv_encode_jpeg(m->ctx, &picture, QUALITY, &jpeg, &why);
    iv_image_free(m->ctx, &picture);
    if (status == IMGVEC_ERR_NO_MEMORY)
        return iv_fail_nomem(err);
    if (status != IMGVEC_OK)
        return IMGVEC_OK; /* an image without a map */
    snprintf(name, sizeof name, IV_INSIGHT_FOLDER "gradcam_%lld.jpg", (long long)row);
    return iv_insight_add(m->ctx, &m->insights, name, jpeg.data, jpeg.size, err);
}

imgvec_status iv_insight_gradcam(imgvec_model *m, const imgvec_dataset *ds, iv_watch *watch,
                                 imgvec_error *err)
{
    const iv_part *index = iv_insight_find(&m->insights, IV_INSIGHT_INDEX);
    iv_json_document *doc = NULL;
    const iv_json *errors;
    const char *column;
    int shown = 0;
    imgvec_status status = IMGVEC_OK;
    if (!index)
        return IMGVEC_OK;
    IV_DO(iv_json_parse(m->ctx, index->data, index->size, 0, index->size + 1, &doc, err));
    if (!iv_json_get(iv_json_root(doc), "errors"))
        goto done;
    IV_DO(iv_json_text(iv_json_root(doc), "column", &column, err));
    IV_DO(iv_json_array(iv_json_root(doc), "errors", &errors, err));
    for (const iv_json *e = errors->as.first; e && shown < ERRORS; e = e->next, shown++) {
        int64_t row;
        IV_DO(iv_watch_check(watch, err));
        IV_DO(iv_json_i64(e, "row", 0, iv_dataset_rows(ds) - 1, &row, err));
        IV_DO(add(m, ds, column, row, err));
    }
done:
    iv_json_free(doc);
    return status;
}
