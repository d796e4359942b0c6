#include <math.h>

#include "model/worst.h"
#include "test.h"

static void test_classes(void **state)
{
    (void)state;
    const float truth[] = {0, 1, 1, 0, 1, 2};
    const float p[] = {0.8f, 0.1f, 0.1f, 0.6f, 0.3f, 0.1f, 0.9f, 0.05f, 0.05f,
                       0.3f, 0.4f, 0.3f, NAN,  0.5f, 0.5f, 0.6f, 0.1f,  0.3f};
    size_t worst[8];
    /* Row 0 is right, row 4 is not known; 3 and 5 give the truth as much: the first of them first.
     */
    assert_int_equal(iv_worst(IV_TASK_MULTICLASS, 6, 3, truth, p, 8, worst), 4);
    const size_t expected[] = {2, 1, 3, 5};
    assert_memory_equal(worst, expected, sizeof expected);
    assert_int_equal(iv_worst(IV_TASK_MULTICLASS, 6, 3, truth, p, 2, worst), 2);
    assert_memory_equal(worst, expected, 2 * sizeof *expected);
    assert_int_equal(iv_likeliest(p + 9, 3), 1);
    assert_int_equal(iv_likeliest(p + 12, 3), -1);
}

static void test_numbers(void **state)
{
    (void)state;
    const float truth[] = {1, 5, 3, 2}, p[] = {1, 2, NAN, 8};
    size_t worst[4];
    assert_int_equal(iv_worst(IV_TASK_REGRESSION, 4, 1, truth, p, 4, worst), 2);
    assert_int_equal(worst[0], 3);
    assert_int_equal(worst[1], 1);
    assert_int_equal(iv_worst(IV_TASK_REGRESSION, 1, 1, truth, p, 4, worst), 0); /* exact */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_classes),
                                       cmocka_unit_test(test_numbers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
