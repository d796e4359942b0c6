#include "test.h"

#include <math.h>

#include "base/random.h"
#include "learn/conformal.h"

enum { ROWS = 2000, CLASSES = 4 };
static imgvec_context *ctx;
static float predictions[ROWS * CLASSES], truth[ROWS];
static int32_t fold[ROWS];

static void draw_numbers(uint64_t seed)
{
    iv_random r;
    iv_random_seed(&r, seed, "numbers");
    for (size_t i = 0; i < ROWS; i++) {
        double z = iv_random_normal(&r);
        predictions[i] = (float)exp(z);
        truth[i] = (float)exp(z + 0.3 * iv_random_normal(&r));
        fold[i] = (int32_t)iv_random_below(&r, 5);
    }
}

static void draw_classes(uint64_t seed)
{
    iv_random r;
    iv_random_seed(&r, seed, "classes");
    for (size_t i = 0; i < ROWS; i++) {
        double sum = 0, at = iv_random_unit(&r);
        float *p = predictions + i * CLASSES;
        for (int c = 0; c < CLASSES; c++)
            sum += p[c] = (float)exp(2 * iv_random_normal(&r));
        int label = 0;
        for (int c = 0; c < CLASSES; c++)
            p[c] = (float)(p[c] / sum);
        for (at -= p[0]; at > 0 && label + 1 < CLASSES; at -= p[label])
            label++;
        truth[i] = (float)label;
        fold[i] = (int32_t)iv_random_below(&r, 5);
    }
}

/* Share of the last drawn rows within what another sample taught. */
static double coverage_of(const iv_conformal *c, iv_task task, const iv_transform *t)
{
    iv_conformal sums = {0};
    uint8_t members[CLASSES];
    int32_t k = task == IV_TASK_REGRESSION ? 1 : CLASSES;
    for (size_t i = 0; i < ROWS; i++)
        iv_conformal_add(&sums, task, k, predictions + i * (size_t)k, truth[i], t, c->quantile,
                         members);
    return sums.coverage / ROWS;
}

static void test_coverage(void **state)
{
    (void)state;
    imgvec_error err;
    iv_transform logs;
    const double levels[] = {0.5, 0.8, 0.9, 0.95};
    for (size_t l = 0; l < 4; l++) {
        iv_conformal plain, scaled, sets;
        draw_numbers(1);
        iv_transform_fit(IV_LOG, truth, ROWS, &logs);
        assert_ok(iv_conformal_run(ctx, IV_TASK_REGRESSION, ROWS, 1, predictions, truth, NULL, fold,
                                   5, levels[l], &plain, &err));
        assert_ok(iv_conformal_run(ctx, IV_TASK_REGRESSION, ROWS, 1, predictions, truth, &logs,
                                   fold, 5, levels[l], &scaled, &err));
        draw_numbers(2);
        double off = 4 * sqrt(levels[l] * (1 - levels[l]) / ROWS);
        assert_true(plain.known && fabs(plain.coverage - levels[l]) < off);
        assert_true(scaled.known && fabs(scaled.coverage - levels[l]) < off);
        assert_true(fabs(coverage_of(&plain, IV_TASK_REGRESSION, NULL) - levels[l]) < off);
        assert_true(fabs(coverage_of(&scaled, IV_TASK_REGRESSION, &logs) - levels[l]) < off);
        draw_classes(1);
        assert_ok(iv_conformal_run(ctx, IV_TASK_MULTICLASS, ROWS, CLASSES, predictions, truth, NULL,
                                   fold, 5, levels[l], &sets, &err));
        draw_classes(2);
        /* The most probable class is always a member: coverage may be above the level. */
        double got = coverage_of(&sets, IV_TASK_MULTICLASS, NULL);
        assert_true(sets.known && sets.coverage > levels[l] - off && got > levels[l] - off);
        if (levels[l] > 0.85)
            assert_true(fabs(got - levels[l]) < off && sets.width > 1 && sets.width < CLASSES);
    }
}

/* The quantile counts the new row: of nine errors, level 0.9 takes the largest. */
static void test_quantile(void **state)
{
    (void)state;
    imgvec_error err;
    iv_conformal c;
    float p[40] = {0}, y[40];
    for (int i = 0; i < 40; i++)
        y[i] = (float)((i % 2 ? 1 : -1) * (i + 1));
    assert_ok(iv_conformal_run(ctx, IV_TASK_REGRESSION, 40, 1, p, y, NULL, NULL, 0, 0.9, &c, &err));
    assert_true(c.known && c.quantile == 37); /* ceil(41 * 0.9) */
    assert_ok(iv_conformal_run(ctx, IV_TASK_REGRESSION, 40, 1, p, y, NULL, NULL, 0, 0.5, &c, &err));
    assert_true(c.known && c.quantile == 21);
    assert_ok(
        iv_conformal_run(ctx, IV_TASK_REGRESSION, 40, 1, p, y, NULL, NULL, 0, 0.99, &c, &err));
    assert_false(c.known); /* too few rows */
    assert_ok(iv_conformal_run(ctx, IV_TASK_REGRESSION, 40, 1, p, y, NULL, NULL, 0, 0, &c, &err));
    assert_false(c.known);
    assert_ok(iv_conformal_run(ctx, IV_TASK_REGRESSION, 0, 1, p, y, NULL, NULL, 0, 0.9, &c, &err));
    assert_false(c.known);
    p[3] = NAN;
    assert_ok(iv_conformal_run(ctx, IV_TASK_REGRESSION, 40, 1, p, y, NULL, NULL, 0, 0.9, &c, &err));
    assert_false(c.known);
}

static void test_row(void **state)
{
    (void)state;
    float lower, upper;
    uint8_t members[4];
    iv_conformal_interval(2, NULL, 5, &lower, &upper);
    assert_true(lower == 3 && upper == 7);
    iv_conformal_interval(2, NULL, NAN, &lower, &upper);
    assert_true(isnan(lower) && isnan(upper));
    /* On a logarithm the interval follows the size of the number and stays positive. */
    const float y[] = {1, 10, 100, 1000};
    iv_transform t;
    iv_transform_fit(IV_LOG, y, 4, &t);
    iv_conformal_interval(log(2) / t.scale, &t, 40, &lower, &upper);
    assert_true(fabs(lower - 20) < 1e-3 && fabs(upper - 80) < 1e-3);
    iv_conformal_interval(1, &t, NAN, &lower, &upper);
    assert_true(isnan(lower) && isnan(upper));
    const float p[] = {.1f, .3f, .4f, .2f}, missing[] = {.5f, NAN, .1f, .1f};
    assert_int_equal(iv_conformal_set(0.2f, 4, p, members), 3);
    assert_true(!members[0] && members[1] && members[2] && members[3]);
    assert_int_equal(iv_conformal_set(0.9, 4, p, members), 1);
    assert_true(members[2]);
    assert_int_equal(iv_conformal_set(0.1, 4, missing, members), 0);
    assert_true(!members[0] && !members[1] && !members[2] && !members[3]);
}

static int open_context(void **state)
{
    (void)state;
    return imgvec_context_new(&ctx, NULL) != IMGVEC_OK;
}

static int close_context(void **state)
{
    (void)state;
    imgvec_context_free(ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_coverage),
        cmocka_unit_test(test_quantile),
        cmocka_unit_test(test_row),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
