/* The client, and one download at a time. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/thread.h"
#include "io/http_internal.h"

static pthread_once_t global_once = PTHREAD_ONCE_INIT;
static CURLcode global_code;

/* Counted by libcurl, so that it does not matter whether the host uses it too. Never undone:
 * another thread may be in the middle of a download. */
static void global_init(void)
{
    global_code = curl_global_init(CURL_GLOBAL_DEFAULT);
}

const char *iv_http_library(void)
{
    return LIBCURL_VERSION;
}

/* As the curl program does; the library alone reads neither variable. */
static const char *ca_file(const iv_http_limits *limits)
{
    static const char *const variables[] = {"CURL_CA_BUNDLE", "SSL_CERT_FILE"};
    const char *file = limits->ca_file;
    for (int i = 0; i < 2 && (!file || !*file); i++)
        file = getenv(variables[i]);
    return file && *file ? file : NULL;
}

imgvec_status iv_http_client_new(imgvec_context *ctx, const iv_http_limits *limits,
                                 iv_http_client **out, imgvec_error *err)
{
    pthread_once(&global_once, global_init);
    if (global_code != CURLE_OK)
        return iv_fail(err, IMGVEC_ERR_UNSUPPORTED, "libcurl does not start: %s",
                       curl_easy_strerror(global_code));
    iv_http_client *client = iv_zalloc(ctx, sizeof *client);
    if (!client)
        return iv_fail_nomem(err);
    client->ctx = ctx;
    client->limits = *limits;
    client->limits.ca_file = NULL;
    const char *file = ca_file(limits);
    client->ca_file = file ? iv_strdup(ctx, file) : NULL;
    client->multi = file && !client->ca_file ? NULL : curl_multi_init();
    if (!client->multi) {
        iv_free(ctx, client->ca_file);
        iv_free(ctx, client);
        return iv_fail_nomem(err);
    }
    curl_multi_setopt(client->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)IV_HTTP_PER_HOST);
    *out = client;
    return IMGVEC_OK;
}

void iv_http_client_free(iv_http_client *client)
{
    if (!client)
        return;
    curl_multi_cleanup(client->multi);
    while (client->hosts) {
        iv_http_host *host = client->hosts;
        client->hosts = host->next;
        iv_free(client->ctx, host->name);
        iv_free(client->ctx, host);
    }
    iv_free(client->ctx, client->ca_file);
    iv_free(client->ctx, client);
}

uint64_t iv_http_client_sockets(const iv_http_client *client)
{
    return atomic_load(&client->sockets);
}

/* Feeds a run with one transfer. */
typedef struct single {
    iv_transfer *transfer;
    atomic_uint_fast64_t bytes, total;
    imgvec_status status; /* the download's */
    imgvec_error error;
    iv_http_result result;
} single;

static imgvec_status take(void *user, iv_transfer **out, imgvec_error *err)
{
    single *s = user;
    *out = s->transfer;
    s->transfer = NULL;
    return IMGVEC_OK;
}

static imgvec_status ended(void *user, iv_transfer *t, imgvec_error *err)
{
    single *s = user;
    s->status = t->status;
    s->error = t->error;
    s->result = t->result;
    return IMGVEC_OK;
}

static imgvec_status step(void *user, iv_watch *watch, imgvec_error *err)
{
    single *s = user;
    watch->total = atomic_load(&s->total);
    return iv_watch_step(watch, atomic_load(&s->bytes), err);
}

static imgvec_status fetch(single *s, iv_http_client *client, iv_watch *watch, const char *name,
                           imgvec_error *err)
{
    iv_watch none;
    iv_run_source source = {.user = s, .take = take, .ended = ended, .step = step};
    if (!watch) {
        IV_TRY(iv_watch_init(&none, NULL, err));
        watch = &none;
    }
    s->transfer->sync = true;
    s->transfer->progress = &s->bytes;
    s->transfer->total = &s->total;
    IV_TRY(iv_watch_begin(watch, 0, err, "downloading %s", name));
    IV_TRY(iv_run_transfers(client, &source, watch, err));
    if (s->status == IMGVEC_OK) {
        watch->total = s->result.bytes;
        return iv_watch_end(watch, err);
    }
    if (err)
        *err = s->error;
    return s->status;
}

imgvec_status iv_http_revalidate(iv_http_client *client, const char *url, const char *path,
                                 const char *etag, const iv_http_auth *auth, iv_watch *watch,
                                 iv_http_result *out, imgvec_error *err)
{
    single s = {.status = IMGVEC_OK};
    const iv_http_job job = {.url = url, .path = path};
    char *shown = iv_http_show(client->ctx, url);
    if (!shown)
        return iv_fail_nomem(err);
    imgvec_status status = iv_transfer_new(client, &job, etag, auth, &s.transfer, err);
    if (status == IMGVEC_OK)
        status = fetch(&s, client, watch, iv_path_name(path), err);
    if (s.transfer) /* it was never started */
        iv_transfer_free(s.transfer);
    if (status != IMGVEC_OK && status != IMGVEC_ERR_NO_MEMORY)
        iv_prefix(err, status, "%s", shown);
    iv_free(client->ctx, shown);
    if (out)
        *out = s.result;
    return status;
}

imgvec_status iv_http_download(iv_http_client *client, const char *url, const char *path,
                               const iv_http_auth *auth, iv_watch *watch, iv_http_result *out,
                               imgvec_error *err)
{
    return iv_http_revalidate(client, url, path, NULL, auth, watch, out, err);
}
