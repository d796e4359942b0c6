/* Downloads from servers that send too much, nonsense or nothing: bytes, time, cancellation. */
#include "http_world.h"

#include <pthread.h>
#include <time.h>

static void test_limits(void **state)
{
    imgvec_error err;
    iv_http_result r;
    w->limits.max_bytes = BODY_SIZE;
    make_client();
    assert_ok(get("/ok", &r, &err));
    w->limits.max_bytes = BODY_SIZE - 1;
    make_client();
    assert_fails(get("/ok", &r, &err), IMGVEC_ERR_LIMIT,
                 "300000 bytes, more than the limit of 299999");
    assert_fails(get("/endless", &r, &err), IMGVEC_ERR_LIMIT, "more than the limit of 299999");
    assert_fails(get("/endless-chunks", &r, &err), IMGVEC_ERR_LIMIT, "more than the limit");
    assert_fails(get("/says-huge", &r, &err), IMGVEC_ERR_LIMIT, "more than the limit");
    assert_fails(get("/endless-headers", &r, &err), IMGVEC_ERR_LIMIT, "headers do not end");
    assert_file(w->body, BODY_SIZE);
    assert_ok(get("/says-less", &r, &err));
    assert_file(w->body, 10);
}

static void test_nonsense(void **state)
{
    imgvec_error err;
    iv_http_result r;
    w->limits.retries = 0;
    make_client();
    assert_fails(get("/gzip", &r, &err), IMGVEC_ERR_UNSUPPORTED, "encoded (gzip)");
    assert_fails(get("/wrong-range", &r, &err), IMGVEC_ERR_FORMAT, "another part");
    assert_fails(get("/garbage", &r, &err), IMGVEC_ERR_IO, url("/garbage"));
    assert_int_not_equal(access(w->path, F_OK), 0);
}

static void test_time(void **state)
{
    imgvec_error err;
    iv_http_result r;
    w->limits.total_seconds = 2;
    w->limits.low_speed_seconds = 1;
    make_client();
    double before = iv_now();
    assert_fails(get("/stall", &r, &err), IMGVEC_ERR_IO, "");
    assert_true(iv_now() - before < 2.5 && r.passing);
    before = iv_now();
    assert_fails(get("/stall-body", &r, &err), IMGVEC_ERR_IO, "");
    assert_true(iv_now() - before < 2.5 && r.passing);
    w->limits.low_speed_bytes = 0;
    make_client();
    before = iv_now();
    assert_fails(get("/drip", &r, &err), IMGVEC_ERR_IO, "not there after 2 seconds");
    assert_true(iv_now() - before < 2.5 && r.passing);
}

static void *cancel_soon(void *user)
{
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
    imgvec_cancel_request(user);
    return NULL;
}

static void test_cancel(void **state)
{
    imgvec_error err;
    iv_http_result r;
    imgvec_cancel *cancel;
    pthread_t thread;
    iv_watch watch;
    assert_ok(imgvec_cancel_new(&cancel, &err));
    imgvec_watch user = {.size = sizeof user, .cancel = cancel};
    assert_ok(iv_watch_init(&watch, &user, &err));
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, cancel), 0);
    double before = iv_now();
    assert_fails(iv_http_download(w->client, url("/stall"), w->path, NULL, &watch, &r, &err),
                 IMGVEC_ERR_CANCELLED, "cancelled");
    assert_true(iv_now() - before < 0.8);
    pthread_join(thread, NULL);
    imgvec_cancel_free(cancel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        http_test(test_limits),
        http_test(test_nonsense),
        http_test(test_time),
        http_test(test_cancel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
