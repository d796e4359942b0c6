#include "table/remote_data.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/context.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/options.h"
#include "io/json.h"
#include "io/s3.h"
#include "table/cache.h"
#include "table/remote_internal.h"

#define NAME_MAX_BYTES 120

typedef struct data {
    imgvec_context *ctx;
    const imgvec_options *opts;
    char *url, *shown; /* where it lies, and that for people */
    iv_http_auth auth;
    bool sign;
    char *path, *note; /* the copy, and what is known of it */
    char etag[IV_HTTP_ETAG];
} data;

bool iv_data_is_remote(const char *text)
{
    const char *mark = strstr(text, "://");
    return mark && mark > text &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.") ==
               (size_t)(mark - text);
}

static imgvec_status locate(data *d, const char *text, imgvec_error *err)
{
    if (iv_s3_is_url(text))
        IV_TRY(iv_s3_url(d->ctx, text, &d->url, &d->auth, &d->sign, err));
    else if (iv_http_is_url(text, strlen(text)))
        d->url = iv_strdup(d->ctx, text);
    else
        return iv_fail(err, IMGVEC_ERR_UNSUPPORTED,
                       "%s: only http, https and s3 URLs can be opened", text);
    d->shown = d->url ? iv_http_show(d->ctx, d->url) : NULL;
    return d->shown ? IMGVEC_OK : iv_fail_nomem(err);
}

/* Last part of the URL's path as a file's name: for people, and for its ending. */
static void file_name(const char *url, char out[NAME_MAX_BYTES + 1])
{
    const char *rest = strstr(url, "://") + 3, *name = rest;
    size_t length = strcspn(rest, "?#"), n = 0;
    for (size_t i = 0; i < length; i++)
        if (rest[i] == '/')
            name = rest + i + 1;
    length -= (size_t)(name - rest);
    if (name == rest) /* a host alone */
        length = 0;
    if (length > NAME_MAX_BYTES) { /* its end has the ending */
        name += length - NAME_MAX_BYTES;
        length = NAME_MAX_BYTES;
    }
    for (size_t i = 0; i < length; i++) {
        char c = name[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || (c == '.' && n > 0);
        out[n++] = plain ? c : '_';
    }
    out[n] = '\0';
    if (n == 0)
        strcpy(out, "data");
}

static imgvec_status find_place(data *d, imgvec_error *err)
{
    char hex[33], name[NAME_MAX_BYTES + 1], *folder = NULL;
    iv_digest key = iv_remote_key(d->url);
    iv_digest_hex(&key, hex);
    file_name(d->url, name);
    IV_TRY(iv_cache_folder(d->ctx, iv_option_text(d->opts, IMGVEC_OPT_CACHE_DIR), "data", &folder,
                           err));
    char *own = iv_path_join(d->ctx, folder, hex);
    d->path = own ? iv_path_join(d->ctx, own, name) : NULL;
    d->note = iv_format(d->ctx, "%s/%s.json", folder, hex);
    imgvec_status status =
        d->path && d->note ? iv_make_folders(d->ctx, own, err) : iv_fail_nomem(err);
    iv_free(d->ctx, own);
    iv_free(d->ctx, folder);
    return status;
}

/* A note that cannot be read, or is of another URL, is none. */
static imgvec_status read_note(data *d, imgvec_error *err)
{
    char *text = NULL;
    const char *url, *etag;
    size_t size;
    iv_json_document *doc = NULL;
    d->etag[0] = '\0';
    if (!iv_is_file(d->path))
        return IMGVEC_OK;
    imgvec_status status = iv_file_read(d->ctx, d->note, 65536, &text, &size, err);
    if (status == IMGVEC_OK)
        status = iv_json_parse(d->ctx, text, size, 2, 0, &doc, err);
    const iv_json *root = status == IMGVEC_OK ? iv_json_root(doc) : NULL;
    if (root && iv_json_text(root, "url", &url, NULL) == IMGVEC_OK && strcmp(url, d->url) == 0 &&
        iv_json_text(root, "etag", &etag, NULL) == IMGVEC_OK && strlen(etag) < sizeof d->etag)
        strcpy(d->etag, etag);
    iv_json_free(doc);
    iv_free(d->ctx, text);
    return status == IMGVEC_ERR_NO_MEMORY ? status : IMGVEC_OK;
}

static imgvec_status write_note(const data *d, const iv_http_result *result, imgvec_error *err)
{
    iv_text text;
    iv_json_writer w;
    iv_text_init(&text, d->ctx);
    iv_json_begin(&w, &text, true);
    iv_json_put_object(&w, NULL);
    iv_json_put_text(&w, "url", d->url);
    iv_json_put_i64(&w, "status", result->http_status);
    iv_json_put_i64(&w, "time", (int64_t)time(NULL));
    iv_json_put_i64(&w, "bytes", (int64_t)result->bytes);
    iv_json_put_text(&w, "etag", result->etag);
    iv_json_put_end(&w, '}');
    iv_text_add(&text, "\n");
    imgvec_status status = text.failed
                               ? iv_fail_nomem(err)
                               : iv_file_write(d->ctx, d->note, text.data, text.length, err);
    iv_text_free(&text);
    return status;
}

static imgvec_status download(data *d, iv_watch *watch, iv_http_result *result, imgvec_error *err)
{
    iv_http_limits limits = iv_http_defaults;
    iv_http_client *client;
    limits.total_seconds = 0; /* it may be large; one that stalls is ended by its low speed */
    limits.retries = (int32_t)iv_option_i64(d->opts, IMGVEC_OPT_DOWNLOAD_RETRIES);
    limits.max_bytes = (uint64_t)iv_option_i64(d->opts, IMGVEC_OPT_MAX_DOWNLOAD_BYTES);
    limits.bytes_option = iv_option_name(IMGVEC_OPT_MAX_DOWNLOAD_BYTES);
    limits.ca_file = iv_option_text(d->opts, IMGVEC_OPT_CA_FILE);
    limits.allow_private = iv_option_bool(d->opts, IMGVEC_OPT_ALLOW_PRIVATE);
    IV_TRY(iv_prefix(err, iv_http_client_new(d->ctx, &limits, &client, err), "%s", d->shown));
    imgvec_status status = iv_http_revalidate(client, d->url, d->path, d->etag,
                                              d->sign ? &d->auth : NULL, watch, result, err);
    iv_http_client_free(client);
    if (status == IMGVEC_OK && !result->not_modified) {
        unlink(d->note); /* of the copy before */
        status = write_note(d, result, err);
    }
    return status;
}

static imgvec_status fetch(data *d, iv_watch *watch, imgvec_error *err)
{
    iv_http_result result = {0};
    imgvec_error why;
    bool there = iv_is_file(d->path);
    if (iv_option_bool(d->opts, IMGVEC_OPT_OFFLINE)) {
        if (there)
            return IMGVEC_OK;
        return iv_fail(err, IMGVEC_ERR_NOT_FOUND, "%s: not in the cache, and option offline is on",
                       d->shown);
    }
    IV_TRY(read_note(d, err));
    imgvec_status status = download(d, watch, &result, &why);
    if (status == IMGVEC_OK)
        return IMGVEC_OK;
    if (there && result.passing && status != IMGVEC_ERR_CANCELLED) {
        iv_log(d->ctx, IMGVEC_LOG_NOTICE, "%s; the copy in the cache is used", why.text);
        return IMGVEC_OK;
    }
    if (err)
        *err = why;
    return status;
}

imgvec_status iv_data_fetch(imgvec_context *ctx, const char *text, const imgvec_options *opts,
                            iv_watch *watch, char **path, char **url, imgvec_error *err)
{
    data d = {.ctx = ctx, .opts = opts};
    imgvec_status status = locate(&d, text, err);
    if (status == IMGVEC_OK)
        status = find_place(&d, err);
    if (status == IMGVEC_OK)
        status = fetch(&d, watch, err);
    if (status == IMGVEC_OK) {
        *path = d.path;
        *url = d.url;
        d.path = d.url = NULL;
    }
    iv_free(ctx, d.path);
    iv_free(ctx, d.url);
    iv_free(ctx, d.shown);
    iv_free(ctx, d.note);
    return status;
}
