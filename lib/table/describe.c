/* What was understood of the data, and why, as JSON. */
#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "io/json.h"
#include "table/check.h"
#include "table/duplicates.h"
#include "table/levels.h"

#define EXAMPLES 3
#define TOP_LEVELS 10
#define EXAMPLE_BYTES 100

/* A cell's text, shortened where it is long. */
static void put_short(iv_json_writer *w, imgvec_context *ctx, const char *name, const char *text,
                      size_t length)
{
    iv_text copy;
    iv_text_init(&copy, ctx);
    size_t cut = iv_utf8_cut(text, length, EXAMPLE_BYTES);
    iv_text_add_n(&copy, text, cut);
    if (cut < length)
        iv_text_add(&copy, "...");
    iv_json_put_text(w, name, copy.data ? copy.data : "");
    w->out->failed = w->out->failed || copy.failed;
    iv_text_free(&copy);
}

/* The first different values. */
static void put_examples(iv_json_writer *w, const imgvec_dataset *ds, int32_t column)
{
    const iv_column *c = &ds->columns[column];
    int64_t taken[EXAMPLES];
    int count = 0;
    iv_json_put_array(w, "examples");
    for (int64_t row = 0; row < c->count && count < EXAMPLES && row < 1000; row++) {
        char buffers[2][IV_NUMBER_MAX];
        const char *text, *other;
        size_t length, other_length;
        if (!iv_dataset_text(ds, column, row, buffers[0], &text, &length) || length == 0)
            continue;
        bool seen = false;
        for (int i = 0; i < count && !seen; i++)
            seen = iv_dataset_text(ds, column, taken[i], buffers[1], &other, &other_length) &&
                   other_length == length && memcmp(other, text, length) == 0;
        if (seen)
            continue;
        taken[count++] = row;
        put_short(w, ds->ctx, NULL, text, length);
    }
    iv_json_put_end(w, ']');
}

static void put_range(iv_json_writer *w, const imgvec_dataset *ds, int32_t column)
{
    double min = INFINITY, max = -INFINITY, mean = 0;
    int64_t count = 0;
    for (int64_t row = 0; row < ds->columns[column].count; row++) {
        double value;
        if (iv_dataset_number(ds, column, row, &value, NULL) != IMGVEC_OK || isnan(value))
            continue;
        count++;
        mean += (value - mean) / (double)count; /* cannot overflow as a sum would */
        min = value < min ? value : min;
        max = value > max ? value : max;
    }
    if (count == 0)
        return;
    iv_json_put_f64(w, "min", min);
    iv_json_put_f64(w, "max", max);
    iv_json_put_f64(w, "mean", mean);
}

/* Text of the cell with the earliest and the latest date. */
static void put_dates(iv_json_writer *w, const imgvec_dataset *ds, int32_t column)
{
    static const char *const names[] = {"first", "last"};
    iv_date_order order = iv_dataset_date_order(ds, NULL, column);
    int64_t found[2] = {-1, -1};
    double ends[2] = {INFINITY, -INFINITY};
    for (int64_t row = 0; row < ds->columns[column].count; row++) {
        iv_date date;
        bool there;
        if (iv_dataset_date(ds, column, row, order, &date, &there, NULL) != IMGVEC_OK || !there)
            continue;
        double moment = iv_date_moment(&date);
        for (int end = 0; end < 2; end++)
            if (end ? moment > ends[1] : moment < ends[0]) {
                ends[end] = moment;
                found[end] = row;
            }
    }
    for (int end = 0; end < 2 && found[end] >= 0; end++) {
        char buffer[IV_NUMBER_MAX];
        const char *text = "";
        size_t length = 0;
        iv_dataset_text(ds, column, found[end], buffer, &text, &length);
        put_short(w, ds->ctx, names[end], text, length);
    }
    iv_json_put_text(w, "date_order", iv_date_order_name(order));
}

static void put_levels(iv_json_writer *w, const imgvec_dataset *ds, int32_t column,
                       const char *name, const iv_levels *levels, size_t most)
{
    iv_json_put_array(w, name);
    for (size_t i = 0; i < levels->count && i < most; i++) {
        char buffer[IV_NUMBER_MAX];
        const char *text = "";
        size_t length = 0;
        iv_dataset_text(ds, column, levels->items[i].first, buffer, &text, &length);
        iv_json_put_object(w, NULL);
        put_short(w, ds->ctx, "name", text, length);
        iv_json_put_i64(w, "count", levels->items[i].rows);
        iv_json_put_end(w, '}');
    }
    iv_json_put_end(w, ']');
}

static imgvec_status put_column(iv_json_writer *w, const imgvec_dataset *ds, int32_t column,
                                imgvec_error *err)
{
    const iv_column *c = &ds->columns[column];
    iv_json_put_object(w, NULL);
    iv_json_put_text(w, "name", c->name);
    iv_json_put_text(w, "type", iv_dataset_type_name(c->type));
    iv_json_put_i64(w, "missing", c->missing);
    iv_json_put_text(w, "reason", c->reason);
    put_examples(w, ds, column);
    if (c->type == IMGVEC_COLUMN_NUMERIC)
        put_range(w, ds, column);
    if (c->type == IMGVEC_COLUMN_DATE)
        put_dates(w, ds, column);
    if (c->type == IMGVEC_COLUMN_CATEGORICAL || c->type == IMGVEC_COLUMN_BOOLEAN) {
        iv_levels levels;
        IV_TRY(iv_levels_read(ds, column, NULL, &levels, err));
        iv_levels_sort_by_rows(ds, column, &levels);
        iv_json_put_i64(w, "distinct", (int64_t)levels.count);
        put_levels(w, ds, column, "top", &levels, TOP_LEVELS);
        iv_levels_free(&levels);
    }
    iv_json_put_end(w, '}');
    return IMGVEC_OK;
}

/* The target, or "label" where folders are classes; -1: none. */
static imgvec_status find_target(const imgvec_dataset *ds, const imgvec_options *opts,
                                 int32_t *column, imgvec_error *err)
{
    const char *target = iv_option_text(opts, IMGVEC_OPT_TARGET);
    if (!*target && ds->form == IV_FORM_CLASS_FOLDERS)
        target = "label";
    *column = -1;
    if (!*target)
        return IMGVEC_OK;
    *column = iv_dataset_find(ds, target);
    if (*column < 0)
        return iv_prefix(err, iv_dataset_no_column(ds, target, err), "option %s",
                         iv_option_name(IMGVEC_OPT_TARGET));
    return IMGVEC_OK;
}

static imgvec_status put_classes(iv_json_writer *w, const imgvec_dataset *ds, int32_t column,
                                 imgvec_error *err)
{
    if (column < 0)
        return IMGVEC_OK;
    iv_json_put_text(w, "target", ds->columns[column].name);
    int32_t type = ds->columns[column].type == IMGVEC_COLUMN_IGNORED ? ds->columns[column].natural
                                                                     : ds->columns[column].type;
    if (type != IMGVEC_COLUMN_CATEGORICAL && type != IMGVEC_COLUMN_TEXT)
        return IMGVEC_OK;
    iv_levels levels;
    IV_TRY(iv_levels_read(ds, column, NULL, &levels, err));
    iv_levels_sort_by_name(ds, column, &levels);
    put_levels(w, ds, column, "classes", &levels, SIZE_MAX);
    iv_levels_free(&levels);
    return IMGVEC_OK;
}

static int64_t image_cells(const imgvec_dataset *ds)
{
    int64_t cells = 0;
    for (size_t i = 0; i < ds->count; i++)
        if (ds->columns[i].type == IMGVEC_COLUMN_IMAGE)
            cells += ds->columns[i].count - ds->columns[i].missing;
    return cells;
}

static void put_images(iv_json_writer *w, const imgvec_dataset *ds, const iv_image_check *check)
{
    iv_json_put_object(w, "images");
    iv_json_put_i64(w, "cells", check ? check->cells : image_cells(ds));
    iv_json_put_bool(w, "checked", check != NULL);
    if (check)
        iv_json_put_i64(w, "unusable", (int64_t)check->count);
    else
        iv_json_put_null(w, "unusable");
    iv_json_put_end(w, '}');
}

static void put_problems(iv_json_writer *w, const imgvec_dataset *ds, const iv_image_check *check)
{
    iv_json_put_array(w, "problems");
    for (size_t i = 0; check && i < check->count; i++) {
        const iv_bad_image *bad = &check->bad[i];
        iv_json_put_object(w, NULL);
        iv_json_put_i64(w, "row", bad->row);
        iv_json_put_text(w, "column", iv_dataset_column_name(ds, bad->column));
        iv_json_put_text(w, "path", bad->path);
        iv_json_put_text(w, "reason", bad->reason);
        iv_json_put_end(w, '}');
    }
    iv_json_put_end(w, ']');
}

static void put_files(iv_json_writer *w, const imgvec_dataset *ds)
{
    if (ds->unused_images >= 0)
        iv_json_put_i64(w, "unused_images", ds->unused_images);
    else
        iv_json_put_null(w, "unused_images");
    iv_json_put_i64(w, "ignored_files", ds->ignored_files);
    iv_json_put_object(w, "other_files");
    iv_json_put_i64(w, "count", ds->other_files);
    iv_json_put_array(w, "examples");
    for (int i = 0; i < IV_FILE_EXAMPLES && ds->other_examples[i]; i++)
        iv_json_put_text(w, NULL, ds->other_examples[i]);
    iv_json_put_end(w, ']');
    iv_json_put_end(w, '}');
}

typedef struct findings {
    int32_t target;
    bool checked;
    iv_image_check check;
    iv_duplicates duplicates; /* ctx NULL: not looked for */
} findings;

/* Decodes the images, once for what is wrong with them and what they have in common. */
static imgvec_status look_at_images(const imgvec_dataset *ds, const imgvec_options *opts,
                                    iv_watch *watch, findings *f, imgvec_error *err)
{
    iv_prints prints;
    iv_duplicate_rule rule =
        iv_duplicate_rule_of(opts, iv_dataset_rows(ds), iv_dataset_inputs(ds, f->target) == 1);
    int threads = iv_context_threads(ds->ctx, iv_option_i64(opts, IMGVEC_OPT_THREADS));
    bool wanted = rule.mode != IV_DUPLICATES_OFF;
    iv_prints_init(ds->ctx, rule.mode == IV_DUPLICATES_NEAR, &prints);
    imgvec_status status =
        iv_images_check(ds, threads, watch, wanted ? &prints : NULL, &f->check, err);
    f->checked = status == IMGVEC_OK;
    if (status == IMGVEC_OK && wanted && f->check.cells > 0)
        status =
            iv_duplicates_find(&prints, iv_dataset_rows(ds), &rule, watch, &f->duplicates, err);
    iv_prints_free(&prints);
    return status;
}

static imgvec_status write(iv_json_writer *w, const imgvec_dataset *ds, iv_watch *watch,
                           const findings *f, imgvec_error *err)
{
    const iv_image_check *check = f->checked ? &f->check : NULL;
    iv_json_put_object(w, NULL);
    iv_json_put_text(w, "path", ds->path ? ds->path : "");
    iv_json_put_text(w, "form", iv_form_name(ds->form));
    iv_json_put_text(w, "evidence", ds->evidence);
    iv_json_put_i64(w, "rows", iv_dataset_rows(ds));
    iv_json_put_array(w, "columns");
    for (size_t i = 0; i < ds->count; i++) {
        IV_TRY(put_column(w, ds, (int32_t)i, err));
        IV_TRY(iv_watch_check(watch, err));
    }
    iv_json_put_end(w, ']');
    IV_TRY(put_classes(w, ds, f->target, err));
    put_images(w, ds, check);
    put_files(w, ds);
    IV_TRY(iv_duplicates_write(&f->duplicates, ds, f->target, w, err));
    put_problems(w, ds, check);
    iv_dataset_put_skipped(ds, w);
    iv_json_put_end(w, '}');
    return IMGVEC_OK;
}

imgvec_status iv_dataset_describe(const imgvec_dataset *ds, const imgvec_options *opts,
                                  const imgvec_watch *watch, char **out, imgvec_error *err)
{
    iv_watch w;
    iv_text text;
    iv_json_writer json;
    findings f = {0};
    IV_TRY(iv_watch_init(&w, watch, err));
    IV_TRY(find_target(ds, opts, &f.target, err));
    imgvec_status status = iv_option_bool(opts, IMGVEC_OPT_CHECK_IMAGES)
                               ? look_at_images(ds, opts, &w, &f, err)
                               : IMGVEC_OK;
    iv_text_init(&text, ds->ctx);
    iv_json_begin(&json, &text, true);
    if (status == IMGVEC_OK)
        status = write(&json, ds, &w, &f, err);
    iv_image_check_free(&f.check);
    iv_duplicates_free(&f.duplicates);
    char *result = status == IMGVEC_OK ? iv_text_take(&text) : NULL;
    iv_text_free(&text);
    if (status == IMGVEC_OK && !result)
        status = iv_fail_nomem(err);
    if (status == IMGVEC_OK)
        *out = result;
    return status;
}
