/* The mean of the target by level. The numbers were computed by hand from the formulas of one-way
 * random effects, in the comments. */
#include "block_support.h"

#include <stdlib.h>

#include "base/random.h"
#include "features/target_encoding.h"
#include "shared_context.h"

static const int64_t first_rows[] = {0, 1, 2, 3, 4, 5, 6, 7};

static void fit_on(imgvec_dataset *ds, const iv_training *t, column_input *in, iv_block *out)
{
    imgvec_error err;
    column_input_of(in, ds, NULL, 0, IMGVEC_COLUMN_CATEGORICAL);
    in->input.kind = &iv_target_encoding_kind;
    assert_ok(iv_block_fit(ctx, &in->inputs, &in->input, t, out, &err));
    assert_ptr_equal(out->kind, &iv_target_encoding_kind);
}

/* a: 1 3 5, b: 7 9, one missing row of 5. Prior: 30 / 6 = 5. Of the five rows with a level the
 * mean is 5; within: (4 + 0 + 4 + 1 + 1) / (5 - 2) = 10 / 3; between: 3 * (3 - 5)^2 + 2 * (8 - 5)^2
 * = 30, with one degree of freedom; n0 = (5 - (9 + 4) / 5) / 1 = 2.4; variance between
 * (30 - 10 / 3) / 2.4 = 11.1111; shrinkage 0.3. a: 5 - 6 / 3.3, b: 5 + 6 / 2.3. */
static void test_values(void **state)
{
    static const char *const cells[] = {"a", "a", "a", "b", "b", NULL, "new"};
    static const float y[] = {1, 3, 5, 7, 9, 5};
    imgvec_dataset *ds = column_of(ctx, IMGVEC_COLUMN_CATEGORICAL, cells, 7);
    const iv_training t = {.rows = first_rows, .count = 6, .y = y};
    column_input in;
    iv_block b;
    imgvec_error err;
    int64_t unseen = 0;
    float out[7];
    fit_on(ds, &t, &in, &b);
    assert_int_equal(b.width, 1);
    check_name(ctx, &b, 0, "mean(c)");
    assert_ok(iv_block_apply(&b, &in.inputs, &in.input, first_rows, 7, out, 1, &unseen, &err));
    assert_true(fabs((double)out[0] - (5 - 6 / 3.3)) < 1e-5);
    assert_true(fabs((double)out[4] - (5 + 6 / 2.3)) < 1e-5);
    assert_true(isnan(out[5]));
    assert_true(out[6] == 5); /* the prior, and counted */
    assert_int_equal(unseen, 1);
    assert_non_null(b.training);
    assert_true(isnan(b.training[5]));
    check_saved(ctx, &b, &in, first_rows, 7);
    iv_block_free(ctx, &b);
    imgvec_dataset_free(ds);
}

/* No row's own target is in what a learner learns from: changing it leaves its training features
 * as they were. */
static void test_out_of_fold(void **state)
{
    enum { ROWS = 40 };
    const char *cells[ROWS];
    float y[ROWS], before[ROWS];
    int64_t rows[ROWS];
    for (int i = 0; i < ROWS; i++) {
        cells[i] = i % 3 == 0 ? "x" : i % 3 == 1 ? "y" : "z";
        y[i] = (float)(i % 3) + 0.1f * (float)(i % 7);
        rows[i] = i;
    }
    imgvec_dataset *ds = column_of(ctx, IMGVEC_COLUMN_CATEGORICAL, cells, ROWS);
    const iv_training t = {.rows = rows, .count = ROWS, .y = y};
    column_input in;
    iv_block b;
    fit_on(ds, &t, &in, &b);
    memcpy(before, b.training, sizeof before);
    iv_block_free(ctx, &b);
    int moved = 0;
    for (int i = 0; i < ROWS; i++) {
        float old = y[i];
        y[i] = 1000;
        fit_on(ds, &t, &in, &b);
        assert_true(b.training[i] == before[i]);
        for (int k = 0; k < ROWS; k++)
            moved += b.training[k] != before[k];
        iv_block_free(ctx, &b);
        y[i] = old;
    }
    assert_true(moved > ROWS * ROWS / 2); /* the others do learn from it */
    imgvec_dataset_free(ds);
}

/* Nor is that of another row of its group. */
static void test_groups(void **state)
{
    enum { ROWS = 40 };
    const char *cells[ROWS];
    float y[ROWS], before[ROWS];
    int64_t rows[ROWS];
    int32_t group[ROWS];
    for (int i = 0; i < ROWS; i++) {
        cells[i] = i % 2 ? "x" : "y";
        y[i] = (float)(i % 5);
        rows[i] = i;
        group[i] = i / 4;
    }
    imgvec_dataset *ds = column_of(ctx, IMGVEC_COLUMN_CATEGORICAL, cells, ROWS);
    const iv_training t = {.rows = rows, .count = ROWS, .y = y, .group = group};
    column_input in;
    iv_block b;
    fit_on(ds, &t, &in, &b);
    memcpy(before, b.training, sizeof before);
    iv_block_free(ctx, &b);
    y[9] = 1000;
    fit_on(ds, &t, &in, &b);
    for (int i = 8; i < 12; i++)
        assert_true(b.training[i] == before[i]);
    iv_block_free(ctx, &b);
    imgvec_dataset_free(ds);
}

/* One feature for each class: the share of rows that are of it. */
static void test_classes(void **state)
{
    static const char *const cells[] = {"a", "a", "a", "a", "b", "b", "b", "b"};
    static const float y[] = {0, 0, 0, 1, 2, 2, 1, 2};
    imgvec_dataset *ds = column_of(ctx, IMGVEC_COLUMN_CATEGORICAL, cells, 8);
    const iv_training t = {.rows = first_rows, .count = 8, .y = y, .class_count = 3};
    column_input in;
    iv_block b;
    imgvec_error err;
    float out[8 * 3];
    fit_on(ds, &t, &in, &b);
    assert_int_equal(b.width, 3);
    check_name(ctx, &b, 2, "mean(c)[2]");
    assert_ok(iv_block_apply(&b, &in.inputs, &in.input, first_rows, 8, out, 3, NULL, &err));
    assert_true(out[0] > 0.6f && out[0] < 0.75f && out[2] < 0.1f);
    assert_true(out[7 * 3] < 0.1f && out[7 * 3 + 2] > 0.6f && out[7 * 3 + 2] < 0.75f);
    /* Class 1 is as frequent in both levels: the prior, since levels do not differ in it. */
    assert_true(fabsf(out[1] - 0.25f) < 1e-6f && fabsf(out[7 * 3 + 1] - 0.25f) < 1e-6f);
    check_saved(ctx, &b, &in, first_rows, 8);
    iv_block_free(ctx, &b);
    imgvec_dataset_free(ds);
}

/* Which kind is taken: by option categorical, by the number of levels for auto. */
static void test_choice(void **state)
{
    static const char *const cells[] = {"a", "b", "c", "a", "b", "c"};
    static const float y[] = {1, 2, 3, 1, 2, 3};
    static const struct {
        const char *option, *value, *kind;
    } cases[] = {{"categorical", "auto", "onehot"},
                 {"categorical", "target", "target"},
                 {"categorical", "onehot", "onehot"},
                 {"max_onehot", "2", "target"},
                 {"max_onehot", "3", "onehot"}};
    imgvec_dataset *ds = column_of(ctx, IMGVEC_COLUMN_CATEGORICAL, cells, 6);
    const iv_training t = {.rows = first_rows, .count = 6, .y = y};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        imgvec_options *opts;
        imgvec_error err;
        column_input in;
        iv_block b;
        assert_ok(imgvec_options_new(ctx, IMGVEC_JOB_TRAIN, &opts, &err));
        assert_ok(imgvec_options_set_named(opts, cases[i].option, cases[i].value, &err));
        column_input_of(&in, ds, opts, 0, IMGVEC_COLUMN_CATEGORICAL);
        assert_ok(iv_block_fit(ctx, &in.inputs, &in.input, &t, &b, &err));
        assert_string_equal(b.kind->name, cases[i].kind);
        iv_block_free(ctx, &b);
        imgvec_options_free(opts);
    }
    imgvec_dataset_free(ds);
}

static void test_edges(void **state)
{
    static const char *const none[] = {NULL, NULL, NULL};
    static const float y[] = {1, 2, 6};
    imgvec_dataset *ds = column_of(ctx, IMGVEC_COLUMN_CATEGORICAL, none, 3);
    iv_training t = {.rows = first_rows, .count = 3, .y = y};
    column_input in;
    iv_block b;
    fit_on(ds, &t, &in, &b);
    for (int i = 0; i < 3; i++)
        assert_true(isnan(b.training[i]));
    check_saved(ctx, &b, &in, first_rows, 3);
    iv_block_free(ctx, &b);
    imgvec_dataset_free(ds);
    /* One row, and a constant target. */
    static const char *const cells[] = {"a", "a", "b"};
    static const float same[] = {4, 4, 4};
    ds = column_of(ctx, IMGVEC_COLUMN_CATEGORICAL, cells, 3);
    t.count = 1;
    fit_on(ds, &t, &in, &b);
    assert_false(isnan(b.training[0]));
    iv_block_free(ctx, &b);
    t.count = 3;
    t.y = same;
    fit_on(ds, &t, &in, &b);
    for (int i = 0; i < 3; i++)
        assert_true(b.training[i] == 4);
    iv_block_free(ctx, &b);
    imgvec_dataset_free(ds);
}

static void test_damaged(void **state)
{
    static const float values[8] = {0}, bad_value[2] = {1, NAN};
    static const char good[] =
        "{\"column\":\"c\",\"kind\":\"target\",\"outputs\":1,\"levels\":[\"a\",\"b\"]}";
    static const char *const bad[] = {
        "{\"column\":\"c\",\"kind\":\"target\",\"levels\":[\"a\",\"b\"]}",
        "{\"column\":\"c\",\"kind\":\"target\",\"outputs\":0,\"levels\":[\"a\",\"b\"]}",
        "{\"column\":\"c\",\"kind\":\"target\",\"outputs\":2,\"levels\":[\"a\",\"b\"]}",
        "{\"column\":\"c\",\"kind\":\"target\",\"outputs\":1,\"levels\":[\"a\"]}",
        "{\"column\":\"c\",\"kind\":\"target\",\"outputs\":1,\"levels\":[\"a\",\"a\"]}",
        "{\"column\":\"c\",\"kind\":\"target\",\"outputs\":1,\"levels\":[\"a\",null]}",
        "{\"column\":\"c\",\"kind\":\"target\",\"outputs\":1}"};
    const int64_t shape[2] = {2, 1};
    iv_tensors *set;
    iv_block b;
    imgvec_error err;
    assert_ok(iv_tensors_new(ctx, &set, &err));
    assert_ok(iv_tensors_put(set, "prior", 1, shape + 1, values, &err));
    check_refused(ctx, good, set);
    assert_ok(iv_tensors_put(set, "values", 2, shape, values, &err));
    assert_ok(block_load(ctx, good, set, &b, &err));
    iv_block_free(ctx, &b);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_refused(ctx, bad[i], set);
    iv_tensors_free(set);
    assert_ok(iv_tensors_new(ctx, &set, &err));
    assert_ok(iv_tensors_put(set, "prior", 1, shape + 1, values, &err));
    assert_ok(iv_tensors_put(set, "values", 2, shape, bad_value, &err));
    check_refused(ctx, good, set);
    iv_tensors_free(set);
}

static void test_memory(void **state)
{
    static const char *const cells[] = {"a", "b", "a", "b", "a", NULL};
    static const float y[] = {1, 0, 1, 0, 1, 1};
    const iv_training t = {.rows = first_rows, .count = 6, .y = y, .class_count = 2};
    check_memory(IMGVEC_COLUMN_CATEGORICAL, cells, 6, &t, "categorical", "target");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),  cmocka_unit_test(test_out_of_fold),
        cmocka_unit_test(test_groups),  cmocka_unit_test(test_classes),
        cmocka_unit_test(test_choice),  cmocka_unit_test(test_edges),
        cmocka_unit_test(test_damaged), cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
