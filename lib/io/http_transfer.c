/* One download: requests, redirects, attempts. */
#include "io/http_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/thread.h"

#define MAX_HEADER_BYTES (256u << 10)
#define MAX_DISCARDED (64u << 10) /* of an error page: beyond it the connection is given up */
#define FIRST_WAIT 0.5            /* seconds; doubled by each attempt */
#define MAX_WAIT 30.0             /* also of what a server asks for */

static imgvec_status fail(iv_transfer *t, imgvec_status status)
{
    if (t->status == IMGVEC_OK)
        t->status = status;
    return t->status;
}

static const char *header(iv_transfer *t, const char *name)
{
    struct curl_header *h;
    return curl_easy_header(t->easy, name, 0, CURLH_HEADER, -1, &h) == CURLHE_OK ? h->value : "";
}

/* Both texts fit or stay empty: half an ETag is none. */
static void keep(char *dst, size_t size, const char *text)
{
    size_t length = strlen(text);
    memcpy(dst, length < size ? text : "", length < size ? length + 1 : 1);
}

/* An ETag that promises the same bytes; a weak one ("W/...") does not. */
static bool strong(const char *etag)
{
    size_t length = strlen(etag);
    return length >= 2 && etag[0] == '"' && etag[length - 1] == '"';
}

static bool is_etag(const char *text)
{
    return text[0] == '"' || strncmp(text, "W/", 2) == 0;
}

/* The rest that was asked for: "bytes <had>-<last>/<whole>" of the same file. */
static bool sound_range(iv_transfer *t)
{
    unsigned long long first = 0;
    const char *etag = header(t, "ETag");
    return sscanf(header(t, "Content-Range"), "bytes %llu-", &first) == 1 && first == t->had &&
           (!*etag || strcmp(etag, t->etag) == 0);
}

/* The headers are all there: what they say is judged. */
static imgvec_status judge_headers(iv_transfer *t)
{
    long code = 0;
    long long length = -1;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &code);
    if (code < 200) /* there is more to come */
        return IMGVEC_OK;
    if (sscanf(header(t, "Content-Length"), "%lld", &length) != 1 || length < 0)
        length = -1;
    t->begun = true;
    t->result.http_status = (int32_t)code;
    t->discard = code != 200 && code != 206;
    if (t->discard)
        return IMGVEC_OK;
    const char *encoding = header(t, "Content-Encoding");
    if (*encoding && strcasecmp(encoding, "identity") != 0)
        return iv_fail(&t->error, IMGVEC_ERR_UNSUPPORTED,
                       "the server sends it encoded (%.40s), which was not asked for", encoding);
    if (code == 206 && (t->had == 0 || !sound_range(t)))
        return iv_fail(&t->error, IMGVEC_ERR_FORMAT,
                       "the server sends another part than was asked for");
    if (code == 200)
        t->had = 0;
    uint64_t limit = t->client->limits.max_bytes;
    if (limit && length > 0 && (uint64_t)length > limit - (t->had < limit ? t->had : limit))
        return iv_part_fail_limit(t, length + (long long)t->had);
    keep(t->result.content_type, sizeof t->result.content_type, header(t, "Content-Type"));
    if (code == 200) {
        keep(t->result.etag, sizeof t->result.etag, header(t, "ETag"));
        if (!t->result.etag[0])
            keep(t->result.etag, sizeof t->result.etag, header(t, "Last-Modified"));
        keep(t->etag, sizeof t->etag, strong(t->result.etag) ? t->result.etag : "");
    } else {
        keep(t->result.etag, sizeof t->result.etag, t->etag);
        t->result.resumed = true;
    }
    t->whole = length >= 0 ? (uint64_t)length + t->had : UINT64_MAX;
    if (t->total && length > 0)
        atomic_store(t->total, t->whole);
    return iv_part_open(t, length);
}

static imgvec_status fail_headers(iv_transfer *t)
{
    return iv_fail(&t->error, IMGVEC_ERR_LIMIT, "the server's headers do not end");
}

static size_t on_header(char *data, size_t size, size_t count, void *user)
{
    iv_transfer *t = user;
    size_t bytes = size * count;
    t->header_bytes += bytes;
    if (t->header_bytes > MAX_HEADER_BYTES)
        fail(t, fail_headers(t));
    else if (bytes > 0 && bytes <= 2 && (data[0] == '\r' || data[0] == '\n') && !t->begun)
        fail(t, judge_headers(t)); /* the empty line; later ones follow trailers */
    return t->status == IMGVEC_OK ? bytes : 0;
}

/* At the last byte and not when libcurl tells of the end, which can be after other transfers'
 * turns: a process that is killed between the two would fetch the file again. */
static imgvec_status finish(iv_transfer *t)
{
    if (!t->finished)
        IV_TRY(iv_part_finish(t));
    t->finished = true;
    t->result.bytes = t->bytes;
    return IMGVEC_OK;
}

static size_t on_body(char *data, size_t size, size_t count, void *user)
{
    iv_transfer *t = user;
    size_t bytes = size * count;
    if (t->discard) {
        t->discarded += bytes;
        return t->discarded <= MAX_DISCARDED ? bytes : 0;
    }
    fail(t, iv_part_write(t, data, bytes));
    if (t->status == IMGVEC_OK && t->bytes == t->whole)
        fail(t, finish(t));
    return t->status == IMGVEC_OK ? bytes : 0;
}

static curl_socket_t on_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)purpose;
    iv_transfer *t = user;
    const char *what = iv_address_private(&address->addr, address->addrlen);
    if (what && !t->client->limits.allow_private) {
        t->refused = what;
        iv_address_text(&address->addr, address->addrlen, t->address);
        return CURL_SOCKET_BAD;
    }
    t->refused = NULL; /* of several addresses one may do */
    atomic_fetch_add(&t->client->sockets, 1);
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

imgvec_status iv_transfer_new(iv_http_client *client, const iv_http_job *job, const char *know,
                              const iv_http_auth *auth, iv_transfer **out, imgvec_error *err)
{
    imgvec_context *ctx = client->ctx;
    iv_transfer *t = iv_zalloc(ctx, sizeof *t);
    if (!t)
        return iv_fail_nomem(err);
    t->client = client;
    t->auth = auth;
    t->fd = -1;
    t->first_url = iv_strdup(ctx, job->url);
    t->path = iv_strdup(ctx, job->path);
    t->part = iv_format(ctx, "%s.part", job->path);
    t->part_etag = iv_format(ctx, "%s.part.etag", job->path);
    t->know = know && *know ? iv_strdup(ctx, know) : NULL;
    t->easy = curl_easy_init();
    if (!t->first_url || !t->path || !t->part || !t->part_etag || !t->easy ||
        (know && *know && !t->know)) {
        iv_transfer_free(t);
        return iv_fail_nomem(err);
    }
    *out = t;
    return IMGVEC_OK;
}

void iv_transfer_free(iv_transfer *t)
{
    imgvec_context *ctx = t->client->ctx;
    iv_part_close(t);
    curl_easy_cleanup(t->easy);
    curl_slist_free_all(t->headers);
    iv_free(ctx, t->first_url);
    iv_free(ctx, t->url);
    iv_free(ctx, t->path);
    iv_free(ctx, t->part);
    iv_free(ctx, t->part_etag);
    iv_free(ctx, t->know);
    iv_free(ctx, t);
}

static bool add_header(iv_transfer *t, const char *name, const char *value)
{
    char line[4096]; /* a session token is the longest */
    int n = snprintf(line, sizeof line, "%s: %s", name, value);
    struct curl_slist *list =
        n > 0 && (size_t)n < sizeof line ? curl_slist_append(t->headers, line) : NULL;
    if (!list)
        return false;
    t->headers = list;
    return true;
}

static bool set_auth(iv_transfer *t)
{
    char scheme[256];
    const iv_http_auth *a = t->auth;
    int n = snprintf(scheme, sizeof scheme, "aws:amz:%s:%s", a->region, a->service);
    return n > 0 && (size_t)n < sizeof scheme &&
           curl_easy_setopt(t->easy, CURLOPT_AWS_SIGV4, scheme) == CURLE_OK &&
           curl_easy_setopt(t->easy, CURLOPT_USERNAME, a->key) == CURLE_OK &&
           curl_easy_setopt(t->easy, CURLOPT_PASSWORD, a->secret) == CURLE_OK &&
           /* S3 wants the hash of the (empty) body said aloud */
           add_header(t, "x-amz-content-sha256",
                      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855") &&
           (!a->token || add_header(t, "x-amz-security-token", a->token));
}

static bool set_request(iv_transfer *t)
{
    CURL *easy = t->easy;
    char number[32];
    curl_slist_free_all(t->headers);
    t->headers = NULL;
    if (!add_header(t, "Accept-Encoding", "identity"))
        return false;
    if (t->had > 0) {
        snprintf(number, sizeof number, "bytes=%llu-", (unsigned long long)t->had);
        if (!add_header(t, "Range", number) || !add_header(t, "If-Range", t->etag))
            return false;
    } else if (t->know &&
               !add_header(t, is_etag(t->know) ? "If-None-Match" : "If-Modified-Since", t->know)) {
        return false;
    }
    if (t->auth && t->hops == 0 && !set_auth(t))
        return false;
    return curl_easy_setopt(easy, CURLOPT_HTTPHEADER, t->headers) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_URL, t->url) == CURLE_OK;
}

static bool set_policy(iv_transfer *t)
{
    CURL *easy = t->easy;
    const iv_http_limits *l = &t->client->limits;
    double left = t->deadline - iv_now();
    long connect = l->connect_seconds > 0 ? l->connect_seconds : 300;
    bool ok = curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_USERAGENT, "libimgvec") == CURLE_OK;
#if LIBCURL_VERSION_NUM >= 0x075700
    /* A name server that does not answer must not hold up whoever cancels. */
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
    if (t->client->ca_file) {
        ok = ok && curl_easy_setopt(easy, CURLOPT_CAINFO, t->client->ca_file) == CURLE_OK;
        ok = ok && curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) == CURLE_OK; /* no others */
    }
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->words);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L); /* redirects are judged here */
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 64L << 10);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, connect);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                     t->deadline == 0 ? 0L
                     : left > 0.001   ? (long)(left * 1000)
                                      : 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)l->low_speed_bytes);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)l->low_speed_seconds);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, t);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
    return ok;
}

imgvec_status iv_transfer_begin(iv_transfer *t)
{
    const iv_http_limits *l = &t->client->limits;
    if (!t->url) {
        IV_TRY(fail(t, iv_url_parse(t->client->ctx, NULL, t->first_url, l->https_only, &t->url,
                                    NULL, &t->error)));
        if (t->attempt == 0)
            IV_TRY(fail(t, iv_part_find(t)));
        if (t->deadline == 0 && l->total_seconds > 0)
            t->deadline = iv_now() + l->total_seconds;
    }
    t->begun = t->discard = false;
    t->header_bytes = t->discarded = 0;
    t->result.http_status = 0;
    t->refused = NULL;
    t->words[0] = '\0';
    curl_easy_reset(t->easy);
    if (!set_policy(t) || !set_request(t))
        return fail(t, iv_fail_nomem(&t->error));
    return IMGVEC_OK;
}

/* After a redirect to another host, or one without encryption, nothing secret goes along. */
static iv_next redirect(iv_transfer *t)
{
    char *target = NULL, *url = NULL;
    const iv_http_limits *l = &t->client->limits;
    curl_easy_getinfo(t->easy, CURLINFO_REDIRECT_URL, &target);
    if (!target || !*target) {
        fail(t, iv_fail(&t->error, IMGVEC_ERR_FORMAT, "status %d without a sound place to go",
                        (int)t->result.http_status));
        return IV_NEXT_END;
    }
    if (t->hops >= l->max_redirects) {
        fail(t,
             iv_fail(&t->error, IMGVEC_ERR_LIMIT, "more than %d redirects", (int)l->max_redirects));
        return IV_NEXT_END;
    }
    imgvec_status status =
        iv_url_parse(t->client->ctx, NULL, target, l->https_only, &url, NULL, &t->error);
    if (status == IMGVEC_OK && strncmp(t->url, "https:", 6) == 0 && strncmp(url, "http:", 5) == 0) {
        iv_free(t->client->ctx, url);
        status = iv_fail(&t->error, IMGVEC_ERR_UNSUPPORTED, "from https to http");
    }
    if (status != IMGVEC_OK) {
        fail(t, iv_prefix(&t->error, status, "a redirect that is not followed"));
        return IV_NEXT_END;
    }
    iv_free(t->client->ctx, t->url);
    t->url = url;
    t->hops++;
    return IV_NEXT_AGAIN;
}

/* Another attempt, if there is time and a reason to hope. */
static iv_next later(iv_transfer *t, double wait, imgvec_status status)
{
    double now = iv_now(), asked = wait;
    t->result.passing = true;
    if (t->attempt < t->client->limits.retries) {
        double own = FIRST_WAIT * ldexp(1, t->attempt);
        /* A quarter more or less, so that what failed together does not come back together. */
        own *= 0.75 + 0.5 * fmod(now * 997, 1);
        if (wait < own)
            wait = own < MAX_WAIT ? own : MAX_WAIT;
        if (wait <= MAX_WAIT && (t->deadline == 0 || now + wait < t->deadline)) {
            t->attempt++;
            t->retry_at = now + wait;
            t->hops = 0;
            iv_free(t->client->ctx, t->url);
            t->url = NULL; /* from the start: a redirect's target may have been the fault */
            return IV_NEXT_LATER;
        }
        if (asked > 0)
            iv_prefix(&t->error, status, "it asks to be left alone for %.0f s", asked);
    }
    if (t->attempt > 0)
        iv_prefix(&t->error, status, "%d attempts", t->attempt + 1);
    fail(t, status);
    return IV_NEXT_END;
}

static const char *reason(int32_t code)
{
    static const struct {
        int32_t code;
        const char *text;
    } reasons[] = {
        {400, " Bad Request"},         {401, " Unauthorized"},          {403, " Forbidden"},
        {404, " Not Found"},           {408, " Request Timeout"},       {410, " Gone"},
        {429, " Too Many Requests"},   {500, " Internal Server Error"}, {502, " Bad Gateway"},
        {503, " Service Unavailable"}, {504, " Gateway Timeout"}};
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].code == code)
            return reasons[i].text;
    return "";
}

static iv_next judge_status(iv_transfer *t)
{
    int32_t code = t->result.http_status;
    if (code == 200 || code == 206) {
        fail(t, finish(t));
        return IV_NEXT_END;
    }
    if (code == 304 && t->know && t->had == 0) {
        t->result.not_modified = true;
        keep(t->result.etag, sizeof t->result.etag, t->know);
        return IV_NEXT_END;
    }
    if (code == 301 || code == 302 || code == 303 || code == 307 || code == 308)
        return redirect(t);
    if (code == 416 && t->had > 0) { /* the part is longer than the file, or all of it */
        iv_part_remove(t);
        t->had = 0;
        t->etag[0] = '\0';
        return IV_NEXT_AGAIN;
    }
    imgvec_status status =
        iv_fail(&t->error, code == 404 || code == 410 ? IMGVEC_ERR_NOT_FOUND : IMGVEC_ERR_IO,
                "the server answered %d%s", (int)code, reason(code));
    if (code == 408 || code == 425 || code == 429 || code == 500 || (code >= 502 && code <= 504)) {
        curl_off_t wait = 0;
        curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &wait);
        return later(t, (double)wait, status);
    }
    fail(t, status);
    return IV_NEXT_END;
}

static bool passes(CURLcode code)
{
    return code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT ||
           code == CURLE_OPERATION_TIMEDOUT || code == CURLE_PARTIAL_FILE ||
           code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR ||
           code == CURLE_HTTP2 || code == CURLE_HTTP2_STREAM;
}

/* Other authorities help where nobody known signed, not where the name or the time is wrong. */
static void fail_certificate(iv_transfer *t)
{
    enum { FINE = 0, NOT_YET = 9, EXPIRED = 10 }; /* of OpenSSL */
    long found = FINE;
    curl_easy_getinfo(t->easy, CURLINFO_SSL_VERIFYRESULT, &found);
    bool unknown = found != FINE && found != NOT_YET && found != EXPIRED;
    iv_fail(&t->error, IMGVEC_ERR_IO, "the server's certificate is not trusted: %s%s",
            t->words[0] ? t->words : curl_easy_strerror(CURLE_PEER_FAILED_VERIFICATION),
            unknown ? "; option ca_file names authorities that are" : "");
}

static iv_next judge_fault(iv_transfer *t, CURLcode code)
{
    const iv_http_limits *l = &t->client->limits;
    imgvec_status status = IMGVEC_ERR_IO;
    if (code == CURLE_OUT_OF_MEMORY) {
        status = iv_fail_nomem(&t->error);
    } else if (t->refused) {
        status = iv_fail(&t->error, IMGVEC_ERR_LIMIT,
                         "%s is %s, which is not connected to unless private addresses are allowed",
                         t->address, t->refused);
    } else if (code == CURLE_OPERATION_TIMEDOUT && t->deadline != 0 &&
               iv_now() >= t->deadline - 0.01) {
        iv_fail(&t->error, status, "not there after %d seconds", (int)l->total_seconds);
        t->result.passing = true;
    } else if (code == CURLE_OPERATION_TIMEDOUT && !t->begun) {
        iv_fail(&t->error, status, "no answer in time");
        return later(t, 0, status);
    } else if (code == CURLE_OPERATION_TIMEDOUT) {
        iv_fail(&t->error, status, "slower than %d bytes a second for %d seconds",
                (int)l->low_speed_bytes, (int)l->low_speed_seconds);
        return later(t, 0, status);
#if LIBCURL_VERSION_NUM >= 0x080600 /* has a limit of its own */
    } else if (code == CURLE_TOO_LARGE) {
        status = fail_headers(t);
#endif
    } else if (code == CURLE_PEER_FAILED_VERIFICATION) {
        fail_certificate(t);
    } else if (code == CURLE_SSL_CACERT_BADFILE) {
        iv_fail(&t->error, status,
                "%s cannot be read as certificates of authorities (option ca_file, CURL_CA_BUNDLE "
                "or SSL_CERT_FILE)",
                t->client->ca_file ? t->client->ca_file : "the system's file");
    } else {
        iv_fail(&t->error, status, "%s", curl_easy_strerror(code));
        if (passes(code))
            return later(t, 0, status);
    }
    fail(t, status);
    return IV_NEXT_END;
}

iv_next iv_transfer_end(iv_transfer *t, CURLcode code)
{
    iv_next next = IV_NEXT_END;
    if (t->status == IMGVEC_OK)
        next = t->begun && (code == CURLE_OK || t->discard || t->finished) ? judge_status(t)
                                                                           : judge_fault(t, code);
    if (next == IV_NEXT_END && t->status != IMGVEC_OK && !t->result.passing)
        iv_part_remove(t);
    if (next != IV_NEXT_END) {
        /* What a body left behind is gone on from, if it is known what it is a part of. */
        if (t->fd >= 0)
            t->had = t->etag[0] ? t->bytes : 0;
        iv_part_close(t);
    }
    return next;
}
