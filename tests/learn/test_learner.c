/* The final learner behind its one face: missing values of the linear one, and its way into a
 * file. */
#include "allocations.h"

#include "base/error.h"
#include "learn/learner.h"
#include "learn_data.h"
#include "shared_context.h"

enum { ROWS = 200, COLS = 6 };

static iv_learner train(iv_learner_kind kind, const learn_data *d, int32_t classes)
{
    const iv_booster_request request = {.task = classes == 0   ? IV_TASK_REGRESSION
                                                : classes == 2 ? IV_TASK_BINARY
                                                               : IV_TASK_MULTICLASS,
                                        .class_count = classes,
                                        .metric = "auto",
                                        .threads = 1,
                                        .rounds = 10};
    const iv_matrix m = learn_data_matrix(d);
    iv_learner l;
    imgvec_error err;
    assert_ok(iv_learner_train(ctx, kind, &request, &m, NULL, 1, NULL, NULL, NULL, &l, &err));
    return l;
}

static void predict(const iv_learner *l, const learn_data *d, float *out)
{
    iv_matrix m = learn_data_matrix(d);
    imgvec_error err;
    m.y = NULL;
    assert_ok(iv_learner_predict(ctx, l, &m, 1, out, &err));
}

static void test_names(void **state)
{
    iv_learner_kind kind;
    for (int k = 0; k < IV_LEARNERS; k++) {
        assert_int_equal(iv_learner_from_name(iv_learner_name((iv_learner_kind)k), &kind), 0);
        assert_int_equal(kind, k);
    }
    assert_int_equal(iv_learner_from_name("forest", &kind), -1);
}

/* Trees are the booster's own, to the bit. */
static void test_trees(void **state)
{
    learn_data d = learn_data_make(IV_TASK_REGRESSION, 0, ROWS, COLS, 1);
    iv_learner l = train(IV_XGBOOST, &d, 0);
    const iv_matrix m = learn_data_matrix(&d);
    imgvec_error err;
    float a[ROWS], b[ROWS];
    assert_non_null(l.booster);
    predict(&l, &d, a);
    assert_ok(iv_booster_predict(l.booster, &m, 1, b, &err));
    assert_memory_equal(a, b, sizeof a);
    iv_learner_free(ctx, &l);
    learn_data_free(&d);
}

/* y is a sum of columns, and twice as much where column 3 is missing: columns 3 and 4 are missing
 * together, 5 by itself, 0 never. */
static learn_data with_gaps(void)
{
    learn_data d = learn_data_make(IV_TASK_REGRESSION, 0, ROWS, COLS, 2);
    iv_random r;
    iv_random_seed(&r, 3, "gaps");
    for (size_t i = 0; i < ROWS; i++) {
        float *x = d.x + i * COLS;
        for (size_t j = 0; j < COLS; j++)
            x[j] = (float)iv_random_normal(&r);
        d.y[i] = x[0] + x[1];
        if (i % 3 == 0) {
            x[3] = x[4] = NAN;
            d.y[i] += 2;
        }
        if (i % 7 == 0)
            x[5] = NAN;
    }
    return d;
}

static void test_missing(void **state)
{
    learn_data d = with_gaps();
    iv_learner l = train(IV_LINEAR, &d, 0);
    float out[ROWS], row[COLS] = {0.5f, NAN, 0, 0, 0, 0}, mean[COLS], a, b;
    double worst = 0;
    imgvec_error err;
    assert_int_equal(l.missing_count, 2);
    assert_true(l.missing[0] == 3 && l.missing[1] == 5);
    assert_int_equal(l.linear.width, COLS + 2);
    predict(&l, &d, out);
    for (size_t i = 0; i < ROWS; i++)
        worst = fmax(worst, fabs((double)out[i] - d.y[i]));
    assert_true(worst < 0.1);
    /* Missing where training had no gap: as the mean. */
    memcpy(mean, row, sizeof mean);
    mean[1] = l.linear.mean[1];
    const iv_matrix one = {row, 1, COLS, NULL}, other = {mean, 1, COLS, NULL};
    assert_ok(iv_learner_predict(ctx, &l, &one, 1, &a, &err));
    assert_ok(iv_learner_predict(ctx, &l, &other, 1, &b, &err));
    assert_true(a == b && fabsf(a - 0.5f) < 0.3f);
    iv_learner_free(ctx, &l);
    /* A column that is missing throughout has no gaps to tell apart. */
    for (size_t i = 0; i < ROWS; i++)
        d.x[i * COLS + 2] = NAN;
    l = train(IV_LINEAR, &d, 0);
    assert_int_equal(l.missing_count, 2);
    assert_true(l.missing[0] == 3 && l.linear.weights[2] == 0);
    iv_learner_free(ctx, &l);
    learn_data_free(&d);
}

static void test_classes(void **state)
{
    float out[ROWS * 3];
    for (int32_t classes = 2; classes <= 3; classes++)
        for (int kind = 0; kind < IV_LEARNERS; kind++) {
            iv_task task = classes == 2 ? IV_TASK_BINARY : IV_TASK_MULTICLASS;
            learn_data d = learn_data_make(task, classes, ROWS, COLS, 4);
            iv_learner l = train((iv_learner_kind)kind, &d, classes);
            int right = 0;
            predict(&l, &d, out);
            for (size_t i = 0; i < ROWS; i++) {
                const float *p = out + i * (size_t)classes;
                int32_t best = 0;
                float sum = 0;
                for (int32_t c = 0; c < classes; c++) {
                    sum += p[c];
                    best = p[c] > p[best] ? c : best;
                }
                assert_true(fabsf(sum - 1) < 1e-5f);
                right += best == (int32_t)d.y[i];
            }
            assert_true(right > 0.65 * ROWS);
            iv_learner_free(ctx, &l);
            learn_data_free(&d);
        }
}

/* Copies of a row that are held out apart tell of each other, and noise looks like a signal. */
static void test_groups(void **state)
{
    learn_data d = learn_data_make(IV_TASK_REGRESSION, 0, ROWS, 90, 5);
    const iv_booster_request request = {.task = IV_TASK_REGRESSION};
    int32_t group[ROWS];
    double lambda[2];
    iv_random r;
    imgvec_error err;
    iv_random_seed(&r, 6, "groups");
    for (size_t i = 0; i < ROWS; i++) {
        group[i] = (int32_t)(i / 4);
        d.y[i] = i % 4 ? d.y[i - 1] : (float)iv_random_normal(&r);
        if (i % 4)
            memcpy(d.x + i * d.cols, d.x + (i - 1) * d.cols, d.cols * sizeof(float));
    }
    for (int grouped = 0; grouped < 2; grouped++) {
        const iv_matrix m = learn_data_matrix(&d);
        iv_learner l;
        assert_ok(iv_learner_train(ctx, IV_LINEAR, &request, &m, grouped ? group : NULL, 1, NULL,
                                   NULL, NULL, &l, &err));
        lambda[grouped] = l.linear.lambda;
        iv_learner_free(ctx, &l);
    }
    assert_true(lambda[1] > 100 * lambda[0]);
    learn_data_free(&d);
}

static void test_file(void **state)
{
    float a[ROWS * 3], b[ROWS * 3];
    imgvec_error err;
    for (int32_t classes = 0; classes <= 3; classes += 3) {
        learn_data d =
            classes ? learn_data_make(IV_TASK_MULTICLASS, 3, ROWS, COLS, 7) : with_gaps();
        iv_learner l = train(IV_LINEAR, &d, classes), back;
        iv_tensors *set;
        size_t size = (classes ? 3 : 1) * ROWS * sizeof *a;
        assert_ok(iv_learner_to_tensors(ctx, &l, &set, &err));
        assert_ok(iv_learner_from_tensors(ctx, set, l.task, classes, COLS, &back, &err));
        assert_int_equal(back.kind, IV_LINEAR);
        predict(&l, &d, a);
        predict(&back, &d, b);
        assert_memory_equal(a, b, size);
        iv_learner_free(ctx, &back);
        /* A model of other features, or of other classes. */
        assert_fails(iv_learner_from_tensors(ctx, set, l.task, classes, COLS + 1, &back, &err),
                     IMGVEC_ERR_FORMAT, "features");
        assert_fails(iv_learner_from_tensors(ctx, set, l.task, 5, COLS, &back, &err),
                     IMGVEC_ERR_FORMAT, "outputs");
        iv_tensors_free(set);
        iv_learner_free(ctx, &l);
        learn_data_free(&d);
    }
}

static void test_damaged(void **state)
{
    static const float cases[][2] = {{1, 1}, {2, 1},   {-1, 1},  {0.5f, 1},
                                     {0, 3}, {NAN, 1}, {0, NAN}, {0, INFINITY}};
    static const float values[5] = {0};
    imgvec_error err;
    iv_learner l;
    for (size_t i = 0; i <= sizeof cases / sizeof *cases; i++) {
        static const float sound[2] = {0, 2};
        const int64_t shape[2] = {1, 5}, two = 2;
        bool last = i == sizeof cases / sizeof *cases;
        iv_tensors *set;
        assert_ok(iv_tensors_new(ctx, &set, &err));
        assert_ok(iv_tensors_put(set, "mean", 1, shape + 1, values, &err));
        assert_ok(iv_tensors_put(set, "weights", 2, shape, values, &err));
        assert_ok(iv_tensors_put(set, "bias", 1, shape, values, &err));
        assert_ok(iv_tensors_put(set, "missing", 1, &two, last ? sound : cases[i], &err));
        imgvec_status status =
            iv_learner_from_tensors(ctx, set, IV_TASK_REGRESSION, 0, 3, &l, &err);
        if (status != (last ? IMGVEC_OK : IMGVEC_ERR_FORMAT))
            fail_msg("case %zu: status %d", i, (int)status);
        if (status == IMGVEC_OK)
            iv_learner_free(ctx, &l);
        iv_tensors_free(set);
    }
}

static void test_cancel(void **state)
{
    learn_data d = learn_data_make(IV_TASK_REGRESSION, 0, ROWS, COLS, 8);
    const iv_booster_request request = {
        .task = IV_TASK_REGRESSION, .metric = "auto", .threads = 1, .rounds = 10};
    const iv_matrix m = learn_data_matrix(&d);
    iv_watch watch;
    iv_learner l;
    imgvec_error err;
    assert_ok(iv_watch_init(&watch, NULL, &err));
    atomic_store(&watch.stopped, true);
    for (int kind = 0; kind < IV_LEARNERS; kind++)
        assert_fails(iv_learner_train(ctx, (iv_learner_kind)kind, &request, &m, NULL, 1, NULL,
                                      &watch, NULL, &l, &err),
                     IMGVEC_ERR_CANCELLED, "cancelled");
    learn_data_free(&d);
}

static imgvec_status job_linear(imgvec_context *own, void *user, imgvec_error *err)
{
    const learn_data *d = user;
    const iv_booster_request request = {.task = IV_TASK_REGRESSION};
    const iv_matrix m = learn_data_matrix(d);
    float out[ROWS];
    iv_learner l, back;
    iv_tensors *set = NULL;
    IV_TRY(iv_learner_train(own, IV_LINEAR, &request, &m, NULL, 1, NULL, NULL, NULL, &l, err));
    imgvec_status status = iv_learner_predict(own, &l, &m, 1, out, err);
    if (status == IMGVEC_OK)
        status = iv_learner_to_tensors(own, &l, &set, err);
    if (status == IMGVEC_OK)
        status = iv_learner_from_tensors(own, set, IV_TASK_REGRESSION, 0, COLS, &back, err);
    if (status == IMGVEC_OK)
        iv_learner_free(own, &back);
    iv_tensors_free(set);
    iv_learner_free(own, &l);
    return status;
}

static void test_memory(void **state)
{
    learn_data d = with_gaps();
    fail_each_allocation(job_linear, &d);
    learn_data_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),   cmocka_unit_test(test_trees),
        cmocka_unit_test(test_missing), cmocka_unit_test(test_classes),
        cmocka_unit_test(test_groups),  cmocka_unit_test(test_file),
        cmocka_unit_test(test_damaged), cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
