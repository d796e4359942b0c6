/* Reporting progress and noticing cancellation from inside a job. */
#ifndef IV_BASE_WATCH_H
#define IV_BASE_WATCH_H

#include <stdatomic.h>
#include <stdbool.h>

#include <imgvec/watch.h>

/* What stands behind the public token. */
struct imgvec_cancel {
    atomic_int requested;
};

/* One job's view of the caller's watch, copied by the size that the caller states.
 * Stage calls are for the job's own thread; iv_watch_stopped is for any. */
typedef struct iv_watch {
    imgvec_watch user; /* zero-filled where the caller's is shorter or NULL */
    atomic_bool stopped;
    char stage[128];
    uint64_t total;
    double started, reported;
} iv_watch;

/* Checks the caller's record: INVALID_ARGUMENT when its size is no version of it. */
imgvec_status iv_watch_init(iv_watch *w, const imgvec_watch *user, imgvec_error *err);

/* Starts a stage of `total` units (0: unknown); reports 0 done. */
imgvec_status iv_watch_begin(iv_watch *w, uint64_t total, imgvec_error *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* `done` units are done: reports when it is time; CANCELLED when the caller wants out.
 * Call it at least ten times a second where that is possible. */
imgvec_status iv_watch_step(iv_watch *w, uint64_t done, imgvec_error *err);
/* Last report of the stage. */
imgvec_status iv_watch_end(iv_watch *w, imgvec_error *err);

bool iv_watch_stopped(iv_watch *w);
imgvec_status iv_watch_check(iv_watch *w, imgvec_error *err); /* CANCELLED or OK, no report */

void iv_watch_problem(iv_watch *w, int64_t row, const char *column, const char *path,
                      const imgvec_error *why);

#endif
