/* Filling the cache: what is wanted is looked for in it, and what is missing is fetched. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "image/format.h"
#include "table/cache.h"
#include "table/remote_internal.h"

#define PIECE (256u << 10)

typedef struct fetch {
    iv_remote *r;
    const iv_url_list *list;
    iv_manifest manifest;
    char *url, *path;     /* handed to the run last */
    char *piece;          /* for hashing */
    imgvec_status status; /* of the list, while the run asks for more */
    imgvec_error error;
} fetch;

static imgvec_status collect(iv_remote *r, const iv_url_list *list, imgvec_error *err)
{
    imgvec_status status = IMGVEC_OK;
    list->rewind(list->user);
    for (;;) {
        char *url = NULL;
        iv_remote_entry *e;
        IV_TRY(list->next(list->user, &url, err));
        if (!url)
            return IMGVEC_OK;
        iv_digest key = iv_remote_key(url);
        iv_free(r->ctx, url);
        pthread_mutex_lock(&r->lock);
        status = iv_remote_add(r, &key, &e, err);
        pthread_mutex_unlock(&r->lock);
        IV_TRY(status);
    }
}

static imgvec_status on_line(void *user, const iv_manifest_line *line, imgvec_error *err)
{
    iv_remote *r = user;
    iv_digest key = iv_remote_key(line->url);
    iv_remote_entry *e = iv_remote_find(r, &key);
    if (!e || e->state > IV_REMOTE_MISSING)
        return IMGVEC_OK;
    iv_free(r->ctx, e->reason);
    e->reason = NULL;
    e->listed = !*line->error;
    if (e->listed) {
        e->bytes = line->bytes;
        e->hash = line->hash;
    } else if (!(e->reason = iv_strdup(r->ctx, line->error))) {
        return iv_fail_nomem(err);
    }
    return IMGVEC_OK;
}

/* Size of the cached copy; false when there is none. */
static imgvec_status copy_size(const iv_remote *r, const iv_digest *key, bool *there,
                               uint64_t *size, imgvec_error *err)
{
    struct stat st;
    char *path = iv_remote_path(r, key);
    if (!path)
        return iv_fail_nomem(err);
    *there = lstat(path, &st) == 0 && S_ISREG(st.st_mode);
    *size = *there ? (uint64_t)st.st_size : 0;
    iv_free(r->ctx, path);
    return IMGVEC_OK;
}

/* Looks into the cache for what has no answer yet, with the lock held. *missing: how many are
 * not there. */
static imgvec_status look(iv_remote *r, uint64_t *missing, imgvec_error *err)
{
    bool any = false;
    *missing = 0;
    for (size_t i = 0; i < r->count && !any; i++)
        any = r->entries[i].state <= IV_REMOTE_MISSING;
    if (!any)
        return IMGVEC_OK;
    if (!r->folder)
        IV_TRY(iv_cache_folder(r->ctx, r->cache_dir, "images", &r->folder, err));
    IV_TRY(iv_manifest_read(r->ctx, r->folder, on_line, r, err));
    for (size_t i = 0; i < r->count; i++) {
        iv_remote_entry *e = &r->entries[i];
        bool there = false;
        uint64_t size = 0;
        if (e->state > IV_REMOTE_MISSING)
            continue;
        if (e->listed)
            IV_TRY(copy_size(r, &e->key, &there, &size, err));
        e->state = there && size == e->bytes ? IV_REMOTE_PRESENT : IV_REMOTE_MISSING;
        *missing += e->state == IV_REMOTE_MISSING;
    }
    return IMGVEC_OK;
}

static imgvec_status look_locked(iv_remote *r, uint64_t *missing, imgvec_error *err)
{
    pthread_mutex_lock(&r->lock);
    imgvec_status status = look(r, missing, err);
    pthread_mutex_unlock(&r->lock);
    return status;
}

/* Every one that is missing fails for the same reason. */
static void fail_missing(iv_remote *r, imgvec_status code, const char *reason)
{
    char text[1200];
    pthread_mutex_lock(&r->lock);
    for (size_t i = 0; i < r->count; i++) {
        iv_remote_entry *e = &r->entries[i];
        if (e->state != IV_REMOTE_MISSING)
            continue;
        snprintf(text, sizeof text, "%s%s%s", reason, e->reason ? "; last time: " : "",
                 e->reason ? e->reason : "");
        iv_remote_fail(r, e, code, text);
    }
    pthread_mutex_unlock(&r->lock);
}

/* Hash and size of a file that was fetched. FORMAT for what is evidently no image, such as a
 * web page, so that it does not stay in the cache under an image's name. */
static imgvec_status judge_file(const fetch *f, const char *path, iv_manifest_line *line,
                                imgvec_error *err)
{
    iv_source source;
    const char *foreign = NULL;
    IV_TRY(iv_source_open(f->r->ctx, path, &source, err));
    iv_hasher *hasher = iv_hasher_new(f->r->ctx);
    imgvec_status status = hasher ? IMGVEC_OK : iv_fail_nomem(err);
    for (uint64_t at = 0; at < source.size && status == IMGVEC_OK;) {
        size_t size = source.size - at < PIECE ? (size_t)(source.size - at) : PIECE;
        status = iv_source_read(&source, at, f->piece, size, err);
        if (status != IMGVEC_OK)
            break;
        if (at == 0 && iv_format_find((const uint8_t *)f->piece, size) == IV_FORMAT_NONE)
            foreign = iv_format_foreign((const uint8_t *)f->piece, size);
        iv_hasher_add(hasher, f->piece, size);
        at += size;
    }
    line->bytes = source.size;
    iv_source_close(f->r->ctx, &source);
    if (status == IMGVEC_OK)
        line->hash = iv_hasher_end(hasher);
    else
        iv_hasher_free(hasher);
    if (status == IMGVEC_OK && foreign)
        status = iv_fail(err, IMGVEC_ERR_FORMAT, "no image but %s", foreign);
    return status;
}

static imgvec_status note(fetch *f, const iv_digest *key, const iv_manifest_line *line,
                          imgvec_status code, imgvec_error *err)
{
    IV_TRY(iv_manifest_add(&f->manifest, line, err));
    pthread_mutex_lock(&f->r->lock);
    iv_remote_entry *e = iv_remote_find(f->r, key);
    if (*line->error) {
        iv_remote_fail(f->r, e, code, line->error);
    } else {
        e->state = IV_REMOTE_PRESENT;
        e->bytes = line->bytes;
        e->hash = line->hash;
    }
    pthread_mutex_unlock(&f->r->lock);
    return IMGVEC_OK;
}

static imgvec_status done(void *user, const iv_http_job *job, imgvec_status status,
                          const iv_http_result *result, const imgvec_error *why, imgvec_error *err)
{
    fetch *f = user;
    iv_digest key = iv_remote_key(job->url);
    iv_manifest_line line = {
        .url = job->url, .status = result->http_status, .etag = result->etag, .error = ""};
    imgvec_error reason;
    if (status == IMGVEC_ERR_NO_MEMORY ||
        (status != IMGVEC_OK && why->origin == IMGVEC_ORIGIN_SYSTEM)) {
        if (err)
            *err = *why; /* the cache's disk, not the image */
        return iv_prefix(err, status, "cache of downloads");
    }
    if (status == IMGVEC_OK) {
        status = judge_file(f, job->path, &line, &reason);
        if (status != IMGVEC_OK && status != IMGVEC_ERR_FORMAT) {
            if (err)
                *err = reason;
            return status;
        }
        if (status != IMGVEC_OK) {
            unlink(job->path);
            line.error = reason.text;
        }
    } else {
        line.error = why->text;
    }
    return note(f, &key, &line, status, err);
}

/* A file without a line: the process was killed between the file's rename and the line. Only
 * whole files are renamed, so it is taken as it is. */
static imgvec_status adopt(fetch *f, const char *url, const iv_digest *key, const char *path,
                           bool *adopted, imgvec_error *err)
{
    iv_manifest_line line = {.url = url, .status = 200, .etag = "", .error = ""};
    imgvec_error reason;
    *adopted = false;
    imgvec_status status = judge_file(f, path, &line, &reason);
    if (status == IMGVEC_ERR_NO_MEMORY)
        return iv_fail_nomem(err);
    if (status != IMGVEC_OK)
        return IMGVEC_OK; /* it is fetched over it */
    *adopted = true;
    return note(f, key, &line, IMGVEC_OK, err);
}

static imgvec_status make_folder(const iv_remote *r, char *path, imgvec_error *err)
{
    imgvec_status status = IMGVEC_OK;
    char *slash = strrchr(path, '/');
    *slash = '\0';
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        status = iv_fail_errno(err, errno, "%s (option cache_dir)", path);
    *slash = '/';
    return status;
}

/* The next URL that is to be fetched, in url and path (NEW); *url NULL behind the last. */
static imgvec_status find_next(fetch *f, char **url, char **path, imgvec_error *err)
{
    iv_remote *r = f->r;
    for (;;) {
        IV_TRY(f->list->next(f->list->user, url, err));
        if (!*url)
            return IMGVEC_OK;
        iv_digest key = iv_remote_key(*url);
        pthread_mutex_lock(&r->lock);
        iv_remote_entry *e = iv_remote_find(r, &key);
        bool wanted = e && e->state == IV_REMOTE_MISSING && !e->taken, listed = e && e->listed;
        if (wanted)
            e->taken = true;
        pthread_mutex_unlock(&r->lock);
        bool there = false, adopted = false;
        uint64_t size;
        if (wanted) {
            *path = iv_remote_path(r, &key);
            IV_TRY(*path ? copy_size(r, &key, &there, &size, err) : iv_fail_nomem(err));
            if (there && !listed)
                IV_TRY(adopt(f, *url, &key, *path, &adopted, err));
            if (!adopted)
                return make_folder(r, *path, err);
        }
        iv_free(r->ctx, *path);
        iv_free(r->ctx, *url);
        *path = *url = NULL;
    }
}

static void drop_last(fetch *f)
{
    iv_free(f->r->ctx, f->url);
    iv_free(f->r->ctx, f->path);
    f->url = f->path = NULL;
}

static bool next(void *user, iv_http_job *job)
{
    fetch *f = user;
    drop_last(f);
    if (f->status == IMGVEC_OK)
        f->status = find_next(f, &f->url, &f->path, &f->error);
    *job = (iv_http_job){.url = f->url, .path = f->path};
    return f->status == IMGVEC_OK && f->url;
}

static void let_go(iv_remote *r)
{
    pthread_mutex_lock(&r->lock);
    for (size_t i = 0; i < r->count; i++)
        r->entries[i].taken = false;
    pthread_mutex_unlock(&r->lock);
}

static imgvec_status run(fetch *f, iv_http_client *client, iv_watch *watch, imgvec_error *err)
{
    const iv_http_feed feed = {f, next, done};
    f->list->rewind(f->list->user);
    imgvec_status status = iv_http_run(client, &feed, watch, 0, err);
    if (status == IMGVEC_OK && f->status != IMGVEC_OK) {
        status = f->status;
        if (err)
            *err = f->error;
    }
    return status;
}

static imgvec_status fetch_missing(iv_remote *r, const iv_url_list *list, uint64_t missing,
                                   iv_http_client *client, iv_watch *watch, imgvec_error *err)
{
    fetch f = {.r = r, .list = list};
    IV_TRY(iv_watch_begin(watch, missing, err, "fetching images"));
    IV_TRY(iv_manifest_lock(r->ctx, r->folder, watch, &f.manifest, err));
    imgvec_status status = look_locked(r, &missing, err); /* another may have been here */
    watch->total = missing;
    f.piece = iv_alloc(r->ctx, PIECE);
    if (status == IMGVEC_OK && !f.piece)
        status = iv_fail_nomem(err);
    if (status == IMGVEC_OK && missing > 0)
        status = run(&f, client, watch, err);
    drop_last(&f);
    let_go(r);
    iv_free(r->ctx, f.piece);
    imgvec_status closed = iv_manifest_close(&f.manifest, status == IMGVEC_OK ? err : NULL);
    if (status == IMGVEC_OK)
        status = closed;
    return status == IMGVEC_OK ? iv_watch_end(watch, err) : status;
}

imgvec_status iv_remote_fetch(iv_remote *r, const iv_url_list *list, iv_watch *watch,
                              imgvec_error *err)
{
    uint64_t missing = 0;
    iv_http_client *client = NULL;
    imgvec_error reason;
    IV_TRY(collect(r, list, err));
    IV_TRY(look_locked(r, &missing, err));
    if (missing == 0)
        return IMGVEC_OK;
    if (r->offline) {
        fail_missing(r, IMGVEC_ERR_NOT_FOUND, "not in the cache, and option offline is on");
        return IMGVEC_OK;
    }
    imgvec_status status = iv_http_client_new(r->ctx, &r->limits, &client, &reason);
    if (status == IMGVEC_ERR_NO_MEMORY)
        return iv_fail_nomem(err);
    if (status != IMGVEC_OK) {
        fail_missing(r, status, reason.text);
        return IMGVEC_OK;
    }
    status = fetch_missing(r, list, missing, client, watch, err);
    iv_http_client_free(client);
    return status;
}
