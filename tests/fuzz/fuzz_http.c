/* A server on loopback that answers each request with the next piece of the input (pieces end at a
 * byte 0x1E) and hangs up: a file within the limit or an error, also when a second download goes on
 * after what the first left. Absolute redirects are passed over, so that no other host is asked. */
#include "fuzz.h"

#include <pthread.h>
#include <sys/stat.h>

#include "http_server.h"
#include "io/http.h"

enum { MOST = 4096, INPUT_MAX = 16384 };

static http_server *server;
/* The input that is left: a thread of the server may be late, when the client gave up. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint8_t left[INPUT_MAX];
static size_t left_size;

static void give(const uint8_t *data, size_t size)
{
    pthread_mutex_lock(&lock);
    memcpy(left, data, size);
    left_size = size;
    pthread_mutex_unlock(&lock);
}

static void answer(http_exchange *x, void *user)
{
    static _Thread_local uint8_t piece[INPUT_MAX];
    (void)user;
    pthread_mutex_lock(&lock);
    const uint8_t *stop = memchr(left, 0x1E, left_size);
    size_t size = stop ? (size_t)(stop - left) : left_size, rest = left_size - size;
    memcpy(piece, left, size);
    if (rest > 0) /* without the mark */
        memmove(left, left + size + 1, --rest);
    left_size = rest;
    pthread_mutex_unlock(&lock);
    http_send(x, piece, size);
    x->close = true;
}

static int names_a_host(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i + 1 < size; i++) {
        if (data[i] == '/' && data[i + 1] == '/')
            return 1;
        if (data[i + 1] == ':' && (data[i] | 32) >= 'a' && (data[i] | 32) <= 'z' && i >= 3 &&
            strncasecmp((const char *)data + i - 3, "http", 4) == 0)
            return 1;
        if (data[i + 1] == ':' && i >= 4 &&
            strncasecmp((const char *)data + i - 4, "https", 5) == 0)
            return 1;
    }
    return 0;
}

static void stop_server(void)
{
    http_server_stop(server);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char url[64], part[80], note[80];
    const char *path = fuzz_path("file");
    if (size > INPUT_MAX || names_a_host(data, size))
        return -1;
    if (!server) {
        server = http_server_start(answer, NULL);
        fuzz_need(server != NULL);
        atexit(stop_server);
    }
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", http_server_port(server));
    snprintf(part, sizeof part, "%s.part", path);
    snprintf(note, sizeof note, "%s.part.etag", path);
    imgvec_context *ctx = fuzz_context();
    imgvec_error err = {0};
    iv_http_client *client = NULL;
    iv_http_limits limits = iv_http_defaults;
    limits.retries = 0;
    limits.max_bytes = MOST;
    limits.total_seconds = 2;
    limits.allow_private = true;
    give(data, size);
    fuzz_need(iv_http_client_new(ctx, &limits, &client, &err) == IMGVEC_OK);
    for (int i = 0; i < 2; i++) {
        iv_http_result result = {0};
        struct stat st;
        unlink(path);
        imgvec_status status = iv_http_download(client, url, path, NULL, NULL, &result, &err);
        fuzz_check_error(status, &err);
        fuzz_need(stat(path, &st) == 0 ? status == IMGVEC_OK : status != IMGVEC_OK);
        if (status == IMGVEC_OK)
            fuzz_need((uint64_t)st.st_size == result.bytes && result.bytes <= MOST);
        fuzz_need(strlen(result.etag) < sizeof result.etag);
    }
    iv_http_client_free(client);
    unlink(path);
    unlink(part);
    unlink(note);
    fuzz_end(ctx);
    return 0;
}
