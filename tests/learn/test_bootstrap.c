#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/thread.h"
#include "learn/scores.h"

static imgvec_context *ctx;

typedef struct sample {
    float *pred, *truth;
    size_t n;
    int32_t k;
} sample;

/* Predictions that are right about half the time, with ties. */
static sample make_sample(size_t n, int32_t k)
{
    sample s = {test_calloc(n * (size_t)k, sizeof(float)), test_calloc(n, sizeof(float)), n, k};
    iv_random r;
    iv_random_seed(&r, 5, "test");
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        float *p = s.pred + i * (size_t)k;
        size_t truth = iv_random_below(&r, (uint64_t)k);
        s.truth[i] = (float)truth;
        for (int32_t c = 0; c < k; c++) {
            p[c] = (float)(1 + iv_random_below(&r, 9));
            if ((size_t)c == truth)
                p[c] += 4;
            sum += p[c];
        }
        for (int32_t c = 0; c < k; c++)
            p[c] = (float)(p[c] / sum);
    }
    return s;
}

static void free_sample(sample *s)
{
    test_free(s->pred);
    test_free(s->truth);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The same draws the plain way: rows copied, every metric computed from nothing. */
static void test_equals_plain(void **state)
{
    enum { DRAWS = 41 };
    sample s = make_sample(60, 3);
    double low[IV_METRIC_MAX], high[IV_METRIC_MAX], all[IV_CLASS_METRICS][DRAWS];
    assert_int_equal(iv_metrics_bootstrap(ctx, IV_TASK_MULTICLASS, s.n, s.k, s.pred, s.truth, DRAWS,
                                          9, low, high, NULL),
                     IMGVEC_OK);
    iv_random r;
    iv_random_seed(&r, 9, "bootstrap");
    float pred[60 * 3], truth[60];
    for (int d = 0; d < DRAWS; d++) {
        for (size_t i = 0; i < s.n; i++) {
            size_t row = iv_random_below(&r, s.n);
            truth[i] = s.truth[row];
            memcpy(pred + i * 3, s.pred + row * 3, 3 * sizeof(float));
        }
        double out[IV_METRIC_MAX];
        assert_int_equal(
            iv_metrics_compute(ctx, IV_TASK_MULTICLASS, s.n, s.k, pred, truth, NULL, out, NULL), 0);
        for (int m = 0; m < IV_CLASS_METRICS; m++)
            all[m][d] = out[m];
    }
    for (int m = 0; m < IV_CLASS_METRICS; m++) {
        qsort(all[m], DRAWS, sizeof(double), compare);
        /* 2.5 % of 40 steps is place 1, 97.5 % place 39. */
        assert_true(fabs(low[m] - all[m][1]) < 1e-12);
        assert_true(fabs(high[m] - all[m][39]) < 1e-12);
    }
    free_sample(&s);
}

/* The same for numbers: a median and an order of rows that are drawn twice. */
static void test_equals_plain_number(void **state)
{
    enum { ROWS = 50, DRAWS = 41 };
    float pred[ROWS], truth[ROWS], drawn_pred[ROWS], drawn_truth[ROWS];
    double low[IV_METRIC_MAX], high[IV_METRIC_MAX], all[IV_REGRESSION_METRICS][DRAWS];
    iv_random r;
    iv_random_seed(&r, 6, "numbers");
    for (int i = 0; i < ROWS; i++) {
        truth[i] = (float)iv_random_below(&r, 12);
        pred[i] = (float)iv_random_below(&r, 12) / 2 + truth[i] / 2;
    }
    assert_int_equal(iv_metrics_bootstrap(ctx, IV_TASK_REGRESSION, ROWS, 1, pred, truth, DRAWS, 9,
                                          low, high, NULL),
                     IMGVEC_OK);
    iv_random_seed(&r, 9, "bootstrap");
    for (int d = 0; d < DRAWS; d++) {
        double out[IV_METRIC_MAX];
        for (int i = 0; i < ROWS; i++) {
            size_t row = iv_random_below(&r, ROWS);
            drawn_truth[i] = truth[row];
            drawn_pred[i] = pred[row];
        }
        assert_int_equal(iv_metrics_compute(ctx, IV_TASK_REGRESSION, ROWS, 1, drawn_pred,
                                            drawn_truth, NULL, out, NULL),
                         0);
        for (int m = 0; m < IV_REGRESSION_METRICS; m++)
            all[m][d] = out[m];
    }
    for (int m = 0; m < IV_REGRESSION_METRICS; m++) {
        qsort(all[m], DRAWS, sizeof(double), compare);
        assert_true(fabs(low[m] - all[m][1]) <= 1e-12 * fmax(1, all[m][1]));
        assert_true(fabs(high[m] - all[m][39]) <= 1e-12 * fmax(1, all[m][39]));
    }
}

static void test_interval(void **state)
{
    sample s = make_sample(400, 2);
    double low[IV_METRIC_MAX], high[IV_METRIC_MAX], again_l[IV_METRIC_MAX], again_h[IV_METRIC_MAX];
    double point[IV_METRIC_MAX];
    assert_int_equal(
        iv_metrics_compute(ctx, IV_TASK_BINARY, s.n, 2, s.pred, s.truth, NULL, point, NULL), 0);
    assert_int_equal(
        iv_metrics_bootstrap(ctx, IV_TASK_BINARY, s.n, 2, s.pred, s.truth, 500, 3, low, high, NULL),
        0);
    assert_int_equal(iv_metrics_bootstrap(ctx, IV_TASK_BINARY, s.n, 2, s.pred, s.truth, 500, 3,
                                          again_l, again_h, NULL),
                     0);
    for (int m = 0; m < IV_MACRO_AUC; m++) {
        assert_true(low[m] < point[m] && point[m] < high[m]);
        assert_true(low[m] == again_l[m] && high[m] == again_h[m]);
    }
    /* The normal approximation for a share: 2 x 1.96 x sqrt(p (1 - p) / n). */
    double p = point[IV_ACCURACY], width = 3.92 * sqrt(p * (1 - p) / 400);
    assert_true(fabs(high[IV_ACCURACY] - low[IV_ACCURACY] - width) < 0.25 * width);
    free_sample(&s);
}

static void test_undefined(void **state)
{
    const float truth[] = {1, 1}, p[] = {.2f, .8f, .4f, .6f};
    double low[IV_METRIC_MAX], high[IV_METRIC_MAX];
    assert_int_equal(
        iv_metrics_bootstrap(ctx, IV_TASK_BINARY, 2, 2, p, truth, 50, 1, low, high, NULL), 0);
    assert_true(isnan(low[IV_AUC]) && isnan(high[IV_AUC]));
    assert_true(low[IV_ACCURACY] == 1 && high[IV_ACCURACY] == 1);
    assert_int_equal(
        iv_metrics_bootstrap(ctx, IV_TASK_REGRESSION, 0, 1, p, truth, 50, 1, low, high, NULL), 0);
    assert_true(isnan(low[IV_RMSE]));
}

static void test_time(void **state)
{
    sample s = make_sample(3000, 10);
    double low[IV_METRIC_MAX], high[IV_METRIC_MAX], start = iv_now();
    assert_int_equal(iv_metrics_bootstrap(ctx, IV_TASK_MULTICLASS, s.n, s.k, s.pred, s.truth, 1000,
                                          1, low, high, NULL),
                     0);
    print_message("# 3000 rows x 10 classes x 1000 draws: %.2f s\n", iv_now() - start);
    start = iv_now();
    assert_int_equal(iv_metrics_bootstrap(ctx, IV_TASK_REGRESSION, s.n, 1, s.pred, s.truth, 1000, 1,
                                          low, high, NULL),
                     0);
    print_message("# 3000 numbers x 1000 draws: %.2f s\n", iv_now() - start);
    free_sample(&s);
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
        cmocka_unit_test(test_equals_plain), cmocka_unit_test(test_equals_plain_number),
        cmocka_unit_test(test_interval),     cmocka_unit_test(test_undefined),
        cmocka_unit_test(test_time),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
