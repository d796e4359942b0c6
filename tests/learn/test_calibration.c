#include "test.h"

#include <math.h>

#include "base/random.h"
#include "learn/calibration.h"
#include "learn/metrics.h"

enum { ROWS = 3000, CLASSES = 3 };
static imgvec_context *ctx;
static float predictions[ROWS * CLASSES], truth[ROWS];
static int32_t fold[ROWS];

/* Classes drawn by softmax(z), predictions softmax(z * sharp): the right temperature is sharp. */
static void draw(int32_t k, double sharp, uint64_t seed)
{
    iv_random r;
    iv_random_seed(&r, seed, "calibration");
    for (size_t i = 0; i < ROWS; i++) {
        double z[CLASSES], sum = 0, sharp_sum = 0, at = iv_random_unit(&r);
        for (int32_t c = 0; c < k; c++) {
            z[c] = iv_random_normal(&r);
            sum += exp(z[c]);
            sharp_sum += exp(sharp * z[c]);
        }
        int32_t label = 0;
        for (at -= exp(z[0]) / sum; at > 0 && label + 1 < k; at -= exp(z[label]) / sum)
            label++;
        truth[i] = (float)label;
        for (int32_t c = 0; c < k; c++)
            predictions[i * (size_t)k + (size_t)c] = (float)(exp(sharp * z[c]) / sharp_sum);
        fold[i] = (int32_t)(i % 3);
    }
}

static double loss_at(double temperature, int32_t k, iv_task task)
{
    static float copy[ROWS * CLASSES];
    double out;
    imgvec_error err;
    memcpy(copy, predictions, sizeof copy);
    iv_temperature_apply(temperature, ROWS, k, copy);
    assert_ok(iv_metric_compute_one(ctx, task, iv_metric_find(task, "log_loss"), ROWS, k, copy,
                                    truth, &out, &err));
    return out;
}

static void test_temperature(void **state)
{
    (void)state;
    const double sharps[] = {0.5, 1, 2.5};
    for (int32_t k = 2; k <= CLASSES; k++)
        for (size_t s = 0; s < 3; s++) {
            iv_task task = k == 2 ? IV_TASK_BINARY : IV_TASK_MULTICLASS;
            draw(k, sharps[s], 1);
            double t = iv_temperature_fit(ROWS, k, predictions, truth, NULL, -1);
            if (!(fabs(t / sharps[s] - 1) < 0.1))
                fail_msg("temperature %g, not about %g", t, sharps[s]);
            double least = loss_at(t, k, task);
            assert_true(least <= loss_at(t * 1.01, k, task) && least <= loss_at(t / 1.01, k, task));
        }
}

/* Predictions without an error would go to certainty; a temperature has bounds. */
static void test_bounds(void **state)
{
    (void)state;
    float sure[] = {0.8f, 0.2f, 0.3f, 0.7f}, zero[] = {1, 0, 0, 1}, even[] = {0.5f, 0.5f};
    const float right[] = {0, 1}, wrong[] = {1, 0};
    assert_true(fabs(iv_temperature_fit(2, 2, sure, right, NULL, -1) - IV_TEMPERATURE_MIN) < 1e-6);
    assert_true(fabs(iv_temperature_fit(2, 2, sure, wrong, NULL, -1) - IV_TEMPERATURE_MAX) < 1e-6);
    assert_true(isfinite(iv_temperature_fit(2, 2, zero, wrong, NULL, -1)));
    assert_true(iv_temperature_fit(1, 2, even, right, NULL, -1) == 1);
    const int32_t part[] = {0, 0};
    assert_true(iv_temperature_fit(2, 2, sure, right, part, 0) == 1); /* no rows are left */
    iv_temperature_apply(2, 2, 2, zero);
    for (int i = 0; i < 4; i++)
        assert_true(isfinite(zero[i]));
    assert_true(fabs(zero[0] + zero[1] - 1) < 1e-6 && zero[0] > zero[1]);
    float missing[] = {NAN, 0.5f};
    iv_temperature_apply(2, 1, 2, missing);
    assert_true(isnan(missing[0]) && missing[1] == 0.5f);
}

static void test_reliability(void **state)
{
    (void)state;
    iv_reliability r;
    /* Binary: by the second class. 0.1 of 4 rows, one of which is it; 0.9 of two, both are; 1. */
    const float p[] = {.9f, .1f, .9f, .1f, .9f, .1f, .9f, .1f, .1f, .9f, .1f, .9f, 0, 1};
    const float y[] = {0, 0, 1, 0, 1, 1, 0};
    iv_reliability_of(IV_TASK_BINARY, 7, 2, p, y, &r);
    assert_int_equal(r.rows[1], 4);
    assert_int_equal(r.rows[13], 2);
    assert_int_equal(r.rows[14], 1);
    assert_true(fabs(r.confidence[1] - 0.1) < 1e-6 && r.hits[1] == 0.25 && r.hits[13] == 1);
    assert_true(fabs(r.ece - (4 * 0.15 + 2 * 0.1 + 1) / 7) < 1e-6);
    /* More classes: by the most probable one. */
    const float q[] = {.5f, .3f, .2f, .1f, .4f, .5f};
    const float z[] = {0, 1};
    iv_reliability_of(IV_TASK_MULTICLASS, 2, 3, q, z, &r);
    assert_int_equal(r.rows[7], 2);
    assert_true(r.hits[7] == 0.5 && fabs(r.ece) < 1e-6);
}

static imgvec_status run(int32_t k, iv_calibrate how, const int32_t *fold_of, iv_calibration *out)
{
    imgvec_error err;
    iv_task task = k == 2 ? IV_TASK_BINARY : IV_TASK_MULTICLASS;
    imgvec_status status =
        iv_calibration_run(ctx, task, ROWS, k, predictions, truth, fold_of, 3, how, out, &err);
    return status;
}

static void test_kept(void **state)
{
    (void)state;
    static float before[ROWS * CLASSES];
    iv_calibration c;
    draw(3, 2.5, 2);
    memcpy(before, predictions, sizeof before);
    assert_int_equal(run(3, IV_CALIBRATE_OFF, fold, &c), 0);
    assert_true(c.measured && !c.fitted && !c.kept && c.temperature == 1);
    assert_memory_equal(before, predictions, sizeof before);
    assert_int_equal(run(3, IV_CALIBRATE_AUTO, fold, &c), 0);
    assert_true(c.kept && c.log_loss_after < c.log_loss_before && c.after.ece < c.before.ece / 3);
    /* Each fold has the temperature of the others. */
    for (int32_t f = 0; f < 3; f++) {
        double t = iv_temperature_fit(ROWS, 3, before, truth, fold, f);
        float row[3];
        memcpy(row, before + 3 * f, sizeof row);
        iv_temperature_apply(t, 1, 3, row);
        assert_memory_equal(row, predictions + 3 * f, sizeof row);
    }
}

static void test_not_kept(void **state)
{
    (void)state;
    iv_calibration c;
    /* Where nothing is to be gained, the folds' temperatures are noise: over seeds both happen, and
     * it is kept exactly where the cross-fitted loss is lower. */
    int kept = 0;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        draw(2, 1, seed);
        assert_int_equal(run(2, IV_CALIBRATE_AUTO, NULL, &c), 0);
        assert_int_equal(c.kept, c.log_loss_after < c.log_loss_before);
        kept += c.kept;
    }
    assert_true(kept < 10);
    draw(2, 1, 1);
    assert_int_equal(run(2, IV_CALIBRATE_TEMPERATURE, fold, &c), 0);
    assert_true(c.kept);
    predictions[5] = NAN;
    assert_int_equal(run(2, IV_CALIBRATE_AUTO, fold, &c), 0);
    assert_true(!c.measured && !c.kept && c.temperature == 1);
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
        cmocka_unit_test(test_temperature), cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_reliability), cmocka_unit_test(test_kept),
        cmocka_unit_test(test_not_kept),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
