/* Downloads from a server on loopback that behaves in every way a server should not. */
#include "io/http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>

#include "base/error.h"
#include "base/thread.h"
#include "http_server.h"
#include "io_test.h"

#define BODY_SIZE 300000

typedef struct world {
    imgvec_context *ctx;
    http_server *server;
    http_server *other; /* another port: another host */
    iv_http_client *client;
    iv_http_limits limits;
    char folder[64], path[96];
    char body[BODY_SIZE];
    int hits, ranges;
    char head[16384]; /* the last request */
} world;

static world *w;

static const char *url(const char *path)
{
    static char texts[4][512];
    static int next;
    char *text = texts[next++ % 4];
    snprintf(text, 512, "http://127.0.0.1:%d%s", http_server_port(w->server), path);
    return text;
}

static void redirect(http_exchange *x, int code, const char *where)
{
    char headers[1024];
    snprintf(headers, sizeof headers, "Location: %s\r\n", where);
    http_reply(x, code, headers, "moved", 5);
}

/* Sends the body up to `size` bytes of it, as if all would come, and hangs up. */
static void cut(http_exchange *x, size_t size)
{
    unsigned long long from = 0;
    if (sscanf(http_header(x, "Range"), "bytes=%llu-", &from) == 1) {
        w->ranges++;
        http_reply_range(x, "\"one\"", w->body, BODY_SIZE);
        return;
    }
    http_sendf(x, "HTTP/1.1 200 OK\r\nETag: \"one\"\r\nContent-Length: %d\r\n\r\n", BODY_SIZE);
    http_send(x, w->body, size);
    x->close = true;
}

static bool answer_redirect(http_exchange *x, const char *p)
{
    char next[64];
    int hop;
    if (strcmp(p, "/to-file") == 0)
        redirect(x, 302, "file:///etc/passwd");
    else if (strcmp(p, "/to-ftp") == 0)
        redirect(x, 301, "ftp://127.0.0.1/a");
    else if (strcmp(p, "/loop") == 0)
        redirect(x, 307, "/loop");
    else if (strcmp(p, "/nowhere") == 0)
        http_reply(x, 302, "", "", 0);
    else if (strcmp(p, "/other-host") == 0)
        redirect(
            x, 308,
            (snprintf(next, sizeof next, "http://127.0.0.1:%d/other", http_server_port(w->other)),
             next));
    else if (sscanf(p, "/hop/%d", &hop) == 1)
        redirect(x, 303, (snprintf(next, sizeof next, hop > 1 ? "/hop/%d" : "/ok", hop - 1), next));
    else
        return false;
    return true;
}

static bool answer_status(http_exchange *x, const char *p)
{
    int code, good;
    if (sscanf(p, "/status/%d", &code) == 1)
        http_reply(x, code, "", "<html>no</html>", 15);
    else if (sscanf(p, "/then/%d/%d", &code, &good) == 2 && w->hits <= good)
        http_reply(x, code, "", "wait", 4);
    else if (sscanf(p, "/then/%d/%d", &code, &good) == 2)
        http_reply(x, 200, "", "good", 4);
    else if (strcmp(p, "/retry-after") == 0)
        http_reply(x, w->hits > 1 ? 200 : 429, "Retry-After: 1\r\n", "good", 4);
    else if (strcmp(p, "/retry-tomorrow") == 0)
        http_reply(x, 503, "Retry-After: 86400\r\n", "", 0);
    else if (strcmp(p, "/endless-404") == 0) {
        http_sendf(x, "HTTP/1.1 404 No\r\n\r\n");
        while (http_send(x, w->body, BODY_SIZE)) {
        }
    } else
        return false;
    return true;
}

static bool answer_badly(http_exchange *x, const char *p)
{
    static const char gzip[] = "\x1f\x8b\x08";
    if (strcmp(p, "/stall") == 0) {
        http_pause(w->server, x, 30);
        x->close = true;
    } else if (strcmp(p, "/stall-body") == 0) {
        http_sendf(x, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc");
        http_pause(w->server, x, 30);
        x->close = true;
    } else if (strcmp(p, "/drip") == 0) {
        http_sendf(x, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        while (http_send(x, w->body, 100) && http_pause(w->server, x, 0.02)) {
        }
        x->close = true;
    } else if (strcmp(p, "/endless") == 0) {
        http_sendf(x, "HTTP/1.1 200 OK\r\n\r\n");
        while (http_send(x, w->body, BODY_SIZE)) {
        }
    } else if (strcmp(p, "/endless-chunks") == 0) {
        http_sendf(x, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while (http_sendf(x, "%x\r\n", BODY_SIZE) && http_send(x, w->body, BODY_SIZE) &&
               http_sendf(x, "\r\n")) {
        }
    } else if (strcmp(p, "/endless-headers") == 0) {
        http_sendf(x, "HTTP/1.1 200 OK\r\n");
        while (http_sendf(x, "X-Header: 0123456789012345678901234567890123456789\r\n")) {
        }
    } else if (strcmp(p, "/says-huge") == 0) {
        http_sendf(x, "HTTP/1.1 200 OK\r\nContent-Length: 9000000000000\r\n\r\n");
        http_pause(w->server, x, 30);
        x->close = true;
    } else if (strcmp(p, "/says-less") == 0) {
        http_sendf(x, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
        http_send(x, w->body, 5000);
        x->close = true;
    } else if (strcmp(p, "/always-cut") == 0) {
        http_sendf(x, "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n");
        http_send(x, w->body, 2500);
        x->close = true;
    } else if (strcmp(p, "/gzip") == 0) {
        http_reply(x, 200, "Content-Encoding: gzip\r\n", gzip, 3);
    } else if (strcmp(p, "/garbage") == 0) {
        http_sendf(x, "SSH-2.0-OpenSSH_9.2\r\n");
        x->close = true;
    } else if (strcmp(p, "/wrong-range") == 0) {
        http_reply(x, 206, "Content-Range: bytes 7-9/10\r\n", "abc", 3);
    } else {
        return false;
    }
    return true;
}

static void answer(http_exchange *x, void *user)
{
    const char *p = x->path;
    w->hits++;
    memcpy(w->head, x->head, sizeof x->head);
    if (answer_redirect(x, p) || answer_status(x, p) || answer_badly(x, p))
        return;
    if (strcmp(p, "/ok") == 0 || strcmp(p, "/other") == 0)
        http_reply(x, 200, "ETag: \"one\"\r\nContent-Type: image/jpeg\r\n", w->body, BODY_SIZE);
    else if (strcmp(p, "/empty") == 0)
        http_reply(x, 200, "", "", 0);
    else if (strcmp(p, "/cut") == 0)
        cut(x, 200000);
    else if (strcmp(p, "/changed") == 0 && w->hits == 1)
        cut(x, 200000);
    else if (strcmp(p, "/changed") == 0)
        http_reply_range(x, "\"two\"", w->body + 1, BODY_SIZE - 1);
    else if (strcmp(p, "/range") == 0)
        http_reply_range(x, "\"one\"", w->body, BODY_SIZE);
    else if (strcmp(p, "/known") == 0 && strcmp(http_header(x, "If-None-Match"), "\"one\"") == 0)
        http_reply(x, 304, "", "", 0);
    else if (strcmp(p, "/known") == 0)
        http_reply(x, 200, "ETag: \"one\"\r\n", "good", 4);
    else
        http_reply(x, 404, "", "no", 2);
}

static void make_client(void)
{
    imgvec_error err;
    iv_http_client_free(w->client);
    w->client = NULL;
    assert_ok(iv_http_client_new(w->ctx, &w->limits, &w->client, &err));
}

static int set_up(void **state)
{
    w = calloc(1, sizeof *w);
    w->ctx = test_context();
    w->limits = iv_http_defaults;
    w->limits.allow_private = true;
    strcpy(w->folder, "/tmp/imgvec-http-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    snprintf(w->path, sizeof w->path, "%s/file", w->folder);
    for (int i = 0; i < BODY_SIZE; i++)
        w->body[i] = (char)(i * 7 + i / 251);
    w->server = http_server_start(answer, NULL);
    w->other = http_server_start(answer, NULL);
    make_client();
    return w->server && w->other ? 0 : -1;
}

static int tear_down(void **state)
{
    char command[128];
    iv_http_client_free(w->client);
    http_server_stop(w->server);
    http_server_stop(w->other);
    imgvec_context_free(w->ctx);
    snprintf(command, sizeof command, "rm -rf %s", w->folder);
    int code = system(command);
    free(w);
    return code;
}

static imgvec_status get(const char *path, iv_http_result *r, imgvec_error *err)
{
    return iv_http_download(w->client, url(path), w->path, NULL, NULL, r, err);
}

/* The file holds these bytes, and nothing unfinished lies beside it. */
static void assert_file(const char *bytes, size_t size)
{
    imgvec_error err;
    char *data;
    size_t length;
    char part[128];
    assert_ok(iv_file_read(w->ctx, w->path, 0, &data, &length, &err));
    assert_int_equal(length, size);
    assert_memory_equal(data, bytes, size);
    iv_free(w->ctx, data);
    snprintf(part, sizeof part, "%s.part", w->path);
    assert_int_not_equal(access(part, F_OK), 0);
    snprintf(part, sizeof part, "%s.part.etag", w->path);
    assert_int_not_equal(access(part, F_OK), 0);
}

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
    assert_fails(get("/retry-tomorrow", &r, &err), IMGVEC_ERR_IO, "left alone for 86400 s");
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

/* What is refused opens no socket, whatever the address is written as. */
static void test_policy(void **state)
{
    static const char *const refused[] = {"http://127.0.0.1/a",
                                          "http://2130706433/a",
                                          "http://0x7f.1/a",
                                          "http://0177.0.0.1/a",
                                          "http://127.1/a",
                                          "http://localhost/a",
                                          "http://10.0.0.1/a",
                                          "http://172.16.0.1/a",
                                          "http://192.168.1.1/a",
                                          "http://169.254.169.254/a",
                                          "http://0.0.0.0/a",
                                          "http://100.64.0.1/a",
                                          "http://224.0.0.1/a",
                                          "http://255.255.255.255/a",
                                          "http://[::1]/a",
                                          "http://[::]/a",
                                          "http://[fe80::1]/a",
                                          "http://[fc00::1]/a",
                                          "http://[ff02::1]/a",
                                          "http://[::ffff:10.0.0.1]/a",
                                          "http://[64:ff9b::7f00:1]/a",
                                          "http://[2002:7f00:1::]/a"};
    imgvec_error err;
    iv_http_result r;
    w->limits.allow_private = false;
    make_client();
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        imgvec_status status =
            iv_http_download(w->client, refused[i], w->path, NULL, NULL, &r, &err);
        if (status != IMGVEC_ERR_LIMIT || !strstr(err.text, "unless private addresses are allowed"))
            fail_msg("%s: %d %s", refused[i], (int)status, err.text);
        assert_false(r.passing);
    }
    assert_fails(get("/ok", &r, &err), IMGVEC_ERR_LIMIT, "127.0.0.1 is a loopback address");
    static const char *const schemes[] = {"ftp://a/b", "file:///etc/passwd", "gopher://a/b",
                                          "data:,x",   "ldap://a/",          "smb://a/b"};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        assert_fails(iv_http_download(w->client, schemes[i], w->path, NULL, NULL, &r, &err),
                     strncmp(schemes[i], "data", 4) ? IMGVEC_ERR_UNSUPPORTED : IMGVEC_ERR_FORMAT,
                     "");
    static const char *const broken[] = {"",
                                         "http://",
                                         "http://?a",
                                         "http://a b/",
                                         "http://[::1/",
                                         "http://a:99999/",
                                         "http://\x01/"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        assert_fails(iv_http_download(w->client, broken[i], w->path, NULL, NULL, &r, &err),
                     IMGVEC_ERR_FORMAT, "no sound URL");
    w->limits.https_only = true;
    make_client();
    assert_fails(get("/ok", &r, &err), IMGVEC_ERR_UNSUPPORTED, "use https");
    assert_int_equal(iv_http_client_sockets(w->client), 0);
    assert_int_equal(http_server_connections(w->server), 0);
}

/* The environment's proxy is not asked. */
static void test_environment(void **state)
{
    imgvec_error err;
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    assert_ok(get("/ok", NULL, &err));
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
    assert_null(strstr(w->head, "Cookie"));
    assert_null(strstr(w->head, "Authorization"));
    assert_non_null(strstr(w->head, "Accept-Encoding: identity\r\n"));
}

static void test_signature(void **state)
{
    imgvec_error err;
    const iv_http_auth auth = {"AKIDEXAMPLE", "wJalrXUtnFEMI", "session", "eu-central-1", "s3"};
    assert_ok(iv_http_download(w->client, url("/ok"), w->path, &auth, NULL, NULL, &err));
    assert_non_null(strstr(w->head, "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
    assert_non_null(strstr(w->head, "/eu-central-1/s3/aws4_request, SignedHeaders="));
    assert_non_null(strstr(w->head, "x-amz-security-token: session\r\n"));
    assert_non_null(strstr(w->head, "x-amz-content-sha256: e3b0c442"));
    assert_null(strstr(w->head, "wJalrXUtnFEMI"));
    /* Nothing of it goes to another host. */
    assert_ok(iv_http_download(w->client, url("/other-host"), w->path, &auth, NULL, NULL, &err));
    assert_non_null(strstr(w->head, "GET /other "));
    assert_null(strstr(w->head, "Authorization"));
    assert_null(strstr(w->head, "session"));
}

static void test_shown(void **state)
{
    static const char *const texts[][2] = {
        {"http://h/a.jpg", "http://h/a.jpg"},
        {"https://me:secret@h:8/a?b=1#f", "https://...@h:8/a?b=1"},
        {"http://a@b@h/", "http://...@h/"},
        {"http://h/a?X-Amz-Signature=12&id=3&access_token=x",
         "http://h/a?X-Amz-Signature=...&id=3&access_token=..."},
        {"http://h?sig=a", "http://h?sig=..."},
        {"no url", "no url"}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *shown = iv_http_show(w->ctx, texts[i][0]);
        assert_string_equal(shown, texts[i][1]);
        iv_free(w->ctx, shown);
    }
    imgvec_error err;
    char secret[256];
    snprintf(secret, sizeof secret, "http://me:pw@127.0.0.1:%d/status/404?sig=abc",
             http_server_port(w->server));
    assert_fails(iv_http_download(w->client, secret, w->path, NULL, NULL, NULL, &err),
                 IMGVEC_ERR_NOT_FOUND, "/status/404?sig=...");
    assert_null(strstr(err.text, "pw"));
    assert_null(strstr(err.text, "abc"));
}

static void test_join(void **state)
{
    static const char *const texts[][3] = {
        {"http://h/a/t.csv", "b.jpg", "http://h/a/b.jpg"},
        {"http://h/a/t.csv", "../b.jpg", "http://h/b.jpg"},
        {"http://h/a/t.csv?x=1", "/b c.jpg", "http://h/b%20c.jpg"},
        {"HTTP://H/a/t.csv", "HTTPS://g/b", "https://g/b"},
        {"http://h/a/t.csv", "//g/b", "http://g/b"}};
    imgvec_error err;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *joined;
        assert_ok(
            iv_http_join(w->ctx, texts[i][0], texts[i][1], strlen(texts[i][1]), &joined, &err));
        assert_string_equal(joined, texts[i][2]);
        iv_free(w->ctx, joined);
    }
    char *joined;
    assert_fails(iv_http_join(w->ctx, "http://h/a", "file:///b", 9, &joined, &err),
                 IMGVEC_ERR_UNSUPPORTED, "scheme file");
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
        cmocka_unit_test_setup_teardown(test_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_redirects, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_statuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_passing_faults, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_resume, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_resume_later, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_known, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_limits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nonsense, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cancel, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_policy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_environment, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_signature, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_shown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_join, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_disk, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_memory, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
