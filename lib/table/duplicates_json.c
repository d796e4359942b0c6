#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "table/duplicates.h"

enum { GROUPS_SHOWN = 100, CONFLICTS_SHOWN = 1000, ROWS_SHOWN = 20 };

/* Rows of one set as lists: `head` of the row that stands for it, `next` of each row; -1 ends. */
typedef struct chains {
    int32_t *head, *next;
} chains;

static void free_chains(imgvec_context *ctx, chains *c)
{
    iv_free(ctx, c->head);
    iv_free(ctx, c->next);
}

static imgvec_status make_chains(imgvec_context *ctx, const int32_t *set, size_t rows, chains *out,
                                 imgvec_error *err)
{
    out->head = iv_alloc_n(ctx, rows, sizeof *out->head);
    out->next = iv_alloc_n(ctx, rows, sizeof *out->next);
    if (!out->head || !out->next) {
        free_chains(ctx, out);
        return iv_fail_nomem(err);
    }
    memset(out->head, 0xFF, rows * sizeof *out->head);
    for (size_t row = rows; row-- > 0;) {
        if (set[row] < 0)
            continue;
        out->next[row] = out->head[set[row]];
        out->head[set[row]] = (int32_t)row;
    }
    return IMGVEC_OK;
}

/* Path of the row's first image. */
static void put_path(iv_json_writer *w, const imgvec_dataset *ds, int64_t row)
{
    iv_text path;
    iv_text_init(&path, iv_dataset_context(ds));
    for (int32_t c = 0; c < iv_dataset_columns(ds) && path.length == 0; c++)
        if (iv_dataset_column_type(ds, c) == IMGVEC_COLUMN_IMAGE)
            iv_dataset_image_path(ds, c, row, &path);
    iv_json_put_text(w, "path", path.data ? path.data : "");
    w->out->failed = w->out->failed || path.failed;
    iv_text_free(&path);
}

static void put_row(iv_json_writer *w, const imgvec_dataset *ds, int64_t row, int32_t target)
{
    char buffer[IV_NUMBER_MAX];
    const char *text;
    size_t length;
    iv_json_put_object(w, NULL);
    iv_json_put_i64(w, "row", row);
    put_path(w, ds, row);
    if (target >= 0 && iv_dataset_text(ds, target, row, buffer, &text, &length)) {
        iv_text copy;
        iv_text_init(&copy, iv_dataset_context(ds));
        iv_text_add_n(&copy, text, iv_utf8_cut(text, length, 100));
        iv_json_put_text(w, "target", copy.data ? copy.data : "");
        w->out->failed = w->out->failed || copy.failed;
        iv_text_free(&copy);
    }
    iv_json_put_end(w, '}');
}

/* One set of rows: kind, size, the first rows. */
static void put_set(iv_json_writer *w, const imgvec_dataset *ds, const chains *c, int32_t first,
                    const int32_t *exact, int32_t target)
{
    int64_t size = 0;
    bool same = true;
    for (int32_t row = first; row >= 0; row = c->next[row], size++)
        same = same && exact[row] == exact[first];
    iv_json_put_object(w, NULL);
    iv_json_put_text(w, "kind", same ? "exact" : "near");
    iv_json_put_i64(w, "size", size);
    iv_json_put_array(w, "rows");
    int shown = 0;
    for (int32_t row = first; row >= 0 && shown < ROWS_SHOWN; row = c->next[row], shown++)
        put_row(w, ds, row, target);
    iv_json_put_end(w, ']');
    iv_json_put_end(w, '}');
}

static imgvec_status put_groups(const iv_duplicates *d, const imgvec_dataset *ds, iv_json_writer *w,
                                imgvec_error *err)
{
    chains c;
    IV_TRY(make_chains(d->ctx, d->group, (size_t)d->row_count, &c, err));
    int shown = 0;
    iv_json_put_array(w, "list");
    for (int64_t row = 0; row < d->row_count && shown < GROUPS_SHOWN; row++) {
        int32_t first = c.head[row];
        if (first < 0 || c.next[first] < 0)
            continue;
        put_set(w, ds, &c, first, d->exact, -1);
        shown++;
    }
    iv_json_put_end(w, ']');
    free_chains(d->ctx, &c);
    return IMGVEC_OK;
}

/* Whether two targets that are both there differ: as numbers where both are numbers. */
static bool differ(const imgvec_dataset *ds, int32_t target, int64_t a, int64_t b)
{
    char buffers[2][IV_NUMBER_MAX];
    const char *x, *y;
    size_t n, m;
    double first, second;
    if (!iv_dataset_text(ds, target, a, buffers[0], &x, &n) ||
        !iv_dataset_text(ds, target, b, buffers[1], &y, &m))
        return false;
    if (iv_parse_f64(x, n, &first) && iv_parse_f64(y, m, &second))
        return first != second;
    return n != m || memcmp(x, y, n) != 0;
}

static bool has_conflict(const imgvec_dataset *ds, int32_t target, const chains *c, int32_t first)
{
    int32_t known = -1;
    for (int32_t row = first; row >= 0; row = c->next[row]) {
        if (iv_dataset_missing(ds, target, row))
            continue;
        if (known >= 0 && differ(ds, target, known, row))
            return true;
        known = row;
    }
    return false;
}

static imgvec_status put_conflicts(const iv_duplicates *d, const imgvec_dataset *ds, int32_t target,
                                   iv_json_writer *w, imgvec_error *err)
{
    chains c;
    int64_t groups = 0, rows = 0;
    IV_TRY(make_chains(d->ctx, d->same_look, (size_t)d->row_count, &c, err));
    iv_json_put_array(w, "conflicts");
    for (int64_t row = 0; row < d->row_count; row++) {
        int32_t first = c.head[row];
        if (first < 0 || c.next[first] < 0 || !has_conflict(ds, target, &c, first))
            continue;
        for (int32_t r = first; r >= 0; r = c.next[r])
            rows++;
        if (groups++ < CONFLICTS_SHOWN)
            put_set(w, ds, &c, first, d->same_bytes, target);
    }
    iv_json_put_end(w, ']');
    iv_json_put_i64(w, "conflict_groups", groups);
    iv_json_put_i64(w, "conflict_rows", rows);
    free_chains(d->ctx, &c);
    return IMGVEC_OK;
}

static void put_common(const iv_duplicates *d, const imgvec_dataset *ds, iv_json_writer *w)
{
    iv_json_put_array(w, "placeholders");
    for (size_t i = 0; i < d->common_count; i++) {
        const iv_common_image *common = &d->common[i];
        iv_json_put_object(w, NULL);
        iv_json_put_text(w, "column", iv_dataset_column_name(ds, common->column));
        iv_json_put_i64(w, "row", common->row);
        iv_json_put_i64(w, "rows", common->rows);
        iv_json_put_end(w, '}');
    }
    iv_json_put_end(w, ']');
}

imgvec_status iv_duplicates_write(const iv_duplicates *d, const imgvec_dataset *ds, int32_t target,
                                  iv_json_writer *w, imgvec_error *err)
{
    static const char *const modes[] = {"off", "exact", "near"};
    if (!d || !d->ctx) {
        iv_json_put_null(w, "duplicates");
        return IMGVEC_OK;
    }
    iv_json_put_object(w, "duplicates");
    iv_json_put_text(w, "mode", modes[d->rule.mode]);
    if (d->rule.mode == IV_DUPLICATES_NEAR)
        iv_json_put_i64(w, "distance", d->rule.distance);
    iv_json_put_i64(w, "groups", d->groups);
    iv_json_put_i64(w, "rows", d->rows);
    iv_json_put_i64(w, "exact_groups", d->exact_groups);
    iv_json_put_i64(w, "exact_rows", d->exact_rows);
    iv_json_put_i64(w, "largest", d->largest);
    put_common(d, ds, w);
    IV_TRY(put_groups(d, ds, w, err));
    if (target >= 0)
        IV_TRY(put_conflicts(d, ds, target, w, err));
    iv_json_put_end(w, '}');
    return IMGVEC_OK;
}
