/* Logistic regression: closed-form answers where there are any, elsewhere the gradient, which this
 * test computes by itself and which is zero at the solution. */
#include "linear_support.h"

#include "features/linear_solve.h"

enum { PARTS = 4, MOST_ROWS = 120, MOST_WIDTH = 8, MOST_CLASSES = 4, NOTHING = PARTS };

static imgvec_context *ctx;
static float x[MOST_ROWS * MOST_WIDTH], y[MOST_ROWS], scores[MOST_ROWS * MOST_CLASSES];
static int32_t part[MOST_ROWS];
static double theta[MOST_CLASSES * (MOST_WIDTH + 1)];

static iv_linear_problem make(size_t n, size_t d, size_t classes)
{
    size_t outputs = classes > 2 ? classes : 1;
    draw_problem(classes, n, d, 1, x, y);
    for (size_t i = 0; i < n; i++) {
        y[i] = (float)fmin(fmax(floor((y[i] - 1) / 4 * (double)classes), 0), (double)classes - 1);
        part[i] = (int32_t)(i % PARTS);
    }
    memset(theta, 0, sizeof theta);
    memset(scores, 0, sizeof scores);
    return (iv_linear_problem){ctx, x, n, d, y, outputs, PARTS, part, NULL};
}

/* Probability of each output of a row by theta, in double. */
static void probabilities(const iv_linear_problem *p, size_t row, double *out)
{
    size_t k = p->outputs, d = p->width;
    double sum = 0;
    for (size_t c = 0; c < k; c++) {
        double z = theta[k * d + c];
        for (size_t j = 0; j < d; j++)
            z += theta[c * d + j] * p->x[row * d + j];
        check_near(scores[row * k + c], z, 1e-4 * (1 + fabs(z)), "score", row * k + c);
        out[c] = exp(z);
        sum += out[c];
    }
    for (size_t c = 0; c < k; c++)
        out[c] /= k == 1 ? 1 + sum : sum;
}

/* Length of the gradient of the penalised loss at theta. */
static double gradient_length(const iv_linear_problem *p, int32_t held_out, double lambda)
{
    size_t k = p->outputs, d = p->width;
    double g[MOST_CLASSES * (MOST_WIDTH + 1)] = {0}, prob[MOST_CLASSES], square = 0;
    for (size_t i = 0; i < p->rows; i++) {
        probabilities(p, i, prob);
        for (size_t c = 0; c < k && p->part[i] != held_out; c++) {
            bool truth = k == 1 ? p->y[i] == 1 : (size_t)p->y[i] == c;
            g[k * d + c] += prob[c] - truth;
            for (size_t j = 0; j < d; j++)
                g[c * d + j] += (prob[c] - truth) * p->x[i * d + j];
        }
    }
    for (size_t j = 0; j < k * (d + 1); j++) {
        double slope = g[j] + (j < k * d ? lambda * theta[j] : 0);
        square += slope * slope;
    }
    return sqrt(square);
}

static void test_gradient(void **state)
{
    imgvec_error err;
    for (size_t classes = 2; classes <= MOST_CLASSES; classes++) {
        iv_linear_problem p = make(MOST_ROWS, MOST_WIDTH, classes);
        double chance = sqrt((double)(p.rows * p.outputs * p.width));
        double start = gradient_length(&p, NOTHING, 1); /* theta and scores are zero */
        for (int32_t held = 0; held <= PARTS; held++)
            for (double lambda = 10; lambda > 0.01; lambda /= 5) {
                assert_ok(iv_logistic_solve(&p, held, lambda, 1e-4, theta, scores, &err));
                double length = gradient_length(&p, held, lambda);
                if (!(length <= 2e-4 * chance && length < start / 100))
                    fail_msg("%zu classes, part %d, lambda %g: gradient %g", classes, (int)held,
                             lambda, length);
            }
    }
}

/* One feature of -1 and 1: each half's log-odds are bias -+ weight. */
static void test_two_halves(void **state)
{
    imgvec_error err;
    const iv_linear_problem p = {ctx, x, 100, 1, y, 1, PARTS, part, NULL};
    for (size_t i = 0; i < 100; i++) {
        x[i] = i < 50 ? -1 : 1;
        y[i] = i < 50 ? i < 10 : i < 95; /* 10 of 50, 45 of 50 */
        part[i] = (int32_t)(i % PARTS);
    }
    memset(theta, 0, sizeof theta);
    assert_ok(iv_logistic_solve(&p, NOTHING, 0, 1e-6, theta, scores, &err));
    check_near(theta[1] - theta[0], log(10.0 / 40), 1e-4, "half", 0);
    check_near(theta[1] + theta[0], log(45.0 / 5), 1e-4, "half", 1);
}

/* With nothing to tell the classes apart, the biases give their shares, rare ones too. */
static void test_shares(void **state)
{
    static const double shares[3] = {0.75, 0.24, 0.01};
    imgvec_error err;
    double sum = 0;
    const iv_linear_problem p = {ctx, x, 100, 2, y, 3, PARTS, part, NULL};
    memset(x, 0, sizeof x);
    memset(theta, 0, sizeof theta);
    for (size_t i = 0; i < 100; i++) {
        y[i] = i < 75 ? 0 : i < 99 ? 1 : 2;
        part[i] = (int32_t)(i % PARTS);
    }
    assert_ok(iv_logistic_solve(&p, NOTHING, 1, 1e-6, theta, scores, &err));
    for (size_t c = 0; c < 3; c++)
        sum += exp(theta[6 + c]);
    for (size_t c = 0; c < 3; c++) {
        check_near(exp(theta[6 + c]) / sum, shares[c], 1e-4, "share", c);
        assert_true(theta[2 * c] == 0 && theta[2 * c + 1] == 0);
    }
}

/* The rows that are held out do not count: whatever their targets are, the same bits. */
static void test_held_out(void **state)
{
    imgvec_error err;
    iv_linear_problem p = make(MOST_ROWS, 5, 3);
    double first[3 * 6], all[3 * 6];
    assert_ok(iv_logistic_solve(&p, 2, 1, 1e-3, theta, scores, &err));
    memcpy(first, theta, sizeof first);
    for (size_t i = 0; i < MOST_ROWS; i++)
        if (part[i] == 2)
            y[i] = y[i] == 0 ? 2 : 0;
    memset(theta, 0, sizeof theta);
    assert_ok(iv_logistic_solve(&p, 2, 1, 1e-3, theta, scores, &err));
    assert_memory_equal(theta, first, sizeof first);
    memset(theta, 0, sizeof theta);
    assert_ok(iv_logistic_solve(&p, NOTHING, 1, 1e-3, theta, scores, &err));
    memcpy(all, theta, sizeof all);
    assert_true(memcmp(all, first, sizeof first) != 0);
}

/* Classes that a line divides have no finite answer without a penalty; what comes is finite. */
static void test_separable(void **state)
{
    imgvec_error err;
    const iv_linear_problem p = {ctx, x, 40, 1, y, 1, PARTS, part, NULL};
    for (size_t i = 0; i < 40; i++) {
        x[i] = (float)i - 19.5f;
        y[i] = i >= 20;
        part[i] = (int32_t)(i % PARTS);
    }
    memset(theta, 0, sizeof theta);
    assert_ok(iv_logistic_solve(&p, NOTHING, 0, 1e-9, theta, scores, &err));
    assert_true(isfinite(theta[0]) && isfinite(theta[1]) && theta[0] > 1);
    for (size_t i = 0; i < 40; i++)
        assert_true(isfinite(scores[i]) && (scores[i] > 0) == (y[i] == 1));
    double free_weight = theta[0];
    assert_ok(iv_logistic_solve(&p, NOTHING, 100, 1e-6, theta, scores, &err));
    assert_true(gradient_length(&p, NOTHING, 100) < 1e-3);
    assert_true(theta[0] > 0 && theta[0] < free_weight / 10);
}

static void test_cancel(void **state)
{
    imgvec_error err;
    iv_watch watch;
    iv_linear_problem p = make(MOST_ROWS, 5, 2);
    assert_ok(iv_watch_init(&watch, NULL, &err));
    p.watch = &watch;
    assert_ok(iv_logistic_solve(&p, 0, 1, 1e-3, theta, scores, &err));
    atomic_store(&watch.stopped, true);
    assert_fails(iv_logistic_solve(&p, 0, 1, 1e-3, theta, scores, &err), IMGVEC_ERR_CANCELLED,
                 "cancelled");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradient),  cmocka_unit_test(test_two_halves),
        cmocka_unit_test(test_shares),    cmocka_unit_test(test_held_out),
        cmocka_unit_test(test_separable), cmocka_unit_test(test_cancel),
    };
    ctx = test_context();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    imgvec_context_free(ctx);
    return failed;
}
