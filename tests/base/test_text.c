#include "test.h"

#include <locale.h>
#include <math.h>

#include "base/mem.h"
#include "base/text.h"

static void test_parse(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
    } good[] = {{"1", 1},
                {"-2.5", -2.5},
                {" 3 ", 3},
                {"1e3", 1000},
                {"+4.25", 4.25},
                {".5", 0.5},
                {"5.", 5},
                {"0.1234567890123456789", 0.1234567890123456789},
                {"340282350000000000000000000000000000001", 3.4028235e38},
                {"9223372036854775808", 9223372036854775808.0},
                {"1e400", INFINITY},
                {"-inf", -INFINITY},
                {"-1e-400", 0}};
    static const char *const bad[] = {"",     " ",  "-",   "1,5",    "1 2",
                                      "0x10", "1e", "abc", "nan(1)", "--1"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        double value = 7;
        assert_true(iv_parse_f64(good[i].text, strlen(good[i].text), &value));
        assert_true(value == good[i].value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double value;
        assert_false(iv_parse_f64(bad[i], strlen(bad[i]), &value));
    }
    int64_t whole;
    assert_true(iv_parse_i64("-9223372036854775808", 20, &whole) && whole == INT64_MIN);
    assert_true(iv_parse_i64("9223372036854775807", 19, &whole) && whole == INT64_MAX);
    assert_false(iv_parse_i64("9223372036854775808", 19, &whole));
    assert_false(iv_parse_i64("1.0", 3, &whole));
}

static void round_trip(double value)
{
    char text[IV_NUMBER_MAX];
    double back;
    iv_format_f64(value, text);
    assert_null(strchr(text, ','));
    assert_true(iv_parse_f64(text, strlen(text), &back));
    assert_true(back == value);
}

static void test_format(void **state)
{
    (void)state;
    char text[IV_NUMBER_MAX];
    static const double values[] = {0.1, 1.0 / 3, 1e300, -1e-300, 5e-324, 123456789.125, 1e15, 0};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        round_trip(values[i]);
    iv_format_f64(100, text);
    assert_string_equal(text, "100");
    iv_format_f32(0.1f, text);
    assert_string_equal(text, "0.1");
    iv_format_f64(NAN, text);
    assert_string_equal(text, "nan");
}

/* A decimal comma in the process's locale changes nothing. */
static void test_locale(void **state)
{
    if (!setlocale(LC_ALL, "de_DE.UTF-8")) {
        printf("# SKIPPED: locale de_DE.UTF-8 is not installed\n");
        return;
    }
    test_parse(state);
    test_format(state);
    setlocale(LC_ALL, "C");
}

static void test_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t sound;
    } cases[] = {{"plain", 5},
                 {"gr\xC3\xBC\xC3\x9F", 6},
                 {"a\xC3", 1},
                 {"a\xC0\xAF", 1},        /* overlong */
                 {"\xED\xA0\x80", 0},     /* surrogate */
                 {"\xF4\x90\x80\x80", 0}, /* past U+10FFFF */
                 {"\xF0\x9F\x98\x80!", 5},
                 {"12345678\xFF", 8}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(iv_utf8_valid(cases[i].text, strlen(cases[i].text)), cases[i].sound);
    assert_int_equal(iv_utf8_cut("a\xC3\xBC", 3, 2), 1);
    assert_int_equal(iv_utf8_cut("abc", 3, 5), 3);
}

static void test_list(void **state)
{
    (void)state;
    const char *list = " a, bc ,,d=e ", *item;
    size_t length;
    assert_true(iv_list_next(&list, &item, &length) && length == 1 && item[0] == 'a');
    assert_true(iv_list_next(&list, &item, &length) && length == 2 && !memcmp(item, "bc", 2));
    assert_true(iv_list_next(&list, &item, &length) && length == 3 && !memcmp(item, "d=e", 3));
    assert_false(iv_list_next(&list, &item, &length));
}

static void test_growing(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    iv_text t;
    iv_text_init(&t, ctx);
    for (int i = 0; i < 1000; i++)
        iv_text_addf(&t, "%d,", i);
    assert_false(t.failed);
    char *text = iv_text_take(&t);
    assert_int_equal(strlen(text), 10 * 2 + 90 * 3 + 900 * 4);
    assert_memory_equal(text, "0,1,2,", 6);
    iv_free(ctx, text);
    text = iv_text_take(&t);
    assert_string_equal(text, "");
    iv_free(ctx, text);
    imgvec_context_free(ctx);
}

static void test_growing_without_memory(void **state)
{
    (void)state;
    test_heap heap = {.fail_at = 3};
    imgvec_context *ctx = test_heap_context(&heap);
    iv_text t;
    iv_text_init(&t, ctx);
    for (int i = 0; i < 100; i++)
        iv_text_add(&t, "some text that makes it grow");
    assert_true(t.failed);
    assert_null(iv_text_take(&t));
    imgvec_context_free(ctx);
    assert_int_equal(heap.live, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_locale),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_growing),
        cmocka_unit_test(test_growing_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
