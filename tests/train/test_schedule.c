/* Learning rates over steps and stages. */
#include <math.h>

#include "test.h"

#include "train/schedule.h"

static void test_factor(void **state)
{
    (void)state;
    double before = 0;
    for (int64_t s = 1; s <= 10; s++) { /* ten of a hundred rise */
        double f = iv_schedule_factor(s, 100, 0.1);
        assert_true(fabs(f - (double)s / 10) < 1e-12);
    }
    before = 2;
    for (int64_t s = 11; s <= 100; s++) {
        double f = iv_schedule_factor(s, 100, 0.1);
        assert_true(f > 0 && f <= 1 && f < before);
        before = f;
    }
    assert_true(fabs(iv_schedule_factor(56, 100, 0.1) - 0.5) < 1e-12); /* half way down */
    assert_true(iv_schedule_factor(100, 100, 0.1) < 0.001);
    assert_true(iv_schedule_factor(1, 100, 0) == 1); /* no warm-up */
    assert_true(iv_schedule_factor(1, 1, 0.1) == 1); /* a single step counts */
    assert_true(iv_schedule_factor(1, 1, 0.9) == 1);
}

static void test_stages(void **state)
{
    (void)state;
    double rates[4];
    iv_stage_rates(4, -1, 0.5, rates);
    assert_true(rates[3] == 1 && rates[2] == 0.5 && rates[1] == 0.25 && rates[0] == 0.125);
    iv_stage_rates(4, 1, 0.5, rates);
    assert_true(rates[3] == 1 && rates[2] == 0.5 && rates[1] == 0 && rates[0] == 0);
    iv_stage_rates(4, 0, 0.5, rates);
    assert_true(rates[3] == 1 && rates[2] == 0);
    iv_stage_rates(4, 9, 1, rates);
    assert_true(rates[0] == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_factor),
                                       cmocka_unit_test(test_stages)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
