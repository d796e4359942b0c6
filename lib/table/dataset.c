/* The dataset's life: columns are added, cells appended, all is freed. */
#include "table/dataset.h"

#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "table/store.h"

static const char *const type_names[] = {"",     "numeric", "categorical", "image",
                                         "text", "ignored", "boolean",     "date"};

bool iv_column_type_known(int32_t type)
{
    return type >= IMGVEC_COLUMN_NUMERIC && type <= IMGVEC_COLUMN_DATE;
}

const char *iv_dataset_type_name(int32_t type)
{
    return iv_column_type_known(type) ? type_names[type] : "";
}

int32_t iv_column_type_from(const char *name, size_t length)
{
    for (int32_t type = IMGVEC_COLUMN_NUMERIC; iv_column_type_known(type); type++)
        if (strlen(type_names[type]) == length && memcmp(type_names[type], name, length) == 0)
            return type;
    return 0;
}

const char *iv_form_name(iv_form form)
{
    switch (form) {
    case IV_FORM_CLASS_FOLDERS:
        return "class_folders";
    case IV_FORM_CSV_WITH_IMAGES:
        return "csv_with_images";
    case IV_FORM_CSV:
        return "csv";
    case IV_FORM_IMAGES:
        return "images";
    case IV_FORM_MEMORY:
        break;
    }
    return "memory";
}

void iv_dataset_set_limits(imgvec_dataset *ds, const imgvec_options *opts)
{
    ds->image_limits =
        (iv_image_limits){.side = (uint64_t)iv_option_i64(opts, IMGVEC_OPT_MAX_IMAGE_SIDE),
                          .pixels = (uint64_t)iv_option_i64(opts, IMGVEC_OPT_MAX_IMAGE_PIXELS),
                          .bytes = (uint64_t)iv_option_i64(opts, IMGVEC_OPT_MAX_IMAGE_BYTES),
                          .scans = (uint64_t)iv_option_i64(opts, IMGVEC_OPT_MAX_JPEG_SCANS),
                          .memory = (uint64_t)iv_option_i64(opts, IMGVEC_OPT_MAX_IMAGE_MEMORY)};
    iv_zip_limits limits = {
        .entries = (uint64_t)iv_option_i64(opts, IMGVEC_OPT_MAX_ARCHIVE_ENTRIES),
        .member_bytes = (uint64_t)iv_option_i64(opts, IMGVEC_OPT_MAX_MEMBER_BYTES),
        .total_bytes = (uint64_t)iv_option_i64(opts, IMGVEC_OPT_MAX_ARCHIVE_BYTES),
        .name_bytes = (uint64_t)iv_option_i64(opts, IMGVEC_OPT_MAX_MEMBER_NAME),
        .ratio = iv_option_f64(opts, IMGVEC_OPT_MAX_ARCHIVE_RATIO)};
    iv_archives_set_limits(ds->archives, &limits);
}

imgvec_status iv_dataset_new(imgvec_context *ctx, imgvec_dataset **out, imgvec_error *err)
{
    imgvec_dataset *ds = iv_zalloc(ctx, sizeof *ds);
    if (!ds)
        return iv_fail_nomem(err);
    ds->ctx = iv_context_ref(ctx);
    ds->from_caller = true;
    ds->form = IV_FORM_MEMORY;
    ds->unused_images = -1;
    ds->folder = iv_strdup(ctx, "");
    ds->evidence = iv_strdup(ctx, "filled by the program");
    imgvec_status status = ds->folder && ds->evidence
                               ? iv_archives_new(ctx, NULL, &ds->archives, err)
                               : iv_fail_nomem(err);
    if (status == IMGVEC_OK)
        status = iv_remote_new(ctx, &ds->remote, err);
    if (status != IMGVEC_OK) {
        iv_dataset_free(ds);
        return status;
    }
    iv_dataset_set_limits(ds, NULL);
    *out = ds;
    return IMGVEC_OK;
}

imgvec_status iv_dataset_blame(const imgvec_dataset *ds, imgvec_status status, imgvec_error *err)
{
    if (status != IMGVEC_ERR_DATA || !err || !ds->path || strstr(err->text, ds->path))
        return status;
    return iv_prefix(err, status, "%s", ds->path);
}

static void free_pictures(imgvec_context *ctx, iv_column *c)
{
    for (int64_t row = 0; c->pictures && row < c->count; row++)
        iv_free(ctx, c->pictures[row].data);
}

void iv_dataset_clear(imgvec_dataset *ds, int32_t column)
{
    iv_column *c = &ds->columns[column];
    free_pictures(ds->ctx, c);
    c->count = c->missing = 0;
}

void iv_column_free(imgvec_context *ctx, iv_column *c)
{
    iv_free(ctx, c->name);
    iv_free(ctx, c->reason);
    iv_free(ctx, c->bytes);
    iv_free(ctx, c->ends);
    iv_free(ctx, c->numbers);
    free_pictures(ctx, c);
    iv_free(ctx, c->pictures);
}

void iv_dataset_free(imgvec_dataset *ds)
{
    if (!ds)
        return;
    imgvec_context *ctx = ds->ctx;
    for (size_t i = 0; i < ds->count; i++)
        iv_column_free(ctx, &ds->columns[i]);
    iv_free(ctx, ds->columns);
    for (int i = 0; i < IV_FILE_EXAMPLES; i++)
        iv_free(ctx, ds->other_examples[i]);
    iv_zip_close(ds->zip);
    iv_skipped_free(ds->ctx, &ds->skipped);
    iv_archives_free(ds->archives);
    iv_remote_free(ds->remote);
    iv_free(ctx, ds->base_url);
    iv_free(ctx, ds->path);
    iv_free(ctx, ds->folder);
    iv_free(ctx, ds->evidence);
    iv_free(ctx, ds);
    iv_context_unref(ctx);
}

imgvec_status iv_column_add(imgvec_dataset *ds, const char *name, size_t length, int32_t type,
                            iv_store store, const char *reason, imgvec_error *err)
{
    if (ds->count >= INT32_MAX)
        return iv_fail(err, IMGVEC_ERR_LIMIT, "more columns than can be numbered");
    if (iv_reserve(ds->ctx, &ds->columns, &ds->capacity, ds->count + 1, sizeof *ds->columns) != 0)
        return iv_fail_nomem(err);
    iv_column *c = &ds->columns[ds->count];
    memset(c, 0, sizeof *c);
    c->name = iv_strndup(ds->ctx, name, length);
    c->reason = iv_strdup(ds->ctx, reason);
    c->type = c->natural = type;
    c->store = store;
    if (!c->name || !c->reason) {
        iv_column_free(ds->ctx, c);
        return iv_fail_nomem(err);
    }
    ds->count++;
    return IMGVEC_OK;
}

imgvec_status iv_column_set(iv_column *c, imgvec_context *ctx, int32_t type, char *reason,
                            imgvec_error *err)
{
    if (!reason)
        return iv_fail_nomem(err);
    iv_free(ctx, c->reason);
    c->reason = reason;
    c->type = type;
    return IMGVEC_OK;
}

static imgvec_status may_fill(const imgvec_dataset *ds, imgvec_error *err)
{
    if (ds->from_caller)
        return IMGVEC_OK;
    return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                   "%s: a dataset that was opened cannot be changed; fill one of "
                   "imgvec_dataset_new",
                   ds->path ? ds->path : "dataset");
}

imgvec_status iv_dataset_set_options(imgvec_dataset *ds, const imgvec_options *opts,
                                     imgvec_error *err)
{
    IV_TRY(may_fill(ds, err));
    IV_TRY(iv_remote_set(ds->remote, opts, err));
    iv_dataset_set_limits(ds, opts);
    return IMGVEC_OK;
}

imgvec_status iv_dataset_add_column(imgvec_dataset *ds, const char *name, int32_t type,
                                    imgvec_error *err)
{
    IV_TRY(may_fill(ds, err));
    size_t length = strlen(name);
    if (length == 0)
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "a column needs a name");
    if (iv_utf8_valid(name, length) != length)
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "column %s: the name is not UTF-8", name);
    if (iv_dataset_find(ds, name) >= 0)
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "column %s: there is one already", name);
    if (!iv_column_type_known(type))
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                       "column %s: %d is no column type; take IMGVEC_COLUMN_*", name, (int)type);
    iv_store store = type == IMGVEC_COLUMN_NUMERIC ? IV_STORE_NUMBERS
                     : type == IMGVEC_COLUMN_IMAGE ? IV_STORE_PICTURES
                                                   : IV_STORE_TEXT;
    IV_TRY(iv_column_add(ds, name, length, type, store, "declared by the program", err));
    iv_column *c = &ds->columns[ds->count - 1];
    c->literal = store == IV_STORE_TEXT;
    if (type == IMGVEC_COLUMN_IGNORED)
        c->natural = IMGVEC_COLUMN_TEXT;
    return IMGVEC_OK;
}

/* Column that takes a cell of one of the wanted stores. */
static imgvec_status to_fill(imgvec_dataset *ds, const char *column, bool text, bool number,
                             bool picture, const char *what, iv_column **out, imgvec_error *err)
{
    IV_TRY(may_fill(ds, err));
    int32_t i = iv_dataset_find(ds, column);
    if (i < 0) {
        iv_dataset_no_column(ds, column, err);
        if (err)
            err->code = IMGVEC_ERR_INVALID_ARGUMENT;
        return IMGVEC_ERR_INVALID_ARGUMENT;
    }
    iv_column *c = &ds->columns[i];
    if (c->store == IV_STORE_TEXT ? !text : c->store == IV_STORE_NUMBERS ? !number : !picture)
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "column %s is of type %s and takes no %s",
                       column, iv_dataset_type_name(c->type), what);
    *out = c;
    return IMGVEC_OK;
}

static imgvec_status add_number(imgvec_context *ctx, iv_column *c, double value, imgvec_error *err)
{
    if (iv_reserve(ctx, &c->numbers, &c->numbers_capacity, (size_t)c->count + 1,
                   sizeof *c->numbers) != 0)
        return iv_fail_nomem(err);
    c->numbers[c->count++] = value;
    c->missing += !isfinite(value);
    return IMGVEC_OK;
}

/* data is MOVED, freed on failure. */
static imgvec_status add_picture(imgvec_context *ctx, iv_column *c, const iv_picture *p,
                                 imgvec_error *err)
{
    if ((p->kind != IV_PICTURE_NONE && !p->data) ||
        iv_reserve(ctx, &c->pictures, &c->pictures_capacity, (size_t)c->count + 1,
                   sizeof *c->pictures) != 0) {
        iv_free(ctx, p->data);
        return iv_fail_nomem(err);
    }
    c->pictures[c->count++] = *p;
    c->missing += p->kind == IV_PICTURE_NONE;
    return IMGVEC_OK;
}

imgvec_status iv_dataset_append_number(imgvec_dataset *ds, const char *column, double value,
                                       imgvec_error *err)
{
    iv_column *c;
    IV_TRY(to_fill(ds, column, true, true, false, "numbers", &c, err));
    if (c->type == IMGVEC_COLUMN_DATE)
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                       "column %s is of type date and takes no numbers; append a text such as "
                       "2020-03-04T15:30:00",
                       column);
    if (c->store == IV_STORE_NUMBERS)
        return add_number(ds->ctx, c, value, err);
    char text[IV_NUMBER_MAX];
    text[0] = '\0';
    if (!isnan(value))
        iv_format_f64(value, text);
    IV_TRY(iv_cell_add(ds->ctx, c, text, strlen(text), err));
    c->missing += text[0] == '\0';
    return IMGVEC_OK;
}

imgvec_status iv_dataset_append_text(imgvec_dataset *ds, const char *column, const char *value,
                                     imgvec_error *err)
{
    iv_column *c;
    IV_TRY(to_fill(ds, column, true, value == NULL, true, "text", &c, err));
    if (c->store == IV_STORE_NUMBERS)
        return add_number(ds->ctx, c, NAN, err);
    size_t length = value ? strlen(value) : 0;
    if (value && iv_utf8_valid(value, length) != length)
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "column %s: the text is not UTF-8",
                       column);
    if (c->store == IV_STORE_PICTURES) {
        iv_picture p = {.kind = length ? IV_PICTURE_PATH : IV_PICTURE_NONE, .size = length};
        p.data = length ? iv_strndup(ds->ctx, value, length) : NULL;
        return add_picture(ds->ctx, c, &p, err);
    }
    IV_TRY(iv_cell_add(ds->ctx, c, value ? value : "", length, err));
    c->missing += length == 0;
    return IMGVEC_OK;
}

imgvec_status iv_dataset_append_bytes(imgvec_dataset *ds, const char *column, const void *bytes,
                                      size_t size, imgvec_error *err)
{
    iv_column *c;
    IV_TRY(to_fill(ds, column, false, false, true, "images", &c, err));
    iv_picture p = {.kind = IV_PICTURE_BYTES, .size = size, .data = iv_alloc(ds->ctx, size)};
    if (p.data && size)
        memcpy(p.data, bytes, size);
    return add_picture(ds->ctx, c, &p, err);
}

imgvec_status iv_dataset_append_pixels(imgvec_dataset *ds, const char *column, const void *pixels,
                                       int32_t width, int32_t height, size_t stride, int32_t format,
                                       imgvec_error *err)
{
    iv_column *c;
    IV_TRY(to_fill(ds, column, false, false, true, "images", &c, err));
    if (width < 1 || height < 1 || width > 65535 || height > 65535)
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                       "column %s: an image of %d x %d; sides are 1 to 65535", column, (int)width,
                       (int)height);
    size_t channels = format == IMGVEC_PIXELS_GRAY                                   ? 1
                      : format == IMGVEC_PIXELS_RGB || format == IMGVEC_PIXELS_BGR   ? 3
                      : format == IMGVEC_PIXELS_RGBA || format == IMGVEC_PIXELS_BGRA ? 4
                                                                                     : 0;
    if (channels == 0)
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                       "column %s: %d is no pixel format; take IMGVEC_PIXELS_*", column,
                       (int)format);
    size_t tight = (size_t)width * channels;
    if (stride == 0)
        stride = tight;
    if (stride < tight)
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                       "column %s: a stride of %zu bytes is less than the %zu of a row", column,
                       stride, tight);
    iv_picture p = {.kind = IV_PICTURE_PIXELS, .width = width, .height = height, .format = format};
    p.size = tight * (size_t)height; /* at most 2^34 */
    p.data = iv_alloc(ds->ctx, p.size);
    for (size_t y = 0; p.data && y < (size_t)height; y++)
        memcpy((char *)p.data + y * tight, (const char *)pixels + y * stride, tight);
    return add_picture(ds->ctx, c, &p, err);
}
