/* Numbered jobs on a team of workers. */
#include <stdlib.h>
#include <unistd.h>

#include "test.h"

#include "base/error.h"
#include "base/jobs.h"

enum { JOBS = 40 };

typedef struct work {
    atomic_int runs[JOBS];
    atomic_uint_fast64_t done;
    int failing, also; /* jobs that fail; -1: none */
    imgvec_status with;
    iv_watch *watch; /* a job that waits until it is stopped */
    int waiting;
} work;

static imgvec_status run(void *user, size_t job, imgvec_error *err)
{
    work *w = user;
    atomic_fetch_add(&w->runs[job], 1);
    if ((int)job == w->failing || (int)job == w->also)
        return iv_fail(err, w->with, "job %zu", job);
    if ((int)job == w->waiting)
        for (int i = 0; i < 5000; i++) {
            if (iv_watch_stopped(w->watch))
                return iv_fail(err, IMGVEC_ERR_CANCELLED, "told to stop");
            usleep(1000);
        }
    atomic_fetch_add(&w->done, 1);
    return IMGVEC_OK;
}

static work new_work(void)
{
    return (work){.failing = -1, .also = -1, .waiting = -1, .with = IMGVEC_ERR_DATA};
}

static iv_jobs jobs_of(work *w, int workers)
{
    return (iv_jobs){.count = JOBS, .workers = workers, .run = run, .user = w, .done = &w->done};
}

static void test_all(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    imgvec_error err;
    iv_watch watch;
    for (int workers = 1; workers <= 4; workers++)
        for (int watched = 0; watched < 2; watched++) {
            work w = new_work();
            iv_jobs jobs = jobs_of(&w, workers);
            assert_ok(iv_watch_init(&watch, NULL, &err));
            jobs.watch = watched ? &watch : NULL;
            assert_ok(iv_jobs_run(ctx, &jobs, &err));
            for (int i = 0; i < JOBS; i++)
                assert_int_equal(atomic_load(&w.runs[i]), 1);
        }
    imgvec_context_free(ctx);
}

/* The failure of the lowest job is told, and no job is begun behind it. */
static void test_failure(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    imgvec_error err;
    for (int workers = 1; workers <= 4; workers++) {
        work w = new_work();
        w.failing = 3;
        w.also = 4;
        iv_jobs jobs = jobs_of(&w, workers);
        assert_fails(iv_jobs_run(ctx, &jobs, &err), IMGVEC_ERR_DATA, "job 3");
        assert_int_equal(atomic_load(&w.runs[JOBS - 1]), 0);
    }
    imgvec_context_free(ctx);
}

/* A job that runs is told of another's failure, which is what is returned; the watch goes on. */
static void test_running_jobs_are_told(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    imgvec_error err;
    iv_watch watch;
    work w = new_work();
    w.waiting = 0;
    w.failing = 1;
    w.watch = &watch;
    iv_jobs jobs = jobs_of(&w, 2);
    jobs.watch = &watch;
    assert_ok(iv_watch_init(&watch, NULL, &err));
    assert_fails(iv_jobs_run(ctx, &jobs, &err), IMGVEC_ERR_DATA, "job 1");
    assert_false(iv_watch_stopped(&watch));
    imgvec_context_free(ctx);
}

static int32_t stop_at_once(void *user, const imgvec_progress *now)
{
    (void)user, (void)now;
    return 1;
}

/* The caller's wish is CANCELLED and stays, by token and by progress function. */
static void test_cancel(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    imgvec_error err;
    iv_watch watch;
    imgvec_cancel *cancel;
    assert_ok(imgvec_cancel_new(&cancel, &err));
    imgvec_cancel_request(cancel);
    for (int by_token = 0; by_token < 2; by_token++) {
        work w = new_work();
        const imgvec_watch user = {.size = sizeof user,
                                   .progress = by_token ? NULL : stop_at_once,
                                   .cancel = by_token ? cancel : NULL};
        w.waiting = 0;
        w.watch = &watch;
        iv_jobs jobs = jobs_of(&w, 1);
        jobs.watch = &watch;
        assert_ok(iv_watch_init(&watch, &user, &err));
        assert_fails(iv_jobs_run(ctx, &jobs, &err), IMGVEC_ERR_CANCELLED, "");
        assert_true(iv_watch_stopped(&watch));
        assert_int_equal(atomic_load(&w.runs[JOBS - 1]), 0);
    }
    imgvec_cancel_free(cancel);
    imgvec_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all), cmocka_unit_test(test_failure),
                                       cmocka_unit_test(test_running_jobs_are_told),
                                       cmocka_unit_test(test_cancel)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
