#include "test.h"

#include <math.h>

#include "base/random.h"
#include "learn/scores.h"
#include "learn/threshold.h"

enum { ROWS = 240 };
static imgvec_context *ctx;
static float predictions[2 * ROWS], truth[ROWS];
static int32_t fold[ROWS];

/* Scores on a grid, so that there are ties; the second class is rare. */
static void draw(uint64_t seed)
{
    iv_random r;
    iv_random_seed(&r, seed, "threshold");
    for (size_t i = 0; i < ROWS; i++) {
        double p = (double)iv_random_below(&r, 33) / 40;
        truth[i] = iv_random_unit(&r) < p * p;
        predictions[2 * i + 1] = (float)p;
        predictions[2 * i] = (float)(1 - p);
        fold[i] = (int32_t)iv_random_below(&r, 4);
    }
}

static double goal(const iv_label_scores *s, iv_threshold_goal g)
{
    const double all[] = {s->f1, s->f05, s->f2, s->mcc, s->accuracy, s->balanced_accuracy};
    return all[g];
}

/* The best of all thresholds between neighbouring values of the grid, by trying each. */
static double best_by_trying(size_t n, const float *p, const float *y, iv_threshold_goal g)
{
    double best = -2; /* from every row to none of the second class */
    for (int step = 0; step <= 33; step++) {
        iv_label_scores s;
        iv_label_scores_at(n, p, y, (step - 0.5) / 40, &s);
        best = fmax(best, goal(&s, g));
    }
    return best;
}

static void test_best(void **state)
{
    (void)state;
    imgvec_error err;
    iv_threshold t;
    for (uint64_t seed = 1; seed <= 5; seed++)
        for (int g = 0; g < IV_GOALS; g++) {
            draw(seed);
            assert_ok(iv_threshold_run(ctx, IV_TASK_BINARY, ROWS, 2, predictions, truth, fold, 4,
                                       (iv_threshold_goal)g, &t, &err));
            assert_true(t.known && t.value >= 0 && t.value <= 1);
            double want = best_by_trying(ROWS, predictions, truth, (iv_threshold_goal)g);
            if (fabs(goal(&t.fitted, (iv_threshold_goal)g) - want) > 1e-12)
                fail_msg("%s: %g at %g, and %g is possible", iv_goal_name((iv_threshold_goal)g),
                         goal(&t.fitted, (iv_threshold_goal)g), t.value, want);
            assert_int_equal(t.crossed.tp + t.crossed.fp + t.crossed.tn + t.crossed.fn, ROWS);
        }
}

/* The scores of labels are those of the metrics. */
static void test_scores(void **state)
{
    (void)state;
    imgvec_error err;
    iv_label_scores s;
    double all[IV_METRIC_MAX];
    draw(9);
    for (size_t i = 0; i < ROWS; i++) /* no row at 0.5: there the metrics take the first class */
        predictions[2 * i + 1] = 1 - (predictions[2 * i] += 0.001f);
    assert_ok(
        iv_metrics_compute(ctx, IV_TASK_BINARY, ROWS, 2, predictions, truth, NULL, all, &err));
    iv_label_scores_at(ROWS, predictions, truth, 0.5, &s);
    assert_true(fabs(s.accuracy - all[IV_ACCURACY]) < 1e-12 && fabs(s.f1 - all[IV_F1]) < 1e-12);
    assert_true(fabs(s.f05 - all[IV_F05]) < 1e-12 && fabs(s.f2 - all[IV_F2]) < 1e-12);
    assert_true(fabs(s.mcc - all[IV_MCC]) < 1e-12);
    assert_true(fabs(s.balanced_accuracy - all[IV_BALANCED_ACCURACY]) < 1e-12);
}

/* The cross-fitted scores are not those of the rows that chose: with a target of noise they fall
 * behind on average. */
static void test_crossed(void **state)
{
    (void)state;
    imgvec_error err;
    iv_threshold t;
    double fitted = 0, crossed = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        iv_random r;
        draw(seed);
        iv_random_seed(&r, seed, "noise");
        for (size_t i = 0; i < ROWS; i++)
            truth[i] = (float)iv_random_below(&r, 2);
        assert_ok(iv_threshold_run(ctx, IV_TASK_BINARY, ROWS, 2, predictions, truth, NULL, 0,
                                   IV_GOAL_MCC, &t, &err));
        fitted += t.fitted.mcc / 20;
        crossed += t.crossed.mcc / 20;
    }
    assert_true(fitted > 0.05);
    assert_true(fabs(crossed) < 0.04);
}

static void test_edges(void **state)
{
    (void)state;
    imgvec_error err;
    iv_threshold t;
    iv_threshold_goal g;
    const float p[] = {0.9f, 0.1f, 0.2f, 0.8f}, ones[] = {1, 1}, both[] = {0, 1};
    assert_ok(iv_threshold_run(ctx, IV_TASK_BINARY, 2, 2, p, ones, NULL, 0, IV_GOAL_F1, &t, &err));
    assert_true(!t.known && t.value == 0.5);
    assert_ok(iv_threshold_run(ctx, IV_TASK_BINARY, 2, 2, p, both, NULL, 0, IV_GOAL_F1, &t, &err));
    assert_true(t.known && t.fitted.f1 == 1 && fabs(t.value - 0.45) < 1e-6);
    assert_ok(
        iv_threshold_run(ctx, IV_TASK_REGRESSION, 2, 1, p, both, NULL, 0, IV_GOAL_F1, &t, &err));
    assert_false(t.known);
    assert_int_equal(iv_goal_find("auto", "auc", &g), 0);
    assert_int_equal(g, IV_GOAL_F1);
    assert_int_equal(iv_goal_find("auto", "mcc", &g), 0);
    assert_int_equal(g, IV_GOAL_MCC);
    assert_int_equal(iv_goal_find("f05", "mcc", &g), 0);
    assert_int_equal(g, IV_GOAL_F05);
    assert_int_equal(iv_goal_find("auc", "mcc", &g), -1);
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
        cmocka_unit_test(test_best),
        cmocka_unit_test(test_scores),
        cmocka_unit_test(test_crossed),
        cmocka_unit_test(test_edges),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
