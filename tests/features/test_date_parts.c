#include "block_support.h"
#include "shared_context.h"

#include <stdlib.h>

static const int64_t rows[] = {0, 1, 2, 3, 4, 5, 6, 7};

static void fit(imgvec_dataset *ds, const char *order, size_t count, column_input *in,
                iv_block *out)
{
    imgvec_options *opts;
    imgvec_error err;
    const iv_training t = {.rows = rows, .count = count};
    assert_ok(imgvec_options_new(ctx, IMGVEC_JOB_TRAIN, &opts, &err));
    assert_ok(imgvec_options_set_named(opts, "date_order", order, &err));
    column_input_of(in, ds, opts, 0, IMGVEC_COLUMN_DATE);
    assert_ok(iv_block_fit(ctx, &in->inputs, &in->input, &t, out, &err));
    in->inputs.opts = NULL;
    imgvec_options_free(opts);
}

/* 2024-02-29 was day 19782 since 1970, a Thursday and day 60 of its year. */
static void test_parts(void **state)
{
    static const char *const cells[] = {"2024-02-29T12:30:15", "2023-01-02 00:00", NULL,
                                        "2020-12-31T18:00:00+06:00"};
    imgvec_dataset *ds = column_of(ctx, IMGVEC_COLUMN_DATE, cells, 4);
    column_input in;
    iv_block b;
    imgvec_error err;
    float out[4 * 9];
    fit(ds, "auto", 3, &in, &b);
    assert_int_equal(b.width, 9);
    check_name(ctx, &b, 0, "c.days");
    check_name(ctx, &b, 4, "c.weekday");
    check_name(ctx, &b, 8, "c.second");
    assert_ok(iv_block_apply(&b, &in.inputs, &in.input, rows, 4, out, 9, NULL, &err));
    static const float first[9] = {19782.521f, 2024, 2, 29, 3, 60, 12, 30, 15};
    for (int p = 0; p < 9; p++) {
        assert_true(fabsf(out[p] - first[p]) < (p ? 1e-6f : 0.002f));
        assert_true(isnan(out[2 * 9 + p]));
    }
    /* The days are of the moment, the other parts as written. */
    assert_true(out[3 * 9] == 18627.5f && out[3 * 9 + 3] == 31 && out[3 * 9 + 6] == 18);
    check_saved(ctx, &b, &in, rows, 4);
    iv_block_free(ctx, &b);
    imgvec_dataset_free(ds);
}

/* What is the same in all training rows tells nothing, and the training rows alone count. */
static void test_constant_parts(void **state)
{
    static const char *const cells[] = {"2020-03-02", "2020-03-05", "2020-03-05", "2021-01-01"};
    imgvec_dataset *ds = column_of(ctx, IMGVEC_COLUMN_DATE, cells, 4);
    column_input in;
    iv_block b;
    float out[4];
    imgvec_error err;
    fit(ds, "auto", 3, &in, &b);
    assert_int_equal(b.width, 4);
    check_name(ctx, &b, 0, "c.days");
    check_name(ctx, &b, 1, "c.day");
    check_name(ctx, &b, 2, "c.weekday");
    check_name(ctx, &b, 3, "c.yearday");
    assert_ok(iv_block_apply(&b, &in.inputs, &in.input, rows + 3, 1, out, 4, NULL, &err));
    assert_true(out[1] == 1 && out[2] == 4 && out[3] == 1);
    iv_block_free(ctx, &b);
    fit(ds, "auto", 0, &in, &b);
    assert_int_equal(b.width, 1);
    iv_block_free(ctx, &b);
    imgvec_dataset_free(ds);
}

/* The order is that of the training data, also for data that would suggest another. */
static void test_order(void **state)
{
    static const char *const day_first[] = {"1/2/2020", "31/12/2020"};
    static const char *const month_first[] = {"1/2/2020", "12/31/2020"};
    imgvec_dataset *ds = column_of(ctx, IMGVEC_COLUMN_DATE, day_first, 2);
    imgvec_dataset *other = column_of(ctx, IMGVEC_COLUMN_DATE, month_first, 2);
    column_input in;
    iv_block b;
    imgvec_error err;
    float out[9];
    fit(ds, "auto", 2, &in, &b);
    in.inputs.ds = other;
    check_name(ctx, &b, 1, "c.month");
    assert_ok(iv_block_apply(&b, &in.inputs, &in.input, rows, 1, out, 9, NULL, &err));
    assert_true(out[1] == 2 && out[2] == 1);
    assert_fails(iv_block_apply(&b, &in.inputs, &in.input, rows + 1, 1, out, 9, NULL, &err),
                 IMGVEC_ERR_DATA, "column c, row 1: \"12/31/2020\" is no date");
    iv_block_free(ctx, &b);
    fit(other, "auto", 2, &in, &b);
    assert_ok(iv_block_apply(&b, &in.inputs, &in.input, rows, 1, out, 9, NULL, &err));
    assert_true(out[1] == 1 && out[2] == 2);
    iv_block_free(ctx, &b);
    imgvec_dataset_free(ds);
    imgvec_dataset_free(other);
}

static void test_damaged(void **state)
{
    static const char *const bad[] = {
        "{\"column\":\"c\",\"kind\":\"date\"}",
        "{\"column\":\"c\",\"kind\":\"date\",\"order\":\"ymd\",\"parts\":[\"days\"]}",
        "{\"column\":\"c\",\"kind\":\"date\",\"order\":\"dmy\",\"parts\":[]}",
        "{\"column\":\"c\",\"kind\":\"date\",\"order\":\"dmy\",\"parts\":[\"year\"]}",
        "{\"column\":\"c\",\"kind\":\"date\",\"order\":\"dmy\",\"parts\":[\"days\",\"days\"]}",
        "{\"column\":\"c\",\"kind\":\"date\",\"order\":\"dmy\",\"parts\":[\"days\",\"era\"]}",
        "{\"column\":\"c\",\"kind\":\"date\",\"order\":\"dmy\",\"parts\":[\"days\",3]}",
        "{\"column\":\"c\",\"kind\":\"date\",\"order\":\"dmy\",\"parts\":[\"days\",\"day\","
        "\"year\"]}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_refused(ctx, bad[i], NULL);
}

static void test_memory(void **state)
{
    static const char *const cells[] = {"2020-03-02", "2020-03-05"};
    const iv_training t = {.rows = rows, .count = 2};
    check_memory(IMGVEC_COLUMN_DATE, cells, 2, &t, "date_order", "auto");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),  cmocka_unit_test(test_constant_parts),
        cmocka_unit_test(test_order),  cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
