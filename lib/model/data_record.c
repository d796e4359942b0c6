#include "model/data_record.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "io/names.h"
#include "table/dataset.h"

#define PART "data.json"
#define SHOWN 5 /* differences that are named */
#define BYTES_MAX (UINT64_C(64) << 20)

char *iv_data_record(imgvec_context *ctx, const imgvec_dataset *ds)
{
    iv_text text;
    iv_json_writer w;
    char digest[33] = "";
    bool ok = true;
    iv_text_init(&text, ctx);
    iv_json_begin(&w, &text, false);
    iv_json_put_object(&w, NULL);
    iv_json_put_i64(&w, "rows", iv_dataset_rows(ds));
    iv_json_put_array(&w, "columns");
    for (int32_t c = 0; c < iv_dataset_columns(ds) && ok; c++) {
        ok = iv_dataset_column_digest(ds, c, digest, NULL) == IMGVEC_OK;
        iv_json_put_object(&w, NULL);
        iv_json_put_text(&w, "name", iv_dataset_column_name(ds, c));
        iv_json_put_text(&w, "digest", digest);
        iv_json_put_end(&w, '}');
    }
    iv_json_put_end(&w, ']');
    iv_json_put_end(&w, '}');
    iv_text_add(&text, "\n");
    text.failed = text.failed || !ok;
    return iv_text_take(&text);
}

imgvec_status iv_data_record_put(iv_bundle *b, const char *record, imgvec_error *err)
{
    if (!record)
        return IMGVEC_OK;
    char *copy = iv_strdup(b->ctx, record);
    return copy ? iv_bundle_add(b, PART, copy, strlen(copy), err) : iv_fail_nomem(err);
}

imgvec_status iv_data_record_get(const iv_bundle *b, char **record, imgvec_error *err)
{
    const iv_part *part = iv_bundle_find(b, PART);
    *record = NULL;
    if (!part)
        return IMGVEC_OK;
    if (memchr(part->data, '\0', part->size))
        return iv_fail(err, IMGVEC_ERR_FORMAT, "part %s is no text", PART);
    *record = iv_strndup(b->ctx, part->data, part->size);
    return *record ? IMGVEC_OK : iv_fail_nomem(err);
}

typedef struct column {
    const char *name; /* first: iv_names looks for it there */
    const char *digest;
} column;

/* A record, parsed: columns by name. */
typedef struct record {
    imgvec_context *ctx;
    iv_json_document *doc;
    int64_t rows;
    column *columns;
    size_t count;
    iv_names names;
} record;

static iv_name_list list_of(const record *r)
{
    return (iv_name_list){r->columns, sizeof *r->columns};
}

static void close_record(record *r)
{
    iv_names_clear(r->ctx, &r->names);
    iv_free(r->ctx, r->columns);
    iv_json_free(r->doc);
}

/* r is closed by close_record in any case. */
static imgvec_status open_record(imgvec_context *ctx, const char *text, record *r,
                                 imgvec_error *err)
{
    const iv_json *columns;
    size_t other;
    *r = (record){.ctx = ctx};
    IV_TRY(iv_json_parse(ctx, text, strlen(text), 0, BYTES_MAX, &r->doc, err));
    IV_TRY(iv_json_i64(iv_json_root(r->doc), "rows", 0, INT64_MAX, &r->rows, err));
    IV_TRY(iv_json_array(iv_json_root(r->doc), "columns", &columns, err));
    r->columns = iv_calloc(ctx, (size_t)columns->count + 1, sizeof *r->columns);
    if (!r->columns)
        return iv_fail_nomem(err);
    for (const iv_json *j = columns->as.first; j; j = j->next) {
        IV_TRY(iv_json_text(j, "name", &r->columns[r->count].name, err));
        IV_TRY(iv_json_text(j, "digest", &r->columns[r->count].digest, err));
        int added = iv_names_add(ctx, &r->names, list_of(r), r->count, &other);
        if (added == IV_NAME_NO_MEMORY)
            return iv_fail_nomem(err);
        if (added == IV_NAME_TWICE)
            return iv_fail(err, IMGVEC_ERR_FORMAT, "column %s is there twice",
                           r->columns[r->count].name);
        r->count++;
    }
    return IMGVEC_OK;
}

/* Counts a difference, and names the first ones. */
static void tell(iv_text *t, size_t *count, const char *name, const char *what)
{
    if (++*count <= SHOWN)
        iv_text_addf(t, "%scolumn %.100s %s", t->length ? "; " : "", name, what);
}

static void tell_all(const record *was, const record *is, iv_text *t)
{
    size_t count = 0;
    if (was->rows != is->rows)
        iv_text_addf(t, "%lld rows instead of %lld", (long long)is->rows, (long long)was->rows);
    for (size_t i = 0; i < was->count; i++) {
        size_t at = iv_names_find(&is->names, list_of(is), was->columns[i].name);
        if (at == SIZE_MAX)
            tell(t, &count, was->columns[i].name, "is absent");
        else if (was->rows == is->rows &&
                 strcmp(was->columns[i].digest, is->columns[at].digest) != 0)
            tell(t, &count, was->columns[i].name, "holds other cells");
    }
    for (size_t i = 0; i < is->count; i++)
        if (iv_names_find(&was->names, list_of(was), is->columns[i].name) == SIZE_MAX)
            tell(t, &count, is->columns[i].name, "is new");
    if (count > SHOWN)
        iv_text_addf(t, "; and %zu more", count - SHOWN);
}

imgvec_status iv_data_record_compare(imgvec_context *ctx, const char *was, const char *is,
                                     char **out, imgvec_error *err)
{
    record a, b;
    iv_text text;
    imgvec_status status = open_record(ctx, was, &a, err);
    if (status != IMGVEC_OK) {
        close_record(&a);
        return iv_prefix(err, status, "part %s", PART);
    }
    status = iv_prefix(err, open_record(ctx, is, &b, err), "part %s", PART);
    if (status == IMGVEC_OK) {
        iv_text_init(&text, ctx);
        tell_all(&a, &b, &text);
        *out = iv_text_take(&text);
        if (!*out)
            status = iv_fail_nomem(err);
    }
    close_record(&a);
    close_record(&b);
    return status;
}
