/* Downloads over http and https, under one policy: no other scheme, also not by a redirect,
 * and none from https back to http; no address of a private network unless that is allowed,
 * checked on the address that is connected to, not on the name; certificates are checked;
 * bytes are counted as they are written; nothing is taken from the environment (proxies,
 * .netrc, cookies). Built without libcurl every call is UNSUPPORTED. */
#ifndef IV_IO_HTTP_H
#define IV_IO_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>

#include "base/watch.h"

/* 0: no such limit, except for the two counts. */
typedef struct iv_http_limits {
    int32_t connect_seconds;
    int32_t total_seconds; /* one download with all redirects, attempts, waits */
    int32_t low_speed_bytes, low_speed_seconds; /* ends an attempt: fewer bytes/s for so long */
    int32_t max_redirects;
    int32_t retries; /* further attempts after a passing fault: no connection, a cut one, a
                        timeout, status 408, 425, 429 or 5xx */
    uint64_t max_bytes;
    const char *bytes_option; /* that sets max_bytes, for the error text; NULL: none */
    bool allow_private; /* loopback, private, link-local and other addresses of no public host */
    bool https_only;
    const char *ca_file; /* of trusted authorities (BORROWED for the call that takes the limits);
                          * NULL or "": as CURL_CA_BUNDLE or SSL_CERT_FILE say, else the system's */
} iv_http_limits;

extern const iv_http_limits iv_http_defaults; /* 10 s, 60 s, 1 KB/s for 15 s, 5, 3, 256 MiB */

/* Signature version 4 as S3 and its likes want it. token: NULL or a session's. BORROWED for
 * the download; not sent along with a redirect to another host. */
typedef struct iv_http_auth {
    const char *key, *secret, *token, *region, *service;
} iv_http_auth;

#define IV_HTTP_ETAG 256
typedef struct iv_http_result {
    int32_t http_status; /* of the last answer; 0: there was none */
    uint64_t bytes;      /* of the whole file */
    uint64_t fetched;    /* of them, by this call */
    /* As sent, with its quotes; where there is none the Last-Modified date; "" when there is
     * neither or it is longer. */
    char etag[IV_HTTP_ETAG];
    char content_type[128];
    bool resumed;      /* went on after a part of an earlier attempt or process */
    bool not_modified; /* the copy at `path` is still good; nothing was written */
    bool passing;      /* a failure that may be over at another time */
} iv_http_result;

const char *iv_http_library(void); /* libcurl's version; "" in a build without it */

typedef struct iv_http_client iv_http_client;

/* Keeps connections open between downloads. Thread: one thread at a time per client. */
imgvec_status iv_http_client_new(imgvec_context *ctx, const iv_http_limits *limits,
                                 iv_http_client **out, imgvec_error *err);
void iv_http_client_free(iv_http_client *client); /* NULL is accepted */
/* Sockets that were opened so far; what the policy refuses opens none. */
uint64_t iv_http_client_sockets(const iv_http_client *client);

/* Downloads to path + ".part", which is fsynced and renamed to `path` when it is whole. After
 * a failure that may pass, or a cancellation, the part stays, with path + ".part.etag" beside
 * it, and the next call for the same URL fetches only the rest, if the server still has the
 * same ETag. auth, watch (a stage of its own, in bytes) and out may be NULL.
 * Errors name the URL, without its secrets: NOT_FOUND (404, 410), IO (no connection, other
 * statuses, too slow, the disk), LIMIT (bytes, redirects, a private address), UNSUPPORTED
 * (scheme, encoding), FORMAT (no URL, contradictory answers), CANCELLED, NO_MEMORY. */
imgvec_status iv_http_download(iv_http_client *client, const char *url, const char *path,
                               const iv_http_auth *auth, iv_watch *watch, iv_http_result *out,
                               imgvec_error *err);

/* The same; out->not_modified when the server says that it still has `etag`, what
 * iv_http_result told of the copy at `path`. */
imgvec_status iv_http_revalidate(iv_http_client *client, const char *url, const char *path,
                                 const char *etag, const iv_http_auth *auth, iv_watch *watch,
                                 iv_http_result *out, imgvec_error *err);

/* Many downloads at once. */
typedef struct iv_http_job {
    const char *url, *path; /* BORROWED until the next call of the same function */
} iv_http_job;

/* All calls are made on one other thread. */
typedef struct iv_http_feed {
    void *user;
    bool (*next)(void *user, iv_http_job *job); /* false when there is none */
    /* Called once for each, in the order in which they end, but not for those that are given up
     * when the run fails or is cancelled. status and why->text (without the URL) are the
     * download's. A failure of this call ends the run. */
    imgvec_status (*done)(void *user, const iv_http_job *job, imgvec_status status,
                          const iv_http_result *result, const imgvec_error *why, imgvec_error *err);
} iv_http_feed;

#define IV_HTTP_PER_HOST 8
#define IV_HTTP_PARALLEL 32

/* Runs them IV_HTTP_PARALLEL at a time, IV_HTTP_PER_HOST for each host. A host that gives no
 * answer to many in a row is not asked again; what is left for it fails. The files are renamed
 * when they are whole, but not fsynced. watch (not NULL) must have a stage, whose units are
 * downloads; `before` of them are done. */
imgvec_status iv_http_run(iv_http_client *client, const iv_http_feed *feed, iv_watch *watch,
                          uint64_t before, imgvec_error *err);

/* "http://..." or "https://...", whatever the case. */
bool iv_http_is_url(const char *text, size_t length);
/* For people: user, password, fragment and secret parameters of the query hidden. NEW; NULL
 * when out of memory. */
char *iv_http_show(imgvec_context *ctx, const char *url);
/* `text` as a link in the document at `base`. NEW in *out. FORMAT when it is none. */
imgvec_status iv_http_join(imgvec_context *ctx, const char *base, const char *text, size_t length,
                           char **out, imgvec_error *err);

#endif
