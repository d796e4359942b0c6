#include "test.h"

#include "base/context.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/random.h"

static int lines;
static char last[64];

static void sink(void *user, int32_t level, const char *text)
{
    (void)level;
    assert_ptr_equal(user, &lines);
    lines++;
    snprintf(last, sizeof last, "%s", text);
}

static void test_log(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    imgvec_error err;
    iv_log(ctx, IMGVEC_LOG_ERROR, "nobody listens");
    assert_ok(imgvec_context_set_log(ctx, IMGVEC_LOG_NOTICE, sink, &lines, &err));
    iv_log(ctx, IMGVEC_LOG_DEBUG, "too fine");
    assert_int_equal(lines, 0);
    iv_log(ctx, IMGVEC_LOG_NOTICE, "two\nlines");
    assert_int_equal(lines, 1);
    assert_string_equal(last, "two lines");
    /* A handle outlives the caller's reference, and then nothing is logged. */
    imgvec_context *held = iv_context_ref(ctx);
    imgvec_context_free(ctx);
    iv_log(held, IMGVEC_LOG_ERROR, "after free");
    assert_int_equal(lines, 1);
    iv_context_unref(held);
}

static void test_settings(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    imgvec_error err;
    assert_true(iv_context_threads(ctx, 0) >= 1);
    assert_ok(imgvec_context_set_threads(ctx, 3, &err));
    assert_int_equal(iv_context_threads(ctx, 0), 3);
    assert_int_equal(iv_context_threads(ctx, 2), 2);
    assert_fails(imgvec_context_set_threads(ctx, -1, &err), IMGVEC_ERR_INVALID_ARGUMENT, "threads");
    assert_ok(imgvec_context_set_device(ctx, "cuda:1", &err));
    assert_string_equal(ctx->device, "cuda:1");
    assert_fails(imgvec_context_set_device(ctx, "cuda:", &err), IMGVEC_ERR_INVALID_ARGUMENT,
                 "cuda");
    assert_fails(imgvec_context_set_device(ctx, NULL, &err), IMGVEC_ERR_INVALID_ARGUMENT, "device");
    assert_fails(imgvec_context_set_log(NULL, 0, NULL, NULL, &err), IMGVEC_ERR_INVALID_ARGUMENT,
                 "ctx is NULL");
    assert_fails(imgvec_context_new(NULL, &err), IMGVEC_ERR_INVALID_ARGUMENT, "out is NULL");
    imgvec_context_free(ctx);
    imgvec_context_free(NULL);
}

static void test_allocator(void **state)
{
    (void)state;
    test_heap heap = {0};
    imgvec_context *ctx = test_heap_context(&heap);
    size_t capacity = 0;
    int *array = NULL;
    assert_int_equal(iv_reserve(ctx, &array, &capacity, 100, sizeof *array), 0);
    assert_true(capacity >= 100);
    assert_int_equal(iv_reserve(ctx, &array, &capacity, SIZE_MAX / 2, sizeof *array), -1);
    assert_non_null(array);
    assert_null(iv_alloc_n(ctx, SIZE_MAX / 2, 4)); /* the product overflows */
    void *empty = iv_alloc(ctx, 0);
    assert_non_null(empty);
    iv_free(ctx, empty);
    iv_free(ctx, array);
    imgvec_context_free(ctx);
    assert_int_equal(heap.live, 0);

    imgvec_allocator allocator = {.size = sizeof allocator};
    imgvec_error err;
    assert_fails(imgvec_context_new_with(&allocator, &ctx, &err), IMGVEC_ERR_INVALID_ARGUMENT,
                 "lacks a function");
    heap = (test_heap){.fail_at = 1};
    assert_null(test_heap_context(&heap));
}

/* The generator's first outputs are fixed: folds of old seeds must not change. */
static void test_random(void **state)
{
    (void)state;
    iv_random a, b;
    iv_random_seed(&a, 1, "folds");
    iv_random_seed(&b, 1, "folds");
    assert_true(iv_random_u64(&a) == iv_random_u64(&b));
    iv_random_seed(&b, 1, "bootstrap");
    assert_true(iv_random_u64(&a) != iv_random_u64(&b));
    double sum = 0, squares = 0;
    int low = 0;
    for (int i = 0; i < 100000; i++) {
        double x = iv_random_normal(&a);
        sum += x;
        squares += x * x;
        low += iv_random_below(&a, 10) < 3;
    }
    assert_true(sum / 1e5 > -0.02 && sum / 1e5 < 0.02);
    assert_true(squares / 1e5 > 0.98 && squares / 1e5 < 1.02);
    assert_true(low > 29500 && low < 30500);
}

static void test_hash(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    char hex[33], again[33];
    iv_digest d = iv_hash("", 0);
    iv_digest_hex(&d, hex);
    assert_string_equal(hex, "99aa06d3014798d86001c324468d497f"); /* xxh128sum of nothing */
    iv_hasher *h = iv_hasher_new(ctx);
    iv_hasher_add(h, "some ", 5);
    iv_hasher_add(h, "bytes", 5);
    iv_digest e = iv_hasher_end(h), f = iv_hash("some bytes", 10);
    iv_digest_hex(&e, hex);
    iv_digest_hex(&f, again);
    assert_string_equal(hex, again);
    imgvec_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log),       cmocka_unit_test(test_settings),
        cmocka_unit_test(test_allocator), cmocka_unit_test(test_random),
        cmocka_unit_test(test_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
