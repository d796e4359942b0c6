#include "base/context.h"

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

imgvec_context *iv_context_ref(imgvec_context *ctx)
{
    atomic_fetch_add_explicit(&ctx->references, 1, memory_order_relaxed);
    return ctx;
}

void iv_context_unref(imgvec_context *ctx)
{
    if (atomic_fetch_sub_explicit(&ctx->references, 1, memory_order_acq_rel) != 1)
        return;
    imgvec_allocator allocator = ctx->allocator;
    pthread_mutex_destroy(&ctx->lock);
    allocator.release(allocator.user, ctx);
}

int iv_context_threads(const imgvec_context *ctx, int64_t wanted)
{
    if (wanted <= 0)
        wanted = ctx->threads;
    if (wanted <= 0) {
        cpu_set_t set;
        wanted = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    }
    return wanted < 1 ? 1 : wanted > 1024 ? 1024 : (int)wanted;
}

void iv_log(imgvec_context *ctx, int32_t level, const char *fmt, ...)
{
    char text[2048];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    for (char *p = text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7F)
            *p = ' ';
    pthread_mutex_lock(&ctx->lock);
    if (ctx->log_fn && level <= ctx->log_level)
        ctx->log_fn(ctx->log_user, level, text);
    pthread_mutex_unlock(&ctx->lock);
}
