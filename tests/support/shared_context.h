/* A context that all tests of a file share. */
#ifndef TEST_SHARED_CONTEXT_H
#define TEST_SHARED_CONTEXT_H

#include "contexts.h"

static imgvec_context *ctx;

static int open_context(void **state)
{
    (void)state;
    ctx = test_context();
    return 0;
}

static int close_context(void **state)
{
    (void)state;
    imgvec_context_free(ctx);
    return 0;
}

#endif
