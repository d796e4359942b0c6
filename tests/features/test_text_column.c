#include "block_support.h"

#include <stdlib.h>

#include "base/random.h"

static imgvec_context *ctx;

enum { ROWS = 60 };

static char texts[ROWS][64];
static const char *cells[ROWS];
static int64_t rows[ROWS];

/* Texts of two topics, whose words do not meet. */
static void make_texts(void)
{
    static const char *const words[2][4] = {{"kitchen", "garden", "window", "floor"},
                                            {"engine", "wheel", "brake", "gear"}};
    iv_random r;
    iv_random_seed(&r, 1, "texts");
    for (int i = 0; i < ROWS; i++) {
        texts[i][0] = '\0';
        for (int w = 0; w < 5; w++) {
            strcat(texts[i], words[i % 2][iv_random_below(&r, 4)]);
            strcat(texts[i], w < 4 ? " " : "");
        }
        cells[i] = i == 7 ? NULL : texts[i];
        rows[i] = i;
    }
}

static void fit(imgvec_dataset *ds, const char *dim, size_t count, column_input *in, iv_block *out)
{
    imgvec_options *opts;
    imgvec_error err;
    const iv_training t = {.rows = rows, .count = count};
    assert_ok(imgvec_options_new(ctx, IMGVEC_JOB_TRAIN, &opts, &err));
    assert_ok(imgvec_options_set_named(opts, "text_dim", dim, &err));
    column_input_of(in, ds, opts, 0, IMGVEC_COLUMN_TEXT);
    assert_ok(iv_block_fit(ctx, &in->inputs, &in->input, &t, out, &err));
    in->inputs.opts = NULL;
    imgvec_options_free(opts);
}

/* Topics that share no word lie on different axes: inner products across are zero. */
static void test_topics(void **state)
{
    imgvec_dataset *ds = column_of(ctx, IMGVEC_COLUMN_TEXT, cells, ROWS);
    column_input in;
    iv_block b;
    imgvec_error err;
    float out[ROWS * 4];
    fit(ds, "4", ROWS, &in, &b);
    assert_int_equal(b.width, 4);
    check_name(ctx, &b, 3, "c[3]");
    assert_ok(iv_block_apply(&b, &in.inputs, &in.input, rows, ROWS, out, 4, NULL, &err));
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < i; j++) {
            float product = 0;
            for (int k = 0; k < 4; k++)
                product += out[i * 4 + k] * out[j * 4 + k];
            if (i == 7 || j == 7)
                assert_true(isnan(product));
            else if (i % 2 != j % 2)
                assert_true(fabsf(product) < 1e-3f);
            else
                assert_true(product > 0.1f);
        }
    check_saved(ctx, &b, &in, rows, ROWS);

    /* Equal input, equal bits; and each row for itself. */
    iv_block again;
    float same[ROWS * 4], one[4];
    fit(ds, "4", ROWS, &in, &again);
    assert_ok(iv_block_apply(&again, &in.inputs, &in.input, rows, ROWS, same, 4, NULL, &err));
    assert_memory_equal(out, same, sizeof out);
    assert_ok(iv_block_apply(&b, &in.inputs, &in.input, rows + 20, 1, one, 4, NULL, &err));
    assert_memory_equal(one, out + 20 * 4, sizeof one);
    iv_block_free(ctx, &again);
    iv_block_free(ctx, &b);
    imgvec_dataset_free(ds);
}

/* With a target: a linear answer for each class, out of fold for the rows of the fit. */
static void test_answers(void **state)
{
    imgvec_dataset *ds = column_of(ctx, IMGVEC_COLUMN_TEXT, cells, ROWS);
    float y[ROWS], out[ROWS * 5], before[ROWS * 5];
    imgvec_error err;
    for (int i = 0; i < ROWS; i++)
        y[i] =
            (float)(i % 2 ? 2 : i % 4 / 2); /* class 2 is the second topic, the others the first */
    const iv_training t = {.rows = rows, .count = ROWS, .y = y, .class_count = 3};
    column_input in;
    iv_block b;
    imgvec_options *opts;
    assert_ok(imgvec_options_new(ctx, IMGVEC_JOB_TRAIN, &opts, &err));
    assert_ok(imgvec_options_set_named(opts, "text_dim", "2", &err));
    column_input_of(&in, ds, opts, 0, IMGVEC_COLUMN_TEXT);
    assert_ok(iv_block_fit(ctx, &in.inputs, &in.input, &t, &b, &err));
    assert_int_equal(b.width, 5);
    check_name(ctx, &b, 1, "c[1]");
    check_name(ctx, &b, 4, "linear(c)[2]");
    assert_ok(iv_block_apply(&b, &in.inputs, &in.input, rows, ROWS, out, 5, NULL, &err));
    for (int i = 0; i < ROWS; i++) {
        if (i == 7) {
            assert_true(isnan(out[i * 5 + 4]) && isnan(b.training[i * 5 + 4]));
            continue;
        }
        assert_true(i % 2 ? out[i * 5 + 4] > 0.8f : out[i * 5 + 4] < 0.2f);
        assert_true(i % 2 ? b.training[i * 5 + 4] > 0.8f : b.training[i * 5 + 4] < 0.2f);
        assert_memory_equal(out + i * 5, b.training + i * 5, 2 * sizeof(float));
    }
    check_saved(ctx, &b, &in, rows, ROWS);
    memcpy(before, b.training, sizeof before);
    iv_block_free(ctx, &b);
    /* What a learner learns from for a row does not know the row's own target. */
    y[10] = 2;
    assert_ok(iv_block_fit(ctx, &in.inputs, &in.input, &t, &b, &err));
    assert_memory_equal(b.training + 10 * 5, before + 10 * 5, 5 * sizeof(float));
    assert_memory_not_equal(b.training, before, sizeof before);
    iv_block_free(ctx, &b);
    imgvec_options_free(opts);
    imgvec_dataset_free(ds);
}

/* Words that only other rows have are not known. */
static void test_training_rows_only(void **state)
{
    static const char *const mixed[] = {"red house", "red house", "blue house", "blue house",
                                        "zebra zebra"};
    imgvec_dataset *ds = column_of(ctx, IMGVEC_COLUMN_TEXT, mixed, 5);
    column_input in;
    iv_block b;
    imgvec_error err;
    float out[5 * 10];
    fit(ds, "10", 4, &in, &b);
    assert_int_equal(b.width, 2); /* two different texts */
    assert_ok(iv_block_apply(&b, &in.inputs, &in.input, rows, 5, out, 2, NULL, &err));
    assert_true(out[8] == 0 && out[9] == 0);
    assert_true(out[0] == out[2] && out[4] == out[6]);
    iv_block_free(ctx, &b);
    imgvec_dataset_free(ds);
}

static void test_nothing(void **state)
{
    static const char *const none[] = {NULL, "!", NULL, "?!"};
    imgvec_dataset *ds = column_of(ctx, IMGVEC_COLUMN_TEXT, none, 4);
    column_input in;
    iv_block b;
    fit(ds, "10", 4, &in, &b);
    assert_int_equal(b.width, 0);
    check_saved(ctx, &b, &in, rows, 4);
    iv_block_free(ctx, &b);
    imgvec_dataset_free(ds);
}

static void test_damaged(void **state)
{
    static const float values[64] = {0}, infinite[4] = {1, INFINITY, 1, 1};
    static const char good[] =
        "{\"column\":\"c\",\"kind\":\"text\",\"directions\":1,\"outputs\":1,\"words\":[\"a\"],"
        "\"ngrams\":[\" a \"]}";
    static const char *const bad[] = {
        "{\"column\":\"c\",\"kind\":\"text\"}",
        "{\"column\":\"c\",\"kind\":\"text\",\"directions\":-1,\"outputs\":1,\"words\":[\"a\"],"
        "\"ngrams\":[\"b\"]}",
        "{\"column\":\"c\",\"kind\":\"text\",\"directions\":1,\"outputs\":2,\"words\":[\"a\"],"
        "\"ngrams\":[\"b\"]}",
        "{\"column\":\"c\",\"kind\":\"text\",\"directions\":1,\"outputs\":1,\"words\":[],"
        "\"ngrams\":[\"b\"]}",
        "{\"column\":\"c\",\"kind\":\"text\",\"directions\":1,\"outputs\":1,\"words\":[\"a\",\"a\"]"
        ",\"ngrams\":[]}",
        "{\"column\":\"c\",\"kind\":\"text\",\"directions\":1,\"outputs\":1,\"words\":[\"a\"],"
        "\"ngrams\":[1]}",
        "{\"column\":\"c\",\"kind\":\"text\",\"directions\":1,\"outputs\":1,\"words\":[\"a\"]}"};
    const int64_t one = 1, two = 2, square[2] = {2, 2}, thin[2] = {2, 1};
    iv_tensors *set;
    iv_block b;
    imgvec_error err;
    assert_ok(iv_tensors_new(ctx, &set, &err));
    check_refused(ctx, good, set);
    assert_ok(iv_tensors_put(set, "idf", 1, &two, values, &err));
    check_refused(ctx, good, set);
    assert_ok(iv_tensors_put(set, "components", 2, square, values, &err));
    check_refused(ctx, good, set);
    assert_ok(iv_tensors_put(set, "intercept", 1, &one, values, &err));
    assert_ok(block_load(ctx, good, set, &b, &err));
    iv_block_free(ctx, &b);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_refused(ctx, bad[i], set);
    iv_tensors_free(set);
    for (int damage = 0; damage < 2; damage++) {
        assert_ok(iv_tensors_new(ctx, &set, &err));
        assert_ok(iv_tensors_put(set, "idf", 1, &two, values, &err));
        assert_ok(iv_tensors_put(set, "components", 2, damage ? thin : square,
                                 damage ? values : infinite, &err));
        assert_ok(iv_tensors_put(set, "intercept", 1, &one, values, &err));
        check_refused(ctx, good, set);
        iv_tensors_free(set);
    }
}

static void test_memory(void **state)
{
    static const float y[] = {1, 0, 1, 0, 1, 0};
    const iv_training t = {.rows = rows, .count = 6, .y = y};
    check_memory(IMGVEC_COLUMN_TEXT, cells, 6, &t, "text_dim", "2");
}

static int open_context(void **state)
{
    ctx = test_context();
    make_texts();
    return 0;
}

static int close_context(void **state)
{
    imgvec_context_free(ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_topics),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_training_rows_only),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
