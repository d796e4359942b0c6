#include <imgvec/explain.h>

#include <string.h>

#include "api/check.h"
#include "api/text.h"
#include "base/mem.h"
#include "base/watch.h"
#include "model/explain.h"
#include "model/overlay.h"
#include "table/dataset.h"

enum { MAP_SIDE_MAX = 16384, SIDE_MIN = 16, SIDE_MAX = 4096, JPEG_QUALITY = 90 };

/* First block of input `index`; NULL: there is none. *count (may be NULL): of the inputs before. */
static const iv_block *input_of(const imgvec_model *model, int32_t index, int32_t *count)
{
    const iv_recipe *r = &model->recipe;
    int32_t found = 0;
    for (size_t b = 0; b < r->count; b++) {
        bool known = false;
        for (size_t before = 0; before < b && !known; before++)
            known = strcmp(r->blocks[before].column, r->blocks[b].column) == 0;
        if (!known && found++ == index)
            return &r->blocks[b];
    }
    if (count)
        *count = found;
    return NULL;
}

int32_t imgvec_model_inputs(const imgvec_model *model)
{
    int32_t count = 0;
    if (model)
        input_of(model, -1, &count);
    return count;
}

const char *imgvec_model_input_name(const imgvec_model *model, int32_t index)
{
    const iv_block *b = model && index >= 0 ? input_of(model, index, NULL) : NULL;
    return b ? b->column : NULL;
}

imgvec_status imgvec_model_contributions(const imgvec_model *model, const imgvec_dataset *ds,
                                         const imgvec_watch *watch, float *dst, size_t capacity,
                                         size_t *written, int32_t *status, imgvec_error *err)
{
    iv_watch w;
    NEED(model);
    NEED(ds);
    size_t need = (size_t)imgvec_dataset_rows(ds) * (size_t)model->outputs *
                  ((size_t)imgvec_model_inputs(model) + 1);
    if (need > capacity)
        return iv_fail(err, IMGVEC_ERR_LIMIT, "%s: room for %zu values, and %zu are needed",
                       __func__, capacity, need);
    if (need)
        NEED(dst);
    IV_TRY(iv_watch_init(&w, watch, err));
    IV_TRY(iv_dataset_blame(ds, iv_model_contributions(model, ds, &w, dst, status, err), err));
    if (written)
        *written = need;
    return IMGVEC_OK;
}

imgvec_status imgvec_model_saliency(const imgvec_model *model, const imgvec_dataset *ds,
                                    int64_t row, const char *column, int32_t image, int32_t output,
                                    float *dst, int32_t width, int32_t height, imgvec_error *err)
{
    const iv_saliency_request request = {
        .row = row, .column = column, .image = image, .output = output};
    iv_maps maps;
    NEED(model);
    NEED(ds);
    NEED(dst);
    if (width < 1 || height < 1 || width > MAP_SIDE_MAX || height > MAP_SIDE_MAX)
        return iv_fail_argument(err, __func__, "width and height need 1 to 16384");
    imgvec_status status =
        iv_dataset_blame(ds, iv_model_saliency(model, ds, &request, NULL, &maps, err), err);
    if (status == IMGVEC_OK)
        iv_maps_render(&maps, width, height, dst);
    iv_maps_free(&maps);
    return status;
}

imgvec_status imgvec_model_overlay(const imgvec_model *model, const imgvec_dataset *ds, int64_t row,
                                   const char *column, int32_t image, int32_t output, int32_t side,
                                   int32_t format, void **out, size_t *size, imgvec_error *err)
{
    const iv_saliency_request request = {
        .row = row, .column = column, .image = image, .output = output};
    iv_image picture;
    iv_encoded bytes;
    NEED(model);
    NEED(ds);
    NEED(out);
    NEED(size);
    *out = NULL;
    *size = 0;
    if (side < SIDE_MIN || side > SIDE_MAX)
        return iv_fail_argument(err, __func__, "side needs 16 to 4096");
    if (format != IMGVEC_PICTURE_PNG && format != IMGVEC_PICTURE_JPEG)
        return iv_fail_argument(err, __func__, "format is none of IMGVEC_PICTURE_*");
    IV_TRY(iv_dataset_blame(ds, iv_model_overlay(model, ds, &request, side, &picture, err), err));
    imgvec_status status = format == IMGVEC_PICTURE_PNG
                               ? iv_encode_png(model->ctx, &picture, &bytes, err)
                               : iv_encode_jpeg(model->ctx, &picture, JPEG_QUALITY, &bytes, err);
    iv_image_free(model->ctx, &picture);
    IV_TRY(status);
    IV_TRY(iv_bytes_export(model->ctx, bytes.data, bytes.size, out, err));
    *size = bytes.size;
    return IMGVEC_OK;
}
