/* Ridge regression by conjugate gradients against the normal equations solved directly. */
#include "linear_support.h"

#include "features/linear_solve.h"

enum { PARTS = 3 };

typedef struct problem {
    iv_linear_problem p;
    float *x, *y;
    double *wide; /* x in double */
    int32_t *part;
} problem;

static imgvec_context *ctx;

static problem make(size_t n, size_t d, double noise)
{
    problem m = {.x = malloc(n * d * sizeof *m.x),
                 .y = malloc(n * sizeof *m.y),
                 .wide = malloc(n * d * sizeof *m.wide),
                 .part = malloc(n * sizeof *m.part)};
    draw_problem(n + d, n, d, noise, m.x, m.y);
    for (size_t i = 0; i < n; i++)
        m.part[i] = (int32_t)(i * 7 % PARTS);
    m.p = (iv_linear_problem){ctx, m.x, n, d, m.y, 1, PARTS, m.part, NULL};
    return m;
}

static void drop(problem *m)
{
    free(m->x);
    free(m->y);
    free(m->wide);
    free(m->part);
}

/* Every fit's scores and bias, and the weights of the one on all rows. */
static void check_against_direct(problem *m, iv_ridge *r, double lambda, double tolerance)
{
    size_t n = m->p.rows, d = m->p.width, fits = PARTS + 1;
    double *scores = malloc(n * fits * sizeof *scores), bias[PARTS + 1], direct;
    double *w = malloc(d * sizeof *w), *weights = malloc(d * sizeof *weights);
    imgvec_error err;
    for (size_t j = 0; j < n * d; j++)
        m->wide[j] = m->x[j];
    assert_ok(iv_ridge_solve(r, lambda, scores, bias, &err));
    iv_ridge_weights(r, weights);
    for (size_t f = 0; f < fits; f++) {
        solve_ridge(m->wide, m->y, m->part, (int32_t)f, n, d, lambda, w, &direct);
        check_near(bias[f], direct, tolerance, "bias", f);
        for (size_t i = 0; i < n; i++) {
            double score = 0;
            for (size_t j = 0; j < d; j++)
                score += w[j] * m->wide[i * d + j];
            check_near(scores[i * fits + f], score, tolerance, "score", i * fits + f);
        }
    }
    for (size_t j = 0; j < d; j++) /* w is of the last fit */
        check_near(weights[j], w[j], tolerance, "weight", j);
    free(scores);
    free(w);
    free(weights);
}

/* From strong to weak, each from where the one before it ended. */
static void check_path(size_t n, size_t d, double least)
{
    problem m = make(n, d, 0.5);
    iv_ridge *r;
    imgvec_error err;
    assert_ok(iv_ridge_new(&m.p, &r, &err));
    for (double lambda = 1e4; lambda > least; lambda /= 10)
        check_against_direct(&m, r, lambda, 1e-4);
    iv_ridge_free(r);
    drop(&m);
}

static void test_more_rows(void **state)
{
    check_path(90, 7, 1e-3);
    check_path(40, 39, 0.5);
}

static void test_more_columns(void **state)
{
    check_path(30, 30, 0.5);
    check_path(25, 60, 0.1);
}

/* Two columns that are the same share what one would get; a column of zeros gets nothing. */
static void test_dependent_columns(void **state)
{
    problem m = make(60, 6, 0.1);
    iv_ridge *r;
    imgvec_error err;
    double scores[60 * (PARTS + 1)], bias[PARTS + 1], weights[6];
    for (size_t i = 0; i < 60; i++) {
        m.x[i * 6 + 1] = m.x[i * 6];
        m.x[i * 6 + 5] = 0;
    }
    assert_ok(iv_ridge_new(&m.p, &r, &err));
    check_against_direct(&m, r, 5, 1e-4);
    assert_ok(iv_ridge_solve(r, 5, scores, bias, &err));
    iv_ridge_weights(r, weights);
    check_near(weights[0], weights[1], 1e-6, "weight", 0);
    assert_true(weights[0] > 0.1);
    assert_true(weights[5] == 0);
    iv_ridge_free(r);
    drop(&m);
}

/* A year or a price: what is common to all targets takes no accuracy from their differences. */
static void test_large_target(void **state)
{
    static const float common[] = {0, 1e6f};
    problem m = make(60, 5, 0.1);
    iv_ridge *r;
    imgvec_error err;
    double scores[60 * (PARTS + 1)], bias[2][PARTS + 1], weights[2][5];
    for (size_t i = 0; i < 60; i++)
        m.y[i] = rintf(m.y[i] * 8); /* exact with and without */
    for (size_t step = 0; step < 2; step++) {
        for (size_t i = 0; i < 60; i++)
            m.y[i] += common[step];
        assert_ok(iv_ridge_new(&m.p, &r, &err));
        assert_ok(iv_ridge_solve(r, 1, scores, bias[step], &err));
        iv_ridge_weights(r, weights[step]);
        iv_ridge_free(r);
    }
    for (size_t j = 0; j < 5; j++)
        check_near(weights[1][j], weights[0][j], 1e-4, "weight", j);
    for (size_t f = 0; f <= PARTS; f++)
        check_near(bias[1][f], bias[0][f] + 1e6, 1e-3, "bias", f);
    drop(&m);
}

/* A constant target has nothing to learn: the residual starts at zero. */
static void test_constant_target(void **state)
{
    problem m = make(30, 4, 0);
    iv_ridge *r;
    imgvec_error err;
    double scores[30 * (PARTS + 1)], bias[PARTS + 1], weights[4];
    for (size_t i = 0; i < 30; i++)
        m.y[i] = 7.25f;
    assert_ok(iv_ridge_new(&m.p, &r, &err));
    assert_ok(iv_ridge_solve(r, 1e-9, scores, bias, &err));
    iv_ridge_weights(r, weights);
    for (size_t j = 0; j < 4; j++)
        assert_true(weights[j] == 0);
    for (size_t f = 0; f <= PARTS; f++)
        assert_true(bias[f] == 7.25);
    iv_ridge_free(r);
    drop(&m);
}

static void test_cancel(void **state)
{
    problem m = make(50, 5, 1);
    imgvec_error err;
    iv_watch watch;
    iv_ridge *r;
    double scores[50 * (PARTS + 1)], bias[PARTS + 1];
    assert_ok(iv_watch_init(&watch, NULL, &err));
    m.p.watch = &watch;
    assert_ok(iv_ridge_new(&m.p, &r, &err));
    assert_ok(iv_ridge_solve(r, 1, scores, bias, &err));
    atomic_store(&watch.stopped, true);
    assert_fails(iv_ridge_solve(r, 0.1, scores, bias, &err), IMGVEC_ERR_CANCELLED, "cancelled");
    iv_ridge_free(r);
    drop(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_more_rows),         cmocka_unit_test(test_more_columns),
        cmocka_unit_test(test_dependent_columns), cmocka_unit_test(test_large_target),
        cmocka_unit_test(test_constant_target),   cmocka_unit_test(test_cancel),
    };
    ctx = test_context();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    imgvec_context_free(ctx);
    return failed;
}
