/* Contexts for tests: one that counts live blocks and can fail the Nth allocation. */
#ifndef TEST_CONTEXTS_H
#define TEST_CONTEXTS_H

#include <imgvec/context.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

typedef struct test_heap {
    atomic_long live, calls;
    long fail_at;      /* this call fails (from 1); 0: none */
    bool fail_onwards; /* and every later one */
} test_heap;

static inline bool test_heap_fails(test_heap *h)
{
    long call = atomic_fetch_add(&h->calls, 1) + 1;
    return h->fail_at && (call == h->fail_at || (h->fail_onwards && call > h->fail_at));
}

static inline void *test_heap_allocate(void *user, size_t bytes)
{
    test_heap *h = user;
    void *memory = test_heap_fails(h) ? NULL : malloc(bytes);
    if (memory)
        atomic_fetch_add(&h->live, 1);
    return memory;
}

static inline void *test_heap_reallocate(void *user, void *memory, size_t bytes)
{
    return test_heap_fails(user) ? NULL : realloc(memory, bytes);
}

static inline void test_heap_release(void *user, void *memory)
{
    atomic_fetch_sub(&((test_heap *)user)->live, 1);
    free(memory);
}

/* NULL when the very first allocation fails. */
static inline imgvec_context *test_heap_context(test_heap *h)
{
    imgvec_allocator allocator = {sizeof allocator, h, test_heap_allocate, test_heap_reallocate,
                                  test_heap_release};
    imgvec_context *ctx = NULL;
    imgvec_error err;
    return imgvec_context_new_with(&allocator, &ctx, &err) == IMGVEC_OK ? ctx : NULL;
}

static inline imgvec_context *test_context(void)
{
    imgvec_context *ctx = NULL;
    imgvec_error err;
    if (imgvec_context_new(&ctx, &err) != IMGVEC_OK)
        abort();
    return ctx;
}

/* For a group of tests whose state is a context. */
static inline int test_context_begin(void **state)
{
    *state = test_context();
    return 0;
}

static inline int test_context_end(void **state)
{
    imgvec_context_free(*state);
    return 0;
}

#endif
