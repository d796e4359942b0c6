/* Images and data behind URLs, from a server on loopback, with the cache between. */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "allocations.h"
#include "base/thread.h"
#include "http_server.h"
#include "table_support.h"

/* A picture of one pixel whose colour is its number. */
static size_t picture(int number, char out[32])
{
    size_t n = (size_t)sprintf(out, "P6\n1 1\n255\n");
    out[n++] = (char)number;
    out[n++] = (char)(number >> 8);
    out[n++] = 7;
    return n;
}

typedef struct remote {
    place place;
    http_server *server;
    imgvec_options *opts;
    atomic_int hits; /* requests */
    atomic_int busy, busiest;
    int fail_first; /* so many requests of "/later" are answered 503 */
    char head[16384];
    const char *csv; /* body of /t.csv */
    const char *etag;
    char zip[4096];
    size_t zip_size;
} remote;

static void answer(http_exchange *x, void *user)
{
    remote *r = user;
    char body[32];
    int number;
    atomic_fetch_add(&r->hits, 1);
    if (sscanf(x->path, "/img/%d.ppm", &number) == 1) {
        int busy = atomic_fetch_add(&r->busy, 1) + 1;
        if (busy > atomic_load(&r->busiest))
            atomic_store(&r->busiest, busy);
        if (number >= 1000)
            http_pause(r->server, x, 0.05);
        http_reply(x, 200, "ETag: \"a\"\r\n", body, picture(number, body));
        atomic_fetch_sub(&r->busy, 1);
    } else if (strcmp(x->path, "/page.jpg") == 0) {
        http_reply(x, 200, "Content-Type: text/html\r\n", "<!DOCTYPE html><p>Log in", 24);
    } else if (strcmp(x->path, "/cut.ppm") == 0) {
        http_sendf(x, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nP6\n");
        x->close = true;
    } else if (strcmp(x->path, "/short.jpg") == 0) {
        http_reply(x, 200, "", "\xff\xd8\xff\xe0", 4);
    } else if (strcmp(x->path, "/later.ppm") == 0) {
        bool fail = r->fail_first-- > 0;
        http_reply(x, fail ? 503 : 200, "", body, fail ? 0 : picture(5, body));
    } else if (strcmp(x->path, "/stall.ppm") == 0) {
        http_pause(r->server, x, 30);
        x->close = true;
    } else if (strcmp(x->path, "/big.ppm") == 0) {
        http_reply(x, 200, "", r->head, sizeof r->head);
    } else if (strcmp(x->path, "/d/t.csv") == 0 || strcmp(x->path, "/bucket/a%20b/t.csv") == 0) {
        memcpy(r->head, x->head, sizeof r->head);
        char headers[64];
        bool same = strcmp(http_header(x, "If-None-Match"), r->etag) == 0;
        snprintf(headers, sizeof headers, "ETag: %s\r\n", r->etag);
        http_reply(x, same ? 304 : 200, headers, r->csv, same ? 0 : strlen(r->csv));
    } else if (strcmp(x->path, "/d/a.zip") == 0) {
        http_reply_range(x, "\"z\"", r->zip, r->zip_size);
    } else {
        http_reply(x, 404, "", "<html>not here</html>", 21);
    }
}

static int begin(void **state)
{
    remote *r = calloc(1, sizeof *r);
    imgvec_options *opts;
    if (imgvec_context_new(&r->place.ctx, NULL) != IMGVEC_OK)
        return -1;
    strcpy(r->place.folder, "/tmp/imgvec-test-XXXXXX");
    if (!mkdtemp(r->place.folder))
        return -1;
    r->server = http_server_start(answer, r);
    r->etag = "\"1\"";
    opts = options(&r->place, "cache_dir", at(&r->place, "cache"));
    assert_int_equal(iv_options_set_named(opts, "allow_private", "1", NULL), IMGVEC_OK);
    assert_int_equal(iv_options_set_named(opts, "download_retries", "1", NULL), IMGVEC_OK);
    r->opts = opts;
    *state = r;
    return r->server ? 0 : -1;
}

static int end(void **state)
{
    remote *r = *state;
    http_server_stop(r->server);
    iv_options_free(r->opts);
    return tear_down(state);
}

static void set(const remote *r, const char *name, const char *value)
{
    assert_int_equal(iv_options_set_named(r->opts, name, value, NULL), IMGVEC_OK);
}

/* A CSV of the URLs, each given by its path on the server or whole. */
static const char *urls(const remote *r, const char *const *paths)
{
    char text[8192] = "image,y\n";
    for (size_t n = strlen(text); *paths; paths++, n = strlen(text))
        if (**paths == '/')
            snprintf(text + n, sizeof text - n, "http://127.0.0.1:%d%s,1\n",
                     http_server_port(r->server), *paths);
        else
            snprintf(text + n, sizeof text - n, "%s,1\n", *paths);
    put_text(&r->place, "urls.csv", text);
    return at(&r->place, "urls.csv");
}

static void fetch(const imgvec_dataset *ds)
{
    iv_watch watch;
    imgvec_error err;
    assert_int_equal(iv_watch_init(&watch, NULL, NULL), IMGVEC_OK);
    if (iv_dataset_fetch(ds, -1, &watch, &err) != IMGVEC_OK)
        fail_msg("%s", err.text);
}

static void shows(const imgvec_dataset *ds, int64_t row, int number)
{
    iv_image image;
    imgvec_error err;
    if (iv_dataset_image(ds, 0, row, &image, &err) != IMGVEC_OK)
        fail_msg("row %d: %s", (int)row, err.text);
    assert_int_equal(image.width, 1);
    assert_int_equal(image.pixels[0], number & 255);
    assert_int_equal(image.pixels[1], number >> 8);
    iv_image_free(iv_dataset_context(ds), &image);
}

static void refuses(const imgvec_dataset *ds, int64_t row, imgvec_status status, const char *words)
{
    iv_image image;
    imgvec_error err = {0};
    assert_int_equal(iv_dataset_image(ds, 0, row, &image, &err), status);
    if (!strstr(err.text, words))
        fail_msg("row %d: \"%s\" does not say \"%s\"", (int)row, err.text, words);
}

/* Each URL has its own answer, and none disturbs another. */
static void test_rows(void **state)
{
    remote *r = *state;
    r->fail_first = 1;
    set(r, "max_image_bytes", "10000");
    const char *const paths[] = {"/img/1.ppm", "/none.jpg",  "/page.jpg",      "/cut.ppm",
                                 "/img/2.ppm", "/short.jpg", "/later.ppm",     "ftp://h/a.jpg",
                                 "/big.ppm",   "/img/1.ppm", "https:///x.jpg", NULL};
    imgvec_dataset *ds = open_with(&r->place, urls(r, paths), r->opts);
    assert_int_equal(iv_dataset_column_type(ds, 0), IMGVEC_COLUMN_IMAGE);
    assert_int_equal(r->hits, 0); /* opening fetches nothing */
    fetch(ds);
    int hits = r->hits;
    assert_int_equal(hits, 10); /* /cut and /later twice, /img/1 once */
    shows(ds, 0, 1);
    refuses(ds, 1, IMGVEC_ERR_NOT_FOUND, "the server answered 404 Not Found");
    refuses(ds, 2, IMGVEC_ERR_FORMAT, "no image but a web page (HTML)");
    refuses(ds, 3, IMGVEC_ERR_IO, "2 attempts");
    shows(ds, 4, 2);
    refuses(ds, 5, IMGVEC_ERR_FORMAT, "");
    shows(ds, 6, 5);
    refuses(ds, 7, IMGVEC_ERR_UNSUPPORTED, "scheme ftp is not taken");
    refuses(ds, 8, IMGVEC_ERR_LIMIT, "more than the limit of 10000 bytes (option max_image_bytes)");
    shows(ds, 9, 1);
    iv_dataset_free(ds);

    /* A second run asks for what is missing only. */
    ds = open_with(&r->place, at(&r->place, "urls.csv"), r->opts);
    fetch(ds);
    assert_int_equal(r->hits - hits, 5); /* none, page, cut twice, big */
    shows(ds, 0, 1);
    shows(ds, 6, 5);
    iv_dataset_free(ds);

    /* With the cache alone, without a server. */
    set(r, "offline", "1");
    hits = r->hits;
    ds = open_with(&r->place, at(&r->place, "urls.csv"), r->opts);
    fetch(ds);
    shows(ds, 0, 1);
    shows(ds, 4, 2);
    refuses(ds, 1, IMGVEC_ERR_NOT_FOUND,
            "not in the cache, and option offline is on; last time: the server answered 404");
    assert_int_equal(r->hits, hits);
    iv_dataset_free(ds);
}

static void test_describe(void **state)
{
    remote *r = *state;
    const char *const paths[] = {"/img/1.ppm", "/none.jpg", "/img/3.ppm", NULL};
    const iv_json *list, *images;
    const char *reason;
    int64_t unusable;
    imgvec_dataset *ds = open_with(&r->place, urls(r, paths), r->opts);
    iv_json_document *doc = describe(ds, r->opts);
    assert_int_equal(iv_json_object(iv_json_root(doc), "images", &images, NULL), IMGVEC_OK);
    assert_int_equal(iv_json_i64(images, "unusable", 0, 99, &unusable, NULL), IMGVEC_OK);
    assert_int_equal(unusable, 1);
    assert_int_equal(iv_json_array(iv_json_root(doc), "problems", &list, NULL), IMGVEC_OK);
    assert_int_equal(iv_json_text(list->as.first, "reason", &reason, NULL), IMGVEC_OK);
    assert_string_equal(reason, "the server answered 404 Not Found");
    iv_json_free(doc);
    iv_dataset_free(ds);
}

/* Nothing connects to loopback unless that is allowed. */
static void test_policy(void **state)
{
    remote *r = *state;
    set(r, "allow_private", "0");
    const char *const paths[] = {"/img/1.ppm",
                                 "http://localhost/a.jpg",
                                 "http://10.1.2.3/a.jpg",
                                 "http://169.254.169.254/latest.jpg",
                                 "http://[::1]/a.jpg",
                                 NULL};
    imgvec_dataset *ds = open_with(&r->place, urls(r, paths), r->opts);
    fetch(ds);
    for (int row = 0; row < 5; row++)
        refuses(ds, row, IMGVEC_ERR_LIMIT, "unless private addresses are allowed");
    assert_int_equal(http_server_connections(r->server), 0);
    iv_dataset_free(ds);
}

/* Eight at once for a host, no more; and each image once. */
static void test_parallel(void **state)
{
    remote *r = *state;
    char text[8192] = "image\n";
    for (int i = 0; i < 64; i++)
        sprintf(text + strlen(text), "http://127.0.0.1:%d/img/%d.ppm\n",
                http_server_port(r->server), 1000 + i);
    put_text(&r->place, "many.csv", text);
    imgvec_dataset *ds = open_with(&r->place, at(&r->place, "many.csv"), r->opts);
    fetch(ds);
    assert_int_equal(r->hits, 64);
    assert_int_equal(r->busiest, 8);
    /* Connections are kept for the next image. Some versions of libcurl open a new one now and then
     * on a busy machine. */
    assert_true(http_server_connections(r->server) <= 32);
    for (int i = 0; i < 64; i++)
        shows(ds, i, 1000 + i);
    assert_int_equal(r->hits, 64);
    iv_dataset_free(ds);
}

/* Each URL of a cell is fetched, once, however many cells name it. */
static void test_several(void **state)
{
    remote *r = *state;
    char a[64], b[64], c[64], cell[2][160];
    char *const names[] = {a, b, c};
    for (int i = 0; i < 3; i++)
        sprintf(names[i], "http://127.0.0.1:%d/img/%d.ppm", http_server_port(r->server), i + 1);
    sprintf(cell[0], "%s;%s", a, b);
    sprintf(cell[1], "%s; %s", b, c);
    imgvec_dataset *ds =
        open_with(&r->place, urls(r, (const char *[]){cell[0], cell[1], NULL}), r->opts);
    int before = atomic_load(&r->hits);
    fetch(ds);
    assert_int_equal(atomic_load(&r->hits) - before, 3);
    fetch(ds);
    shows(ds, 0, 1);
    shows(ds, 1, 2);
    assert_int_equal(atomic_load(&r->hits) - before, 3);
    iv_dataset_free(ds);
}

/* Datasets filled by a program; images that no stage fetched before are fetched when asked for. */
static void test_memory_dataset(void **state)
{
    remote *r = *state;
    char url[64];
    imgvec_dataset *ds;
    imgvec_error err;
    assert_int_equal(iv_dataset_new(r->place.ctx, &ds, NULL), IMGVEC_OK);
    assert_int_equal(iv_dataset_set_options(ds, r->opts, NULL), IMGVEC_OK);
    assert_int_equal(iv_dataset_add_column(ds, "image", IMGVEC_COLUMN_IMAGE, NULL), IMGVEC_OK);
    for (int i = 1; i < 3; i++) {
        snprintf(url, sizeof url, "http://127.0.0.1:%d/img/%d.ppm", http_server_port(r->server), i);
        assert_int_equal(iv_dataset_append_text(ds, "image", url, NULL), IMGVEC_OK);
    }
    shows(ds, 1, 2);
    assert_int_equal(r->hits, 1);
    fetch(ds);
    assert_int_equal(r->hits, 2);
    shows(ds, 0, 1);
    iv_dataset_free(ds);
    put_text(&r->place, "x.csv", "a,b\n1,2\n");
    ds = open_data(&r->place, at(&r->place, "x.csv"));
    assert_int_equal(iv_dataset_set_options(ds, r->opts, &err), IMGVEC_ERR_INVALID_ARGUMENT);
    iv_dataset_free(ds);
}

static char found[512];
static int find_copy(const char *path, const struct stat *st, int flag, struct FTW *walk)
{
    if (flag == FTW_F && strlen(path + walk->base) == 30)
        snprintf(found, sizeof found, "%s", path);
    return 0;
}

/* A copy that was damaged, and a manifest that was cut, cost one download. */
static void test_damage(void **state)
{
    remote *r = *state;
    const char *const paths[] = {"/img/1.ppm", NULL};
    char manifest[512];
    imgvec_dataset *ds = open_with(&r->place, urls(r, paths), r->opts);
    fetch(ds);
    shows(ds, 0, 1);
    nftw(at(&r->place, "cache"), find_copy, 16, FTW_PHYS);
    FILE *f = fopen(found, "r+b");
    assert_non_null(f);
    fputc('X', f);
    fclose(f);
    refuses(ds, 0, IMGVEC_ERR_FORMAT, "its copy in the cache was damaged");
    shows(ds, 0, 1); /* fetched again */
    assert_int_equal(r->hits, 2);
    iv_dataset_free(ds);

    /* Another length is noticed without reading. */
    f = fopen(found, "ab");
    fputc('X', f);
    fclose(f);
    ds = open_with(&r->place, at(&r->place, "urls.csv"), r->opts);
    fetch(ds);
    assert_int_equal(r->hits, 3);
    shows(ds, 0, 1);
    iv_dataset_free(ds);

    /* Lines that are none, and one that was cut. */
    snprintf(manifest, sizeof manifest, "%s", at(&r->place, "cache/images/manifest.jsonl"));
    f = fopen(manifest, "ab");
    fputs("\n[]\n{\"url\": 5}\n{\"url\": \"http://x/\", \"status\": 200}\nnonsense\n{\"url\": "
          "\"http:",
          f);
    fclose(f);
    const char *const more[] = {"/img/1.ppm", "/img/2.ppm", NULL};
    ds = open_with(&r->place, urls(r, more), r->opts);
    fetch(ds);
    iv_dataset_free(ds);
    assert_int_equal(r->hits, 4);
    ds = open_with(&r->place, at(&r->place, "urls.csv"), r->opts);
    fetch(ds);
    assert_int_equal(r->hits, 4);
    shows(ds, 0, 1);
    shows(ds, 1, 2);
    iv_dataset_free(ds);

    /* The process was killed between a file's rename and its line: the file is taken. */
    assert_int_equal(truncate(manifest, 0), 0);
    ds = open_with(&r->place, at(&r->place, "urls.csv"), r->opts);
    fetch(ds);
    assert_int_equal(r->hits, 4);
    shows(ds, 0, 1);
    iv_dataset_free(ds);
}

static void test_no_cache(void **state)
{
    remote *r = *state;
    imgvec_error err;
    iv_watch watch;
    const char *const paths[] = {"/img/1.ppm", NULL};
    put_text(&r->place, "file", "x");
    set(r, "cache_dir", at(&r->place, "file"));
    imgvec_dataset *ds = open_with(&r->place, urls(r, paths), r->opts);
    assert_int_equal(iv_watch_init(&watch, NULL, NULL), IMGVEC_OK);
    assert_int_equal(iv_dataset_fetch(ds, -1, &watch, &err), IMGVEC_ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "cache_dir"));
    iv_dataset_free(ds);
}

static void *cancel_soon(void *user)
{
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
    imgvec_cancel_request(user);
    return NULL;
}

static void test_cancel(void **state)
{
    remote *r = *state;
    const char *const paths[] = {"/img/1.ppm", "/stall.ppm", NULL};
    imgvec_cancel *cancel;
    imgvec_error err;
    pthread_t thread;
    iv_watch watch;
    imgvec_dataset *ds = open_with(&r->place, urls(r, paths), r->opts);
    assert_int_equal(imgvec_cancel_new(&cancel, NULL), IMGVEC_OK);
    imgvec_watch user = {.size = sizeof user, .cancel = cancel};
    assert_int_equal(iv_watch_init(&watch, &user, NULL), IMGVEC_OK);
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, cancel), 0);
    double before = iv_now();
    assert_int_equal(iv_dataset_fetch(ds, -1, &watch, &err), IMGVEC_ERR_CANCELLED);
    assert_true(iv_now() - before < 1);
    pthread_join(thread, NULL);
    shows(ds, 0, 1); /* what was there stays */
    assert_int_equal(r->hits, 2);
    iv_dataset_free(ds);
    imgvec_cancel_free(cancel);
}

/* DATA is a CSV file behind a URL: its paths are links. */
static void test_remote_csv(void **state)
{
    remote *r = *state;
    char url[128], cell[128];
    r->csv = "image,y\n../img/7.ppm,1\n/img/8.ppm,2\n/etc/passwd.jpg,3\nfile:///etc/x.jpg,4\n";
    snprintf(url, sizeof url, "http://127.0.0.1:%d/d/t.csv", http_server_port(r->server));
    imgvec_dataset *ds = open_with(&r->place, url, r->opts);
    assert_int_equal(iv_dataset_rows(ds), 4);
    fetch(ds);
    shows(ds, 0, 7);
    shows(ds, 1, 8);
    refuses(ds, 2, IMGVEC_ERR_NOT_FOUND, "404");
    refuses(ds, 3, IMGVEC_ERR_UNSUPPORTED, "scheme file is not taken");
    snprintf(cell, sizeof cell, "http://127.0.0.1:%d/img/7.ppm", http_server_port(r->server));
    cell_is(ds, 0, 0, cell);

    /* Its parts name the same images. */
    assert_int_equal(iv_dataset_split(ds, NULL, at(&r->place, "a.csv"), at(&r->place, "b.csv"),
                                      NULL, NULL, NULL),
                     IMGVEC_OK);
    char *text;
    size_t size;
    assert_int_equal(iv_file_read(r->place.ctx, at(&r->place, "a.csv"), 0, &text, &size, NULL),
                     IMGVEC_OK);
    assert_non_null(strstr(text, "http://127.0.0.1:"));
    assert_null(strstr(text, ".."));
    iv_free(r->place.ctx, text);
    iv_dataset_free(ds);

    /* Asked for again by its ETag, and loaded anew when it changed. */
    int hits = r->hits;
    ds = open_with(&r->place, url, r->opts);
    assert_int_equal(iv_dataset_rows(ds), 4);
    assert_int_equal(r->hits, hits + 1);
    assert_non_null(strstr(r->head, "If-None-Match: \"1\""));
    iv_dataset_free(ds);
    r->etag = "\"2\"";
    r->csv = "image,y\n../img/7.ppm,1\n";
    ds = open_with(&r->place, url, r->opts);
    assert_int_equal(iv_dataset_rows(ds), 1);
    iv_dataset_free(ds);

    /* The server is gone: the copy serves, with and without option offline. */
    http_server_stop(r->server);
    set(r, "download_retries", "0");
    for (int offline = 0; offline < 2; offline++) {
        set(r, "offline", offline ? "1" : "0");
        ds = open_with(&r->place, url, r->opts);
        assert_int_equal(iv_dataset_rows(ds), 1);
        fetch(ds);
        shows(ds, 0, 7);
        iv_dataset_free(ds);
    }
    fails(&r->place, "http://127.0.0.1:1/other.csv", r->opts, IMGVEC_ERR_NOT_FOUND,
          "not in the cache, and option offline is on");
    r->server = http_server_start(answer, r);
}

static void test_remote_archive(void **state)
{
    remote *r = *state;
    char url[128], picture_text[32];
    picture(9, picture_text);
    put_zip(&r->place, "a.zip",
            (const char *const[]){"cat/1.ppm", TINY_IMAGE, "dog/2.ppm", TINY_IMAGE, NULL});
    FILE *f = fopen(at(&r->place, "a.zip"), "rb");
    r->zip_size = fread(r->zip, 1, sizeof r->zip, f);
    fclose(f);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/d/a.zip", http_server_port(r->server));
    imgvec_dataset *ds = open_with(&r->place, url, r->opts);
    iv_image image;
    assert_int_equal(iv_dataset_rows(ds), 2);
    assert_true(iv_dataset_has_class_folders(ds));
    assert_int_equal(iv_dataset_image(ds, 0, 1, &image, NULL), IMGVEC_OK);
    iv_image_free(r->place.ctx, &image);
    iv_dataset_free(ds);

    char size[32];
    snprintf(size, sizeof size, "%zu", r->zip_size);
    set(r, "max_download_bytes", size);
    set(r, "cache_dir", at(&r->place, "fits"));
    iv_dataset_free(open_with(&r->place, url, r->opts));
    snprintf(size, sizeof size, "%zu", r->zip_size - 1);
    set(r, "max_download_bytes", size);
    set(r, "cache_dir", at(&r->place, "other"));
    fails(&r->place, url, r->opts, IMGVEC_ERR_LIMIT, "(option max_download_bytes)");
    snprintf(url, sizeof url, "http://me:pw@127.0.0.1:%d/d/none.zip?sig=abc",
             http_server_port(r->server));
    fails(&r->place, url, r->opts, IMGVEC_ERR_NOT_FOUND,
          "/d/none.zip?sig=...: the server answered");
    fails(&r->place, "ftp://h/a.zip", r->opts, IMGVEC_ERR_UNSUPPORTED, "only http, https and s3");
    set(r, "allow_private", "0");
    fails(&r->place, url, r->opts, IMGVEC_ERR_LIMIT, "127.0.0.1 is a loopback address");
}

static void test_s3(void **state)
{
    remote *r = *state;
    char endpoint[64];
    r->csv = "image,y\n../../img/7.ppm,1\n";
    snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%d/", http_server_port(r->server));
    setenv("AWS_ENDPOINT_URL", endpoint, 1);
    imgvec_dataset *ds = open_with(&r->place, "s3://bucket/a b/t.csv", r->opts);
    assert_null(strstr(r->head, "Authorization"));
    fetch(ds);
    shows(ds, 0, 7);
    iv_dataset_free(ds);
    setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "hidden", 1);
    setenv("AWS_REGION", "eu-west-3", 1);
    ds = open_with(&r->place, "s3://bucket/a b/t.csv", r->opts);
    assert_non_null(strstr(r->head, "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
    assert_non_null(strstr(r->head, "/eu-west-3/s3/aws4_request"));
    assert_null(strstr(r->head, "hidden"));
    iv_dataset_free(ds);
    fails(&r->place, "s3://bucket", r->opts, IMGVEC_ERR_FORMAT, "s3://bucket/key");
    fails(&r->place, "s3://bad bucket/k", r->opts, IMGVEC_ERR_FORMAT, "s3://bucket/key");
    unsetenv("AWS_ENDPOINT_URL");
    unsetenv("AWS_ACCESS_KEY_ID");
    unsetenv("AWS_SECRET_ACCESS_KEY");
    unsetenv("AWS_REGION");
}

static imgvec_status memory_work(imgvec_context *ctx, void *user, imgvec_error *err)
{
    const remote *r = user;
    iv_watch watch;
    imgvec_dataset *ds;
    nftw(at(&r->place, "cache"), remove_one, 16, FTW_DEPTH | FTW_PHYS);
    imgvec_status status = iv_dataset_open(ctx, at(&r->place, "urls.csv"), r->opts, NULL, &ds, err);
    if (status != IMGVEC_OK)
        return status;
    if (iv_watch_init(&watch, NULL, NULL) == IMGVEC_OK)
        status = iv_dataset_fetch(ds, -1, &watch, err);
    iv_image image;
    if (status == IMGVEC_OK) {
        status = iv_dataset_image(ds, 0, 0, &image, err);
        if (status == IMGVEC_OK)
            iv_image_free(ctx, &image);
    }
    iv_dataset_free(ds);
    return status;
}

static void test_memory(void **state)
{
    remote *r = *state;
    const char *const paths[] = {"/img/1.ppm", "/img/2.ppm", NULL};
    urls(r, paths);
    fail_each_allocation(memory_work, r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rows, begin, end),
        cmocka_unit_test_setup_teardown(test_describe, begin, end),
        cmocka_unit_test_setup_teardown(test_policy, begin, end),
        cmocka_unit_test_setup_teardown(test_parallel, begin, end),
        cmocka_unit_test_setup_teardown(test_several, begin, end),
        cmocka_unit_test_setup_teardown(test_memory_dataset, begin, end),
        cmocka_unit_test_setup_teardown(test_damage, begin, end),
        cmocka_unit_test_setup_teardown(test_no_cache, begin, end),
        cmocka_unit_test_setup_teardown(test_cancel, begin, end),
        cmocka_unit_test_setup_teardown(test_remote_csv, begin, end),
        cmocka_unit_test_setup_teardown(test_remote_archive, begin, end),
        cmocka_unit_test_setup_teardown(test_s3, begin, end),
        cmocka_unit_test_setup_teardown(test_memory, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
