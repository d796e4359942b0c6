#include "data.h"

#include <stdlib.h>
#include <string.h>

/* An error of our own in the library's record. */
static void set_error(imgvec_error *err, int32_t code, const char *text)
{
    *err = (imgvec_error){.code = code};
    snprintf(err->text, sizeof err->text, "%s", text);
}

static imgvec_dataset *from_images(cli_run *run, char **words, int count)
{
    imgvec_dataset *ds = NULL;
    imgvec_status status = imgvec_dataset_new(run->ctx, &ds, &run->err);
    if (status == IMGVEC_OK)
        status = imgvec_dataset_set_options(ds, run->opts, &run->err);
    if (status == IMGVEC_OK)
        status = imgvec_dataset_add_column(ds, "image", IMGVEC_COLUMN_IMAGE, &run->err);
    for (int i = 0; i < count && status == IMGVEC_OK; i++)
        status = imgvec_dataset_append_text(ds, "image", words[i], &run->err);
    if (status == IMGVEC_OK)
        return ds;
    imgvec_dataset_free(ds);
    return NULL;
}

imgvec_dataset *cli_data_open(cli_run *run, char **words, int count, bool images)
{
    imgvec_dataset *ds = NULL;
    if (images && count > 1)
        return from_images(run, words, count);
    if (imgvec_dataset_open(run->ctx, words[0], run->opts, &run->watch, &ds, &run->err) ==
        IMGVEC_OK)
        return ds;
    return NULL;
}

imgvec_model *cli_model_open(cli_run *run, const char *path)
{
    imgvec_model *model = NULL;
    if (imgvec_model_open(run->ctx, path, run->opts, &model, &run->err) == IMGVEC_OK)
        return model;
    return NULL;
}

char *cli_cell(const imgvec_dataset *ds, int32_t column, int64_t row)
{
    size_t needed = 0;
    /* Asks for the size first: LIMIT is the expected answer. */
    imgvec_status status = imgvec_dataset_cell(ds, column, row, NULL, 0, &needed, NULL);
    if (status != IMGVEC_OK && status != IMGVEC_ERR_LIMIT)
        return NULL;
    char *text = calloc(1, needed + 1);
    if (text && imgvec_dataset_cell(ds, column, row, text, needed, NULL, NULL) != IMGVEC_OK)
        text[0] = '\0';
    return text;
}

float *cli_floats(cli_run *run, int64_t rows, int64_t columns, size_t *count)
{
    float *values = NULL;
    if (rows >= 0 && columns > 0 &&
        (uint64_t)rows <= (SIZE_MAX / sizeof *values - 1) / (uint64_t)columns) {
        *count = (size_t)rows * (size_t)columns;
        values = malloc((*count + 1) * sizeof *values);
    }
    if (!values)
        set_error(&run->err, IMGVEC_ERR_NO_MEMORY, "no memory for the result");
    return values;
}

int32_t cli_image_columns(const imgvec_dataset *ds, int32_t columns[CLI_IMAGE_COLUMNS_MAX])
{
    int32_t count = 0;
    imgvec_column_info info = {.size = sizeof info};
    for (int32_t i = 0; i < imgvec_dataset_columns(ds) && count < CLI_IMAGE_COLUMNS_MAX; i++)
        if (imgvec_dataset_column(ds, i, &info, NULL) == IMGVEC_OK &&
            info.type == IMGVEC_COLUMN_IMAGE)
            columns[count++] = i;
    return count;
}

const char *cli_type_text(int32_t type)
{
    static const char *const names[] = {"",     "numeric", "categorical", "image",
                                        "text", "ignored", "boolean",     "date"};
    return type >= 1 && type <= 7 ? names[type] : "unknown";
}
