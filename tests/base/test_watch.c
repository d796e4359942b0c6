#include "test.h"

#include <unistd.h>

#include "base/thread.h"
#include "base/watch.h"

typedef struct seen {
    int calls, finished, stop_at;
    uint64_t done, total;
    char stage[64];
    int problems;
    int64_t row;
} seen;

static int32_t on_progress(void *user, const imgvec_progress *now)
{
    seen *s = user;
    s->calls++;
    s->done = now->done;
    s->total = now->total;
    s->finished += now->finished;
    snprintf(s->stage, sizeof s->stage, "%s", now->stage);
    return s->stop_at && s->calls >= s->stop_at;
}

static void on_problem(void *user, const imgvec_problem *problem)
{
    seen *s = user;
    s->problems++;
    s->row = problem->row;
}

static void test_progress(void **state)
{
    (void)state;
    seen s = {0};
    imgvec_watch user = {
        .size = sizeof user, .user = &s, .progress = on_progress, .problem = on_problem};
    imgvec_error err;
    iv_watch w;
    assert_ok(iv_watch_init(&w, &user, &err));
    assert_ok(iv_watch_begin(&w, 10, &err, "reading %s", "x"));
    assert_string_equal(s.stage, "reading x");
    for (uint64_t i = 0; i < 10; i++)
        assert_ok(iv_watch_step(&w, i, &err)); /* too quick to report */
    assert_int_equal(s.calls, 1);
    usleep(120000);
    assert_ok(iv_watch_step(&w, 9, &err));
    assert_int_equal(s.calls, 2);
    assert_int_equal(s.done, 9);
    assert_ok(iv_watch_end(&w, &err));
    assert_int_equal(s.finished, 1);
    assert_int_equal(s.done, 10);
    imgvec_error why = {.code = IMGVEC_ERR_FORMAT, .text = "broken"};
    iv_watch_problem(&w, 4, "image", "a.jpg", &why);
    assert_int_equal(s.problems, 1);
    assert_int_equal(s.row, 4);
}

static void test_stop(void **state)
{
    (void)state;
    seen s = {.stop_at = 1};
    imgvec_watch user = {.size = sizeof user, .user = &s, .progress = on_progress};
    imgvec_error err;
    iv_watch w;
    assert_ok(iv_watch_init(&w, &user, &err));
    assert_fails(iv_watch_begin(&w, 10, &err, "x"), IMGVEC_ERR_CANCELLED, "cancelled while x");

    imgvec_watch cancelled = {.size = sizeof cancelled};
    assert_ok(imgvec_cancel_new(&cancelled.cancel, &err));
    assert_ok(iv_watch_init(&w, &cancelled, &err));
    assert_ok(iv_watch_begin(&w, 10, &err, "y"));
    assert_false(iv_watch_stopped(&w));
    imgvec_cancel_request(cancelled.cancel);
    assert_true(iv_watch_stopped(&w));
    assert_fails(iv_watch_check(&w, &err), IMGVEC_ERR_CANCELLED, "while y");
    imgvec_cancel_free(cancelled.cancel);
    imgvec_cancel_free(NULL);
    imgvec_cancel_request(NULL);
    assert_int_equal(imgvec_cancel_requested(NULL), 0);
}

/* A caller of an older header knows fewer fields; one that set no size is told. */
static void test_sizes(void **state)
{
    (void)state;
    seen s = {0};
    imgvec_error err;
    iv_watch w;
    imgvec_watch user = {.size = 0, .user = &s, .progress = on_progress, .problem = on_problem};
    assert_fails(iv_watch_init(&w, &user, &err), IMGVEC_ERR_INVALID_ARGUMENT, "size");
    user.size = offsetof(imgvec_watch, problem);
    assert_ok(iv_watch_init(&w, &user, &err));
    imgvec_error why = {.code = IMGVEC_ERR_FORMAT};
    iv_watch_problem(&w, 1, "a", "b", &why);
    assert_int_equal(s.problems, 0);
    assert_ok(iv_watch_init(&w, NULL, &err));
    assert_ok(iv_watch_begin(&w, 0, &err, "nobody watches"));
    assert_ok(iv_watch_end(&w, &err));
}

static void count(void *user, int index)
{
    atomic_fetch_add((atomic_int *)user, index + 1);
    usleep(20000);
}

static void test_team(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    imgvec_error err;
    iv_team *team;
    atomic_int sum = 0;
    assert_ok(iv_team_start(ctx, 4, count, &sum, &team, &err));
    assert_int_equal(iv_team_size(team), 4);
    assert_false(iv_team_wait(team, 0.001));
    assert_true(iv_team_wait(team, 10));
    assert_int_equal(sum, 1 + 2 + 3 + 4);
    iv_team_free(team);
    iv_team_free(NULL);
    imgvec_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_progress),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_team),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
