/* What stands behind imgvec_context. */
#ifndef IV_BASE_CONTEXT_H
#define IV_BASE_CONTEXT_H

#include <pthread.h>
#include <stdatomic.h>

#include <imgvec/context.h>

struct iv_executor; /* lib/net/executor.h; base only keeps the pointer */

struct imgvec_context {
    imgvec_allocator allocator;
    atomic_int references; /* the caller's one and one for each handle */
    pthread_mutex_t lock;  /* guards the log sink */
    imgvec_log_fn log_fn;
    void *log_user;
    int32_t log_level;
    int32_t threads; /* 0: all cores */
    char device[32];
    /* Runs the networks. Loaded by lib/api at first use; a test sets its own first. */
    _Atomic(const struct iv_executor *) executor;
};

/* One more or one fewer holder; the last one out frees the context. */
imgvec_context *iv_context_ref(imgvec_context *ctx);
void iv_context_unref(imgvec_context *ctx);

/* Threads that a job may use: `wanted` when positive, else the context's setting, else
 * the cores that this process may run on. */
int iv_context_threads(const imgvec_context *ctx, int64_t wanted);

void iv_log(imgvec_context *ctx, int32_t level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
