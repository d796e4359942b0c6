#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include <imgvec/imgvec.h>

#include "block_support.h"

static imgvec_context *ctx;

/* Columns "colour" (one letter a row, '.' missing) and "area". */
static imgvec_dataset *make(const char *colours, const double *areas)
{
    imgvec_dataset *ds;
    assert_int_equal(imgvec_dataset_new(ctx, &ds, NULL), IMGVEC_OK);
    assert_int_equal(imgvec_dataset_add_column(ds, "colour", IMGVEC_COLUMN_CATEGORICAL, NULL), 0);
    assert_int_equal(imgvec_dataset_add_column(ds, "area", IMGVEC_COLUMN_NUMERIC, NULL), 0);
    for (size_t i = 0; colours[i]; i++) {
        char cell[2] = {colours[i], 0};
        assert_int_equal(
            imgvec_dataset_append_text(ds, "colour", colours[i] == '.' ? NULL : cell, NULL), 0);
        assert_int_equal(
            imgvec_dataset_append_number(ds, "area", areas ? areas[i] : (double)i, NULL), 0);
    }
    return ds;
}

static const int64_t rows[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

/* Fits the column on the first rows. */
static void fit(imgvec_dataset *ds, int32_t column, size_t count, int64_t max_categories,
                column_input *in, iv_block *out)
{
    imgvec_options *opts;
    const iv_training t = {.rows = rows, .count = count};
    assert_int_equal(imgvec_options_new(ctx, IMGVEC_JOB_TRAIN, &opts, NULL), IMGVEC_OK);
    assert_int_equal(imgvec_options_set_i64(opts, IMGVEC_OPT_MAX_CATEGORIES, max_categories, NULL),
                     IMGVEC_OK);
    column_input_of(in, ds, opts, column,
                    column ? IMGVEC_COLUMN_NUMERIC : IMGVEC_COLUMN_CATEGORICAL);
    assert_int_equal(iv_block_fit(ctx, &in->inputs, &in->input, &t, out, NULL), IMGVEC_OK);
    in->inputs.opts = NULL;
    imgvec_options_free(opts);
}

static void check_name(const iv_block *b, int32_t i, const char *expected)
{
    iv_text name;
    iv_text_init(&name, ctx);
    iv_block_feature_name(b, i, &name);
    assert_string_equal(name.data, expected);
    iv_text_free(&name);
}

static void test_numeric(void **state)
{
    const double areas[] = {1, NAN, INFINITY, 1e39, -2.5};
    imgvec_dataset *ds = make("aaaaa", areas);
    column_input in;
    iv_block b;
    fit(ds, 1, 5, 50, &in, &b);
    assert_int_equal(b.width, 1);
    assert_string_equal(b.column, "area");
    float out[10];
    for (int i = 0; i < 10; i++)
        out[i] = 77;
    assert_int_equal(iv_block_apply(&b, &in.inputs, &in.input, rows, 5, out, 2, NULL, NULL),
                     IMGVEC_OK);
    assert_true(out[0] == 1 && out[8] == -2.5f && out[1] == 77);
    for (int i = 1; i < 4; i++)
        assert_true(isnan(out[2 * i]));
    check_name(&b, 0, "area");
    iv_block_free(ctx, &b);
    imgvec_dataset_free(ds);
}

/* Levels are those of the rows given to fit, the most frequent first, ties by bytes. */
static void test_onehot(void **state)
{
    imgvec_dataset *ds = make("bbacc.dzzz", NULL);
    column_input in;
    iv_block b;
    int64_t unseen = 5;
    float out[10 * 4];
    fit(ds, 0, 7, 3, &in, &b);
    assert_int_equal(b.width, 3);
    check_name(&b, 0, "colour=b");
    check_name(&b, 1, "colour=c");
    check_name(&b, 2, "colour=a");
    assert_int_equal(iv_block_apply(&b, &in.inputs, &in.input, rows, 10, out, 4, &unseen, NULL),
                     IMGVEC_OK);
    assert_int_equal(unseen, 5 + 4); /* d fell to max_categories, z is in no training row */
    assert_true(out[0] == 1 && out[1] == 0 && out[2] == 0);
    assert_true(out[2 * 4] == 0 && out[2 * 4 + 2] == 1);
    assert_true(out[3 * 4 + 1] == 1);
    for (int j = 0; j < 3; j++) {
        assert_true(isnan(out[5 * 4 + j]));
        assert_true(out[6 * 4 + j] == 0 && out[9 * 4 + j] == 0);
    }
    iv_block_free(ctx, &b);
    imgvec_dataset_free(ds);
}

static void test_all_missing(void **state)
{
    imgvec_dataset *ds = make("...", NULL);
    const iv_training t = {.rows = rows, .count = 3};
    column_input in;
    iv_block b;
    float out[1] = {3};
    fit(ds, 0, 3, 3, &in, &b);
    assert_int_equal(b.width, 0);
    assert_int_equal(iv_block_apply(&b, &in.inputs, &in.input, rows, 3, out, 0, NULL, NULL),
                     IMGVEC_OK);
    assert_true(out[0] == 3);
    iv_block_free(ctx, &b);
    column_input_of(&in, ds, NULL, 0, IMGVEC_COLUMN_IGNORED);
    assert_int_equal(iv_block_fit(ctx, &in.inputs, &in.input, &t, &b, NULL), IMGVEC_ERR_INTERNAL);
    imgvec_dataset_free(ds);
}

static void test_file(void **state)
{
    imgvec_dataset *ds = make("\"\\abb", NULL);
    imgvec_error err;
    for (int32_t column = 0; column < 2; column++) {
        column_input in;
        iv_block b, back;
        iv_text text;
        iv_tensors *tensors;
        float before[5 * 4], after[5 * 4];
        fit(ds, column, 5, 9, &in, &b);
        assert_int_equal(block_save(ctx, &b, &text, &tensors, NULL), IMGVEC_OK);
        assert_null(tensors);
        if (block_load(ctx, text.data, NULL, &back, &err) != IMGVEC_OK)
            fail_msg("%s in %s", err.text, text.data);
        assert_ptr_equal(back.kind, b.kind);
        assert_string_equal(back.column, b.column);
        assert_int_equal(back.width, b.width);
        memset(before, 0, sizeof before);
        memset(after, 0, sizeof after);
        assert_int_equal(iv_block_apply(&b, &in.inputs, &in.input, rows, 5, before, 4, NULL, NULL),
                         0);
        assert_int_equal(
            iv_block_apply(&back, &in.inputs, &in.input, rows, 5, after, 4, NULL, NULL), 0);
        assert_memory_equal(before, after, sizeof before);
        iv_text_free(&text);
        iv_block_free(ctx, &b);
        iv_block_free(ctx, &back);
    }
    imgvec_dataset_free(ds);
    static const char *const bad[] = {
        "{\"column\":\"a\",\"kind\":\"image\"}",
        "{\"column\":\"a\",\"kind\":\"onehot\"}",
        "{\"column\":\"a\",\"kind\":\"onehot\",\"levels\":[\"x\",\"x\"]}",
        "{\"column\":\"a\",\"kind\":\"onehot\",\"levels\":[\"x\",1]}",
        "{\"column\":1,\"kind\":\"numeric\"}",
        "{\"kind\":\"numeric\"}",
        "[]",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        iv_block back;
        assert_int_equal(block_load(ctx, bad[i], NULL, &back, &err), IMGVEC_ERR_FORMAT);
    }
}

static int open_context(void **state)
{
    return imgvec_context_new(&ctx, NULL) != IMGVEC_OK;
}

static int close_context(void **state)
{
    imgvec_context_free(ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numeric),
        cmocka_unit_test(test_onehot),
        cmocka_unit_test(test_all_missing),
        cmocka_unit_test(test_file),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
