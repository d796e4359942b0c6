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
    check_name(ctx, &b, 0, "area");
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
    check_name(ctx, &b, 0, "colour=b");
    check_name(ctx, &b, 1, "colour=c");
    check_name(ctx, &b, 2, "colour=a");
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
    for (int32_t column = 0; column < 2; column++) {
        column_input in;
        iv_block b;
        fit(ds, column, 5, 9, &in, &b);
        check_saved(ctx, &b, &in, rows, 5);
        iv_block_free(ctx, &b);
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
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_refused(ctx, bad[i], NULL);
}

/* Words for true and false in any case, numbers too; another text is of no boolean. */
static void test_boolean(void **state)
{
    static const char *const cells[] = {"true", "NO", "1", "0", NULL, "t", "maybe"};
    imgvec_dataset *ds = column_of(ctx, IMGVEC_COLUMN_BOOLEAN, cells, 7);
    const iv_training t = {.rows = rows, .count = 6};
    column_input in;
    iv_block b;
    imgvec_error err;
    float out[7];
    column_input_of(&in, ds, NULL, 0, IMGVEC_COLUMN_BOOLEAN);
    assert_ok(iv_block_fit(ctx, &in.inputs, &in.input, &t, &b, &err));
    assert_int_equal(b.width, 1);
    assert_ok(iv_block_apply(&b, &in.inputs, &in.input, rows, 6, out, 1, NULL, &err));
    assert_true(out[0] == 1 && out[1] == 0 && out[2] == 1 && out[3] == 0 && out[5] == 1);
    assert_true(isnan(out[4]));
    assert_fails(iv_block_apply(&b, &in.inputs, &in.input, rows, 7, out, 1, NULL, &err),
                 IMGVEC_ERR_DATA, "column c, row 6: \"maybe\" is no true or false");
    check_saved(ctx, &b, &in, rows, 6);
    iv_block_free(ctx, &b);
    imgvec_dataset_free(ds);
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
        cmocka_unit_test(test_numeric),     cmocka_unit_test(test_onehot),
        cmocka_unit_test(test_all_missing), cmocka_unit_test(test_file),
        cmocka_unit_test(test_boolean),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
