/* What features add: sums are margins, which are the answers. */
#include "test.h"

#include "base/error.h"
#include "learn/contributions.h"
#include "learn_data.h"
#include "shared_context.h"

enum { ROWS = 150, COLS = 5 };

static imgvec_status train(imgvec_context *with, iv_learner_kind kind, const learn_data *d,
                           int32_t classes, iv_learner *out, imgvec_error *err)
{
    const iv_booster_request request = {.task = classes == 0   ? IV_TASK_REGRESSION
                                                : classes == 2 ? IV_TASK_BINARY
                                                               : IV_TASK_MULTICLASS,
                                        .class_count = classes,
                                        .metric = "auto",
                                        .threads = 1,
                                        .rounds = 10};
    const iv_matrix m = learn_data_matrix(d);
    return iv_learner_train(with, kind, &request, &m, NULL, 1, NULL, NULL, NULL, out, err);
}

static void check(iv_learner_kind kind, int32_t classes)
{
    const iv_task task = classes == 0   ? IV_TASK_REGRESSION
                         : classes == 2 ? IV_TASK_BINARY
                                        : IV_TASK_MULTICLASS;
    learn_data d = learn_data_make(task, classes, ROWS, COLS, 4);
    const iv_matrix x = {.x = d.x, .rows = ROWS, .cols = COLS};
    iv_learner l;
    imgvec_error err;
    assert_ok(train(ctx, kind, &d, classes, &l, &err));
    size_t k = iv_learner_margin_count(&l), outputs = classes ? (size_t)classes : 1;
    assert_int_equal(k, classes > 2 ? classes : 1);
    float *terms = test_calloc(ROWS * k * (COLS + 1), sizeof *terms);
    float *margins = test_calloc(ROWS * k, sizeof *margins);
    float *answers = test_calloc(ROWS * outputs, sizeof *answers);
    assert_ok(iv_learner_contributions(&l, &x, terms, &err));
    assert_ok(iv_learner_predict(ctx, &l, &x, 1, answers, &err));
    double first = 0, last = 0;
    for (size_t i = 0; i < ROWS * k; i++) {
        const float *row = terms + i * (COLS + 1);
        double sum = 0;
        for (size_t j = 0; j <= COLS; j++)
            sum += row[j];
        margins[i] = (float)sum;
        first += fabs(row[0]);
        last += fabs(row[COLS - 1]);
    }
    assert_true(first > 2 * last); /* the target follows feature 0, and not the last one */
    for (size_t i = 0; i < ROWS; i++) {
        double all = 0, sum = 0;
        for (size_t c = 0; k > 1 && c < k; c++) {
            all += exp(margins[i * k + c]);
            sum += margins[i * k + c];
        }
        assert_float_equal(sum, 0, 1e-4);
        for (size_t c = 0; c < outputs; c++) {
            double answer = classes == 0   ? margins[i]
                            : classes == 2 ? 1 / (1 + exp(c ? -margins[i] : margins[i]))
                                           : exp(margins[i * k + c]) / all;
            assert_float_equal(answer, answers[i * outputs + c], 1e-5 * (1 + fabs(answer)));
        }
    }
    test_free(terms);
    test_free(margins);
    test_free(answers);
    iv_learner_free(ctx, &l);
    learn_data_free(&d);
}

static void test_sums(void **state)
{
    static const int32_t classes[] = {0, 2, 4};
    (void)state;
    for (int kind = 0; kind < IV_LEARNERS; kind++)
        for (int i = 0; i < 3; i++)
            check((iv_learner_kind)kind, classes[i]);
}

/* A booster that was asked for contributions predicts the same bits as before, on any number of
 * threads. */
static void test_predictions_stay(void **state)
{
    (void)state;
    learn_data d = learn_data_make(IV_TASK_REGRESSION, 0, ROWS, COLS, 4);
    const iv_matrix x = {.x = d.x, .rows = ROWS, .cols = COLS};
    iv_learner l;
    imgvec_error err;
    float before[ROWS], after[ROWS], terms[ROWS * (COLS + 1)], again[ROWS * (COLS + 1)];
    assert_ok(train(ctx, IV_XGBOOST, &d, 0, &l, &err));
    assert_ok(iv_learner_predict(ctx, &l, &x, 2, before, &err));
    assert_ok(iv_learner_contributions(&l, &x, terms, &err));
    assert_ok(iv_learner_predict(ctx, &l, &x, 2, after, &err));
    assert_ok(iv_learner_contributions(&l, &x, again, &err));
    assert_memory_equal(before, after, sizeof before);
    assert_memory_equal(terms, again, sizeof terms);
    const iv_matrix narrow = {.x = d.x, .rows = 1, .cols = COLS - 1};
    assert_fails(iv_booster_contributions(l.booster, &narrow, terms, &err), IMGVEC_ERR_INTERNAL,
                 "features");
    iv_learner_free(ctx, &l);
    learn_data_free(&d);
}

/* Missing values of a linear learner: their absence counts for the feature. */
static void test_missing(void **state)
{
    (void)state;
    learn_data d = learn_data_make(IV_TASK_REGRESSION, 0, ROWS, COLS, 4);
    const iv_matrix x = {.x = d.x, .rows = 1, .cols = COLS};
    iv_learner l;
    imgvec_error err;
    float terms[COLS + 1];
    for (size_t i = 0; i < ROWS; i++) {
        d.x[i * COLS] = i % 3 ? 1.0f : NAN;
        d.y[i] = (i % 3 ? 10.0f : 30.0f) + 0.01f * (float)(i % 7);
    }
    assert_ok(train(ctx, IV_LINEAR, &d, 0, &l, &err));
    assert_true(isnan(d.x[0]));
    assert_ok(iv_learner_contributions(&l, &x, terms, &err));
    assert_float_equal(terms[0], 20.0 * 2 / 3, 0.5);
    iv_learner_free(ctx, &l);
    learn_data_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sums),
                                       cmocka_unit_test(test_predictions_stay),
                                       cmocka_unit_test(test_missing)};
    return cmocka_run_group_tests(tests, open_context, close_context);
}
