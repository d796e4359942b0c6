/* A dataset's columns from an Arrow stream. They are made in a dataset of their own, which is
 * typed as a CSV file is, and change hands when all is well. */
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "table/arrow_values.h"
#include "table/types.h"

/* How one column is read. */
typedef struct reader {
    iv_arrow_type type;  /* of the values */
    iv_arrow_type index; /* of the positions in a dictionary, when there is one */
    bool dictionary;
} reader;

typedef struct arrow {
    imgvec_dataset *ds; /* that is filled */
    struct ArrowArrayStream *stream;
    reader *readers; /* one for each column */
    int64_t rows;
    uint64_t cell_bytes, image_bytes; /* most of one value, 0: no limit */
    iv_watch watch;
} arrow;

static imgvec_status fail_stream(const arrow *a, int code, imgvec_error *err)
{
    const char *words = a->stream->get_last_error ? a->stream->get_last_error(a->stream) : NULL;
    size_t length = words ? strnlen(words, 500) : 0;
    if (iv_utf8_valid(words ? words : "", length) != length)
        words = NULL;
    return iv_fail_at(err, IMGVEC_ERR_IO, code, "the Arrow stream failed with code %d%s%.500s",
                      code, words ? ": " : "", words ? words : "");
}

static imgvec_status fail_type(const char *column, const char *format, imgvec_error *err)
{
    size_t length = strnlen(format, 40);
    return iv_fail(
        err, IMGVEC_ERR_UNSUPPORTED,
        "column %s: the Arrow type of format \"%s\" is not read; convert it to a number, "
        "text, date or binary",
        column, iv_utf8_valid(format, length) == length && length < 40 ? format : "?");
}

static imgvec_status add_column(arrow *a, const struct ArrowSchema *s, reader *r, imgvec_error *err)
{
    if (!s || !s->release || !s->format)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "the Arrow schema lacks a column's description");
    const char *name = s->name && *s->name ? s->name : "unnamed";
    bool known = iv_arrow_type_find(s->format, &r->type);
    if (s->dictionary) {
        r->dictionary = true;
        r->index = r->type;
        if (!known || (r->index.kind != IV_ARROW_SIGNED && r->index.kind != IV_ARROW_UNSIGNED))
            return fail_type(name, s->format, err);
        if (!s->dictionary->format || s->dictionary->dictionary ||
            !iv_arrow_type_find(s->dictionary->format, &r->type))
            return fail_type(name, s->dictionary->format ? s->dictionary->format : "?", err);
    }
    if (!known)
        return fail_type(name, s->format, err);
    IV_TRY(iv_dataset_add_column(a->ds, name,
                                 r->type.binary ? IMGVEC_COLUMN_IMAGE : IMGVEC_COLUMN_TEXT, err));
    iv_column *c = &a->ds->columns[a->ds->count - 1];
    if (r->type.binary)
        return iv_column_set(c, a->ds->ctx, IMGVEC_COLUMN_IMAGE,
                             iv_strdup(a->ds->ctx, "an Arrow column of binary values"), err);
    return IMGVEC_OK;
}

static imgvec_status read_schema(arrow *a, const struct ArrowSchema *s, const imgvec_options *opts,
                                 imgvec_error *err)
{
    int64_t most = iv_option_i64(opts, IMGVEC_OPT_MAX_CSV_COLUMNS);
    if (!s->format || strcmp(s->format, "+s") != 0)
        return iv_fail(err, IMGVEC_ERR_UNSUPPORTED,
                       "the Arrow stream does not hold record batches but arrays of another type");
    if (s->n_children < 0 || (s->n_children > 0 && !s->children))
        return iv_fail(err, IMGVEC_ERR_FORMAT, "the Arrow schema has an impossible column count");
    if (most && s->n_children > most)
        return iv_fail(err, IMGVEC_ERR_LIMIT, "%lld columns, over the limit of %lld",
                       (long long)s->n_children, (long long)most);
    a->readers = iv_calloc(a->ds->ctx, (size_t)s->n_children + 1, sizeof *a->readers);
    if (!a->readers)
        return iv_fail_nomem(err);
    for (int64_t i = 0; i < s->n_children; i++)
        IV_TRY(add_column(a, s->children[i], &a->readers[i], err));
    return IMGVEC_OK;
}

static imgvec_status fail_cell(const arrow *a, const iv_column *c, const char *what,
                               imgvec_error *err)
{
    int64_t row = c->count;
    return iv_fail_at(err, IMGVEC_ERR_FORMAT, row, "column %s, row %lld: %s", c->name,
                      (long long)row, what);
}

static imgvec_status add_image(arrow *a, iv_column *c, const char *bytes, size_t size,
                               imgvec_error *err)
{
    imgvec_context *ctx = a->ds->ctx;
    if (iv_reserve(ctx, &c->pictures, &c->pictures_capacity, (size_t)c->count + 1,
                   sizeof *c->pictures) != 0)
        return iv_fail_nomem(err);
    iv_picture p = {.kind = bytes ? IV_PICTURE_BYTES : IV_PICTURE_NONE, .size = size};
    if (bytes) {
        p.data = iv_alloc(ctx, size);
        if (!p.data)
            return iv_fail_nomem(err);
        memcpy(p.data, bytes, size);
    }
    c->missing += !bytes;
    c->pictures[c->count++] = p;
    return IMGVEC_OK;
}

/* bytes NULL: missing. */
static imgvec_status add_value(arrow *a, iv_column *c, const char *bytes, size_t size,
                               imgvec_error *err)
{
    bool image = c->store == IV_STORE_PICTURES;
    uint64_t most = image ? a->image_bytes : a->cell_bytes;
    if (most && size > most)
        return iv_fail_at(err, IMGVEC_ERR_LIMIT, c->count,
                          "column %s, row %lld: a value of %zu bytes, over the limit of %llu "
                          "(option %s)",
                          c->name, (long long)c->count, size, (unsigned long long)most,
                          image ? "max_image_bytes" : "max_csv_cell");
    if (image)
        return add_image(a, c, bytes, size, err);
    if (size && (iv_utf8_valid(bytes, size) != size || memchr(bytes, '\0', size)))
        return fail_cell(a, c, "the text is not UTF-8 or holds a NUL", err);
    return iv_cell_add(a->ds->ctx, c, bytes ? bytes : "", size, err);
}

static imgvec_status read_cell(arrow *a, const reader *r, iv_column *c,
                               const struct ArrowArray *array, int64_t index, imgvec_error *err)
{
    char buffer[IV_ARROW_TEXT];
    const char *value = NULL;
    size_t length = 0;
    bool valid = iv_arrow_valid(array, index) && r->type.kind != IV_ARROW_NULL;
    if (valid && r->dictionary) {
        index = iv_arrow_index(&r->index, array, index);
        array = array->dictionary;
        if (index < 0 || index >= array->length)
            return fail_cell(a, c, "an index outside of its dictionary", err);
        valid = iv_arrow_valid(array, index);
    }
    const char *wrong =
        valid ? iv_arrow_value(&r->type, array, index, buffer, &value, &length) : NULL;
    if (wrong)
        return fail_cell(a, c, wrong, err);
    return add_value(a, c, value, length, err);
}

static imgvec_status check_column(const reader *r, const iv_column *c,
                                  const struct ArrowArray *array, int64_t need, imgvec_error *err)
{
    const char *wrong = iv_arrow_check(r->dictionary ? &r->index : &r->type, array, need);
    if (!wrong && r->dictionary) {
        const struct ArrowArray *d = array->dictionary;
        wrong = d && d->release ? iv_arrow_check(&r->type, d, d->length) : "a missing dictionary";
    }
    return wrong ? iv_fail(err, IMGVEC_ERR_FORMAT, "column %s: the Arrow array is damaged: %s",
                           c->name, wrong)
                 : IMGVEC_OK;
}

static imgvec_status read_column(arrow *a, size_t column, const struct ArrowArray *batch,
                                 imgvec_error *err)
{
    const reader *r = &a->readers[column];
    iv_column *c = &a->ds->columns[column];
    const struct ArrowArray *array = batch->children[column];
    IV_TRY(check_column(r, c, array, batch->offset + batch->length, err));
    for (int64_t i = 0; i < batch->length; i++) {
        if (i % 65536 == 0)
            IV_TRY(iv_watch_check(&a->watch, err));
        if (iv_arrow_valid(batch, i))
            IV_TRY(read_cell(a, r, c, array, batch->offset + i, err));
        else
            IV_TRY(add_value(a, c, NULL, 0, err));
    }
    return IMGVEC_OK;
}

static imgvec_status read_batch(arrow *a, const struct ArrowArray *batch, imgvec_error *err)
{
    if (batch->length < 0 || batch->offset < 0 || batch->length > INT32_MAX ||
        batch->offset > INT64_MAX / 2 || batch->n_children != (int64_t)a->ds->count ||
        (batch->n_children > 0 && !batch->children))
        return iv_fail(err, IMGVEC_ERR_FORMAT,
                       "an Arrow batch contradicts the schema: %lld columns of %zu, %lld rows",
                       (long long)batch->n_children, a->ds->count, (long long)batch->length);
    for (size_t i = 0; i < a->ds->count; i++)
        IV_TRY(read_column(a, i, batch, err));
    a->rows += batch->length;
    return iv_watch_step(&a->watch, (uint64_t)a->rows, err);
}

static imgvec_status read_stream(arrow *a, const imgvec_options *opts, imgvec_error *err)
{
    struct ArrowSchema schema = {.release = NULL};
    int code = a->stream->get_schema(a->stream, &schema);
    if (code != 0)
        return fail_stream(a, code, err);
    imgvec_status status = read_schema(a, &schema, opts, err);
    if (schema.release)
        schema.release(&schema);
    if (status == IMGVEC_OK)
        status = iv_watch_begin(&a->watch, 0, err, "reading an Arrow stream");
    while (status == IMGVEC_OK) {
        struct ArrowArray batch = {.release = NULL};
        code = a->stream->get_next(a->stream, &batch);
        if (code != 0)
            return fail_stream(a, code, err);
        if (!batch.release)
            return iv_watch_end(&a->watch, err);
        status = read_batch(a, &batch, err);
        batch.release(&batch);
    }
    return status;
}

/* What the Arrow type says where the values leave it open: bool is boolean though only one of the
 * two be there, and texts in a dictionary are categories. Dates are found from their texts. */
static imgvec_status set_type(imgvec_context *ctx, const reader *r, iv_column *c, imgvec_error *err)
{
    if (r->type.kind == IV_ARROW_BOOL && c->type == IMGVEC_COLUMN_CATEGORICAL) {
        c->natural = IMGVEC_COLUMN_BOOLEAN;
        return iv_column_set(c, ctx, IMGVEC_COLUMN_BOOLEAN,
                             iv_strdup(ctx, "an Arrow column of bool"), err);
    }
    if (r->dictionary && c->type == IMGVEC_COLUMN_TEXT) {
        c->natural = IMGVEC_COLUMN_CATEGORICAL;
        return iv_column_set(c, ctx, IMGVEC_COLUMN_CATEGORICAL,
                             iv_strdup(ctx, "texts in an Arrow dictionary"), err);
    }
    return IMGVEC_OK;
}

static imgvec_status find_types(arrow *a, const imgvec_options *opts, imgvec_error *err)
{
    IV_TRY(iv_types_infer(a->ds, opts, &a->watch, err));
    for (size_t i = 0; i < a->ds->count; i++)
        IV_TRY(set_type(a->ds->ctx, &a->readers[i], &a->ds->columns[i], err));
    return iv_types_apply(a->ds, opts, err);
}

/* The columns change hands. */
static imgvec_status take_over(imgvec_dataset *ds, imgvec_dataset *from, imgvec_error *err)
{
    for (size_t i = 0; i < from->count; i++)
        if (iv_dataset_find(ds, from->columns[i].name) >= 0)
            return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "column %s: there is one already",
                           from->columns[i].name);
    if (ds->count + from->count > INT32_MAX)
        return iv_fail(err, IMGVEC_ERR_LIMIT, "more columns than can be numbered");
    if (iv_reserve(ds->ctx, &ds->columns, &ds->capacity, ds->count + from->count + 1,
                   sizeof *ds->columns) != 0)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < from->count; i++)
        ds->columns[ds->count++] = from->columns[i];
    from->count = 0;
    return IMGVEC_OK;
}

imgvec_status iv_dataset_add_arrow(imgvec_dataset *ds, struct ArrowArrayStream *stream,
                                   const imgvec_options *opts, const imgvec_watch *watch,
                                   imgvec_error *err)
{
    arrow a = {.stream = stream,
               .cell_bytes = (uint64_t)iv_option_i64(opts, IMGVEC_OPT_MAX_CSV_CELL),
               .image_bytes = (uint64_t)iv_option_i64(opts, IMGVEC_OPT_MAX_IMAGE_BYTES)};
    imgvec_status status;
    if (!ds->from_caller)
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                       "a dataset that was opened cannot be changed; fill one of "
                       "imgvec_dataset_new");
    IV_TRY(iv_watch_init(&a.watch, watch, err));
    IV_TRY(iv_dataset_new(ds->ctx, &a.ds, err));
    IV_DO(read_stream(&a, opts, err));
    IV_DO(find_types(&a, opts, err));
    IV_DO(take_over(ds, a.ds, err));
    if (opts)
        iv_dataset_set_limits(ds, opts);
    stream->release(stream);
done:
    iv_free(ds->ctx, a.readers);
    iv_dataset_free(a.ds);
    return status;
}
