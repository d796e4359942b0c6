/** @file
 * Watch: progress, problems and cancellation of a running job. */
#ifndef IMGVEC_WATCH_H
#define IMGVEC_WATCH_H

#include <stddef.h>
#include <stdint.h>

#include <imgvec/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A token that any thread may use to stop a job. */
typedef struct imgvec_cancel imgvec_cancel;

/** Where a job stands. BORROWED until the callback returns. Fields are appended, so
 * read none beyond size. */
typedef struct imgvec_progress {
    size_t size;         /**< of the record, as the library knows it */
    const char *stage;   /**< what is being done, for people: "embedding image (mobilenetv2)" */
    uint64_t done;       /**< units of this stage that are done: images, folds, rounds */
    uint64_t total;      /**< units of this stage; 0 when not known */
    double rate;         /**< units a second since the stage began; 0 when not known */
    double seconds_left; /**< estimate for this stage; negative when not known */
    int32_t finished;    /**< 1 on the last report of the stage */
    int32_t reserved;    /**< 0 */
} imgvec_progress;

/** One row or file that could not be used. BORROWED until the callback returns. */
typedef struct imgvec_problem {
    size_t size;        /**< of the record, as the library knows it */
    int64_t row;        /**< row of the dataset, from 0; -1 where it belongs to no row */
    const char *column; /**< name of the column; "" where it belongs to none */
    const char *path;   /**< file, archive member or "" for memory */
    const char *reason; /**< one line, as an error text */
    int32_t code;       /**< IMGVEC_ERR_* */
    int32_t reserved;   /**< 0 */
} imgvec_problem;

/** What a caller wants to hear of a job. Set size to sizeof(imgvec_watch) and what is
 * not wanted to NULL. The callbacks are made on the thread that called the job's
 * function and never after it returned; they must not unwind and must not use the
 * job's handles. */
typedef struct imgvec_watch {
    size_t size; /**< sizeof(imgvec_watch) as the caller knows it */
    void *user;  /**< handed to each callback as it is */
    /** At most about ten calls a second and one at each stage's end. A value other
     * than 0 stops the job: it returns IMGVEC_ERR_CANCELLED. */
    int32_t (*progress)(void *user, const imgvec_progress *now);
    /** Each unusable row, in row order within a stage. */
    void (*problem)(void *user, const imgvec_problem *problem);
    imgvec_cancel *cancel; /**< BORROWED for the job; looked at between batches, rounds and files */
} imgvec_watch;

/** Makes a token that is not requested. out: NEW, free with imgvec_cancel_free.
 * Errors: INVALID_ARGUMENT, NO_MEMORY. Thread: any thread. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_cancel_new(imgvec_cancel **out, imgvec_error *err);

/** Asks every job that watches the token to stop; stays requested for ever. NULL is
 * ignored. Thread: any thread, and safe in a signal handler. Since 1.0. */
IMGVEC_API void imgvec_cancel_request(imgvec_cancel *token);

/** 1 when the token was requested, else 0; 0 for NULL. Thread: any thread. Since 1.0. */
IMGVEC_API int32_t imgvec_cancel_requested(const imgvec_cancel *token);

/** Frees a token that no running job watches; NULL is accepted.
 * Thread: one thread at a time per handle. Since 1.0. */
IMGVEC_API void imgvec_cancel_free(imgvec_cancel *token);

#ifdef __cplusplus
}
#endif
#endif
