#include "io_test.h"

#include "io/names.h"
#include "io/order.h"

static void finds_what_was_added(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    imgvec_context *ctx = test_context();
    static char text[COUNT][24];
    static const char *list[COUNT + 1];
    const iv_name_list names = {list, sizeof *list};
    iv_names n = {0};
    size_t other = 0;
    assert_int_equal(iv_names_find(&n, names, "x"), SIZE_MAX);
    for (size_t i = 0; i < COUNT; i++) { /* lengths around the hash's 8-byte words */
        snprintf(text[i], sizeof text[i], "%.*s%zu", (int)(i % 11), "abcdefghijkl", i);
        list[i] = text[i];
        assert_int_equal(iv_names_add(ctx, &n, names, i, &other), IV_NAME_ADDED);
    }
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(iv_names_find(&n, names, text[i]), i);
    assert_int_equal(iv_names_find(&n, names, "absent"), SIZE_MAX);
    list[COUNT] = "a1";
    assert_int_equal(iv_names_find(&n, names, "a1"), 1);
    assert_int_equal(iv_names_add(ctx, &n, names, COUNT, &other), IV_NAME_TWICE);
    assert_int_equal(other, 1);
    assert_int_equal(n.count, COUNT);
    iv_names_clear(ctx, &n);
    assert_int_equal(iv_names_find(&n, names, "a1"), SIZE_MAX);
    imgvec_context_free(ctx);
}

static bool smaller(const void *user, size_t a, size_t b)
{
    const uint32_t *values = user;
    return values[a] < values[b];
}

static void sorts(void **state)
{
    (void)state;
    static uint32_t values[1000], order[1000], seen[1000];
    for (size_t count = 0; count <= 1000; count = count * 3 + 1) {
        for (int pattern = 0; pattern < 4; pattern++) {
            uint32_t x = 12345;
            for (size_t i = 0; i < count; i++) {
                x = x * 1664525u + 1013904223u;
                values[i] = pattern == 0   ? (uint32_t)i
                            : pattern == 1 ? (uint32_t)(count - i)
                            : pattern == 2 ? x >> 8
                                           : x >> 29;
            }
            iv_order(order, count, smaller, values);
            memset(seen, 0, sizeof seen);
            for (size_t i = 0; i < count; i++) {
                assert_true(order[i] < count && !seen[order[i]]++);
                assert_true(i == 0 || values[order[i - 1]] <= values[order[i]]);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(finds_what_was_added),
                                       cmocka_unit_test(sorts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
