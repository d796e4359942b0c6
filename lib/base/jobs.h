/* Numbered jobs, run side by side by a team of workers. */
#ifndef IV_BASE_JOBS_H
#define IV_BASE_JOBS_H

#include <stdatomic.h>
#include <stddef.h>

#include <imgvec/context.h>

#include "base/watch.h"

typedef struct iv_jobs {
    size_t count; /* jobs 0 .. count - 1, begun in this order */
    int workers;  /* at most so many at once; 1 without a watch: in the calling thread */
    imgvec_status (*run)(void *user, size_t job, imgvec_error *err);
    void *user;
    iv_watch *watch;                  /* NULL: nobody reports, nobody stops */
    const atomic_uint_fast64_t *done; /* units of the watch's stage */
} iv_jobs;

/* Runs all. After a failure no further job is begun, those that run are told by iv_watch_stopped,
 * and it is returned: of several, that of the job with the lowest number. The calling thread
 * reports; what it is asked to stop for, by token or progress function, is CANCELLED. */
imgvec_status iv_jobs_run(imgvec_context *ctx, const iv_jobs *jobs, imgvec_error *err);

#endif
