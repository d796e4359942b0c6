#include <locale.h>
#include <math.h>

#include "report/show_number.h"
#include "test.h"

static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *shown;
    } cases[] = {{0.94314, "0.9431"},
                 {12.84, "12.84"},
                 {0, "0"},
                 {7, "7"},
                 {-3.5, "-3.500"},
                 {25300, "25,300"},
                 {-1234567, "-1,234,567"},
                 {0.00042, "0.00042"},
                 {0.000001, "1.00e-6"},
                 {1.2e9, "1.20e9"},
                 {NAN, "n/a"},
                 {INFINITY, "n/a"},
                 {123.456, "123.5"},
                 {0.003, "0.003"}};
    char text[IV_NUMBER_MAX];
    setlocale(LC_ALL, "de_DE.UTF-8"); /* where it is installed: a comma would be wrong */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        iv_show_number(cases[i].value, text);
        assert_string_equal(text, cases[i].shown);
    }
    setlocale(LC_ALL, "C");
}

static void test_other_forms(void **state)
{
    (void)state;
    char text[IV_NUMBER_MAX];
    iv_show_fixed(-0.001, 2, text);
    assert_string_equal(text, "0.00");
    iv_show_fixed(2.5, 0, text);
    assert_string_equal(text, "3");
    iv_show_fixed(1e300, 3, text);
    assert_string_equal(text, "1e+300");
    iv_show_count(INT64_MIN, text);
    assert_string_equal(text, "-9,223,372,036,854,775,808");
    iv_show_percent(0.12345, text);
    assert_string_equal(text, "12.3\xc2\xa0%");
    iv_show_seconds(0.85, text);
    assert_string_equal(text, "850 ms");
    iv_show_seconds(12.44, text);
    assert_string_equal(text, "12.4 s");
    iv_show_seconds(200, text);
    assert_string_equal(text, "3 min 20 s");
    iv_show_seconds(7500, text);
    assert_string_equal(text, "2 h 5 min");
}

static void test_ticks(void **state)
{
    (void)state;
    char text[IV_NUMBER_MAX];
    assert_true(fabs(iv_tick_step(0, 1, 5) - 0.2) < 1e-12);
    assert_true(fabs(iv_tick_step(0, 970, 5) - 200) < 1e-9);
    assert_true(iv_tick_step(1, 1, 5) == 1);
    assert_true(iv_tick_step(0, INFINITY, 5) == 1);
    iv_show_tick(0.25, 0.05, text);
    assert_string_equal(text, "0.25");
    iv_show_tick(3, 1, text);
    assert_string_equal(text, "3");
    iv_show_tick(1500, 500, text);
    assert_string_equal(text, "1.5k");
    iv_show_tick(-2e6, 1e6, text);
    assert_string_equal(text, "-2M");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_numbers),
                                       cmocka_unit_test(test_other_forms),
                                       cmocka_unit_test(test_ticks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
