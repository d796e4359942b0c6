/* Ridge regression against numpy.linalg.solve(A^T A + I, A^T (y - mean(y))). */
#include "features/text_ridge.h"

#include <math.h>

#include "base/mem.h"
#include "shared_context.h"
#include "test.h"

/* [[0 3 1 0 2] [2 0 0 1 4] [4 0 0 3 0] [0 4 2 0 3] [3 1 0 2 0] [0 0 1 4 0]] */
static size_t start[] = {0, 3, 6, 8, 11, 14, 16};
static uint32_t indices[] = {1, 2, 4, 0, 3, 4, 0, 3, 1, 2, 4, 0, 1, 3, 2, 3};
static float values[] = {3, 1, 2, 2, 1, 4, 4, 3, 4, 2, 3, 3, 1, 2, 1, 4};
static const iv_sparse matrix = {
    .rows = 6, .cols = 5, .start = start, .index = indices, .value = values};
static const double target[6] = {1, 2, 3, 4, 5, 7};
static const int32_t fold[6] = {0, 1, 0, 1, 0, 1};

static void near(double got, double expected)
{
    if (fabs(got - expected) > 2e-4)
        fail_msg("%.8f, not %.8f", got, expected);
}

/* Several outputs, more than are solved at once: each is the first one times a number. */
static void test_answers(void **state)
{
    (void)state;
    enum { OUTPUTS = 11 };
    static const double weights[5] = {-0.35607493, -0.15388889, 0.5430169, 0.61993261, -0.40684221};
    static const double out_of_fold[6] = {4.05131657690006,   0.4285714285714288, 4.711849192100537,
                                          0.3333333333333335, 4.643925792938359,  2.23809523809524};
    float y[6 * OUTPUTS];
    imgvec_error err;
    iv_text_ridge r = {.weights = NULL};
    for (int i = 0; i < 6; i++)
        for (int o = 0; o < OUTPUTS; o++)
            y[i * OUTPUTS + o] = (float)(target[i] * (1 + 0.25 * o));
    assert_ok(iv_text_ridge_fit(ctx, &matrix, y, OUTPUTS, fold, 2, &r, &err));
    for (int o = 0; o < OUTPUTS; o++) {
        double scale = 1 + 0.25 * o;
        near((double)r.intercept[o] / scale, 22.0 / 6);
        for (int c = 0; c < 5; c++)
            near((double)r.weights[c * OUTPUTS + o] / scale, weights[c]);
        for (int i = 0; i < 6; i++)
            near((double)r.out[i * OUTPUTS + o] / scale, out_of_fold[i]);
    }
    iv_text_ridge_free(ctx, &r);
}

/* Nothing to learn, and nothing to learn from. */
static void test_edges(void **state)
{
    (void)state;
    static const float same[6] = {2, 2, 2, 2, 2, 2};
    size_t none[1] = {0};
    const iv_sparse empty = {.start = none};
    imgvec_error err;
    iv_text_ridge r = {.weights = NULL};
    assert_ok(iv_text_ridge_fit(ctx, &matrix, same, 1, fold, 2, &r, &err));
    for (int i = 0; i < 6; i++)
        assert_true(r.out[i] == 2 && (i > 4 || r.weights[i] == 0));
    iv_text_ridge_free(ctx, &r);
    assert_ok(iv_text_ridge_fit(ctx, &empty, same, 1, fold, 2, &r, &err));
    iv_text_ridge_free(ctx, &r);
    assert_ok(iv_text_ridge_fit(ctx, &matrix, same, 0, fold, 2, &r, &err));
    iv_text_ridge_free(ctx, &r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_edges),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
