#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include <imgvec/imgvec.h>

#include "features/vocabulary.h"

static imgvec_context *ctx;

static int by_count(const iv_term *a, const iv_term *b)
{
    return (a->count > b->count) - (a->count < b->count);
}

static void test_vocabulary(void **state)
{
    iv_vocabulary v;
    iv_vocabulary_init(&v, ctx);
    assert_int_equal(iv_vocabulary_find(&v, "a", 1), -1);
    for (int i = 0; i < 3000; i++) {
        char text[16];
        size_t index, length = (size_t)sprintf(text, "w%d", i * 7 % 1000);
        assert_int_equal(iv_vocabulary_add(&v, text, length, i, &index, NULL), IMGVEC_OK);
        assert_int_equal(index, i % 1000);
    }
    assert_int_equal(v.count, 1000);
    assert_int_equal(v.items[10].count, 3);
    assert_int_equal(v.items[10].first, 10);
    assert_int_equal(iv_vocabulary_find(&v, "w70", 3), 10);
    assert_int_equal(iv_vocabulary_find(&v, "w70", 2), 1); /* "w7" */
    for (size_t i = 0; i < v.count; i++)
        v.items[i].count = (int64_t)(i * 37 % 1000);
    iv_vocabulary_sort(v.items, v.count, by_count);
    for (size_t i = 0; i < v.count; i++)
        assert_int_equal(v.items[i].count, i);
    iv_vocabulary_free(&v);
    assert_true(iv_compare_bytes("ab", 2, "abc", 3) < 0 && iv_compare_bytes("b", 1, "abc", 3) > 0);
}

static int open_context(void **state)
{
    return imgvec_context_new(&ctx, NULL) != IMGVEC_OK;
}

static int close_context(void **state)
{
    imgvec_context_free(ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vocabulary),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
