/* What the files of the http reader share. */
#ifndef IV_IO_HTTP_INTERNAL_H
#define IV_IO_HTTP_INTERNAL_H

#include <curl/curl.h>
#include <stdatomic.h>

#include "io/http.h"
#include "io/http_address.h"

/* A host with its port, as long as downloads of it run or it gave no answer. */
typedef struct iv_http_host {
    char *name;
    int active;
    int silent; /* downloads in a row that ended without any answer */
    struct iv_http_host *next;
} iv_http_host;

struct iv_http_client {
    imgvec_context *ctx;
    iv_http_limits limits; /* ca_file NULL: see below */
    char *ca_file;         /* NULL: the system's */
    CURLM *multi;
    atomic_uint_fast64_t sockets;
    iv_http_host *hosts;
};

/* What comes after a request. */
typedef enum iv_next {
    IV_NEXT_END,   /* the download's end: see `status` */
    IV_NEXT_AGAIN, /* ask `url` now: a redirect */
    IV_NEXT_LATER  /* ask `url` at `retry_at` */
} iv_next;

/* One download: a chain of requests that fill one file. */
typedef struct iv_transfer {
    iv_http_client *client;
    CURL *easy;
    struct curl_slist *headers;
    const iv_http_auth *auth; /* BORROWED */
    char *first_url;          /* as it was asked for */
    char *url;                /* as it is asked now, normal form */
    char *path, *part, *part_etag;
    char *know; /* ETag of the present copy, or NULL */
    iv_http_host *host;
    bool sync; /* fsync before the rename */

    int hops, attempt;
    double deadline, retry_at; /* 0: none */

    /* The part: open while a body is written. */
    int fd;
    bool ours;                              /* it was opened here: nobody else is at it */
    uint64_t had;                           /* bytes when the present request began */
    uint64_t bytes;                         /* now */
    char etag[IV_HTTP_ETAG];                /* of the file it is a part of; "": not known */
    atomic_uint_fast64_t *progress, *total; /* shown to another thread; may be NULL */

    /* The present request. */
    uint64_t whole; /* bytes of the file, when the server told; else UINT64_MAX */
    bool finished;  /* it has its name */
    bool begun;     /* the headers are all there and judged */
    bool discard;   /* the body is not what was asked for */
    uint64_t header_bytes, discarded;
    char words[CURL_ERROR_SIZE]; /* what libcurl says of a failure */
    const char *refused;         /* what the address is, when the policy refused it */
    char address[IV_ADDRESS_TEXT];

    imgvec_status status; /* the first lasting failure, and its text without the URL */
    imgvec_error error;
    iv_http_result result;
    struct iv_transfer *next;
} iv_transfer;

/* know: NULL, or the ETag of the copy at job->path. */
imgvec_status iv_transfer_new(iv_http_client *client, const iv_http_job *job, const char *know,
                              const iv_http_auth *auth, iv_transfer **out, imgvec_error *err);
void iv_transfer_free(iv_transfer *t);
/* Prepares t->easy for the next request. A failure is the download's end. */
imgvec_status iv_transfer_begin(iv_transfer *t);
/* Judges the request that ended. */
iv_next iv_transfer_end(iv_transfer *t, CURLcode code);

/* Where a run gets its transfers from, and where they go. */
typedef struct iv_run_source {
    void *user;
    /* On the run's own thread. The next transfer (MOVED), NULL when there is none. */
    imgvec_status (*take)(void *user, iv_transfer **out, imgvec_error *err);
    /* On the run's own thread: `t` ended, and is freed after the call. A failure ends the run. */
    imgvec_status (*ended)(void *user, iv_transfer *t, imgvec_error *err);
    /* On the caller's thread, some times a second. */
    imgvec_status (*step)(void *user, iv_watch *watch, imgvec_error *err);
} iv_run_source;

imgvec_status iv_run_transfers(iv_http_client *client, const iv_run_source *source, iv_watch *watch,
                               imgvec_error *err);

/* The part of a download on disk (http_part.c). */
imgvec_status iv_part_find(iv_transfer *t); /* had and etag of an earlier one, if it serves */
imgvec_status
iv_part_open(iv_transfer *t,
             long long length); /* for writing from t->had on; length: of the body, -1 */
/* LIMIT: so many bytes (-1: not known) are more than max_bytes allows. */
imgvec_status iv_part_fail_limit(iv_transfer *t, long long bytes);
imgvec_status iv_part_write(iv_transfer *t, const void *data, size_t size);
imgvec_status iv_part_finish(iv_transfer *t); /* renamed to t->path */
void iv_part_close(iv_transfer *t);           /* stays for another attempt */
void iv_part_remove(iv_transfer *t);

/* Normal form of a URL of the two schemes, without fragment (NEW), and its host with port.
 * host may be NULL; base: NULL or the document that `text` is a link of. */
imgvec_status iv_url_parse(imgvec_context *ctx, const char *base, const char *text, bool https_only,
                           char **url, char **host, imgvec_error *err);

#endif
