/* Which addresses are asked at all, what a request carries, and what an error text shows of its
 * URL. */
#include "http_world.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        http_test(test_policy), http_test(test_environment), http_test(test_signature),
        http_test(test_shown),  http_test(test_join),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
