/* What a training step takes of memory. */
#include <sys/resource.h>

#include "test.h"

#include "net/backbones.h"
#include "train/batch_size.h"

static void test_bytes(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    imgvec_error err;
    iv_graph *graph;
    iv_training_memory small, large;
    assert_ok(iv_backbone_graph(ctx, iv_backbone_find("resnet50"), &graph, &err));
    assert_ok(iv_graph_training_memory(graph, 112, &small, &err));
    assert_ok(iv_graph_training_memory(graph, 224, &large, &err));
    assert_true(large.each > 3 * small.each && large.each < 5 * small.each);
    /* torch keeps about 90 MB of a ResNet-50 image at 224 pixels for the backward pass. */
    assert_true(large.each > (uint64_t)60e6 && large.each < (uint64_t)400e6);
    /* 23.5 million weights, each a few times. */
    assert_true(large.fixed > 4 * (uint64_t)90e6 && large.fixed < 10 * (uint64_t)100e6);
    assert_true(large.fixed == small.fixed);
    iv_graph_free(graph);
    imgvec_context_free(ctx);
}

static void test_micro(void **state)
{
    (void)state;
    const iv_training_memory ten = {.each = 10}, fixed = {.each = 10, .fixed = 100};
    const iv_training_memory huge = {.each = UINT64_C(1) << 60};
    assert_int_equal(iv_micro_batch(&ten, 32, 320), 32);
    assert_int_equal(iv_micro_batch(&ten, 32, 319), 16);
    assert_int_equal(iv_micro_batch(&ten, 33, 170), 17);
    assert_int_equal(iv_micro_batch(&ten, 32, 0), 1);
    assert_int_equal(iv_micro_batch(&fixed, 32, 420), 32);
    assert_int_equal(iv_micro_batch(&fixed, 32, 419), 16);
    assert_int_equal(iv_micro_batch(&fixed, 32, 50), 1);
    assert_int_equal(iv_micro_batch(&huge, 4, UINT64_MAX), 4);
}

static void test_available(void **state)
{
    (void)state;
    struct rlimit old, tight;
    uint64_t before = iv_memory_available();
    assert_true(before > (1 << 20));
    assert_int_equal(getrlimit(RLIMIT_AS, &old), 0);
    tight = old;
    tight.rlim_cur = (rlim_t)64 << 20;
    assert_int_equal(setrlimit(RLIMIT_AS, &tight), 0);
    uint64_t left = iv_memory_available();
    assert_int_equal(setrlimit(RLIMIT_AS, &old), 0);
    assert_true(left <= (uint64_t)64 << 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bytes), cmocka_unit_test(test_micro),
                                       cmocka_unit_test(test_available)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
