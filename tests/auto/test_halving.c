/* Which trial comes next. */
#include <math.h>
#include <string.h>

#include "test.h"

#include "auto/halving.h"

static void test_plan(void **state)
{
    (void)state;
    iv_halving h;
    iv_halving_plan(1, &h);
    assert_int_equal(h.rungs, 1);
    assert_int_equal(h.epochs[0], 1);
    iv_halving_plan(2, &h);
    assert_int_equal(h.rungs, 1);
    assert_int_equal(h.epochs[0], 2);
    iv_halving_plan(9, &h);
    assert_int_equal(h.rungs, 3);
    assert_int_equal(h.epochs[0], 1);
    assert_int_equal(h.epochs[1], 3);
    assert_int_equal(h.epochs[2], 9);
    iv_halving_plan(0, &h);
    assert_int_equal(h.epochs[0], 1);
    iv_halving_plan(1000000000, &h);
    assert_true(h.rungs <= IV_RUNGS_MAX);
}

static void assert_next(const iv_halving *h, const iv_attempt *a, size_t n, int32_t candidate,
                        int32_t rung)
{
    int32_t c, r;
    assert_true(iv_halving_next(h, a, n, NULL, NULL, &c, &r));
    assert_int_equal(c, candidate);
    assert_int_equal(r, rung);
}

static void test_promotion(void **state)
{
    (void)state;
    iv_halving h;
    iv_halving_plan(9, &h);
    iv_attempt a[16] = {{0, 0, true, 0.5}, {1, 0, true, 0.9}, {2, 0, false, 0}, {3, 0, true, 0.7}};
    assert_next(&h, a, 0, 0, 0);
    assert_next(&h, a, 2, 2, 0); /* two are too few for a promotion */
    assert_next(&h, a, 3, 3, 0); /* the third still runs */
    assert_next(&h, a, 4, 1, 1); /* of three that are done the best */
    a[4] = (iv_attempt){1, 1, false, 0};
    assert_next(&h, a, 5, 4, 0);                /* it was promoted already */
    a[2] = (iv_attempt){2, 0, true, -INFINITY}; /* failed: it counts, and is never promoted */
    a[5] = (iv_attempt){4, 0, true, 0.9};
    a[6] = (iv_attempt){5, 0, true, 0.1};
    assert_next(&h, a, 7, 4, 1); /* six are done: two may go up; equal scores by age */
    a[7] = (iv_attempt){4, 1, true, 0.6};
    a[4] = (iv_attempt){1, 1, true, 0.8};
    a[8] = (iv_attempt){3, 1, true, 0.95};
    assert_next(&h, a, 9, 3, 2); /* the highest rung first */
}

/* All failed: new ones go on being tried. */
static void test_failures(void **state)
{
    (void)state;
    iv_halving h;
    iv_halving_plan(9, &h);
    iv_attempt a[6];
    for (int i = 0; i < 6; i++)
        a[i] = (iv_attempt){i, 0, true, -INFINITY};
    assert_next(&h, a, 6, 6, 0);
}

static bool only_low(void *user, int32_t candidate, int32_t rung)
{
    (void)candidate;
    return rung < *(const int32_t *)user;
}

static void test_time(void **state)
{
    (void)state;
    iv_halving h;
    int32_t c, r, below = 1;
    iv_halving_plan(9, &h);
    const iv_attempt a[] = {{0, 0, true, 0.5}, {1, 0, true, 0.9}, {2, 0, true, 0.7}};
    assert_true(iv_halving_next(&h, a, 3, only_low, &below, &c, &r));
    assert_int_equal(c, 3); /* no time for the promotion */
    assert_int_equal(r, 0);
    below = 0;
    assert_false(iv_halving_next(&h, a, 3, only_low, &below, &c, &r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plan),
        cmocka_unit_test(test_promotion),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
