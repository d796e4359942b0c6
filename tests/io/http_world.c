#include "http_world.h"

world *w;

const char *url(const char *path)
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

void make_client(void)
{
    imgvec_error err;
    iv_http_client_free(w->client);
    w->client = NULL;
    assert_ok(iv_http_client_new(w->ctx, &w->limits, &w->client, &err));
}

int http_world_open(void **state)
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

int http_world_close(void **state)
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

imgvec_status get(const char *path, iv_http_result *r, imgvec_error *err)
{
    return iv_http_download(w->client, url(path), w->path, NULL, NULL, r, err);
}

void assert_file(const char *bytes, size_t size)
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
