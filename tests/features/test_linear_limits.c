/* What linear models make of too little, of nothing and of too much: few rows, constant columns,
 * missing values, the ends of float32. */
#include "linear_support.h"

#include <float.h>

#include "features/linear.h"
#include "shared_context.h"

enum { ROWS = 100, MOST_WIDTH = 6, CLASSES = 3 };

static float x[ROWS * MOST_WIDTH], y[ROWS], held_out[ROWS * CLASSES];

static iv_linear fit(size_t n, size_t d, int32_t classes)
{
    const iv_linear_data data = {
        .x = x, .rows = n, .width = (int32_t)d, .y = y, .class_count = classes, .seed = 1};
    iv_linear m;
    imgvec_error err;
    assert_ok(iv_linear_fit(ctx, &data, &m, held_out, &err));
    return m;
}

/* Below ten rows: the mean, or shares of the classes. */
static void test_few_rows(void **state)
{
    float score[CLASSES], p[CLASSES];
    draw_problem(13, 9, 4, 0, x, y);
    for (size_t i = 0; i < 9; i++)
        y[i] = (float)i;
    iv_linear m = fit(9, 4, 0);
    iv_linear_scores(&m, x, score);
    iv_linear_answer(&m, 0, score, p);
    check_near(p[0], 4, 1e-6, "answer", 0);
    iv_linear_free(ctx, &m);
    for (size_t i = 0; i < 9; i++)
        y[i] = i < 6 ? 1 : 0;
    m = fit(9, 4, 2);
    iv_linear_scores(&m, x, score);
    iv_linear_answer(&m, 2, score, p);
    check_near(p[1], 0.65, 1e-6, "answer", 1); /* (6 + 1 / 2) / (9 + 1) */
    iv_linear_free(ctx, &m);
    m = fit(9, 4, 3);
    iv_linear_scores(&m, x, score);
    iv_linear_answer(&m, 3, score, p);
    check_near(p[1], 6.5 / 10.5, 1e-6, "answer", 1);
    iv_linear_free(ctx, &m);
    m = fit(0, 4, 0); /* no row has a usable image */
    assert_true(m.bias[0] == 0);
    iv_linear_free(ctx, &m);
}

static void test_constant_columns(void **state)
{
    draw_problem(14, ROWS, 6, 0.1, x, y);
    for (size_t i = 0; i < ROWS; i++) {
        x[i * 6] = 0;
        x[i * 6 + 1] = 1e30f;
        x[i * 6 + 2] = 0.1f; /* whose mean rounds */
    }
    iv_linear m = fit(ROWS, 6, 0);
    assert_true(m.weights[0] == 0 && m.weights[1] == 0 && m.weights[2] == 0);
    assert_true(m.weights[3] > 0.9f); /* of 1 */
    iv_linear_free(ctx, &m);
    memset(x, 0, sizeof x);
    m = fit(ROWS, 6, 0);
    for (size_t j = 0; j < 6; j++)
        assert_true(m.weights[j] == 0);
    double mean = 0;
    for (size_t i = 0; i < ROWS; i++)
        mean += y[i] / ROWS;
    check_near(m.bias[0], mean, 1e-5, "bias", 0);
    iv_linear_free(ctx, &m);
}

/* A missing value counts as the mean. */
static void test_missing(void **state)
{
    float there[3] = {1, 2, 3}, missing[3] = {1, NAN, 3}, all[3] = {NAN, NAN, NAN}, a, b;
    draw_problem(15, ROWS, 3, 0.1, x, y);
    iv_linear m = fit(ROWS, 3, 0);
    there[1] = m.mean[1];
    iv_linear_scores(&m, there, &a);
    iv_linear_scores(&m, missing, &b);
    assert_true(a == b && a != 0);
    iv_linear_scores(&m, all, &a);
    assert_true(a == 0);
    iv_linear_free(ctx, &m);
}

/* Answers of a model are finite, and near the mean where nothing can be learned. */
static void check_finite(size_t d, int32_t classes)
{
    iv_linear m = fit(ROWS, d, classes), back;
    iv_tensors *set;
    imgvec_error err;
    size_t k = classes ? (size_t)classes : 1;
    for (size_t i = 0; i < ROWS; i++) {
        float score[CLASSES], out[CLASSES];
        iv_linear_scores(&m, x + i * d, score);
        iv_linear_answer(&m, classes, score, out);
        for (size_t c = 0; c < k; c++)
            if (!isfinite(out[c]) || !isfinite(held_out[i * (size_t)m.outputs]))
                fail_msg("row %zu: %g, held out %g", i, (double)out[c],
                         (double)held_out[i * (size_t)m.outputs]);
    }
    assert_ok(iv_linear_to_tensors(ctx, &m, &set, &err));
    assert_ok(iv_linear_from_tensors(ctx, set, &back, &err)); /* a file of it can be opened */
    iv_linear_free(ctx, &back);
    iv_tensors_free(set);
    iv_linear_free(ctx, &m);
}

static void test_hostile(void **state)
{
    for (int32_t classes = 0; classes <= CLASSES; classes += CLASSES) {
        static const float extremes[] = {FLT_MAX, -FLT_MAX, 1e30f, -1e30f, 1e-38f, FLT_MIN / 1024};
        for (size_t e = 0; e < sizeof extremes / sizeof *extremes; e++) {
            draw_problem(16, ROWS, 3, 0.1, x, y);
            for (size_t i = 0; i < ROWS; i++) {
                y[i] = classes ? (float)(i % CLASSES) : y[i];
                x[i * 3] *= extremes[e] / 4; /* a normal value past 4 is not among 100 */
            }
            check_finite(3, classes);
        }
        /* From one end of float32 to the other. */
        for (size_t i = 0; i < ROWS; i++)
            x[i * 3] = i % 3 ? FLT_MAX : -FLT_MAX;
        check_finite(3, classes);
    }
    static const float targets[] = {1e38f, -1e38f, 1e30f, 1e-38f};
    for (size_t e = 0; e < sizeof targets / sizeof *targets; e++) {
        draw_problem(17, ROWS, 3, 0.1, x, y);
        for (size_t i = 0; i < ROWS; i++) {
            x[i * 3] *= 1e-20f;
            y[i] *= targets[e] / 10;
        }
        check_finite(3, 0);
    }
}

/* What a hostile column or target leaves to be learned is the mean. */
static void test_hostile_mean(void **state)
{
    static const float far[2] = {FLT_MAX, FLT_MAX}, near[2] = {-FLT_MAX, -FLT_MAX};
    double mean = 0;
    float score, out;
    draw_problem(18, ROWS, 2, 0.1, x, y);
    for (size_t i = 0; i < ROWS; i++) {
        x[i * 2] = i % 3 ? FLT_MAX : -FLT_MAX;
        mean += y[i] / ROWS;
    }
    iv_linear m = fit(ROWS, 2, 0);
    check_near(m.bias[0], mean, 0.5, "bias", 0);
    assert_true(m.weights[1] > 0.3f); /* of 0.5: the other column is learned */
    iv_linear_scores(&m, far, &score);
    iv_linear_answer(&m, 0, &score, &out);
    assert_true(out > 1e30f && isfinite(out));
    iv_linear_scores(&m, near, &score);
    assert_true(score < -1e30f && isfinite(score));
    iv_linear_free(ctx, &m);
    /* Sums of such targets overflow: all that is learned is their mean. */
    mean = 0;
    for (size_t i = 0; i < ROWS; i++) {
        x[i * 2] = (float)i;
        y[i] = i % 3 ? FLT_MAX : -FLT_MAX;
        mean += y[i] / ROWS;
    }
    m = fit(ROWS, 2, 0);
    check_near(m.bias[0] / FLT_MAX, mean / FLT_MAX, 1e-6, "bias", 1);
    assert_true(m.weights[0] == 0 && held_out[0] == 0);
    iv_linear_free(ctx, &m);
}

static void test_answers(void **state)
{
    float bias[3] = {0}, out[3];
    const iv_linear two = {.outputs = 1, .bias = bias}, three = {.outputs = 3, .bias = bias};
    static const float far[2] = {1e30f, -1e30f}, spread[3] = {1e30f, -1e30f, 1e30f};
    iv_linear_answer(&two, 2, far, out);
    assert_true(out[0] == 0 && out[1] == 1);
    iv_linear_answer(&two, 2, far + 1, out);
    assert_true(out[0] == 1 && out[1] == 0);
    iv_linear_answer(&three, 3, spread, out);
    assert_true(out[0] == 0.5f && out[1] == 0 && out[2] == 0.5f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_few_rows),     cmocka_unit_test(test_constant_columns),
        cmocka_unit_test(test_missing),      cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_hostile_mean), cmocka_unit_test(test_answers),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
