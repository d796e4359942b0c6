/* Reading columns and cells. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "table/boolean.h"
#include "table/store.h"

imgvec_context *iv_dataset_context(const imgvec_dataset *ds)
{
    return ds->ctx;
}

bool iv_dataset_has_class_folders(const imgvec_dataset *ds)
{
    return ds->form == IV_FORM_CLASS_FOLDERS;
}

imgvec_status iv_cell_add(imgvec_context *ctx, iv_column *c, const char *text, size_t length,
                          imgvec_error *err)
{
    size_t used = c->count > 0 ? (size_t)c->ends[c->count - 1] : 0;
    if (length > PTRDIFF_MAX - used ||
        iv_reserve(ctx, &c->ends, &c->ends_capacity, (size_t)c->count + 1, sizeof *c->ends) != 0 ||
        iv_reserve(ctx, &c->bytes, &c->bytes_capacity, used + length + 1, 1) != 0)
        return iv_fail_nomem(err);
    if (length > 0)
        memcpy(c->bytes + used, text, length);
    c->ends[c->count++] = used + length;
    return IMGVEC_OK;
}

bool iv_missing_token(const char *text, size_t length)
{
    switch (length) {
    case 0:
        return true;
    case 1:
        return text[0] == '?';
    case 2:
        return memcmp(text, "NA", 2) == 0;
    case 3:
        return memcmp(text, "N/A", 3) == 0 || memcmp(text, "NaN", 3) == 0 ||
               memcmp(text, "nan", 3) == 0;
    case 4:
        return memcmp(text, "null", 4) == 0 || memcmp(text, "NULL", 4) == 0 ||
               memcmp(text, "None", 4) == 0 || memcmp(text, "none", 4) == 0;
    default:
        return false;
    }
}

int64_t iv_dataset_rows(const imgvec_dataset *ds)
{
    int64_t rows = 0;
    for (size_t i = 0; i < ds->count; i++)
        if (ds->columns[i].count > rows)
            rows = ds->columns[i].count;
    return rows;
}

int32_t iv_dataset_columns(const imgvec_dataset *ds)
{
    return (int32_t)ds->count;
}

imgvec_status iv_dataset_check(const imgvec_dataset *ds, imgvec_error *err)
{
    int64_t rows = iv_dataset_rows(ds);
    for (size_t i = 0; i < ds->count; i++)
        if (ds->columns[i].count != rows)
            return iv_fail_at(err, IMGVEC_ERR_DATA, ds->columns[i].count,
                              "column %s has %lld cells where others have %lld; every column needs "
                              "one for each row",
                              ds->columns[i].name, (long long)ds->columns[i].count,
                              (long long)rows);
    return IMGVEC_OK;
}

int32_t iv_dataset_find(const imgvec_dataset *ds, const char *name)
{
    for (size_t i = 0; i < ds->count; i++)
        if (strcmp(ds->columns[i].name, name) == 0)
            return (int32_t)i;
    return -1;
}

int64_t iv_dataset_column_cells(const imgvec_dataset *ds, int32_t column)
{
    return ds->columns[column].count;
}

const char *iv_dataset_column_name(const imgvec_dataset *ds, int32_t column)
{
    return ds->columns[column].name;
}

int32_t iv_dataset_column_type(const imgvec_dataset *ds, int32_t column)
{
    return ds->columns[column].type;
}

int32_t iv_dataset_inputs(const imgvec_dataset *ds, int32_t target)
{
    int32_t count = 0;
    for (size_t i = 0; i < ds->count; i++)
        count += (int32_t)i != target && ds->columns[i].type != IMGVEC_COLUMN_IGNORED;
    return count;
}

imgvec_status iv_dataset_no_column(const imgvec_dataset *ds, const char *name, imgvec_error *err)
{
    iv_text names;
    iv_text_init(&names, ds->ctx);
    for (size_t i = 0; i < ds->count && i < 20; i++)
        iv_text_addf(&names, "%s%s", i ? ", " : "", ds->columns[i].name);
    if (ds->count > 20)
        iv_text_addf(&names, " and %zu more", ds->count - 20);
    imgvec_status status =
        ds->count == 0
            ? iv_fail(err, IMGVEC_ERR_NOT_FOUND, "no column \"%s\": there are no columns", name)
            : iv_fail(err, IMGVEC_ERR_NOT_FOUND, "no column \"%s\"; there are: %s", name,
                      names.failed || !names.data ? "others" : names.data);
    iv_text_free(&names);
    return status;
}

imgvec_status iv_dataset_column_info(const imgvec_dataset *ds, int32_t index,
                                     imgvec_column_info *out, imgvec_error *err)
{
    if (index < 0 || (size_t)index >= ds->count)
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "column %d of %zu", (int)index, ds->count);
    if (out->size < sizeof out->size)
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                       "column info: size is %zu; set it to sizeof(imgvec_column_info)", out->size);
    const iv_column *c = &ds->columns[index];
    imgvec_column_info info = {.size = out->size,
                               .name = c->name,
                               .type = c->type,
                               .missing = c->missing,
                               .reason = c->reason};
    memcpy(out, &info, out->size < sizeof info ? out->size : sizeof info);
    return IMGVEC_OK;
}

/* Not bounds-checked: for loops over the rows. */
bool iv_dataset_missing(const imgvec_dataset *ds, int32_t column, int64_t row)
{
    const iv_column *c = &ds->columns[column];
    if (c->store == IV_STORE_NUMBERS)
        return !isfinite(c->numbers[row]);
    if (c->store == IV_STORE_PICTURES)
        return c->pictures[row].kind == IV_PICTURE_NONE;
    size_t length;
    double number;
    const char *text = iv_cell(c, row, &length);
    if (iv_cell_missing(c, text, length))
        return true;
    return c->type == IMGVEC_COLUMN_NUMERIC && iv_parse_f64(text, length, &number) &&
           !isfinite(number);
}

bool iv_dataset_infinite(const imgvec_dataset *ds, int32_t column, int64_t row)
{
    const iv_column *c = &ds->columns[column];
    size_t length;
    double number;
    if (c->store == IV_STORE_NUMBERS)
        return isinf(c->numbers[row]);
    if (c->store == IV_STORE_PICTURES)
        return false;
    const char *text = iv_cell(c, row, &length);
    return iv_parse_f64(text, length, &number) && isinf(number);
}

static imgvec_status no_such(const iv_column *c, int64_t row, const char *text, size_t length,
                             const char *what, imgvec_error *err)
{
    return iv_fail_at(err, IMGVEC_ERR_DATA, row, "column %s, row %lld: \"%.*s\" is no %s", c->name,
                      (long long)row, (int)iv_utf8_cut(text, length, 60), text, what);
}

imgvec_status iv_dataset_number(const imgvec_dataset *ds, int32_t column, int64_t row, double *out,
                                imgvec_error *err)
{
    const iv_column *c = &ds->columns[column];
    double number = NAN;
    if (c->store == IV_STORE_NUMBERS) {
        number = c->numbers[row];
    } else if (c->store == IV_STORE_PICTURES) {
        return iv_fail_at(err, IMGVEC_ERR_DATA, row, "column %s holds images, not numbers",
                          c->name);
    } else {
        size_t length;
        const char *text = iv_cell(c, row, &length);
        if (!iv_cell_missing(c, text, length) && !iv_parse_f64(text, length, &number))
            return no_such(c, row, text, length, "number", err);
    }
    *out = isfinite(number) ? number : NAN;
    return IMGVEC_OK;
}

bool iv_dataset_text(const imgvec_dataset *ds, int32_t column, int64_t row, char *buffer,
                     const char **text, size_t *length)
{
    const iv_column *c = &ds->columns[column];
    if (c->store == IV_STORE_NUMBERS) {
        if (!isfinite(c->numbers[row]))
            return false;
        iv_format_f64(c->numbers[row], buffer);
        *text = buffer;
        *length = strlen(buffer);
        return true;
    }
    if (c->store == IV_STORE_PICTURES) {
        const iv_picture *p = &c->pictures[row];
        *text = p->kind == IV_PICTURE_PATH ? p->data : "";
        *length = p->kind == IV_PICTURE_PATH ? p->size : 0;
        return p->kind != IV_PICTURE_NONE;
    }
    *text = iv_cell(c, row, length);
    return !iv_cell_missing(c, *text, *length);
}

imgvec_status iv_dataset_boolean(const imgvec_dataset *ds, int32_t column, int64_t row, float *out,
                                 imgvec_error *err)
{
    const iv_column *c = &ds->columns[column];
    char buffer[IV_NUMBER_MAX];
    const char *text;
    size_t length;
    bool value;
    *out = NAN;
    if (!iv_dataset_text(ds, column, row, buffer, &text, &length) || length == 0)
        return IMGVEC_OK;
    if (!iv_boolean_word(text, length, &value))
        return no_such(c, row, text, length, "true or false", err);
    *out = value ? 1.0f : 0.0f;
    return IMGVEC_OK;
}

imgvec_status iv_dataset_date(const imgvec_dataset *ds, int32_t column, int64_t row,
                              iv_date_order order, iv_date *out, bool *there, imgvec_error *err)
{
    char buffer[IV_NUMBER_MAX];
    const char *text;
    size_t length;
    *there = iv_dataset_text(ds, column, row, buffer, &text, &length) && length > 0;
    if (!*there || iv_date_parse(text, length, order, out))
        return IMGVEC_OK;
    return no_such(&ds->columns[column], row, text, length,
                   order == IV_DATE_MDY ? "date, the month first" : "date", err);
}

/* The order that every value allows. */
static iv_date_order order_of_values(const imgvec_dataset *ds, int32_t column)
{
    for (int64_t row = 0; row < ds->columns[column].count; row++) {
        iv_date date;
        bool there;
        if (iv_dataset_date(ds, column, row, IV_DATE_DMY, &date, &there, NULL) != IMGVEC_OK)
            return iv_dataset_date(ds, column, row, IV_DATE_MDY, &date, &there, NULL) == IMGVEC_OK
                       ? IV_DATE_MDY
                       : IV_DATE_DMY;
    }
    return IV_DATE_DMY;
}

iv_date_order iv_dataset_date_order(const imgvec_dataset *ds, const imgvec_options *opts,
                                    int32_t column)
{
    iv_date_order order = iv_date_order_from(iv_option_text(opts, IMGVEC_OPT_DATE_ORDER));
    if (order == IV_DATE_UNKNOWN)
        order = (iv_date_order)ds->columns[column].date_order;
    return order == IV_DATE_UNKNOWN ? order_of_values(ds, column) : order;
}

imgvec_status iv_dataset_cell(const imgvec_dataset *ds, int32_t column, int64_t row, char *dst,
                              size_t capacity, size_t *needed, imgvec_error *err)
{
    if (column < 0 || (size_t)column >= ds->count || row < 0 || row >= ds->columns[column].count)
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "no cell in column %d, row %lld",
                       (int)column, (long long)row);
    const iv_column *c = &ds->columns[column];
    iv_text path;
    iv_text_init(&path, ds->ctx);
    char buffer[IV_NUMBER_MAX];
    const char *text = "";
    size_t length = 0;
    if (c->type == IMGVEC_COLUMN_IMAGE) {
        iv_dataset_image_path(ds, column, row, &path);
        if (path.failed) {
            iv_text_free(&path);
            return iv_fail_nomem(err);
        }
        text = path.data ? path.data : "";
        length = path.length;
    } else if (!iv_dataset_text(ds, column, row, buffer, &text, &length)) {
        text = "";
        length = 0;
    }
    imgvec_status status = IMGVEC_OK;
    if (needed)
        *needed = length + 1;
    if (length + 1 > capacity) {
        status =
            iv_fail_at(err, IMGVEC_ERR_LIMIT, (int64_t)length + 1,
                       "the cell needs %zu bytes, there is room for %zu", length + 1, capacity);
    } else {
        memcpy(dst, text, length);
        dst[length] = '\0';
    }
    iv_text_free(&path);
    return status;
}
