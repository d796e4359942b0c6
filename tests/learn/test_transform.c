/* Transforms of a target where they are not defined on a value that they were not fitted on. */
#include "learn/transform.h"

#include <math.h>

#include "test.h"

static const float fitted[] = {1, 2, 4, 8, 16, 32};
enum { COUNT = sizeof fitted / sizeof *fitted };

static void there_and_back(void **state)
{
    (void)state;
    for (int kind = 0; kind < IV_TRANSFORMS; kind++) {
        iv_transform t;
        assert_true(iv_transform_suits((iv_transform_kind)kind, fitted, COUNT));
        iv_transform_fit((iv_transform_kind)kind, fitted, COUNT, &t);
        for (int i = 0; i < COUNT; i++) {
            double z = iv_transform_apply(&t, fitted[i]);
            assert_true(fabs(iv_transform_invert(&t, z) - fitted[i]) < 1e-4 * fitted[i]);
            assert_true(iv_transform_label(&t, fitted[i]) == z);
        }
    }
}

/* A rare 0 may be in the rows that are held out alone. */
static void a_value_below_the_domain_is_the_least_answer(void **state)
{
    (void)state;
    static const iv_transform_kind kinds[] = {IV_LOG, IV_BOX_COX};
    for (int i = 0; i < 2; i++) {
        iv_transform t;
        iv_transform_fit(kinds[i], fitted, COUNT, &t);
        double least = iv_transform_apply(&t, fitted[0]);
        for (int y = -1; y <= 0; y++) {
            assert_true(isnan(iv_transform_apply(&t, y)));
            double z = iv_transform_label(&t, y);
            assert_true(isfinite(z));
            assert_true(z < least);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(a_value_below_the_domain_is_the_least_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
