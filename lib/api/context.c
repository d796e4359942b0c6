#include "base/context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static void *host_allocate(void *user, size_t bytes)
{
    (void)user;
    return malloc(bytes);
}

static void *host_reallocate(void *user, void *memory, size_t bytes)
{
    (void)user;
    return realloc(memory, bytes);
}

static void host_release(void *user, void *memory)
{
    (void)user;
    free(memory);
}

imgvec_status imgvec_context_new(imgvec_context **out, imgvec_error *err)
{
    const imgvec_allocator allocator = {.size = sizeof allocator,
                                        .allocate = host_allocate,
                                        .reallocate = host_reallocate,
                                        .release = host_release};
    return imgvec_context_new_with(&allocator, out, err);
}

imgvec_status imgvec_context_new_with(const imgvec_allocator *allocator, imgvec_context **out,
                                      imgvec_error *err)
{
    if (!out)
        return iv_fail_argument(err, __func__, "out is NULL");
    *out = NULL;
    if (!allocator || allocator->size < sizeof *allocator)
        return iv_fail_argument(err, __func__, "allocator is NULL or its size is not set");
    if (!allocator->allocate || !allocator->reallocate || !allocator->release)
        return iv_fail_argument(err, __func__, "allocator lacks a function");
    imgvec_context *ctx = allocator->allocate(allocator->user, sizeof *ctx);
    if (!ctx)
        return iv_fail_nomem(err);
    memset(ctx, 0, sizeof *ctx);
    ctx->allocator = *allocator;
    ctx->allocator.size = sizeof ctx->allocator;
    atomic_init(&ctx->references, 1);
    atomic_init(&ctx->executor, NULL);
    pthread_mutex_init(&ctx->lock, NULL);
    strcpy(ctx->device, "auto");
    *out = ctx;
    return IMGVEC_OK;
}

imgvec_status imgvec_context_set_log(imgvec_context *ctx, int32_t level, imgvec_log_fn fn,
                                     void *user, imgvec_error *err)
{
    if (!ctx)
        return iv_fail_argument(err, __func__, "ctx is NULL");
    if (level < IMGVEC_LOG_NONE || level > IMGVEC_LOG_DEBUG)
        return iv_fail_argument(err, __func__, "level is not one of IMGVEC_LOG_*");
    pthread_mutex_lock(&ctx->lock);
    ctx->log_fn = fn;
    ctx->log_user = user;
    ctx->log_level = level;
    pthread_mutex_unlock(&ctx->lock);
    return IMGVEC_OK;
}

imgvec_status imgvec_context_set_threads(imgvec_context *ctx, int32_t threads, imgvec_error *err)
{
    if (!ctx)
        return iv_fail_argument(err, __func__, "ctx is NULL");
    if (threads < 0 || threads > 1024)
        return iv_fail_argument(err, __func__, "threads is not between 0 and 1024");
    ctx->threads = threads;
    return IMGVEC_OK;
}

/* "cuda:12" and the like. */
static int is_device(const char *device)
{
    if (strcmp(device, "auto") == 0 || strcmp(device, "cpu") == 0 || strcmp(device, "cuda") == 0)
        return 1;
    if (strncmp(device, "cuda:", 5) != 0 || strlen(device) < 6 || strlen(device) > 8)
        return 0;
    return strspn(device + 5, "0123456789") == strlen(device + 5);
}

imgvec_status imgvec_context_set_device(imgvec_context *ctx, const char *device, imgvec_error *err)
{
    if (!ctx)
        return iv_fail_argument(err, __func__, "ctx is NULL");
    if (!device || !is_device(device))
        return iv_fail_argument(err, __func__, "device is not auto, cpu, cuda or cuda:N");
    snprintf(ctx->device, sizeof ctx->device, "%s", device);
    return IMGVEC_OK;
}

void imgvec_context_free(imgvec_context *ctx)
{
    if (!ctx)
        return;
    pthread_mutex_lock(&ctx->lock);
    ctx->log_fn = NULL;
    pthread_mutex_unlock(&ctx->lock);
    iv_context_unref(ctx);
}
