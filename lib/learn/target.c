#include "learn/target.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/text.h"
#include "features/vocabulary.h"
#include "table/dataset.h"

/* Task of a column, when option "task" leaves it open:
 *
 *   text or categories            2 values: binary, more: multiclass
 *   numbers, 2 values             binary
 *   numbers, 3 to 20 values, all whole, each in at least 10 rows
 *                                 multiclass (class numbers, grades); a notice says so
 *   other numbers                 regression
 */
#define MAX_NUMBER_CLASSES 20
#define MIN_ROWS_PER_NUMBER 10

static const char *const task_names[] = {"regression", "binary", "multiclass"};

const char *iv_task_name(iv_task task)
{
    return task_names[task];
}

int iv_task_from_name(const char *name, iv_task *out)
{
    for (int i = 0; i < 3; i++)
        if (strcmp(name, task_names[i]) == 0) {
            *out = (iv_task)i;
            return 0;
        }
    return -1;
}

/* The column while it is read. numbers or places is NULL, by its kind. */
typedef struct reading {
    imgvec_context *ctx;
    const imgvec_dataset *ds;
    int32_t column;
    const char *name;
    double *numbers; /* of the rows that have one */
    size_t *places;  /* level of each of these rows */
    iv_vocabulary levels;
} reading;

static imgvec_status read_numbers(reading *r, int64_t rows, iv_target *out, imgvec_error *err)
{
    for (int64_t row = 0; row < rows; row++) {
        double value;
        if (iv_dataset_missing(r->ds, r->column, row) &&
            !iv_dataset_infinite(r->ds, r->column, row)) {
            out->missing++;
            continue;
        }
        IV_TRY(iv_prefix(err, iv_dataset_number(r->ds, r->column, row, &value, err), "target"));
        if (!(fabs(value) <= FLT_MAX))
            return iv_fail_at(err, IMGVEC_ERR_DATA, row,
                              "target column %s: row %lld holds no finite number of the range of "
                              "float32; correct it or leave it empty",
                              r->name, (long long)row);
        r->numbers[out->rows] = value;
        out->row[out->rows++] = row;
    }
    return IMGVEC_OK;
}

static imgvec_status read_texts(reading *r, int64_t rows, iv_target *out, imgvec_error *err)
{
    for (int64_t row = 0; row < rows; row++) {
        char buffer[IV_NUMBER_MAX];
        const char *text;
        size_t length;
        if (!iv_dataset_text(r->ds, r->column, row, buffer, &text, &length)) {
            out->missing++;
            continue;
        }
        IV_TRY(iv_vocabulary_add(&r->levels, text, length, row, &r->places[out->rows], err));
        out->row[out->rows++] = row;
    }
    return IMGVEC_OK;
}

static imgvec_status check_missing(const reading *r, const imgvec_options *opts, int64_t rows,
                                   const iv_target *t, imgvec_error *err)
{
    if (rows == 0)
        return iv_fail(err, IMGVEC_ERR_DATA, "target column %s: the data has no rows", r->name);
    if (t->missing == 0)
        return IMGVEC_OK;
    int64_t first = 0;
    while (first < (int64_t)t->rows && t->row[first] == first)
        first++;
    if (t->rows == 0)
        return iv_fail_at(err, IMGVEC_ERR_DATA, first, "target column %s is empty in all %lld rows",
                          r->name, (long long)rows);
    double limit = iv_option_f64(opts, IMGVEC_OPT_MAX_MISSING_TARGET);
    if ((double)t->missing > limit * (double)rows)
        return iv_fail_at(err, IMGVEC_ERR_DATA, first,
                          "target column %s is empty in %lld of %lld rows, first in row %lld: more "
                          "than the share of %g that option max_missing_target allows",
                          r->name, (long long)t->missing, (long long)rows, (long long)first, limit);
    iv_log(r->ctx, IMGVEC_LOG_NOTICE,
           "target column %s is empty in %lld of %lld rows, first in row %lld: they are left out",
           r->name, (long long)t->missing, (long long)rows, (long long)first);
    return IMGVEC_OK;
}

/* Distinct numbers, counted as far as they decide the task. */
typedef struct variety {
    double values[MAX_NUMBER_CLASSES + 1];
    int64_t rows[MAX_NUMBER_CLASSES + 1];
    int count;
    bool whole;
} variety;

static void find_variety(const double *numbers, size_t n, variety *v)
{
    memset(v, 0, sizeof *v);
    v->whole = true;
    for (size_t i = 0; i < n && v->count <= MAX_NUMBER_CLASSES; i++) {
        int at = 0;
        while (at < v->count && v->values[at] != numbers[i])
            at++;
        if (at == v->count)
            v->values[v->count++] = numbers[i];
        v->rows[at]++;
        v->whole = v->whole && numbers[i] == floor(numbers[i]);
    }
}

static iv_task task_of_numbers(const reading *r, const variety *v)
{
    if (v->count == 2)
        return IV_TASK_BINARY;
    if (v->count > MAX_NUMBER_CLASSES || !v->whole)
        return IV_TASK_REGRESSION;
    iv_task task = IV_TASK_MULTICLASS;
    for (int i = 0; i < v->count; i++)
        if (v->rows[i] < MIN_ROWS_PER_NUMBER)
            task = IV_TASK_REGRESSION;
    iv_log(r->ctx, IMGVEC_LOG_NOTICE,
           "target column %s holds %d different whole numbers: taken as %s; option task=%s takes "
           "them as %s",
           r->name, v->count, task == IV_TASK_MULTICLASS ? "classes" : "amounts",
           task == IV_TASK_MULTICLASS ? "regression" : "multiclass",
           task == IV_TASK_MULTICLASS ? "amounts" : "classes");
    return task;
}

static imgvec_status constant(const reading *r, const iv_target *t, const char *value,
                              imgvec_error *err)
{
    return iv_fail_at(err, IMGVEC_ERR_DATA, t->row[0],
                      "target column %s holds one value, \"%.60s\", in all %zu rows from row %lld "
                      "on: there is nothing to learn",
                      r->name, value, t->rows, (long long)t->row[0]);
}

/* Finds the task; with numbers that are classes, reads their levels. */
static imgvec_status decide(reading *r, const imgvec_options *opts, iv_target *t, imgvec_error *err)
{
    iv_task wanted = IV_TASK_REGRESSION;
    bool fixed = iv_task_from_name(iv_option_text(opts, IMGVEC_OPT_TASK), &wanted) == 0;
    if (!r->numbers) {
        t->task = fixed ? wanted : r->levels.count == 2 ? IV_TASK_BINARY : IV_TASK_MULTICLASS;
        return IMGVEC_OK;
    }
    variety v;
    char text[IV_NUMBER_MAX];
    find_variety(r->numbers, t->rows, &v);
    if (v.count == 1) {
        iv_format_f64(v.values[0], text);
        return constant(r, t, text, err);
    }
    t->task = fixed ? wanted : task_of_numbers(r, &v);
    if (t->task == IV_TASK_REGRESSION)
        return IMGVEC_OK;
    r->places = iv_calloc(r->ctx, t->rows, sizeof *r->places);
    if (!r->places)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < t->rows; i++) {
        iv_format_f64(r->numbers[i] + 0.0, text); /* -0 is 0 */
        IV_TRY(iv_vocabulary_add(&r->levels, text, strlen(text), t->row[i], &r->places[i], err));
    }
    return IMGVEC_OK;
}

static imgvec_status check_classes(const reading *r, const iv_target *t, imgvec_error *err)
{
    const iv_vocabulary *l = &r->levels;
    if (l->count == 1)
        return iv_fail_at(err, IMGVEC_ERR_DATA, t->row[0],
                          "target column %s has one class, \"%.60s\", in all %zu rows from row "
                          "%lld on: there is nothing to learn",
                          r->name, l->items[0].name, t->rows, (long long)t->row[0]);
    for (size_t i = 0; i < l->count; i++)
        if (l->items[i].count == 1) {
            size_t single = 0;
            for (size_t j = i; j < l->count; j++)
                single += l->items[j].count == 1;
            return iv_fail_at(
                err, IMGVEC_ERR_DATA, l->items[i].first,
                "target column %s: class \"%.60s\" has only 1 row, row %lld (%zu such classes of "
                "%zu): a class must be in training and validation both; add rows or leave it out",
                r->name, l->items[i].name, (long long)l->items[i].first, single, l->count);
        }
    if (t->task == IV_TASK_BINARY && l->count != 2)
        return iv_fail_at(err, IMGVEC_ERR_DATA, l->items[2].first,
                          "target column %s has %zu classes, the third, \"%.60s\", in row %lld: "
                          "option task=binary takes two",
                          r->name, l->count, l->items[2].name, (long long)l->items[2].first);
    if (l->count > IV_CLASSES_MAX)
        return iv_fail(err, IMGVEC_ERR_DATA,
                       "target column %s has %zu classes; at most %d can be told apart", r->name,
                       l->count, IV_CLASSES_MAX);
    return IMGVEC_OK;
}

static int by_bytes(const iv_term *a, const iv_term *b)
{
    return iv_compare_bytes(a->name, a->length, b->name, b->length);
}

static int by_number(const iv_term *a, const iv_term *b)
{
    double x = 0, y = 0;
    iv_parse_f64(a->name, a->length, &x);
    iv_parse_f64(b->name, b->length, &y);
    return x < y ? -1 : x > y ? 1 : by_bytes(a, b);
}

static bool all_numbers(const iv_vocabulary *l)
{
    double value;
    for (size_t i = 0; i < l->count; i++)
        if (!iv_parse_f64(l->items[i].name, l->items[i].length, &value) || isnan(value))
            return false;
    return true;
}

/* Sorted class names, and their places as values. */
static imgvec_status take_classes(reading *r, iv_target *t, imgvec_error *err)
{
    iv_vocabulary *l = &r->levels;
    size_t *rank = iv_alloc_n(r->ctx, l->count, sizeof *rank);
    t->classes = iv_calloc(r->ctx, l->count, sizeof *t->classes);
    if (!rank || !t->classes) {
        iv_free(r->ctx, rank);
        return iv_fail_nomem(err);
    }
    /* Sorting loses the places that rows refer to: the first row of a class finds it again. */
    for (size_t i = 0; i < l->count; i++)
        l->items[i].count = (int64_t)i;
    iv_vocabulary_sort(l->items, l->count, all_numbers(l) ? by_number : by_bytes);
    for (size_t i = 0; i < l->count; i++) {
        rank[l->items[i].count] = i;
        t->classes[i] = l->items[i].name;
        l->items[i].name = NULL;
    }
    t->class_count = (int32_t)l->count;
    for (size_t i = 0; i < t->rows; i++)
        t->value[i] = (float)rank[r->places[i]];
    iv_free(r->ctx, rank);
    return IMGVEC_OK;
}

static imgvec_status take_numbers(const reading *r, iv_target *t, imgvec_error *err)
{
    float low = (float)r->numbers[0], high = low;
    for (size_t i = 0; i < t->rows; i++) {
        t->value[i] = (float)r->numbers[i];
        low = fminf(low, t->value[i]);
        high = fmaxf(high, t->value[i]);
    }
    if (low < high)
        return IMGVEC_OK;
    char text[IV_NUMBER_MAX];
    iv_format_f32(low, text);
    return constant(r, t, text, err);
}

/* A column that is left out as a feature (constant, an identifier) may still be a target. */
static bool cells_are_numbers(const imgvec_dataset *ds, int32_t column)
{
    double value;
    for (int64_t row = 0; row < imgvec_dataset_rows(ds); row++)
        if (!iv_dataset_missing(ds, column, row) &&
            iv_dataset_number(ds, column, row, &value, NULL) != IMGVEC_OK)
            return false;
    return true;
}

static imgvec_status open_reading(reading *r, const imgvec_options *opts, size_t rows,
                                  imgvec_error *err)
{
    int32_t type = iv_dataset_effective_type(r->ds, opts, r->column);
    if (type == IMGVEC_COLUMN_IMAGE)
        return iv_fail(err, IMGVEC_ERR_DATA, "target column %s holds images", r->name);
    if (type == IMGVEC_COLUMN_DATE)
        return iv_fail(err, IMGVEC_ERR_DATA,
                       "target column %s holds dates, which are not predicted; option "
                       "type=%s=categorical takes them as classes",
                       r->name, r->name);
    bool numeric = type == IMGVEC_COLUMN_NUMERIC ||
                   iv_option_is(opts, IMGVEC_OPT_TASK, "regression") ||
                   (type == IMGVEC_COLUMN_IGNORED && cells_are_numbers(r->ds, r->column));
    if (numeric)
        r->numbers = iv_alloc_n(r->ctx, rows, sizeof *r->numbers);
    else
        r->places = iv_alloc_n(r->ctx, rows, sizeof *r->places);
    return r->numbers || r->places ? IMGVEC_OK : iv_fail_nomem(err);
}

imgvec_status iv_target_read(imgvec_context *ctx, const imgvec_dataset *ds,
                             const imgvec_options *opts, int32_t column, iv_target *out,
                             imgvec_error *err)
{
    reading r = {.ctx = ctx, .ds = ds, .column = column};
    imgvec_status status;
    int64_t rows = imgvec_dataset_rows(ds);
    r.name = iv_dataset_column_name(ds, column);
    iv_vocabulary_init(&r.levels, ctx);
    memset(out, 0, sizeof *out);
    out->row = iv_alloc_n(ctx, (size_t)rows, sizeof *out->row);
    out->value = iv_alloc_n(ctx, (size_t)rows, sizeof *out->value);
    if (!out->row || !out->value) {
        status = iv_fail_nomem(err);
        goto done;
    }
    IV_DO(open_reading(&r, opts, (size_t)rows, err));
    IV_DO(r.numbers ? read_numbers(&r, rows, out, err) : read_texts(&r, rows, out, err));
    IV_DO(check_missing(&r, opts, rows, out, err));
    IV_DO(decide(&r, opts, out, err));
    if (out->task == IV_TASK_REGRESSION) {
        IV_DO(take_numbers(&r, out, err));
    } else {
        IV_DO(check_classes(&r, out, err));
        IV_DO(take_classes(&r, out, err));
    }
done:
    iv_free(ctx, r.numbers);
    iv_free(ctx, r.places);
    iv_vocabulary_free(&r.levels);
    if (status != IMGVEC_OK)
        iv_target_free(ctx, out);
    return status;
}

void iv_target_free(imgvec_context *ctx, iv_target *t)
{
    for (int32_t i = 0; i < t->class_count; i++)
        iv_free(ctx, t->classes[i]);
    iv_free(ctx, t->classes);
    iv_free(ctx, t->row);
    iv_free(ctx, t->value);
    memset(t, 0, sizeof *t);
}

/* A number may be written in another way than in training ("1.0" for class "1"). */
static int64_t class_by_number(char *const *classes, int32_t class_count, const char *text,
                               size_t length)
{
    double value, other;
    if (!iv_parse_f64(text, length, &value))
        return -1;
    for (int32_t c = 0; c < class_count; c++)
        if (iv_parse_f64(classes[c], strlen(classes[c]), &other) && other == value)
            return c;
    return -1;
}

static imgvec_status map_class(const imgvec_dataset *ds, int32_t column, int64_t row,
                               const iv_vocabulary *known, char *const *classes, float *out,
                               imgvec_error *err)
{
    char buffer[IV_NUMBER_MAX];
    const char *text;
    size_t length;
    *out = NAN;
    if (!iv_dataset_text(ds, column, row, buffer, &text, &length))
        return IMGVEC_OK;
    int64_t found = iv_vocabulary_find(known, text, length);
    if (found < 0)
        found = class_by_number(classes, (int32_t)known->count, text, length);
    if (found < 0)
        return iv_fail_at(err, IMGVEC_ERR_DATA, row,
                          "column %s: row %lld has the class \"%.*s\", which training did not see",
                          iv_dataset_column_name(ds, column), (long long)row,
                          (int)iv_utf8_cut(text, length, 60), text);
    *out = (float)found;
    return IMGVEC_OK;
}

imgvec_status iv_target_map(imgvec_context *ctx, const imgvec_dataset *ds, int32_t column,
                            iv_task task, char *const *classes, int32_t class_count, float *value,
                            imgvec_error *err)
{
    imgvec_status status = IMGVEC_OK;
    int64_t rows = imgvec_dataset_rows(ds);
    iv_vocabulary known;
    iv_vocabulary_init(&known, ctx);
    for (int32_t c = 0; c < class_count; c++)
        IV_DO(iv_vocabulary_add(&known, classes[c], strlen(classes[c]), c, NULL, err));
    for (int64_t row = 0; row < rows; row++) {
        double number = NAN;
        if (task != IV_TASK_REGRESSION) {
            IV_DO(map_class(ds, column, row, &known, classes, &value[row], err));
            continue;
        }
        if (!iv_dataset_missing(ds, column, row))
            IV_DO(iv_dataset_number(ds, column, row, &number, err));
        value[row] = fabs(number) <= FLT_MAX ? (float)number : NAN;
    }
done:
    iv_vocabulary_free(&known);
    return status;
}
