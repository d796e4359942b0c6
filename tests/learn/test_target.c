#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <imgvec/imgvec.h>

#include "fixtures.h"
#include "learn/target.h"
#include "table/dataset.h"

static imgvec_context *ctx;
static char last_log[512];

static void keep_log(void *user, int32_t level, const char *text)
{
    snprintf(last_log, sizeof last_log, "%s", text);
}

static imgvec_options *options(const char *name, const char *value)
{
    imgvec_options *opts;
    assert_int_equal(imgvec_options_new(ctx, IMGVEC_JOB_TRAIN, &opts, NULL), IMGVEC_OK);
    if (name)
        assert_int_equal(imgvec_options_set_named(opts, name, value, NULL), IMGVEC_OK);
    return opts;
}

static imgvec_dataset *numbers(const double *values, size_t n)
{
    imgvec_dataset *ds;
    assert_int_equal(imgvec_dataset_new(ctx, &ds, NULL), IMGVEC_OK);
    assert_int_equal(imgvec_dataset_add_column(ds, "y", IMGVEC_COLUMN_NUMERIC, NULL), IMGVEC_OK);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(imgvec_dataset_append_number(ds, "y", values[i], NULL), IMGVEC_OK);
    return ds;
}

/* One letter a row; '.' is a missing value. */
static imgvec_dataset *letters(const char *text)
{
    imgvec_dataset *ds;
    assert_int_equal(imgvec_dataset_new(ctx, &ds, NULL), IMGVEC_OK);
    assert_int_equal(imgvec_dataset_add_column(ds, "y", IMGVEC_COLUMN_CATEGORICAL, NULL),
                     IMGVEC_OK);
    for (; *text; text++) {
        char cell[2] = {*text, 0};
        assert_int_equal(imgvec_dataset_append_text(ds, "y", *text == '.' ? NULL : cell, NULL),
                         IMGVEC_OK);
    }
    return ds;
}

/* Reads column 0 and frees the dataset and the options. */
static imgvec_status read(imgvec_dataset *ds, imgvec_options *opts, iv_target *t, imgvec_error *err)
{
    imgvec_status status = iv_target_read(ctx, ds, opts, 0, t, err);
    imgvec_dataset_free(ds);
    imgvec_options_free(opts);
    return status;
}

static void must_fail(imgvec_dataset *ds, const char *option, const char *value, const char *a,
                      const char *b, int64_t row)
{
    iv_target t;
    imgvec_error err;
    assert_int_equal(read(ds, options(option, value), &t, &err), IMGVEC_ERR_DATA);
    if (!strstr(err.text, "column y") || !strstr(err.text, a) || !strstr(err.text, b))
        fail_msg("no %s, %s in: %s", a, b, err.text);
    assert_int_equal(err.detail, row);
}

static void test_classes(void **state)
{
    iv_target t;
    imgvec_error err;
    assert_int_equal(read(letters("cabcabcac.b"), options(NULL, NULL), &t, &err), IMGVEC_OK);
    assert_int_equal(t.task, IV_TASK_MULTICLASS);
    assert_int_equal(t.class_count, 3);
    assert_string_equal(t.classes[0], "a");
    assert_string_equal(t.classes[2], "c");
    assert_int_equal(t.rows, 10);
    assert_int_equal(t.missing, 1);
    assert_int_equal(t.row[8], 8);
    assert_int_equal(t.row[9], 10);
    assert_true(t.value[0] == 2 && t.value[1] == 0 && t.value[2] == 1 && t.value[9] == 1);
    assert_non_null(strstr(last_log, "row 9"));
    iv_target_free(ctx, &t);
    assert_int_equal(read(letters("yyxxyy"), options(NULL, NULL), &t, &err), IMGVEC_OK);
    assert_int_equal(t.task, IV_TASK_BINARY);
    assert_string_equal(t.classes[1], "y");
    assert_true(t.value[0] == 1 && t.value[2] == 0);
    iv_target_free(ctx, &t);
}

/* Texts that are numbers come in the order of their values. */
static void test_order(void **state)
{
    static const char *const cells[] = {"10", "9", "2.5", "-1", "10", "9", "2.5", "-1"};
    static const char *const want[] = {"-1", "2.5", "9", "10"};
    imgvec_dataset *ds;
    iv_target t;
    assert_int_equal(imgvec_dataset_new(ctx, &ds, NULL), IMGVEC_OK);
    assert_int_equal(imgvec_dataset_add_column(ds, "y", IMGVEC_COLUMN_CATEGORICAL, NULL), 0);
    for (int i = 0; i < 8; i++)
        assert_int_equal(imgvec_dataset_append_text(ds, "y", cells[i], NULL), IMGVEC_OK);
    assert_int_equal(read(ds, options(NULL, NULL), &t, NULL), IMGVEC_OK);
    for (int i = 0; i < 4; i++)
        assert_string_equal(t.classes[i], want[i]);
    assert_true(t.value[0] == 3 && t.value[3] == 0);
    iv_target_free(ctx, &t);
}

static iv_task task_of(const double *values, size_t n, const char *option, const char *value)
{
    iv_target t;
    imgvec_error err;
    if (read(numbers(values, n), options(option, value), &t, &err) != IMGVEC_OK)
        fail_msg("%s", err.text);
    iv_task task = t.task;
    iv_target_free(ctx, &t);
    return task;
}

static void test_numbers(void **state)
{
    double v[400];
    for (int i = 0; i < 400; i++)
        v[i] = i * 0.25;
    assert_int_equal(task_of(v, 400, NULL, NULL), IV_TASK_REGRESSION);
    for (int i = 0; i < 400; i++)
        v[i] = i % 2;
    assert_int_equal(task_of(v, 400, NULL, NULL), IV_TASK_BINARY);
    assert_int_equal(task_of(v, 400, "task", "regression"), IV_TASK_REGRESSION);
    for (int i = 0; i < 400; i++)
        v[i] = i % 20;
    last_log[0] = 0;
    assert_int_equal(task_of(v, 400, NULL, NULL), IV_TASK_MULTICLASS);
    assert_non_null(strstr(last_log, "task=regression"));
    for (int i = 0; i < 400; i++)
        v[i] = i % 21;
    assert_int_equal(task_of(v, 400, NULL, NULL), IV_TASK_REGRESSION);
    assert_int_equal(task_of(v, 400, "task", "multiclass"), IV_TASK_MULTICLASS);
    for (int i = 0; i < 400; i++)
        v[i] = i % 5 + 0.5;
    assert_int_equal(task_of(v, 400, NULL, NULL), IV_TASK_REGRESSION);
    for (int i = 0; i < 400; i++)
        v[i] = i < 9 ? 7 : i % 3; /* one value is in 9 rows only */
    last_log[0] = 0;
    assert_int_equal(task_of(v, 400, NULL, NULL), IV_TASK_REGRESSION);
    assert_non_null(strstr(last_log, "task=multiclass"));
    assert_int_equal(task_of(v, 400, "type", "y=categorical"), IV_TASK_MULTICLASS);
}

static void test_errors(void **state)
{
    double v[20];
    for (int i = 0; i < 20; i++)
        v[i] = 7;
    must_fail(numbers(v, 20), NULL, NULL, "\"7\"", "20 rows", 0);
    must_fail(numbers(v, 20), "task", "binary", "\"7\"", "20 rows", 0);
    v[3] = 1e39;
    must_fail(numbers(v, 20), NULL, NULL, "row 3", "finite", 3);
    v[3] = INFINITY; /* missing as a feature, an error as a target */
    must_fail(numbers(v, 20), NULL, NULL, "row 3", "finite", 3);
    v[3] = NAN;
    v[4] = NAN;
    v[5] = NAN;
    must_fail(numbers(v, 20), NULL, NULL, "3 of 20 rows", "row 3", 3);
    for (int i = 0; i < 20; i++)
        v[i] = 1e8 + i; /* differ, but not as float32 */
    for (int i = 0; i < 3; i++)
        must_fail(numbers(v, 3), NULL, NULL, "one value", "3 rows", 0);
    must_fail(numbers(v, 0), NULL, NULL, "no rows", "", 0);
    must_fail(letters("...."), NULL, NULL, "4 rows", "empty", 0);
    must_fail(letters("aaaa"), NULL, NULL, "\"a\"", "4 rows", 0);
    must_fail(letters("aabbxaabb"), NULL, NULL, "\"x\"", "row 4", 4);
    must_fail(letters("aabbcc"), "task", "binary", "3 classes", "row 4", 4);
    must_fail(letters("ab.ab.ab"), NULL, NULL, "max_missing_target", "2 of 8", 2);
    iv_target t;
    assert_int_equal(read(letters("ab.ab.ab"), options("max_missing_target", "0.25"), &t, NULL), 0);
    assert_int_equal(t.missing, 2);
    iv_target_free(ctx, &t);
    imgvec_error err;
    assert_int_equal(read(letters("aabb"), options("task", "regression"), &t, &err),
                     IMGVEC_ERR_DATA);
    assert_null(t.row);
}

static void test_map(void **state)
{
    char a[] = "1", b[] = "2", *const classes[] = {a, b};
    float out[4];
    imgvec_error err;
    imgvec_dataset *ds = letters("21.2");
    assert_int_equal(iv_target_map(ctx, ds, 0, IV_TASK_BINARY, classes, 2, out, &err), IMGVEC_OK);
    assert_true(out[0] == 1 && out[1] == 0 && isnan(out[2]) && out[3] == 1);
    assert_int_equal(iv_target_map(ctx, ds, 0, IV_TASK_REGRESSION, NULL, 0, out, &err), IMGVEC_OK);
    assert_true(out[0] == 2 && out[1] == 1 && isnan(out[2]));
    imgvec_dataset_free(ds);
    ds = letters("2x");
    assert_int_equal(iv_target_map(ctx, ds, 0, IV_TASK_BINARY, classes, 2, out, &err),
                     IMGVEC_ERR_DATA);
    assert_non_null(strstr(err.text, "\"x\""));
    assert_int_equal(err.detail, 1);
    imgvec_dataset_free(ds);
    const double values[] = {2, 1};
    ds = numbers(values, 2);
    char c[] = "1.0", *const written[] = {c, b};
    assert_int_equal(iv_target_map(ctx, ds, 0, IV_TASK_BINARY, written, 2, out, &err), IMGVEC_OK);
    assert_true(out[0] == 1 && out[1] == 0);
    imgvec_dataset_free(ds);
}

/* The data sets that must be named errors, and those that must not be. */
static void test_fixtures(void **state)
{
    static const struct {
        const char *name, *says;
        iv_task task;
    } files[] = {
        {"bad_all_missing_target", "empty in all", 0},
        {"bad_half_missing_targets", "30 of 60", 0},
        {"bad_constant_target", "\"7\"", 0},
        {"bad_one_class", "\"yes\"", 0},
        {"bad_class_of_one", "\"rare\"", 0},
        {"ok_constant_feature", NULL, IV_TASK_BINARY},
        {"ok_regression", NULL, IV_TASK_REGRESSION},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char name[128];
        snprintf(name, sizeof name, "fixtures/csv/train/%s.csv", files[i].name);
        const char *path = test_fixture(name);
        if (!path)
            continue;
        imgvec_dataset *ds;
        imgvec_error err;
        iv_target t;
        if (imgvec_dataset_open(ctx, path, NULL, NULL, &ds, &err) != IMGVEC_OK)
            fail_msg("%s: %s", path, err.text);
        int32_t column = iv_dataset_find(ds, "y");
        assert_true(column >= 0);
        imgvec_status status = iv_target_read(ctx, ds, NULL, column, &t, &err);
        if (files[i].says) {
            assert_int_equal(status, IMGVEC_ERR_DATA);
            if (!strstr(err.text, files[i].says) || !strstr(err.text, "column y"))
                fail_msg("%s: %s", files[i].name, err.text);
        } else {
            if (status != IMGVEC_OK)
                fail_msg("%s: %s", files[i].name, err.text);
            assert_int_equal(t.task, files[i].task);
            iv_target_free(ctx, &t);
        }
        imgvec_dataset_free(ds);
    }
}

static void test_names(void **state)
{
    iv_task task;
    assert_int_equal(iv_task_from_name("multiclass", &task), 0);
    assert_int_equal(task, IV_TASK_MULTICLASS);
    assert_string_equal(iv_task_name(IV_TASK_BINARY), "binary");
    assert_int_not_equal(iv_task_from_name("auto", &task), 0);
}

static int open_context(void **state)
{
    return imgvec_context_new(&ctx, NULL) != IMGVEC_OK ||
           imgvec_context_set_log(ctx, IMGVEC_LOG_NOTICE, keep_log, NULL, NULL) != IMGVEC_OK;
}

static int close_context(void **state)
{
    imgvec_context_free(ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes), cmocka_unit_test(test_order),
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_errors),
        cmocka_unit_test(test_map),     cmocka_unit_test(test_fixtures),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
