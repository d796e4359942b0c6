/* Scores over folds, by hand. */
#include "allocations.h"

#include <math.h>

#include "learn/scores.h"
#include "learn/summary.h"

enum { ROWS = 60, FOLDS = 3 };

static imgvec_context *ctx;
static float y[ROWS], predictions[ROWS * 3];
static int32_t fold_of[ROWS];
static iv_fold folds[FOLDS];

/* Fold 0 has half of the rows, 1 and 2 a quarter each. */
static iv_crossval make(iv_cases *c, int32_t classes)
{
    memset(folds, 0, sizeof folds);
    *c = (iv_cases){.task = classes == 0   ? IV_TASK_REGRESSION
                            : classes == 2 ? IV_TASK_BINARY
                                           : IV_TASK_MULTICLASS,
                    .class_count = classes,
                    .outputs = classes ? classes : 1,
                    .count = ROWS,
                    .y = y};
    for (size_t i = 0; i < ROWS; i++) {
        fold_of[i] = i % 4 < 2 ? 0 : (int32_t)(i % 4) - 1;
        folds[fold_of[i]].valid_rows++;
    }
    for (int f = 0; f < FOLDS; f++)
        folds[f].train_rows = ROWS - folds[f].valid_rows;
    return (iv_crossval){
        .fold_count = FOLDS, .folds = folds, .fold_of = fold_of, .predictions = predictions};
}

static void summarise(const iv_cases *c, iv_crossval *cv)
{
    imgvec_error err;
    for (int32_t f = 0; f < FOLDS; f++)
        assert_ok(iv_summary_fold(ctx, c, cv, f, &err));
    assert_ok(iv_summary_all(ctx, c, 1, cv, &err));
}

static void check_near(double value, double expected)
{
    if (!(fabs(value - expected) < 1e-5))
        fail_msg("%.9g, not %.9g", value, expected);
}

/* Answers are off by 1, 2 and 3 in the three folds. */
static void test_numbers(void **state)
{
    static const double off[FOLDS] = {1, 2, 3};
    iv_cases c;
    iv_crossval cv = make(&c, 0);
    for (size_t i = 0; i < ROWS; i++) {
        y[i] = (float)(i * i % 37);
        predictions[i] = y[i] + (float)off[fold_of[i]];
    }
    summarise(&c, &cv);
    for (int f = 0; f < FOLDS; f++) {
        double mean = 0, base = 0;
        check_near(folds[f].metrics[IV_RMSE], off[f]);
        check_near(folds[f].metrics[IV_MAE], off[f]);
        for (size_t i = 0; i < ROWS; i++)
            mean += fold_of[i] == f ? 0 : y[i] / (double)folds[f].train_rows;
        for (size_t i = 0; i < ROWS; i++)
            if (fold_of[i] == f)
                base += (y[i] - mean) * (y[i] - mean) / (double)folds[f].valid_rows;
        check_near(folds[f].baseline[IV_RMSE], sqrt(base)); /* of the training rows' mean */
    }
    check_near(cv.mean[IV_RMSE], 2);
    check_near(cv.deviation[IV_RMSE], 1);
    check_near(
        cv.baseline[IV_RMSE],
        (folds[0].baseline[IV_RMSE] + folds[1].baseline[IV_RMSE] + folds[2].baseline[IV_RMSE]) / 3);
    check_near(cv.pooled[IV_MSE], (2 * 1 + 4 + 9) / 4.0);
    assert_true(cv.low[IV_MSE] < cv.pooled[IV_MSE] && cv.pooled[IV_MSE] < cv.high[IV_MSE]);
    assert_true(cv.low[IV_MSE] > 1 && cv.high[IV_MSE] < 9);
}

/* Two classes, of which fold 2 has one: its AUC is not defined, and the others' counts. */
static void test_undefined(void **state)
{
    iv_cases c;
    iv_crossval cv = make(&c, 2);
    for (size_t i = 0; i < ROWS; i++) {
        y[i] = fold_of[i] == 2 ? 1 : (float)(i / 4 % 2);
        /* Right in fold 0, wrong in fold 1. */
        predictions[2 * i + 1] = (y[i] == 1) == (fold_of[i] == 0) ? 0.9f : 0.2f;
        predictions[2 * i] = 1 - predictions[2 * i + 1];
    }
    summarise(&c, &cv);
    check_near(folds[0].metrics[IV_AUC], 1);
    check_near(folds[1].metrics[IV_AUC], 0);
    assert_true(isnan(folds[2].metrics[IV_AUC]));
    check_near(cv.mean[IV_AUC], 0.5);
    check_near(cv.deviation[IV_AUC], sqrt(0.5));
    check_near(cv.baseline[IV_AUC], 0.5);
    check_near(cv.mean[IV_ACCURACY], 1.0 / 3);
    assert_true(isfinite(cv.pooled[IV_AUC]));
    /* Defined in one fold alone: there is a mean, but no deviation. */
    for (size_t i = 0; i < ROWS; i++)
        if (fold_of[i] == 1)
            y[i] = 1;
    summarise(&c, &cv);
    check_near(cv.mean[IV_AUC], 1);
    assert_true(isnan(cv.deviation[IV_AUC]));
    for (size_t i = 0; i < ROWS; i++)
        y[i] = 1;
    summarise(&c, &cv);
    assert_true(isnan(cv.mean[IV_AUC]) && isnan(cv.baseline[IV_AUC]) && isnan(cv.low[IV_AUC]));
}

/* The baseline of classes: their shares in the training rows. */
static void test_shares(void **state)
{
    iv_cases c;
    iv_crossval cv = make(&c, 3);
    for (size_t i = 0; i < ROWS; i++) {
        y[i] = (float)(i % 3);
        for (size_t k = 0; k < 3; k++)
            predictions[3 * i + k] = 1 / 3.0f;
    }
    summarise(&c, &cv);
    for (int f = 0; f < FOLDS; f++) {
        double share[3] = {0}, loss = 0;
        for (size_t i = 0; i < ROWS; i++)
            share[(size_t)y[i]] += fold_of[i] == f ? 0 : 1 / (double)folds[f].train_rows;
        for (size_t i = 0; i < ROWS; i++)
            if (fold_of[i] == f)
                loss -= log(share[(size_t)y[i]]) / (double)folds[f].valid_rows;
        check_near(folds[f].baseline[IV_LOG_LOSS], loss);
        check_near(folds[f].metrics[IV_LOG_LOSS], log(3));
    }
}

static imgvec_status job_summary(imgvec_context *own, void *user, imgvec_error *err)
{
    iv_cases c;
    iv_crossval cv = make(&c, 3);
    imgvec_status status = iv_summary_fold(own, &c, &cv, 0, err);
    return status == IMGVEC_OK ? iv_summary_all(own, &c, 1, &cv, err) : status;
}

static void test_memory(void **state)
{
    fail_each_allocation(job_summary, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_undefined),
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_memory),
    };
    ctx = test_context();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    imgvec_context_free(ctx);
    return failed;
}
