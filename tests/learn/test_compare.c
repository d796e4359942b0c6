/* Paired comparisons: gains against the metrics themselves, their errors against what the central
 * limit gives for a mean. */
#include "allocations.h"

#include <math.h>

#include "base/random.h"
#include "learn/compare.h"
#include "learn/scores.h"

enum { ROWS = 500 };

static imgvec_context *ctx;
static float truth[ROWS], first[ROWS * 3], second[ROWS * 3];

/* Two predictions whose common error is 1 and whose own errors are small: 0.1 and `own`. */
static void draw_numbers(double own)
{
    iv_random r;
    iv_random_seed(&r, 1, "compare");
    for (size_t i = 0; i < ROWS; i++) {
        double common = iv_random_normal(&r);
        truth[i] = (float)(10 * iv_random_normal(&r));
        first[i] = (float)(truth[i] + common + 0.1 * iv_random_normal(&r));
        second[i] = (float)(truth[i] + common + own * iv_random_normal(&r));
    }
}

/* Probabilities of `k` classes: the truth gets `weight` more than the others. */
static void draw_classes(iv_random *r, int32_t k, double weight, float *out)
{
    for (size_t i = 0; i < ROWS; i++) {
        double p[3], sum = 0;
        for (int32_t c = 0; c < k; c++)
            sum += p[c] = exp(iv_random_normal(r) + (c == (int32_t)truth[i] ? weight : 0));
        for (int32_t c = 0; c < k; c++)
            out[i * (size_t)k + (size_t)c] = (float)(p[c] / sum);
    }
}

static iv_gain compare(iv_task task, int metric, int32_t k, const float *a, const float *b)
{
    iv_gain gain;
    imgvec_error err;
    assert_ok(iv_compare(ctx, task, metric, ROWS, k, a, b, truth, &gain, &err));
    return gain;
}

static double score(iv_task task, int metric, int32_t k, const float *p)
{
    double all[IV_METRIC_MAX];
    imgvec_error err;
    assert_ok(iv_metrics_compute(ctx, task, ROWS, k, p, truth, NULL, all, &err));
    return all[metric];
}

/* Each metric by its own sign: more is better for the second that is better. */
static void test_sign(void **state)
{
    size_t count;
    iv_random r;
    draw_numbers(0.01);
    iv_random_seed(&r, 1, "errors");
    for (size_t i = 0; i < ROWS; i++) {
        truth[i] = fabsf(truth[i]) + 1; /* for the metrics that need it */
        first[i] = truth[i] * (1.3f + 0.2f * (float)iv_random_unit(&r));
        second[i] = truth[i] * (1.1f + 0.05f * (float)iv_random_unit(&r));
    }
    for (iv_task task = IV_TASK_REGRESSION; task <= IV_TASK_MULTICLASS; task++) {
        const iv_metric *metrics = iv_metrics_of(task, &count);
        int32_t k = task == IV_TASK_REGRESSION ? 1 : task == IV_TASK_BINARY ? 2 : 3;
        iv_random_seed(&r, 2, "classes");
        for (size_t i = 0; i < ROWS && k > 1; i++)
            truth[i] = (float)iv_random_below(&r, (uint64_t)k);
        if (k > 1) {
            draw_classes(&r, k, 1, first);
            draw_classes(&r, k, 3, second);
        }
        for (size_t m = 0; m < count; m++) {
            iv_gain there = compare(task, (int)m, k, first, second);
            iv_gain back = compare(task, (int)m, k, second, first);
            double gain = score(task, (int)m, k, second) - score(task, (int)m, k, first);
            if (!metrics[m].higher_is_better)
                gain = -gain;
            if (!(there.value > 3 * there.error) || fabs(there.value - gain) > 1e-9)
                fail_msg("%s: %g +- %g, not %g", metrics[m].name, there.value, there.error, gain);
            assert_true(there.error > 0);
            assert_true(back.value == -there.value && fabs(back.error - there.error) < 1e-9);
        }
    }
}

/* The error of a gain in mean squared error is that of the mean of differences, far below the
 * errors of the two means themselves. */
static void test_paired(void **state)
{
    double sum = 0, squares = 0, alone = 0, mse = 0;
    draw_numbers(0.05);
    for (size_t i = 0; i < ROWS; i++) {
        double a = first[i] - truth[i], b = second[i] - truth[i], gain = a * a - b * b;
        sum += gain;
        squares += gain * gain;
        mse += b * b;
        alone += b * b * b * b;
    }
    double error = sqrt((squares / ROWS - sum * sum / ROWS / ROWS) / ROWS);
    double unpaired = sqrt((alone / ROWS - mse * mse / ROWS / ROWS) / ROWS);
    iv_gain gain = compare(IV_TASK_REGRESSION, IV_MSE, 1, first, second);
    assert_true(fabs(gain.value - sum / ROWS) < 1e-6);
    if (!(fabs(gain.error / error - 1) < 0.25))
        fail_msg("error %g, not about %g", gain.error, error);
    assert_true(gain.error < unpaired / 3);
}

/* Equal predictions, and equal scores of other predictions. */
static void test_ties(void **state)
{
    draw_numbers(0.1);
    iv_gain gain = compare(IV_TASK_REGRESSION, IV_RMSE, 1, first, first);
    assert_true(gain.value == 0 && gain.error == 0);
    for (size_t i = 0; i < ROWS; i++) {
        truth[i] = (float)(i % 2);
        first[2 * i] = first[2 * i + 1] = 0.5f;
        second[2 * i] = i % 4 < 2; /* right as often as not */
        second[2 * i + 1] = 1 - second[2 * i];
    }
    gain = compare(IV_TASK_BINARY, IV_AUC, 2, first, second);
    assert_true(fabs(gain.value) < 1e-9 && gain.error > 0);
}

/* Nothing is compared with a score that is not defined. */
static void test_undefined(void **state)
{
    draw_numbers(0.1);
    first[7] = NAN;
    assert_true(compare(IV_TASK_REGRESSION, IV_RMSE, 1, first, second).value == INFINITY);
    assert_true(compare(IV_TASK_REGRESSION, IV_RMSE, 1, second, first).value == -INFINITY);
    assert_true(compare(IV_TASK_REGRESSION, IV_RMSE, 1, first, first).value == -INFINITY);
    /* Draws without one of two classes: what is left of them counts. */
    for (size_t i = 0; i < ROWS; i++) {
        truth[i] = i == 0;
        first[2 * i + 1] = 0.5f;
        second[2 * i + 1] = i == 0 ? 0.9f : (float)i / ROWS;
        first[2 * i] = 0.5f;
        second[2 * i] = 1 - second[2 * i + 1];
    }
    iv_gain gain = compare(IV_TASK_BINARY, IV_AUC, 2, first, second);
    assert_true(isfinite(gain.value) && isfinite(gain.error) && gain.value > 0.3);
}

static void compare_variants(float *const *variants, size_t count, uint64_t seed,
                             iv_difference *out)
{
    imgvec_error err;
    assert_ok(iv_compare_variants(ctx, IV_TASK_REGRESSION, ROWS, 1, first, variants, count, truth,
                                  seed, out, &err));
}

static void test_variants(void **state)
{
    float shifted[ROWS], *variants[4] = {second, NULL, first, shifted};
    iv_difference d[4], again[4], other[4];
    double sum = 0, squares = 0;
    draw_numbers(1);
    for (size_t i = 0; i < ROWS; i++) {
        double a = first[i] - truth[i], b = second[i] - truth[i], off = b * b - a * a;
        shifted[i] = first[i] + 1;
        sum += off;
        squares += off * off;
    }
    compare_variants(variants, 4, 1, d);
    for (int m = 0; m < IV_REGRESSION_METRICS; m++) {
        assert_true(isnan(d[1].value[m]) && isnan(d[1].low[m]) && isnan(d[1].high[m]));
        if (m == IV_RMSLE) { /* of negative numbers */
            assert_true(isnan(d[0].value[m]) && isnan(d[0].low[m]));
            continue;
        }
        double gain =
            score(IV_TASK_REGRESSION, m, 1, second) - score(IV_TASK_REGRESSION, m, 1, first);
        assert_true(fabs(d[0].value[m] - gain) < 1e-9);
        assert_true(d[0].low[m] < gain && gain < d[0].high[m]);
        assert_true(d[2].value[m] == 0 && d[2].low[m] == 0 && d[2].high[m] == 0);
    }
    double error = sqrt((squares / ROWS - sum * sum / ROWS / ROWS) / ROWS);
    double low = sum / ROWS - 1.96 * error, high = sum / ROWS + 1.96 * error;
    assert_true(fabs(d[0].low[IV_MSE] - low) < 0.3 * error);
    assert_true(fabs(d[0].high[IV_MSE] - high) < 0.3 * error);
    assert_true(d[3].low[IV_RMSE] > 0); /* worse: beyond doubt */
    /* Draws follow the seed, and are the same however many variants there are. */
    compare_variants(variants, 4, 1, again);
    compare_variants(variants, 1, 1, other);
    assert_true(again[0].low[IV_MAE] == d[0].low[IV_MAE]);
    assert_true(other[0].low[IV_MAE] == d[0].low[IV_MAE]);
    compare_variants(variants, 1, 2, other);
    assert_true(other[0].low[IV_MAE] != d[0].low[IV_MAE]);
}

static imgvec_status job_compare(imgvec_context *own, void *user, imgvec_error *err)
{
    float *const variants[2] = {second, NULL};
    iv_gain gain;
    iv_difference d[2];
    imgvec_status status =
        iv_compare(own, IV_TASK_BINARY, IV_AUC, 20, 2, first, second, truth, &gain, err);
    if (status == IMGVEC_OK)
        status =
            iv_compare_variants(own, IV_TASK_BINARY, 20, 2, first, variants, 2, truth, 1, d, err);
    return status;
}

static void test_memory(void **state)
{
    for (size_t i = 0; i < 40; i++) {
        truth[i / 2] = (float)(i / 2 % 2);
        first[i] = second[i] = 0.5f;
    }
    fail_each_allocation(job_compare, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sign),     cmocka_unit_test(test_paired),
        cmocka_unit_test(test_ties),     cmocka_unit_test(test_undefined),
        cmocka_unit_test(test_variants), cmocka_unit_test(test_memory),
    };
    ctx = test_context();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    imgvec_context_free(ctx);
    return failed;
}
