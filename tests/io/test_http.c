/* Downloads: what arrives, what is asked for again, what is continued. */
#include "http_world.h"

#include <sys/stat.h>

static void test_whole(void **state)
{
    imgvec_error err;
    iv_http_result r;
    assert_ok(get("/ok", &r, &err));
    assert_file(w->body, BODY_SIZE);
    assert_int_equal(r.http_status, 200);
    assert_int_equal(r.bytes, BODY_SIZE);
    assert_int_equal(r.fetched, BODY_SIZE);
    assert_string_equal(r.etag, "\"one\"");
    assert_string_equal(r.content_type, "image/jpeg");
    assert_false(r.resumed || r.not_modified);
    assert_ok(get("/empty", &r, &err));
    assert_file("", 0);
    assert_int_equal(r.bytes, 0);
    /* Both over one connection, which the client kept. */
    assert_int_equal(http_server_connections(w->server), 1);
    assert_int_equal(iv_http_client_sockets(w->client), 1);
}

static void test_redirects(void **state)
{
    imgvec_error err;
    iv_http_result r;
    assert_ok(get("/hop/5", &r, &err));
    assert_file(w->body, BODY_SIZE);
    assert_ok(get("/other-host", &r, &err));
    assert_fails(get("/hop/6", &r, &err), IMGVEC_ERR_LIMIT, "more than 5 redirects");
    assert_fails(get("/loop", &r, &err), IMGVEC_ERR_LIMIT, "more than 5 redirects");
    assert_fails(get("/to-file", &r, &err), IMGVEC_ERR_UNSUPPORTED, "scheme file is not taken");
    assert_fails(get("/to-ftp", &r, &err), IMGVEC_ERR_UNSUPPORTED, "scheme ftp is not taken");
    assert_fails(get("/nowhere", &r, &err), IMGVEC_ERR_FORMAT, "302");
    assert_file(w->body, BODY_SIZE); /* failures left the old file alone */
}

static void test_statuses(void **state)
{
    imgvec_error err;
    iv_http_result r;
    assert_fails(get("/status/404", &r, &err), IMGVEC_ERR_NOT_FOUND, "answered 404 Not Found");
    assert_non_null(strstr(err.text, url("/status/404")));
    assert_false(r.passing);
    assert_int_equal(r.http_status, 404);
    assert_fails(get("/status/410", &r, &err), IMGVEC_ERR_NOT_FOUND, "answered 410");
    assert_fails(get("/status/403", &r, &err), IMGVEC_ERR_IO, "answered 403");
    assert_fails(get("/status/501", &r, &err), IMGVEC_ERR_IO, "answered 501");
    assert_fails(get("/endless-404", &r, &err), IMGVEC_ERR_NOT_FOUND, "answered 404");
    assert_int_equal(w->hits, 5);
    assert_int_not_equal(access(w->path, F_OK), 0);
}

static void test_passing_faults(void **state)
{
    imgvec_error err;
    iv_http_result r;
    assert_ok(get("/then/500/2", &r, &err));
    assert_file("good", 4);
    assert_int_equal(w->hits, 3);
    w->hits = 0;
    double before = iv_now();
    assert_ok(get("/retry-after", &r, &err));
    assert_true(iv_now() - before >= 1);
    w->hits = 0;
    before = iv_now();
    /* A day; newer versions of libcurl say six hours for all that is longer. */
    assert_fails(get("/retry-tomorrow", &r, &err), IMGVEC_ERR_IO, "left alone for ");
    assert_true(strstr(err.text, " 86400 s") || strstr(err.text, " 21600 s"));
    assert_true(r.passing && iv_now() - before < 1);
    assert_int_equal(w->hits, 1);
    w->limits.retries = 1;
    make_client();
    w->hits = 0;
    assert_fails(get("/status/503", &r, &err), IMGVEC_ERR_IO,
                 "2 attempts: the server answered 503");
    assert_true(r.passing);
    assert_int_equal(w->hits, 2);
    w->hits = 0;
    assert_fails(get("/always-cut", &r, &err), IMGVEC_ERR_IO, "2 attempts");
    assert_int_equal(w->hits, 2);
}

static void test_resume(void **state)
{
    imgvec_error err;
    iv_http_result r;
    assert_ok(get("/cut", &r, &err)); /* cut once, the rest asked for */
    assert_file(w->body, BODY_SIZE);
    assert_true(r.resumed);
    assert_int_equal(r.bytes, BODY_SIZE);
    assert_int_equal(r.fetched, BODY_SIZE);
    assert_int_equal(w->ranges, 1);
    assert_string_equal(r.etag, "\"one\"");

    w->hits = 0;
    assert_ok(get("/changed", &r, &err)); /* another file by then: from its beginning */
    assert_file(w->body + 1, BODY_SIZE - 1);
    assert_false(r.resumed);
    assert_string_equal(r.etag, "\"two\"");
}

/* A part that another process left: continued for the same URL and ETag only. */
static void test_resume_later(void **state)
{
    imgvec_error err;
    iv_http_result r;
    char note[600], name[128];
    for (int i = 0; i < 4; i++) {
        const char *of = i == 1 ? "/elsewhere" : "/range", *etag = i == 2 ? "\"zero\"" : "\"one\"";
        size_t size = i == 3 ? BODY_SIZE : 1000;
        snprintf(name, sizeof name, "%s.part", w->path);
        assert_ok(iv_file_write(w->ctx, name, w->body, size, &err));
        snprintf(name, sizeof name, "%s.part.etag", w->path);
        snprintf(note, sizeof note, "%s\n%s", url(of), etag);
        assert_ok(iv_file_write(w->ctx, name, note, strlen(note), &err));
        assert_ok(get("/range", &r, &err));
        assert_file(w->body, BODY_SIZE);
        assert_int_equal(r.resumed, i == 0);
        assert_int_equal(r.fetched, i == 0 ? BODY_SIZE - 1000 : BODY_SIZE);
    }
}

static void test_known(void **state)
{
    imgvec_error err;
    iv_http_result r;
    assert_ok(iv_http_revalidate(w->client, url("/known"), w->path, "", NULL, NULL, &r, &err));
    assert_file("good", 4);
    assert_ok(
        iv_http_revalidate(w->client, url("/known"), w->path, "\"one\"", NULL, NULL, &r, &err));
    assert_true(r.not_modified);
    assert_file("good", 4);
    assert_ok(
        iv_http_revalidate(w->client, url("/known"), w->path, "\"old\"", NULL, NULL, &r, &err));
    assert_false(r.not_modified);
}

/* The disk fails: the error says so and no file appears. */
static void test_disk(void **state)
{
    imgvec_error err;
    char path[128];
    snprintf(path, sizeof path, "%s/no/such/folder", w->folder);
    assert_fails(iv_http_download(w->client, url("/ok"), path, NULL, NULL, NULL, &err),
                 IMGVEC_ERR_NOT_FOUND, "cannot write");
    snprintf(path, sizeof path, "%s.part", w->path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_fails(get("/ok", NULL, &err), IMGVEC_ERR_IO, "cannot write");
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_fails(get("/ok", NULL, &err), IMGVEC_ERR_IO, "cannot write");
    assert_int_equal(unlink(path), 0);
}

static imgvec_status memory_job(imgvec_context *ctx, void *user, imgvec_error *err)
{
    iv_http_client *client;
    IV_TRY(iv_http_client_new(ctx, &w->limits, &client, err));
    imgvec_status status = iv_http_download(client, url("/hop/2"), w->path, NULL, NULL, NULL, err);
    iv_http_client_free(client);
    return status;
}

static void test_memory(void **state)
{
    fail_each_allocation(memory_job, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        http_test(test_whole),          http_test(test_redirects), http_test(test_statuses),
        http_test(test_passing_faults), http_test(test_resume),    http_test(test_resume_later),
        http_test(test_known),          http_test(test_disk),      http_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
