/* Downloading a checkpoint from a server on loopback. The published file that is asked for
 * carries eight digits of its SHA-256, which those of a small text begin with, too. */
#include "test.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "http_server.h"
#include "net/fetch.h"

#define FILE_NAME "tf_efficientnet_b0_ns-c0e6a31c.pth"
#define CONTENT "imgvec test 66406779\n"
#define SIZE (sizeof CONTENT - 1)
#define CUT 7 /* bytes that come before the server hangs up */

typedef enum answer { WHOLE, CUT_ONCE, WRONG, MISSING } answer;

typedef struct world {
    imgvec_context *ctx;
    http_server *server;
    answer answer;
    int requests, ranges;
    char folder[64], inner[96], path[160], mirror[64];
} world;

static world *w;

static void respond(http_exchange *x, void *user)
{
    (void)user;
    w->requests++;
    w->ranges += *http_header(x, "Range") != '\0';
    if (strcmp(x->path, "/mirror/" FILE_NAME) != 0 || w->answer == MISSING) {
        http_reply(x, 404, "", "none", 4);
    } else if (w->answer == WRONG) {
        http_reply(x, 200, "", "imgvec test 66406778\n", SIZE);
    } else if (w->answer == CUT_ONCE) {
        w->answer = WHOLE;
        http_sendf(x, "HTTP/1.1 200 OK\r\nETag: \"one\"\r\nContent-Length: %zu\r\n\r\n", SIZE);
        http_send(x, CONTENT, CUT);
        x->close = true;
    } else {
        http_reply_range(x, "\"one\"", CONTENT, SIZE);
    }
}

static int begin(void **state)
{
    w = calloc(1, sizeof *w);
    *state = w;
    w->ctx = test_context();
    strcpy(w->folder, "/tmp/imgvec-test-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    snprintf(w->inner, sizeof w->inner, "%s/a/b", w->folder);
    snprintf(w->path, sizeof w->path, "%s/" FILE_NAME, w->inner);
    w->server = http_server_start(respond, NULL);
    assert_non_null(w->server);
    snprintf(w->mirror, sizeof w->mirror, "http://127.0.0.1:%d/mirror/",
             http_server_port(w->server));
    return 0;
}

static int end(void **state)
{
    (void)state;
    char command[128];
    http_server_stop(w->server);
    snprintf(command, sizeof command, "rm -rf %s", w->folder);
    int failed = system(command);
    imgvec_context_free(w->ctx);
    free(w);
    return failed;
}

static imgvec_status fetch_with(const char *name, const char *mirror, imgvec_error *err)
{
    iv_fetch_request request = {name, w->inner, mirror};
    iv_watch watch;
    char *path = NULL;
    assert_int_equal(iv_watch_init(&watch, NULL, err), IMGVEC_OK);
    imgvec_status status = iv_weights_fetch(w->ctx, &request, &watch, &path, err);
    if (status == IMGVEC_OK)
        assert_string_equal(path, w->path);
    else
        assert_null(path);
    iv_free(w->ctx, path);
    return status;
}

static imgvec_status fetch(imgvec_error *err)
{
    return fetch_with(FILE_NAME, w->mirror, err);
}

static bool exists(const char *suffix)
{
    char path[200];
    struct stat st;
    snprintf(path, sizeof path, "%s%s", w->path, suffix);
    return stat(path, &st) == 0;
}

static void has_content(void)
{
    char text[SIZE + 1] = "";
    FILE *f = fopen(w->path, "r");
    assert_non_null(f);
    assert_int_equal(fread(text, 1, sizeof text, f), SIZE);
    fclose(f);
    assert_memory_equal(text, CONTENT, SIZE);
    assert_false(exists(".unchecked"));
    assert_false(exists(".unchecked.part"));
}

static void fetched_once(void **state)
{
    (void)state;
    imgvec_error err;
    assert_ok(fetch(&err)); /* makes the folders */
    has_content();
    assert_int_equal(w->requests, 1);
    assert_ok(fetch(&err)); /* it is there, and sound */
    assert_int_equal(w->requests, 1);
    assert_ok(fetch_with("tf_efficientnet_b0.ns_jft_in1k", w->mirror, &err)); /* by its tag */
    assert_int_equal(w->requests, 1);
}

static void damaged_one_is_replaced(void **state)
{
    (void)state;
    imgvec_error err;
    assert_ok(fetch(&err));
    assert_ok(iv_file_write(w->ctx, w->path, "damaged", 7, &err));
    assert_ok(fetch(&err));
    has_content();
    assert_int_equal(w->requests, 2);
}

static void cut_one_goes_on(void **state)
{
    (void)state;
    imgvec_error err;
    w->answer = CUT_ONCE;
    assert_ok(fetch(&err));
    has_content();
    assert_int_equal(w->requests, 2);
    assert_int_equal(w->ranges, 1);
}

static void put_unchecked(const char *content)
{
    char path[200];
    imgvec_error err;
    snprintf(path, sizeof path, "%s/a", w->folder);
    assert_true(mkdir(path, 0700) == 0 && mkdir(w->inner, 0700) == 0);
    snprintf(path, sizeof path, "%s.unchecked", w->path);
    assert_ok(iv_file_write(w->ctx, path, content, strlen(content), &err));
}

/* A process that died after the last byte left the whole file without its name. */
static void whole_one_is_checked(void **state)
{
    (void)state;
    imgvec_error err;
    put_unchecked(CONTENT);
    assert_ok(fetch(&err));
    has_content();
    assert_int_equal(w->requests, 0);
}

static void unchecked_one_with_wrong_bytes_is_fetched_anew(void **state)
{
    (void)state;
    imgvec_error err;
    put_unchecked("imgvec test 66406778\n");
    assert_ok(fetch(&err));
    has_content();
    assert_int_equal(w->requests, 1);
    assert_int_equal(w->ranges, 0);
}

static void wrong_bytes_are_refused_and_removed(void **state)
{
    (void)state;
    imgvec_error err;
    w->answer = WRONG;
    assert_fails(fetch(&err), IMGVEC_ERR_DATA, "published is c0e6a31c...; it was removed");
    assert_non_null(strstr(err.text, "/mirror/" FILE_NAME));
    assert_false(exists(""));
    assert_false(exists(".unchecked"));
    assert_false(exists(".unchecked.part"));
    /* A file that is there stays as it is when what comes is wrong. */
    assert_ok(iv_file_write(w->ctx, w->path, "old", 3, &err));
    assert_fails(fetch(&err), IMGVEC_ERR_DATA, "it has 21 bytes");
    assert_true(exists(""));
}

/* From where, and under which name in which folder. */
static void tells_how_to_do_without(const imgvec_error *err)
{
    char where[200];
    snprintf(where, sizeof where, "save it as " FILE_NAME " in %s", w->inner);
    assert_non_null(strstr(err->text, "get https://github.com/huggingface/"));
    assert_non_null(strstr(err->text, FILE_NAME ", SHA-256 c0e6a31c..."));
    assert_non_null(strstr(err->text, where));
}

static void missing_one(void **state)
{
    (void)state;
    imgvec_error err;
    w->answer = MISSING;
    assert_fails(fetch(&err), IMGVEC_ERR_NOT_FOUND, "404");
    tells_how_to_do_without(&err);
    assert_false(exists(""));
}

static void without_network(void **state)
{
    (void)state;
    imgvec_error err;
    /* A port that nobody listens on any more. */
    http_server *gone = http_server_start(respond, NULL);
    char mirror[64];
    assert_non_null(gone);
    snprintf(mirror, sizeof mirror, "http://localhost:%d/x", http_server_port(gone));
    http_server_stop(gone);
    assert_fails(fetch_with(FILE_NAME, mirror, &err), IMGVEC_ERR_IO, "to do without");
    tells_how_to_do_without(&err);
}

static void refused_before_anything_is_asked(void **state)
{
    (void)state;
    imgvec_error err;
    int before = w->requests;
    assert_fails(fetch_with(FILE_NAME, "http://mirror.example/w", &err),
                 IMGVEC_ERR_INVALID_ARGUMENT, "option weights_url must begin with https://");
    assert_fails(fetch_with(FILE_NAME, "http://localhost.example/w", &err),
                 IMGVEC_ERR_INVALID_ARGUMENT, "https://");
    assert_fails(fetch_with(FILE_NAME, "http://localhost:1@example.org/", &err),
                 IMGVEC_ERR_INVALID_ARGUMENT, "https://");
    assert_fails(fetch_with(FILE_NAME, "ftp://localhost/", &err), IMGVEC_ERR_INVALID_ARGUMENT,
                 "https://");
    assert_fails(fetch_with("resnet51", w->mirror, &err), IMGVEC_ERR_INVALID_ARGUMENT, "resnet51");
    assert_fails(fetch_with("densenet121.ra_in1k", w->mirror, &err), IMGVEC_ERR_UNSUPPORTED,
                 "no hash of densenet121.ra_in1k.safetensors is known");
    assert_non_null(strstr(err.text, "https://huggingface.co/timm/densenet121.ra_in1k/resolve/main/"
                                     "model.safetensors and save it as "));
    assert_non_null(strstr(err.text, "densenet121.ra_in1k.safetensors in /tmp/"));
    assert_fails(fetch_with("se_resnext50_32x4d-a260b3a4.pth", "", &err), IMGVEC_ERR_UNSUPPORTED,
                 "over http only");
    assert_int_equal(w->requests, before);
    unsetenv("IMGVEC_WEIGHTS");
    unsetenv("XDG_DATA_HOME");
    unsetenv("HOME");
    iv_fetch_request request = {FILE_NAME, "", w->mirror};
    iv_watch watch;
    char *path = NULL;
    assert_ok(iv_watch_init(&watch, NULL, &err));
    assert_fails(iv_weights_fetch(w->ctx, &request, &watch, &path, &err),
                 IMGVEC_ERR_INVALID_ARGUMENT, "weights_dir");
}

/* With a sound file there, so that no allocation is another library's. */
static void survives_lack_of_memory(void **state)
{
    (void)state;
    imgvec_error err;
    assert_ok(fetch(&err));
    for (long k = 1;; k++) {
        test_heap heap = {.fail_at = 0};
        iv_fetch_request request = {FILE_NAME, w->inner, w->mirror};
        iv_watch watch;
        char *path = NULL;
        imgvec_context *ctx = test_heap_context(&heap);
        heap.fail_at = atomic_load(&heap.calls) + k;
        assert_ok(iv_watch_init(&watch, NULL, &err));
        imgvec_status status = iv_weights_fetch(ctx, &request, &watch, &path, &err);
        if (status != IMGVEC_OK)
            assert_int_equal(status, IMGVEC_ERR_NO_MEMORY);
        iv_free(ctx, path);
        imgvec_context_free(ctx);
        assert_int_equal(atomic_load(&heap.live), 0);
        if (status == IMGVEC_OK)
            break;
        assert_true(k < 100);
    }
    assert_int_equal(w->requests, 1);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        EACH(fetched_once),
        EACH(damaged_one_is_replaced),
        EACH(cut_one_goes_on),
        EACH(whole_one_is_checked),
        EACH(unchecked_one_with_wrong_bytes_is_fetched_anew),
        EACH(wrong_bytes_are_refused_and_removed),
        EACH(missing_one),
        EACH(without_network),
        EACH(survives_lack_of_memory),
        EACH(refused_before_anything_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
