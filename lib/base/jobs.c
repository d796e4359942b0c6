#include "base/jobs.h"

#include <pthread.h>

#include "base/thread.h"

typedef struct crew {
    const iv_jobs *jobs;
    atomic_size_t next;
    atomic_bool stop;
    pthread_mutex_t lock; /* guards what follows */
    imgvec_status failure;
    imgvec_error error;
    size_t failed_at;
    bool stopped_watch; /* by the failure, not by the caller */
} crew;

/* A job that was only told to stop says less than the one that failed. */
static bool tells_more(const crew *c, size_t job, imgvec_status status)
{
    if (c->failure == IMGVEC_OK)
        return true;
    if ((c->failure == IMGVEC_ERR_CANCELLED) != (status == IMGVEC_ERR_CANCELLED))
        return c->failure == IMGVEC_ERR_CANCELLED;
    return job < c->failed_at;
}

static void fail(crew *c, size_t job, imgvec_status status, const imgvec_error *error)
{
    iv_watch *watch = c->jobs->watch;
    pthread_mutex_lock(&c->lock);
    if (tells_more(c, job, status)) {
        c->failure = status;
        c->error = *error;
        c->failed_at = job;
    }
    if (watch && !atomic_exchange(&watch->stopped, true))
        c->stopped_watch = true;
    pthread_mutex_unlock(&c->lock);
    atomic_store(&c->stop, true);
}

static void work(void *user, int index)
{
    (void)index;
    crew *c = user;
    imgvec_error error;
    while (!atomic_load(&c->stop)) {
        size_t job = atomic_fetch_add(&c->next, 1);
        if (job >= c->jobs->count)
            return;
        imgvec_status status = c->jobs->run(c->jobs->user, job, &error);
        if (status != IMGVEC_OK)
            fail(c, job, status, &error);
    }
}

static imgvec_status run_team(imgvec_context *ctx, crew *c, imgvec_error *err)
{
    const iv_jobs *jobs = c->jobs;
    iv_team *team = NULL;
    imgvec_status status = iv_team_start(ctx, jobs->workers, work, c, &team, err);
    if (status != IMGVEC_OK)
        return status;
    while (!iv_team_wait(team, 0.1)) {
        if (!jobs->watch || status != IMGVEC_OK || atomic_load(&c->stop))
            continue;
        status = iv_watch_step(jobs->watch, atomic_load(jobs->done), err);
        if (status != IMGVEC_OK)
            atomic_store(&c->stop, true);
    }
    iv_team_free(team);
    return status;
}

imgvec_status iv_jobs_run(imgvec_context *ctx, const iv_jobs *jobs, imgvec_error *err)
{
    crew c = {.jobs = jobs};
    imgvec_status status = IMGVEC_OK;
    pthread_mutex_init(&c.lock, NULL);
    if (jobs->workers > 1 || jobs->watch)
        status = run_team(ctx, &c, err);
    else
        work(&c, 0);
    if (c.stopped_watch)
        atomic_store(&jobs->watch->stopped, false);
    if (c.failure != IMGVEC_OK && (status == IMGVEC_OK || c.stopped_watch)) {
        status = c.failure;
        if (err)
            *err = c.error;
    }
    pthread_mutex_destroy(&c.lock);
    return status;
}
