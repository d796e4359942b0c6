/* The loop that fails every allocation of a job. */
#ifndef TEST_ALLOCATIONS_H
#define TEST_ALLOCATIONS_H

#include "test.h"

/* Frees what it made, whatever happened, but for what belongs to the context. */
typedef imgvec_status (*test_job)(imgvec_context *ctx, void *user, imgvec_error *err);

/* One run with the k-th allocation from here on failing. false: there is no such any more, and
 * the job succeeded. */
static inline bool test_allocation_fails(test_heap *heap, imgvec_context *ctx, long k, test_job job,
                                         void *user)
{
    imgvec_error err = {0};
    long before = heap->live, calls = heap->calls;
    heap->fail_at = calls + k;
    imgvec_status status = job(ctx, user, &err);
    heap->fail_at = 0;
    if (heap->live != before)
        fail_msg("allocation %ld: %ld blocks left over", k, (long)heap->live - before);
    if (heap->calls - calls < k) {
        if (status != IMGVEC_OK)
            fail_msg("no allocation failed, and yet: %d, %s", (int)status, err.text);
        return false;
    }
    if (status != IMGVEC_ERR_NO_MEMORY || err.code != IMGVEC_ERR_NO_MEMORY)
        fail_msg("allocation %ld: status %d, error %d, %s", k, (int)status, (int)err.code,
                 err.text);
    return true;
}

/* Runs the job in a context of `heap` with its 1st, 2nd, 3rd... allocation failing, once that one
 * alone and once all from there on, until none failed: NO_MEMORY each time, and no block left
 * over. Returns how many were failed. */
static inline long fail_each_allocation_in(test_heap *heap, imgvec_context *ctx, test_job job,
                                           void *user)
{
    long tried = 0;
    for (int onwards = 0; onwards < 2; onwards++) {
        heap->fail_onwards = onwards;
        for (long k = 1; test_allocation_fails(heap, ctx, k, job, user); k++)
            tried++;
    }
    assert_true(tried > 0);
    return tried;
}

/* The same with a context of its own for each run. */
static inline long fail_each_allocation(test_job job, void *user)
{
    long tried = 0;
    for (int onwards = 0; onwards < 2; onwards++)
        for (long k = 1;; k++) {
            test_heap heap = {.fail_onwards = onwards};
            imgvec_context *ctx = test_heap_context(&heap);
            assert_non_null(ctx);
            bool failed = test_allocation_fails(&heap, ctx, k, job, user);
            imgvec_context_free(ctx);
            assert_int_equal(heap.live, 0);
            if (!failed)
                break;
            tried++;
        }
    assert_true(tried > 0);
    return tried;
}

#endif
