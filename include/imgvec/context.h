/** @file
 * Context: allocation, log, threads and device of the jobs that use it. */
#ifndef IMGVEC_CONTEXT_H
#define IMGVEC_CONTEXT_H

#include <stddef.h>
#include <stdint.h>

#include <imgvec/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Context: what jobs share. Whatever is made with it keeps it alive. */
typedef struct imgvec_context imgvec_context;

/** The host's allocation functions. All three are required and must be safe to call
 * from any thread. Memory of torch and XGBoost is not drawn through them. */
typedef struct imgvec_allocator {
    size_t size; /**< sizeof(imgvec_allocator) as the caller knows it */
    void *user;  /**< handed to each function as it is */
    void *(*allocate)(void *user, size_t bytes);                 /**< as malloc; bytes > 0 */
    void *(*reallocate)(void *user, void *memory, size_t bytes); /**< as realloc; bytes > 0 */
    void (*release)(void *user, void *memory);                   /**< as free; never NULL */
} imgvec_allocator;

/** Log levels. A sink set to a level receives that level and those below it. */
enum {
    IMGVEC_LOG_NONE = 0,
    IMGVEC_LOG_ERROR = 1,
    IMGVEC_LOG_WARNING = 2,
    IMGVEC_LOG_NOTICE =
        3, /**< decisions a person wants to know: a column left out, a default lowered */
    IMGVEC_LOG_DEBUG = 4
};

/** Receives one finished line of UTF-8 without newline. May be called from any
 * thread of a running job, one call at a time per context. Must not call back into
 * the library with the same context and must not unwind. */
typedef void (*imgvec_log_fn)(void *user, int32_t level, const char *text);

/** Makes a context with the C library's allocator, all cores and device "auto".
 * out: NEW, free with imgvec_context_free.
 * Errors: INVALID_ARGUMENT, NO_MEMORY. Thread: any thread. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_context_new(imgvec_context **out,
                                                            imgvec_error *err);

/** As imgvec_context_new, with the host's allocation functions (COPIED); they must
 * stay callable until the context and every handle made with it are freed.
 * Errors: INVALID_ARGUMENT, NO_MEMORY. Thread: any thread. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_context_new_with(const imgvec_allocator *allocator,
                                                                 imgvec_context **out,
                                                                 imgvec_error *err);

/** Sets where log lines go. fn NULL (the default) drops them. The sink is used until
 * it is replaced or the context is freed.
 * Errors: INVALID_ARGUMENT. Thread: one thread at a time per handle. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_context_set_log(imgvec_context *ctx, int32_t level,
                                                                imgvec_log_fn fn, void *user,
                                                                imgvec_error *err);

/** Threads that a job may use: 1 to 1024, 0 for all cores that the process may run on
 * (the default). The option "threads" overrides it for one job.
 * Errors: INVALID_ARGUMENT. Thread: one thread at a time per handle. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_context_set_threads(imgvec_context *ctx,
                                                                    int32_t threads,
                                                                    imgvec_error *err);

/** Device of the networks: "auto" (the default), "cpu", "cuda" or "cuda:N". The
 * option "device" overrides it for one job. A device that is not there is reported
 * when a network is loaded. device: COPIED.
 * Errors: INVALID_ARGUMENT. Thread: one thread at a time per handle. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_context_set_device(imgvec_context *ctx,
                                                                   const char *device,
                                                                   imgvec_error *err);

/** Gives the context up; NULL is accepted. Handles made with it stay valid and keep
 * what they need; the log sink is not called any more.
 * Thread: one thread at a time per handle. Since 1.0. */
IMGVEC_API void imgvec_context_free(imgvec_context *ctx);

#ifdef __cplusplus
}
#endif
#endif
