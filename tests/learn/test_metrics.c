#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "learn/metrics.h"
#include "learn/scores.h"

/* Made with scikit-learn 1.2.1. */
static const float reg_truth[] = {
    3.29999995f, 2.70000005f,  2.29999995f,  0.0f,         2.20000005f, 4.80000019f,
    3.5999999f,  3.29999995f,  0.899999976f, 0.5f,         1.0f,        3.79999995f,
    3.20000005f, 0.699999988f, 3.70000005f,  1.70000005f,  1.70000005f, 6.19999981f,
    3.0999999f,  3.5f,         3.5f,         0.699999988f, 3.70000005f, 11.6000004f,
};
static const float reg_pred[] = {
    2.5f,       2.79999995f,  2.70000005f,  3.4000001f,   2.70000005f,  4.0999999f,
    4.0999999f, 4.30000019f,  0.400000006f, 0.600000024f, 0.699999988f, 3.9000001f,
    2.4000001f, 0.300000012f, 3.5999999f,   2.29999995f,  2.5f,         5.30000019f,
    2.5f,       4.0f,         2.0999999f,   0.400000006f, 3.5999999f,   12.5f,
};
static const double weights[] = {
    2.84, 2.72, 1.75, 0.52, 0.66, 2.79, 1.7,  0.62, 2.66, 1.96, 1.75, 1.19,
    1.29, 0.79, 0.21, 2.64, 1.46, 1.69, 1.03, 2.28, 0.17, 1.18, 0.19, 0.46,
};

static const double reg_plain[] = {0.93139680178976825, 0.65833333383003867, 0.83858745320540562,
                                   0.34928749326001685, 0.86750000238420888, 638009965106517.5};
static const double reg_weighted[] = {0.71229840400825006, 0.56034731283546702, 0.84791256041078877,
                                      0.2503646417183033,  0.50736901635270026, 230459171187535.34};
static const float bin_truth[] = {
    0.0f, 0.0f, 0.0f, 1.0f, 1.0f, 0.0f, 0.0f, 1.0f, 0.0f, 1.0f, 1.0f, 0.0f,
    0.0f, 1.0f, 0.0f, 1.0f, 1.0f, 0.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f,
};
static const float bin_pred[] = {
    1.0f,         0.0f,         0.0f,         1.0f,         1.0f,         0.0f,
    0.200000003f, 0.800000012f, 0.100000001f, 0.899999976f, 0.899999976f, 0.100000001f,
    0.699999988f, 0.300000012f, 0.100000001f, 0.899999976f, 1.0f,         0.0f,
    0.300000012f, 0.699999988f, 0.100000001f, 0.899999976f, 0.600000024f, 0.400000006f,
    0.5f,         0.5f,         0.5f,         0.5f,         0.899999976f, 0.100000001f,
    0.400000006f, 0.600000024f, 0.600000024f, 0.400000006f, 0.800000012f, 0.200000003f,
    0.0f,         1.0f,         0.300000012f, 0.699999988f, 0.5f,         0.5f,
    0.5f,         0.5f,         0.0f,         1.0f,         0.400000006f, 0.600000024f,
};

static const double bin_plain[] = {0.79166666666666663, 0.96695236016481145, 0.88571428571428568,
                                   0.80714285714285716, 0.80000000000000004, 0.60780800375658883};
static const double bin_weighted[] = {0.81707670043415359, 1.5200327143102315,
                                      0.84727025533116829, 0.81323646074484324,
                                      0.79305828421741997, 0.63024123548662536};
static const float multi_truth[] = {
    0.0f, 1.0f, 2.0f, 3.0f, 0.0f, 3.0f, 0.0f, 2.0f, 3.0f, 2.0f, 3.0f, 3.0f,
    3.0f, 2.0f, 2.0f, 2.0f, 3.0f, 1.0f, 3.0f, 3.0f, 1.0f, 1.0f, 2.0f, 3.0f,
};
static const float multi_pred[] = {
    0.25f,         0.25f,         0.0833333358f, 0.416666657f,  0.461538464f, 0.384615391f,
    0.0769230798f, 0.0769230798f, 0.5f,          0.200000003f,  0.200000003f, 0.100000001f,
    0.15384616f,   0.230769232f,  0.0f,          0.615384638f,  1.0f,         0.0f,
    0.0f,          0.0f,          0.25f,         0.25f,         0.25f,        0.25f,
    0.230769232f,  0.461538464f,  0.230769232f,  0.0769230798f, 0.15384616f,  0.230769232f,
    0.538461566f,  0.0769230798f, 0.0f,          0.333333343f,  0.416666657f, 0.25f,
    0.357142866f,  0.142857149f,  0.357142866f,  0.142857149f,  0.300000012f, 0.100000001f,
    0.400000006f,  0.200000003f,  0.333333343f,  0.166666672f,  0.25f,        0.25f,
    0.0f,          0.583333313f,  0.0833333358f, 0.333333343f,  0.300000012f, 0.0f,
    0.699999988f,  0.0f,          0.0f,          0.699999988f,  0.100000001f, 0.200000003f,
    0.15384616f,   0.15384616f,   0.230769232f,  0.461538464f,  0.307692319f, 0.0f,
    0.384615391f,  0.307692319f,  0.230769232f,  0.230769232f,  0.307692319f, 0.230769232f,
    0.300000012f,  0.200000003f,  0.300000012f,  0.200000003f,  0.200000003f, 0.0f,
    0.400000006f,  0.400000006f,  0.0769230798f, 0.692307711f,  0.0f,         0.230769232f,
    0.800000012f,  0.0f,          0.0f,          0.200000003f,  0.230769232f, 0.230769232f,
    0.307692319f,  0.230769232f,  0.0769230798f, 0.384615391f,  0.307692319f, 0.230769232f,
};

static const double multi_plain[] = {0.25,
                                     1.7779209157337632,
                                     0.69178629785247436,
                                     0.27797619047619049,
                                     0.23947163947163949,
                                     0.034317436486312504};
static const double multi_weighted[] = {0.085383502170767012, 1.7451127180469046,
                                        0.60249713523595294,  0.096553995115960217,
                                        0.07966939326047015,  -0.21041038025664424};

enum { N = 24, WANTED = 6 }; /* test_metrics_reference has the others */
static imgvec_context *ctx;

static void check(iv_task task, int32_t k, const float *pred, const float *truth, const double *w,
                  const double *want)
{
    double got[IV_METRIC_MAX];
    size_t count;
    const iv_metric *m = iv_metrics_of(task, &count);
    assert_int_equal(iv_metrics_compute(ctx, task, N, k, pred, truth, w, got, NULL), IMGVEC_OK);
    assert_true(count > WANTED);
    for (size_t i = 0; i < WANTED; i++) {
        if (!(fabs(got[i] - want[i]) <= 1e-9 * fmax(1, fabs(want[i]))))
            fail_msg("%s: %.17g instead of %.17g", m[i].name, got[i], want[i]);
        double one;
        if (!w) {
            assert_int_equal(
                iv_metric_compute_one(ctx, task, (int)i, N, k, pred, truth, &one, NULL), IMGVEC_OK);
            assert_true(one == got[i]);
        }
    }
}

static void test_regression(void **state)
{
    check(IV_TASK_REGRESSION, 1, reg_pred, reg_truth, NULL, reg_plain);
    check(IV_TASK_REGRESSION, 1, reg_pred, reg_truth, weights, reg_weighted);
}

static void test_binary(void **state)
{
    check(IV_TASK_BINARY, 2, bin_pred, bin_truth, NULL, bin_plain);
    check(IV_TASK_BINARY, 2, bin_pred, bin_truth, weights, bin_weighted);
}

static void test_multiclass(void **state)
{
    check(IV_TASK_MULTICLASS, 4, multi_pred, multi_truth, NULL, multi_plain);
    check(IV_TASK_MULTICLASS, 4, multi_pred, multi_truth, weights, multi_weighted);
}

/* A weight of zero is a row that is not there. */
static void test_zero_weight(void **state)
{
    double w[N], with[IV_METRIC_MAX], without[IV_METRIC_MAX];
    for (int i = 0; i < N; i++)
        w[i] = i < 10;
    assert_int_equal(
        iv_metrics_compute(ctx, IV_TASK_MULTICLASS, N, 4, multi_pred, multi_truth, w, with, NULL),
        IMGVEC_OK);
    assert_int_equal(iv_metrics_compute(ctx, IV_TASK_MULTICLASS, 10, 4, multi_pred, multi_truth,
                                        NULL, without, NULL),
                     IMGVEC_OK);
    for (int m = 0; m < IV_CLASS_METRICS; m++)
        assert_true(fabs(with[m] - without[m]) < 1e-12);
}

static void test_undefined(void **state)
{
    double out[IV_METRIC_MAX];
    const float ones[] = {1, 1, 1}, p[] = {0.2f, 0.8f, 0.6f, 0.4f, 0.5f, 0.5f};
    assert_int_equal(iv_metrics_compute(ctx, IV_TASK_BINARY, 3, 2, p, ones, NULL, out, NULL), 0);
    assert_true(isnan(out[IV_AUC]));
    assert_true(fabs(out[IV_ACCURACY] - 1 / 3.0) < 1e-15);
    const float y[] = {1, 2, 3}, below[] = {1, -1, 3};
    assert_int_equal(iv_metrics_compute(ctx, IV_TASK_REGRESSION, 3, 1, below, y, NULL, out, NULL),
                     0);
    assert_true(isnan(out[IV_RMSLE]));
    assert_true(fabs(out[IV_RMSE] - sqrt(3)) < 1e-15);
    /* Constant truth, as scikit-learn: 1 when met, else 0. */
    assert_int_equal(iv_metrics_compute(ctx, IV_TASK_REGRESSION, 3, 1, y, ones, NULL, out, NULL),
                     0);
    assert_true(out[IV_R2] == 0);
    assert_int_equal(iv_metrics_compute(ctx, IV_TASK_REGRESSION, 3, 1, ones, ones, NULL, out, NULL),
                     0);
    assert_true(out[IV_R2] == 1);
    const float bad[] = {1, NAN, 3};
    assert_int_equal(iv_metrics_compute(ctx, IV_TASK_REGRESSION, 3, 1, bad, y, NULL, out, NULL), 0);
    for (int m = 0; m < IV_REGRESSION_METRICS; m++)
        assert_true(isnan(out[m]));
    assert_int_equal(iv_metrics_compute(ctx, IV_TASK_REGRESSION, 0, 1, y, y, NULL, out, NULL), 0);
    assert_true(isnan(out[IV_RMSE]));
    imgvec_error err;
    const float three[] = {0, 1, 3};
    assert_int_equal(iv_metrics_compute(ctx, IV_TASK_BINARY, 3, 2, p, three, NULL, out, &err),
                     IMGVEC_ERR_INTERNAL);
    /* A class without rows is left out of the macro AUC. */
    const float q[] = {.5f, .3f, .2f, .4f, .5f, .1f, .1f, .8f, .1f}, z[] = {0, 1, 1};
    assert_int_equal(iv_metrics_compute(ctx, IV_TASK_MULTICLASS, 3, 3, q, z, NULL, out, NULL), 0);
    assert_true(out[IV_AUC] == 1);
}

static void test_names(void **state)
{
    assert_int_equal(iv_metric_find(IV_TASK_REGRESSION, "auto"), IV_RMSE);
    assert_int_equal(iv_metric_find(IV_TASK_BINARY, "auto"), IV_AUC);
    assert_int_equal(iv_metric_find(IV_TASK_MULTICLASS, "auto"), IV_LOG_LOSS);
    assert_int_equal(iv_metric_find(IV_TASK_MULTICLASS, "mcc"), IV_MCC);
    assert_int_equal(iv_metric_find(IV_TASK_MULTICLASS, "rmse"), -1);
    assert_int_equal(iv_metric_find(IV_TASK_REGRESSION, "mape"), IV_MAPE);
    size_t count;
    const iv_metric *m = iv_metrics_of(IV_TASK_BINARY, &count);
    assert_int_equal(count, 10);
    assert_string_equal(m[IV_BALANCED_ACCURACY].name, "balanced_accuracy");
    assert_true(m[IV_AUC].higher_is_better && !m[IV_LOG_LOSS].higher_is_better);
}

static void test_confusion(void **state)
{
    int64_t counts[16], total = 0, diagonal = 0;
    iv_confusion(N, 4, multi_pred, multi_truth, counts);
    for (int i = 0; i < 16; i++)
        total += counts[i];
    for (int i = 0; i < 4; i++)
        diagonal += counts[i * 5];
    assert_int_equal(total, N);
    assert_int_equal(diagonal, (int)lround(multi_plain[IV_ACCURACY] * N));
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
        cmocka_unit_test(test_regression), cmocka_unit_test(test_binary),
        cmocka_unit_test(test_multiclass), cmocka_unit_test(test_zero_weight),
        cmocka_unit_test(test_undefined),  cmocka_unit_test(test_names),
        cmocka_unit_test(test_confusion),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
