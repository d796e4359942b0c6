#include "net/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/context.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "io/http.h"
#include "net/verify.h"
#include "net/weights.h"

#define MOST_BYTES (UINT64_C(4) << 30) /* where the size is not published */
#define SECONDS 3600                   /* for the whole download */

typedef struct fetch {
    imgvec_context *ctx;
    const iv_published *row;
    char *folder, *path, *partial, *url;
    const char *ca_file;
    bool local; /* a mirror on this machine: http will do */
    iv_watch *watch;
} fetch;

static void fetch_free(fetch *f)
{
    iv_free(f->ctx, f->folder);
    iv_free(f->ctx, f->path);
    iv_free(f->ctx, f->partial);
    iv_free(f->ctx, f->url);
}

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* "http://localhost:8000/weights": this machine, and no name that only begins so. */
static bool is_local(const char *url)
{
    static const char *const hosts[] = {"http://127.0.0.1", "http://localhost", "http://[::1]"};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        const char *rest = url + strlen(hosts[i]);
        if (starts(url, hosts[i]) && (*rest == '\0' || *rest == ':' || *rest == '/'))
            return strchr(url, '@') == NULL;
    }
    return false;
}

/* How to do without a download, after `status` with its text. */
static imgvec_status by_hand(const fetch *f, imgvec_status status, imgvec_error *err)
{
    char why[sizeof err->text], size[48] = "", hash[96] = "";
    if (status == IMGVEC_ERR_NO_MEMORY || status == IMGVEC_ERR_CANCELLED)
        return status;
    snprintf(why, sizeof why, "%s", err->text);
    if (f->row->bytes)
        snprintf(size, sizeof size, ", %lld bytes", (long long)f->row->bytes);
    if (f->row->sha256[0])
        snprintf(hash, sizeof hash, ", SHA-256 %s%s", f->row->sha256,
                 strlen(f->row->sha256) < 64 ? "..." : "");
    return iv_fail_at(err, status, err->detail,
                      "%.450s; to do without: get %s%s%s and save it as %s in %s", why, f->row->url,
                      size, hash, f->row->file, f->folder);
}

static imgvec_status choose_folder(fetch *f, const char *weights_dir, imgvec_error *err)
{
    iv_weights_folders folders;
    IV_TRY(iv_weights_folders_list(f->ctx, weights_dir, &folders, err));
    if (folders.writable > 0) {
        f->folder = folders.path[0];
        folders.path[0] = NULL;
    }
    iv_weights_folders_free(f->ctx, &folders);
    if (f->folder)
        return IMGVEC_OK;
    return iv_fail(
        err, IMGVEC_ERR_INVALID_ARGUMENT,
        "no folder for weights: set option weights_dir, or IMGVEC_WEIGHTS or HOME in the "
        "environment");
}

static imgvec_status prepare(fetch *f, const iv_fetch_request *request, imgvec_error *err)
{
    const char *mirror = request->mirror;
    size_t end = strlen(mirror);
    IV_TRY(iv_published_need(f->ctx, request->name, &f->row, err));
    f->local = is_local(mirror);
    if (end && !f->local && !starts(mirror, "https://"))
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                       "option weights_url must begin with https:// (http:// only for localhost)");
    while (end && mirror[end - 1] == '/')
        end--;
    IV_TRY(choose_folder(f, request->weights_dir, err));
    f->path = iv_path_join(f->ctx, f->folder, f->row->file);
    f->partial = f->path ? iv_format(f->ctx, "%s.unchecked", f->path) : NULL;
    f->url = end ? iv_format(f->ctx, "%.*s/%s", (int)end, mirror, f->row->file)
                 : iv_strdup(f->ctx, f->row->url);
    return f->partial && f->url ? IMGVEC_OK : iv_fail_nomem(err);
}

/* What can be said before anything is asked of the network. */
static imgvec_status check(const fetch *f, imgvec_error *err)
{
    if (!f->row->sha256[0])
        return by_hand(f,
                       iv_fail(err, IMGVEC_ERR_UNSUPPORTED,
                               "no hash of %s is known, so that a download could not be checked",
                               f->row->file),
                       err);
    if (!f->local && !starts(f->url, "https://"))
        return by_hand(
            f, iv_fail(err, IMGVEC_ERR_UNSUPPORTED, "%s is published over http only", f->row->file),
            err);
    return IMGVEC_OK;
}

static imgvec_status make_folders(imgvec_context *ctx, const char *path, imgvec_error *err)
{
    char *copy = iv_strdup(ctx, path);
    imgvec_status status = copy ? IMGVEC_OK : iv_fail_nomem(err);
    for (char *p = copy; status == IMGVEC_OK && p;) {
        p = strchr(p + 1, '/');
        if (p)
            *p = '\0';
        if (mkdir(copy, 0777) != 0 && errno != EEXIST)
            status = iv_fail_errno(err, errno, "weights folder %s", copy);
        if (p)
            *p = '/';
    }
    iv_free(ctx, copy);
    return status;
}

/* Whether the published bytes are in a file; a file that is not there is not that. */
static imgvec_status is_published(const fetch *f, const char *file, iv_verified *is, bool *same,
                                  imgvec_error *err)
{
    *same = false;
    if (!iv_is_file(file))
        return IMGVEC_OK;
    IV_TRY(iv_weights_verify(f->ctx, file, f->watch, is, err));
    *same = iv_published_has_hash(f->row, is->sha256) &&
            (f->row->bytes == 0 || f->row->bytes == is->bytes);
    return IMGVEC_OK;
}

static imgvec_status download(const fetch *f, imgvec_error *err)
{
    iv_http_limits limits = iv_http_defaults;
    iv_http_client *client = NULL;
    limits.total_seconds = SECONDS;
    limits.max_bytes = f->row->bytes ? (uint64_t)f->row->bytes : MOST_BYTES;
    limits.https_only = !f->local;
    limits.ca_file = f->ca_file;
    /* A mirror that somebody names may well be in a private network. */
    limits.allow_private = strcmp(f->url, f->row->url) != 0;
    imgvec_status status = iv_http_client_new(f->ctx, &limits, &client, err);
    if (status == IMGVEC_OK)
        status = iv_http_download(client, f->url, f->partial, NULL, f->watch, NULL, err);
    iv_http_client_free(client);
    return status == IMGVEC_OK ? status : by_hand(f, status, err);
}

/* Gives the checked file its name. */
static imgvec_status publish(const fetch *f, imgvec_error *err)
{
    if (rename(f->partial, f->path) != 0)
        return iv_fail_errno(err, errno, "%s", f->path);
    int folder = open(f->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {
        fsync(folder); /* the file itself is safe; some file systems refuse this one */
        close(folder);
    }
    return IMGVEC_OK;
}

static imgvec_status run(fetch *f, imgvec_error *err)
{
    iv_verified is;
    bool same = false;
    IV_TRY(is_published(f, f->path, &is, &same, err));
    if (same)
        return IMGVEC_OK;
    /* Left by a process that ended before it had checked the whole file. */
    IV_TRY(is_published(f, f->partial, &is, &same, err));
    if (same)
        return publish(f, err);
    unlink(f->partial);
    IV_TRY(make_folders(f->ctx, f->folder, err));
    IV_TRY(download(f, err));
    IV_TRY(is_published(f, f->partial, &is, &same, err));
    if (same)
        return publish(f, err);
    unlink(f->partial);
    char *shown = iv_http_show(f->ctx, f->url); /* a mirror's may hold a password */
    if (!shown)
        return iv_fail_nomem(err);
    iv_fail(err, IMGVEC_ERR_DATA,
            "%s is not %s: it has %lld bytes and the SHA-256 %s, published is %s%s; it was "
            "removed",
            shown, f->row->file, (long long)is.bytes, is.sha256, f->row->sha256,
            strlen(f->row->sha256) < 64 ? "..." : "");
    iv_free(f->ctx, shown);
    return IMGVEC_ERR_DATA;
}

imgvec_status iv_weights_fetch(imgvec_context *ctx, const iv_fetch_request *request,
                               iv_watch *watch, char **path, imgvec_error *err)
{
    fetch f = {.ctx = ctx, .watch = watch};
    imgvec_error own;
    imgvec_error *told = err ? err : &own; /* by_hand needs the text */
    imgvec_status status = prepare(&f, request, told);
    if (status == IMGVEC_OK)
        status = check(&f, told);
    if (status == IMGVEC_OK)
        status = run(&f, told);
    if (status == IMGVEC_OK) {
        *path = f.path;
        f.path = NULL;
    }
    fetch_free(&f);
    return status;
}
