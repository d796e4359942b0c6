/* Stacked images: what a linear model on the embedding says, for the rows of the fit by models that
 * did not see them. The embeddings are made here: no network is needed. */
#include "block_support.h"

#include "allocations.h"
#include "base/error.h"
#include "base/random.h"
#include "features/stacked.h"

enum { ROWS = 80, WIDTH = 4 /* as block_load expects */, CLASSES = 3 };

static imgvec_context *ctx;
static imgvec_dataset *ds;
static float raw[ROWS * WIDTH], y[ROWS];
static int64_t rows[ROWS];

/* The target is the sum of the embedding and noise; rows are taken from the last to the first. */
static void draw(uint64_t seed)
{
    iv_random r;
    iv_random_seed(&r, seed, "stacked");
    for (size_t i = 0; i < ROWS; i++) {
        rows[i] = (int64_t)(ROWS - 1 - i);
        y[i] = 2 + (float)(0.5 * iv_random_normal(&r));
        for (size_t j = 0; j < WIDTH; j++) {
            float v = (float)iv_random_normal(&r);
            raw[(size_t)rows[i] * WIDTH + j] = v;
            y[i] += v;
        }
    }
}

static void lose_image(int64_t row)
{
    for (size_t j = 0; j < WIDTH; j++)
        raw[(size_t)row * WIDTH + j] = NAN;
}

static void set_input(column_input *in)
{
    column_input_of(in, ds, NULL, 0, IMGVEC_COLUMN_IMAGE);
    in->input.kind = &iv_stacked_image_kind;
    in->input.raw = raw;
    in->inputs.raw_width = WIDTH;
}

static iv_block fit(const iv_training *t, column_input *in)
{
    iv_block b;
    imgvec_error err;
    set_input(in);
    assert_ok(iv_block_fit(ctx, &in->inputs, &in->input, t, &b, &err));
    return b;
}

static void apply(const iv_block *b, const column_input *in, float *out)
{
    imgvec_error err;
    assert_ok(
        iv_block_apply(b, &in->inputs, &in->input, rows, ROWS, out, (size_t)b->width, NULL, &err));
}

static void check_near(float value, float expected, double tolerance, size_t row)
{
    if (!(fabs((double)value - expected) <= tolerance))
        fail_msg("row %zu: %.9g, not %.9g", row, (double)value, (double)expected);
}

static void test_number(void **state)
{
    const iv_training t = {.rows = rows, .count = ROWS, .y = y};
    column_input in;
    float out[ROWS];
    double sum = 0, close = 0;
    draw(1);
    iv_block b = fit(&t, &in);
    assert_int_equal(b.width, 1);
    check_name(ctx, &b, 0, "c:score[0]");
    apply(&b, &in, out);
    for (size_t i = 0; i < ROWS; i++) {
        sum += out[i];
        close += fabs((double)y[i] - 2 - b.training[i]) < 1.2;
        check_near(b.training[i], out[i], 0.6, i);
        assert_true(b.training[i] != out[i]);
    }
    check_near((float)(sum / ROWS), 0, 1e-4, 0); /* no intercept */
    assert_true(close > 0.9 * ROWS);
    check_saved(ctx, &b, &in, rows, ROWS);
    iv_block_free(ctx, &b);
}

/* What all targets have in common is not in the feature. */
static void test_no_intercept(void **state)
{
    const iv_training t = {.rows = rows, .count = ROWS, .y = y};
    column_input in;
    float near[ROWS], far[ROWS];
    draw(2);
    for (size_t i = 0; i < ROWS; i++)
        y[i] = rintf(y[i] * 64) / 64; /* exact after the shift */
    iv_block a = fit(&t, &in);
    apply(&a, &in, near);
    for (size_t i = 0; i < ROWS; i++)
        y[i] += 4096;
    iv_block b = fit(&t, &in);
    apply(&b, &in, far);
    for (size_t i = 0; i < ROWS; i++) {
        check_near(far[i], near[i], 1e-3, i);
        check_near(b.training[i], a.training[i], 1e-3, i);
    }
    iv_block_free(ctx, &a);
    iv_block_free(ctx, &b);
}

/* The penalty, which is chosen from all rows, among the rest of what is saved. */
static void settings_of(const iv_block *b, char *out, size_t size)
{
    iv_text text;
    iv_tensors *tensors;
    imgvec_error err;
    assert_ok(block_save(ctx, b, &text, &tensors, &err));
    snprintf(out, size, "%s", text.data);
    iv_text_free(&text);
    iv_tensors_free(tensors);
}

/* Changes the target of one row after the other: its own feature stays, as do those of its group,
 * others follow. */
static void check_own_target(const iv_training *t)
{
    column_input in;
    char settings[256], now[256];
    float before[ROWS];
    int compared = 0, moved = 0;
    iv_block b = fit(t, &in);
    memcpy(before, b.training, sizeof before);
    settings_of(&b, settings, sizeof settings);
    iv_block_free(ctx, &b);
    for (size_t i = 0; i < ROWS; i++) {
        y[i] += 0.25f;
        b = fit(t, &in);
        settings_of(&b, now, sizeof now);
        for (size_t k = 0; k < ROWS && strcmp(now, settings) == 0; k++) {
            compared += k == i;
            if (k == i || (t->group && t->group[k] == t->group[i]))
                check_near(b.training[k], before[k], 1e-5, i);
            else
                moved += fabsf(b.training[k] - before[k]) > 1e-4f;
        }
        iv_block_free(ctx, &b);
        y[i] -= 0.25f;
    }
    assert_true(compared > ROWS / 2);
    assert_true(moved > compared * ROWS / 2);
}

static void test_out_of_fold(void **state)
{
    int32_t group[ROWS];
    iv_training t = {.rows = rows, .count = ROWS, .y = y};
    draw(3);
    check_own_target(&t);
    for (int32_t i = 0; i < ROWS; i++)
        group[i] = i / 4;
    t.group = group;
    check_own_target(&t);
}

/* Rows that are not of the fit do not count. */
static void test_training_rows_only(void **state)
{
    const iv_training t = {.rows = rows, .count = ROWS / 2, .y = y};
    column_input in;
    draw(4);
    iv_block a = fit(&t, &in);
    for (size_t i = ROWS / 2; i < ROWS; i++)
        raw[(size_t)rows[i] * WIDTH] = 1e9f;
    iv_block b = fit(&t, &in);
    assert_memory_equal(a.training, b.training, ROWS / 2 * sizeof(float));
    check_saved(ctx, &b, &in, rows, ROWS);
    iv_block_free(ctx, &a);
    iv_block_free(ctx, &b);
}

static void test_missing(void **state)
{
    const iv_training t = {.rows = rows, .count = ROWS, .y = y};
    column_input in;
    float out[ROWS * 2];
    draw(5);
    for (int64_t row = 0; row < ROWS; row += 8)
        lose_image(row);
    iv_block b = fit(&t, &in);
    assert_int_equal(b.width, 2);
    check_name(ctx, &b, 0, "c:score[0]");
    check_name(ctx, &b, 1, "c is missing");
    apply(&b, &in, out);
    for (size_t i = 0; i < ROWS; i++) {
        bool missing = rows[i] % 8 == 0;
        assert_true(isnan(out[2 * i]) == missing && isnan(b.training[2 * i]) == missing);
        assert_true(out[2 * i + 1] == missing && b.training[2 * i + 1] == missing);
        if (!missing)
            check_near(b.training[2 * i], out[2 * i], 0.8, i); /* each at its own row */
    }
    check_saved(ctx, &b, &in, rows, ROWS);
    iv_block_free(ctx, &b);
    /* Where the fit missed none there is nothing to say it: the value is missing. */
    draw(5);
    b = fit(&t, &in);
    lose_image(7);
    assert_int_equal(b.width, 1);
    apply(&b, &in, out);
    for (size_t i = 0; i < ROWS; i++)
        assert_true(isnan(out[i]) == (rows[i] == 7));
    iv_block_free(ctx, &b);
    for (int64_t row = 0; row < ROWS; row++)
        lose_image(row);
    b = fit(&t, &in);
    assert_int_equal(b.width, 2);
    for (size_t i = 0; i < ROWS; i++)
        assert_true(isnan(b.training[2 * i]) && b.training[2 * i + 1] == 1);
    check_saved(ctx, &b, &in, rows, ROWS);
    iv_block_free(ctx, &b);
}

/* Scores of the last class stand higher in its rows than in those of the first. */
static void test_classes(void **state)
{
    column_input in;
    for (int32_t classes = 2; classes <= CLASSES; classes++) {
        const iv_training t = {.rows = rows, .count = ROWS, .y = y, .class_count = classes};
        int right = 0, pairs = 0;
        draw(6);
        for (size_t i = 0; i < ROWS; i++)
            y[i] = (float)(y[i] > 3 ? classes - 1 : y[i] > 1);
        iv_block b = fit(&t, &in);
        size_t width = (size_t)b.width;
        assert_int_equal(width, classes == 2 ? 1 : CLASSES);
        for (size_t i = 0; i < ROWS; i++)
            for (size_t k = 0; k < ROWS; k++)
                if (y[i] == (float)(classes - 1) && y[k] == 0) {
                    pairs++;
                    right += b.training[i * width + width - 1] > b.training[k * width + width - 1];
                }
        assert_true(pairs > 100 && right > 0.9 * pairs);
        check_saved(ctx, &b, &in, rows, ROWS);
        iv_block_free(ctx, &b);
    }
}

/* Scoring goes by slices: raw then starts at a later row. */
static void test_slice(void **state)
{
    const iv_training t = {.rows = rows, .count = ROWS, .y = y};
    static const int64_t some[] = {30, 41};
    column_input in;
    imgvec_error err;
    float out[ROWS], part[2];
    draw(7);
    iv_block b = fit(&t, &in);
    apply(&b, &in, out);
    in.input.raw = raw + 30 * WIDTH;
    in.inputs.first_raw = 30;
    assert_ok(iv_block_apply(&b, &in.inputs, &in.input, some, 2, part, 1, NULL, &err));
    assert_true(part[0] == out[ROWS - 1 - 30] && part[1] == out[ROWS - 1 - 41]);
    iv_block_free(ctx, &b);
}

static void test_kind(void **state)
{
    assert_ptr_equal(iv_stacked_kind_of(IMGVEC_COLUMN_IMAGE), &iv_stacked_image_kind);
    assert_null(iv_stacked_kind_of(IMGVEC_COLUMN_NUMERIC));
    assert_null(iv_stacked_kind_of(IMGVEC_COLUMN_TEXT));
    assert_ptr_equal(iv_block_kind_find("stacked"), &iv_stacked_image_kind);
}

static void test_damaged(void **state)
{
    static const char good[] =
        "{\"kind\":\"stacked\",\"column\":\"c\",\"penalty\":1,\"missing_indicator\":true}";
    static const char *const bad[] = {
        "{\"kind\":\"stacked\",\"column\":\"c\",\"penalty\":1}",
        "{\"kind\":\"stacked\",\"column\":\"c\",\"penalty\":1,\"missing_indicator\":1}",
        "{\"kind\":\"stacked\",\"column\":\"c\",\"penalty\":\"x\",\"missing_indicator\":true}",
        "{\"kind\":\"stacked\",\"column\":\"c\",\"missing_indicator\":true}"};
    static const float values[5] = {0};
    imgvec_error err;
    iv_block b;
    for (int64_t width = 4; width <= 5; width++) {
        const int64_t shape[3] = {1, width, 1};
        iv_tensors *set;
        assert_ok(iv_tensors_new(ctx, &set, &err));
        assert_ok(iv_tensors_put(set, "mean", 1, shape + 1, values, &err));
        assert_ok(iv_tensors_put(set, "weights", 2, shape, values, &err));
        check_refused(ctx, good, set); /* no bias */
        assert_ok(iv_tensors_put(set, "bias", 1, shape + 2, values, &err));
        if (width == 5)
            check_refused(ctx, good, set); /* of networks of another width */
        else {
            assert_ok(block_load(ctx, good, set, &b, &err));
            assert_int_equal(b.width, 2);
            iv_block_free(ctx, &b);
        }
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
            check_refused(ctx, bad[i], set);
        iv_tensors_free(set);
    }
}

static void test_cancel(void **state)
{
    iv_watch watch;
    iv_block b;
    column_input in;
    imgvec_error err;
    draw(8);
    assert_ok(iv_watch_init(&watch, NULL, &err));
    atomic_store(&watch.stopped, true);
    const iv_training t = {.rows = rows, .count = ROWS, .y = y, .watch = &watch};
    set_input(&in);
    assert_fails(iv_block_fit(ctx, &in.inputs, &in.input, &t, &b, &err), IMGVEC_ERR_CANCELLED,
                 "cancelled");
}

static imgvec_status job_fit(imgvec_context *own, void *user, imgvec_error *err)
{
    const iv_training t = {.rows = rows, .count = 20, .y = y, .group = user};
    column_input in;
    iv_block b, back;
    iv_text text;
    iv_tensors *tensors = NULL;
    set_input(&in);
    IV_TRY(iv_block_fit(own, &in.inputs, &in.input, &t, &b, err));
    imgvec_status status = block_save(own, &b, &text, &tensors, err);
    if (status == IMGVEC_OK && text.failed)
        status = iv_fail_nomem(err);
    if (status == IMGVEC_OK)
        status = block_load(own, text.data, tensors, &back, err);
    if (status == IMGVEC_OK)
        iv_block_free(own, &back);
    iv_block_free(own, &b);
    iv_text_free(&text);
    iv_tensors_free(tensors);
    return status;
}

static void test_memory(void **state)
{
    int32_t group[ROWS];
    draw(9);
    lose_image(rows[3]);
    for (int32_t i = 0; i < ROWS; i++)
        group[i] = i / 2;
    fail_each_allocation(job_fit, group);
}

static int open_all(void **state)
{
    imgvec_error err;
    ctx = test_context();
    assert_ok(imgvec_dataset_new(ctx, &ds, &err));
    assert_ok(imgvec_dataset_add_column(ds, "c", IMGVEC_COLUMN_IMAGE, &err));
    return 0;
}

static int close_all(void **state)
{
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_number),      cmocka_unit_test(test_no_intercept),
        cmocka_unit_test(test_out_of_fold), cmocka_unit_test(test_training_rows_only),
        cmocka_unit_test(test_missing),     cmocka_unit_test(test_classes),
        cmocka_unit_test(test_slice),       cmocka_unit_test(test_kind),
        cmocka_unit_test(test_damaged),     cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
