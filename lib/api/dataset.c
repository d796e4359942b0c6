#include "table/dataset.h"

#include <string.h>

#include "api/check.h"
#include "api/text.h"

imgvec_status imgvec_dataset_open(imgvec_context *ctx, const char *path, const imgvec_options *opts,
                                  const imgvec_watch *watch, imgvec_dataset **out,
                                  imgvec_error *err)
{
    NEED(ctx);
    NEED(path);
    NEED(out);
    *out = NULL;
    return iv_dataset_open(ctx, path, opts, watch, out, err);
}

imgvec_status imgvec_dataset_new(imgvec_context *ctx, imgvec_dataset **out, imgvec_error *err)
{
    NEED(ctx);
    NEED(out);
    *out = NULL;
    return iv_dataset_new(ctx, out, err);
}

imgvec_status imgvec_dataset_set_options(imgvec_dataset *ds, const imgvec_options *opts,
                                         imgvec_error *err)
{
    NEED(ds);
    return iv_dataset_set_options(ds, opts, err);
}

imgvec_status imgvec_dataset_add_column(imgvec_dataset *ds, const char *name, int32_t type,
                                        imgvec_error *err)
{
    NEED(ds);
    NEED(name);
    if (!*name)
        return iv_fail_argument(err, __func__, "name is empty");
    if (type < IMGVEC_COLUMN_NUMERIC || type > IMGVEC_COLUMN_DATE)
        return iv_fail_argument(err, __func__, "type is not one of IMGVEC_COLUMN_*");
    return iv_dataset_add_column(ds, name, type, err);
}

imgvec_status imgvec_dataset_append_number(imgvec_dataset *ds, const char *column, double value,
                                           imgvec_error *err)
{
    NEED(ds);
    NEED(column);
    return iv_dataset_append_number(ds, column, value, err);
}

imgvec_status imgvec_dataset_append_text(imgvec_dataset *ds, const char *column, const char *value,
                                         imgvec_error *err)
{
    NEED(ds);
    NEED(column);
    return iv_dataset_append_text(ds, column, value, err);
}

imgvec_status imgvec_dataset_append_bytes(imgvec_dataset *ds, const char *column, const void *bytes,
                                          size_t size, imgvec_error *err)
{
    NEED(ds);
    NEED(column);
    if (size)
        NEED(bytes);
    return iv_dataset_append_bytes(ds, column, bytes, size, err);
}

imgvec_status imgvec_dataset_append_pixels(imgvec_dataset *ds, const char *column,
                                           const void *pixels, int32_t width, int32_t height,
                                           size_t stride, int32_t format, imgvec_error *err)
{
    NEED(ds);
    NEED(column);
    NEED(pixels);
    if (width < 1 || width > 65535 || height < 1 || height > 65535)
        return iv_fail_argument(err, __func__, "width or height is not between 1 and 65535");
    if (format != IMGVEC_PIXELS_GRAY && format != IMGVEC_PIXELS_RGB &&
        format != IMGVEC_PIXELS_RGBA && format != IMGVEC_PIXELS_BGR && format != IMGVEC_PIXELS_BGRA)
        return iv_fail_argument(err, __func__, "format is not one of IMGVEC_PIXELS_*");
    return iv_dataset_append_pixels(ds, column, pixels, width, height, stride, format, err);
}

int64_t imgvec_dataset_rows(const imgvec_dataset *ds)
{
    return ds ? iv_dataset_rows(ds) : 0;
}

int32_t imgvec_dataset_columns(const imgvec_dataset *ds)
{
    return ds ? iv_dataset_columns(ds) : 0;
}

imgvec_status imgvec_dataset_column(const imgvec_dataset *ds, int32_t index,
                                    imgvec_column_info *out, imgvec_error *err)
{
    NEED(ds);
    NEED(out);
    if (out->size < sizeof out->size)
        return iv_fail_argument(err, __func__, "out->size is not set");
    if (index < 0 || index >= iv_dataset_columns(ds))
        return iv_fail_argument(err, __func__, "index is not below imgvec_dataset_columns()");
    imgvec_column_info info = {.size = sizeof info};
    IV_TRY(iv_dataset_column_info(ds, index, &info, err));
    info.size = out->size;
    memcpy(out, &info, out->size < sizeof info ? out->size : sizeof info);
    return IMGVEC_OK;
}

imgvec_status imgvec_dataset_cell(const imgvec_dataset *ds, int32_t column, int64_t row, char *dst,
                                  size_t capacity, size_t *needed, imgvec_error *err)
{
    NEED(ds);
    if (capacity)
        NEED(dst);
    if (column < 0 || column >= iv_dataset_columns(ds) || row < 0 || row >= iv_dataset_rows(ds))
        return iv_fail_argument(err, __func__, "there is no such cell");
    return iv_dataset_cell(ds, column, row, dst, capacity, needed, err);
}

imgvec_status imgvec_dataset_describe(const imgvec_dataset *ds, const imgvec_options *opts,
                                      const imgvec_watch *watch, char **out, imgvec_error *err)
{
    NEED(ds);
    NEED(out);
    char *text;
    *out = NULL;
    IV_TRY(iv_dataset_describe(ds, opts, watch, &text, err));
    return iv_text_export(iv_dataset_context(ds), text, out, err);
}

imgvec_status imgvec_dataset_split(const imgvec_dataset *ds, const imgvec_options *opts,
                                   const char *first_path, const char *second_path,
                                   const imgvec_watch *watch, char **report, imgvec_error *err)
{
    NEED(ds);
    NEED(first_path);
    NEED(second_path);
    char *text;
    if (!report)
        return iv_dataset_split(ds, opts, first_path, second_path, watch, NULL, err);
    *report = NULL;
    IV_TRY(iv_dataset_split(ds, opts, first_path, second_path, watch, &text, err));
    return iv_text_export(iv_dataset_context(ds), text, report, err);
}

void imgvec_dataset_free(imgvec_dataset *ds)
{
    iv_dataset_free(ds);
}
