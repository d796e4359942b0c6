#include "table/duplicates.h"

#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "table/near.h"

enum { PLACEHOLDER_ROWS = 20 };
#define PLACEHOLDER_SHARE 0.05

iv_duplicate_rule iv_duplicate_rule_of(const imgvec_options *opts, int64_t rows, bool alone)
{
    iv_duplicate_rule rule = {.mode = IV_DUPLICATES_NEAR};
    if (iv_option_is(opts, IMGVEC_OPT_DUPLICATES, "off"))
        rule.mode = IV_DUPLICATES_OFF;
    else if (iv_option_is(opts, IMGVEC_OPT_DUPLICATES, "exact"))
        rule.mode = IV_DUPLICATES_EXACT;
    rule.distance = (int32_t)iv_option_i64(opts, IMGVEC_OPT_DUPLICATE_DISTANCE);
    int64_t share = (int64_t)(PLACEHOLDER_SHARE * (double)rows);
    if (!alone)
        rule.most_rows = share > PLACEHOLDER_ROWS ? share : PLACEHOLDER_ROWS;
    return rule;
}

/* The images at work: a class is what has the same bytes. */
typedef struct finder {
    imgvec_context *ctx;
    const iv_prints *prints;
    const iv_duplicate_rule *rule;
    size_t rows;
    int32_t *class_of; /* of each use */
    size_t classes;
    size_t *first_use; /* of each class */
    int64_t *rows_of;  /* of each class */
    iv_sets look;      /* classes that look the same */
} finder;

static int by_digest(const void *a, const void *b, void *user)
{
    const iv_digest *key = user;
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    int order = memcmp(key[x].bytes, key[y].bytes, sizeof key[x].bytes);
    return order ? order : (x > y) - (x < y);
}

/* first[i]: the smallest index whose key equals key i. */
static imgvec_status first_equal(imgvec_context *ctx, iv_digest *key, size_t n, int32_t *first,
                                 imgvec_error *err)
{
    size_t *order = iv_alloc_n(ctx, n, sizeof *order);
    if (!order)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    if (n > 1)
        qsort_r(order, n, sizeof *order, by_digest, key);
    for (size_t i = 0, run = 0; i < n; i++) {
        if (i > 0 && memcmp(key[order[i]].bytes, key[order[run]].bytes, sizeof key->bytes) != 0)
            run = i;
        first[order[i]] = (int32_t)order[run];
    }
    iv_free(ctx, order);
    return IMGVEC_OK;
}

/* Classes, numbered as they first appear, and how many rows have each. */
static imgvec_status find_classes(finder *f, imgvec_error *err)
{
    size_t n = f->prints->use_count;
    iv_digest *key = iv_alloc_n(f->ctx, n, sizeof *key);
    f->class_of = iv_alloc_n(f->ctx, n, sizeof *f->class_of);
    f->first_use = iv_alloc_n(f->ctx, n, sizeof *f->first_use);
    f->rows_of = iv_calloc(f->ctx, n, sizeof *f->rows_of);
    imgvec_status status =
        key && f->class_of && f->first_use && f->rows_of ? IMGVEC_OK : iv_fail_nomem(err);
    for (size_t i = 0; status == IMGVEC_OK && i < n; i++)
        key[i] = f->prints->items[f->prints->uses[i].print].digest;
    if (status == IMGVEC_OK)
        status = first_equal(f->ctx, key, n, f->class_of, err);
    for (size_t i = 0; status == IMGVEC_OK && i < n; i++) {
        size_t first = (size_t)f->class_of[i];
        if (first == i)
            f->first_use[f->classes++] = i;
        f->class_of[i] = first == i ? (int32_t)(f->classes - 1) : f->class_of[first];
    }
    iv_free(f->ctx, key);
    return status;
}

static imgvec_status count_rows(finder *f, imgvec_error *err)
{
    int64_t *last = iv_alloc_n(f->ctx, f->classes, sizeof *last);
    if (!last)
        return iv_fail_nomem(err);
    memset(last, 0xFF, f->classes * sizeof *last); /* -1 */
    for (size_t i = 0; i < f->prints->use_count; i++) {
        int32_t c = f->class_of[i];
        if (last[c] != f->prints->uses[i].row) {
            last[c] = f->prints->uses[i].row;
            f->rows_of[c]++;
        }
    }
    iv_free(f->ctx, last);
    return IMGVEC_OK;
}

static imgvec_status join_looks(finder *f, iv_watch *watch, imgvec_error *err)
{
    if (iv_sets_make(f->ctx, f->classes, &f->look) != 0)
        return iv_fail_nomem(err);
    if (f->rule->mode != IV_DUPLICATES_NEAR)
        return IMGVEC_OK;
    const iv_phash **hashes = iv_alloc_n(f->ctx, f->classes, sizeof *hashes);
    if (!hashes)
        return iv_fail_nomem(err);
    for (size_t c = 0; c < f->classes; c++)
        hashes[c] = &f->prints->items[f->prints->uses[f->first_use[c]].print].hash;
    imgvec_status status =
        iv_near_join(f->ctx, hashes, f->classes, f->rule->distance, watch, &f->look, err);
    iv_free(f->ctx, hashes);
    return status;
}

static bool is_common(const finder *f, int32_t class)
{
    return f->rule->most_rows > 0 && f->rows_of[class] > f->rule->most_rows;
}

static imgvec_status list_common(const finder *f, iv_duplicates *out, imgvec_error *err)
{
    for (size_t c = 0; c < f->classes; c++) {
        if (!is_common(f, (int32_t)c))
            continue;
        if (iv_reserve(f->ctx, &out->common, &out->common_capacity, out->common_count + 1,
                       sizeof *out->common) != 0)
            return iv_fail_nomem(err);
        const iv_print_use *use = &f->prints->uses[f->first_use[c]];
        out->common[out->common_count++] =
            (iv_common_image){use->row, f->rows_of[c], use->column, use->index};
    }
    return IMGVEC_OK;
}

/* Joins the rows that share an image, by bytes (looks false) or by what is seen. */
static imgvec_status tie_rows(finder *f, bool looks, int32_t *group, imgvec_error *err)
{
    iv_sets sets = {0};
    int32_t *first_row = iv_alloc_n(f->ctx, f->classes, sizeof *first_row);
    if (!first_row || iv_sets_make(f->ctx, f->rows, &sets) != 0) {
        iv_free(f->ctx, first_row);
        return iv_fail_nomem(err);
    }
    memset(first_row, 0xFF, f->classes * sizeof *first_row);
    for (size_t i = 0; i < f->prints->use_count; i++) {
        int32_t class = f->class_of[i], row = (int32_t)f->prints->uses[i].row;
        if (is_common(f, class))
            continue;
        int32_t of = looks ? iv_sets_find(&f->look, class) : class;
        if (first_row[of] < 0)
            first_row[of] = row;
        else
            iv_sets_join(&sets, first_row[of], row);
    }
    for (size_t row = 0; row < f->rows; row++)
        group[row] = iv_sets_find(&sets, (int32_t)row);
    iv_sets_free(f->ctx, &sets);
    iv_free(f->ctx, first_row);
    return IMGVEC_OK;
}

/* Rows whose images are the same in every column and place. */
static imgvec_status match_rows(finder *f, bool looks, int32_t *same, imgvec_error *err)
{
    iv_digest *key = iv_calloc(f->ctx, f->rows, sizeof *key);
    if (!key)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < f->prints->use_count; i++) {
        const iv_print_use *use = &f->prints->uses[i];
        struct {
            iv_digest before;
            int32_t column, index, class;
        } all = {key[use->row], use->column, use->index,
                 looks ? iv_sets_find(&f->look, f->class_of[i]) : f->class_of[i]};
        key[use->row] = iv_hash(&all, sizeof all);
    }
    imgvec_status status = first_equal(f->ctx, key, f->rows, same, err);
    static const iv_digest none;
    for (size_t row = 0; status == IMGVEC_OK && row < f->rows; row++)
        if (memcmp(key[row].bytes, none.bytes, sizeof none.bytes) == 0)
            same[row] = -1;
    iv_free(f->ctx, key);
    return status;
}

/* Groups of at least two rows, the rows in them, and the largest one's. */
static imgvec_status count_groups(const finder *f, const int32_t *group, int64_t *groups,
                                  int64_t *rows, int64_t *largest, imgvec_error *err)
{
    int32_t *size = iv_calloc(f->ctx, f->rows, sizeof *size);
    if (!size)
        return iv_fail_nomem(err);
    for (size_t row = 0; row < f->rows; row++)
        size[group[row]]++;
    for (size_t row = 0; row < f->rows; row++) {
        if (size[row] < 2)
            continue;
        ++*groups;
        *rows += size[row];
        if (size[row] > *largest)
            *largest = size[row];
    }
    iv_free(f->ctx, size);
    return IMGVEC_OK;
}

static imgvec_status run(finder *f, iv_watch *watch, iv_duplicates *out, imgvec_error *err)
{
    int64_t largest = 0;
    IV_TRY(find_classes(f, err));
    IV_TRY(count_rows(f, err));
    IV_TRY(join_looks(f, watch, err));
    IV_TRY(list_common(f, out, err));
    IV_TRY(tie_rows(f, true, out->group, err));
    IV_TRY(tie_rows(f, false, out->exact, err));
    IV_TRY(match_rows(f, true, out->same_look, err));
    IV_TRY(match_rows(f, false, out->same_bytes, err));
    IV_TRY(count_groups(f, out->group, &out->groups, &out->rows, &out->largest, err));
    return count_groups(f, out->exact, &out->exact_groups, &out->exact_rows, &largest, err);
}

imgvec_status iv_duplicates_find(iv_prints *prints, int64_t rows, const iv_duplicate_rule *rule,
                                 iv_watch *watch, iv_duplicates *out, imgvec_error *err)
{
    imgvec_context *ctx = prints->ctx;
    finder f = {.ctx = ctx, .prints = prints, .rule = rule, .rows = (size_t)rows};
    *out = (iv_duplicates){.ctx = ctx, .rule = *rule, .row_count = rows};
    if (rows > INT32_MAX || prints->use_count > INT32_MAX)
        return iv_fail(
            err, IMGVEC_ERR_LIMIT,
            "duplicates are not looked for among more than %d rows or images; set option "
            "duplicates to off",
            INT32_MAX);
    iv_prints_sort(prints);
    int32_t **arrays[] = {&out->group, &out->exact, &out->same_bytes, &out->same_look};
    imgvec_status status = IMGVEC_OK;
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        *arrays[i] = iv_alloc_n(ctx, f.rows, sizeof **arrays[i]);
        if (!*arrays[i])
            status = iv_fail_nomem(err);
    }
    if (status == IMGVEC_OK)
        status = run(&f, watch, out, err);
    iv_free(ctx, f.class_of);
    iv_free(ctx, f.first_use);
    iv_free(ctx, f.rows_of);
    iv_sets_free(ctx, &f.look);
    if (status != IMGVEC_OK)
        iv_duplicates_free(out);
    return status;
}

void iv_duplicates_notice(const iv_duplicates *d, const imgvec_dataset *ds)
{
    for (size_t i = 0; i < d->common_count; i++)
        iv_log(d->ctx, IMGVEC_LOG_NOTICE,
               "column %s: the image of row %lld is in %lld rows, more than %lld: taken as a "
               "placeholder, it does not tie its rows together",
               iv_dataset_column_name(ds, d->common[i].column), (long long)d->common[i].row,
               (long long)d->common[i].rows, (long long)d->rule.most_rows);
}

void iv_duplicates_free(iv_duplicates *d)
{
    if (!d->ctx)
        return;
    iv_free(d->ctx, d->group);
    iv_free(d->ctx, d->exact);
    iv_free(d->ctx, d->same_bytes);
    iv_free(d->ctx, d->same_look);
    iv_free(d->ctx, d->common);
    *d = (iv_duplicates){0};
}
