#include "table/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "io/json.h"

#define NAME "manifest.jsonl"
#define PIECE (1u << 20)
#define MAX_LINE 65536 /* longer ones are none of ours */

/* false for a line that is not sound. */
static bool line_of(const iv_json *root, iv_manifest_line *out)
{
    int64_t status, bytes;
    const char *hash;
    *out = (iv_manifest_line){.etag = "", .error = ""};
    if (iv_json_text(root, "url", &out->url, NULL) != IMGVEC_OK ||
        iv_json_i64(root, "status", 0, 999, &status, NULL) != IMGVEC_OK)
        return false;
    out->status = (int32_t)status;
    if (iv_json_get(root, "error"))
        return iv_json_text(root, "error", &out->error, NULL) == IMGVEC_OK && *out->error;
    if (iv_json_i64(root, "bytes", 0, INT64_MAX, &bytes, NULL) != IMGVEC_OK ||
        iv_json_text(root, "hash", &hash, NULL) != IMGVEC_OK ||
        !iv_digest_parse(hash, &out->hash) ||
        iv_json_text(root, "etag", &out->etag, NULL) != IMGVEC_OK)
        return false;
    out->bytes = (uint64_t)bytes;
    return true;
}

typedef struct reader {
    imgvec_context *ctx;
    imgvec_status (*on_line)(void *user, const iv_manifest_line *line, imgvec_error *err);
    void *user;
} reader;

static imgvec_status take_line(const reader *r, const char *text, size_t size, imgvec_error *err)
{
    iv_json_document *doc = NULL;
    iv_manifest_line line;
    imgvec_status status = iv_json_parse(r->ctx, text, size, 2, MAX_LINE, &doc, NULL);
    if (status == IMGVEC_ERR_NO_MEMORY)
        return iv_fail_nomem(err);
    if (status != IMGVEC_OK)
        return IMGVEC_OK;
    if (line_of(iv_json_root(doc), &line))
        status = r->on_line(r->user, &line, err);
    iv_json_free(doc);
    return status;
}

/* Lines of the piece; *left is what its last, unfinished one has. */
static imgvec_status take_lines(const reader *r, const char *text, size_t size, size_t *left,
                                imgvec_error *err)
{
    const char *end = text + size, *stop;
    while ((stop = memchr(text, '\n', (size_t)(end - text)))) {
        if (stop > text && stop - text <= MAX_LINE)
            IV_TRY(take_line(r, text, (size_t)(stop - text), err));
        text = stop + 1;
    }
    *left = (size_t)(end - text);
    return IMGVEC_OK;
}

static imgvec_status read_all(const reader *r, const iv_source *source, imgvec_error *err)
{
    imgvec_status status = IMGVEC_OK;
    size_t left = 0;
    char *piece = iv_alloc(r->ctx, PIECE);
    if (!piece)
        return iv_fail_nomem(err);
    for (uint64_t at = 0; at < source->size && status == IMGVEC_OK;) {
        size_t size = PIECE - left;
        if (source->size - at < size)
            size = (size_t)(source->size - at);
        IV_DO(iv_source_read(source, at, piece + left, size, err));
        at += size;
        size_t all = left + size;
        IV_DO(take_lines(r, piece, all, &left, err));
        if (left == PIECE) /* a line without end: not ours, skipped up to where it ends */
            left = 0;
        memmove(piece, piece + all - left, left);
    }
done:
    iv_free(r->ctx, piece);
    return status;
}

imgvec_status iv_manifest_read(imgvec_context *ctx, const char *folder,
                               imgvec_status (*on_line)(void *user, const iv_manifest_line *line,
                                                        imgvec_error *err),
                               void *user, imgvec_error *err)
{
    const reader r = {ctx, on_line, user};
    iv_source source = {.path = NULL};
    char *path = iv_path_join(ctx, folder, NAME);
    if (!path)
        return iv_fail_nomem(err);
    imgvec_status status = iv_source_open(ctx, path, &source, err);
    if (status == IMGVEC_OK) {
        status = read_all(&r, &source, err);
        iv_source_close(ctx, &source);
    } else if (status == IMGVEC_ERR_NOT_FOUND) {
        status = IMGVEC_OK;
    }
    iv_free(ctx, path);
    return status;
}

static imgvec_status wait_for_lock(const iv_manifest *m, iv_watch *watch, imgvec_error *err)
{
    while (flock(m->fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return iv_fail_errno(err, errno, "%s: locking", m->path);
        IV_TRY(iv_watch_step(watch, 0, err));
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    }
    return IMGVEC_OK;
}

/* A cut line gets its end, so that the next one is sound. */
static imgvec_status end_line(const iv_manifest *m, imgvec_error *err)
{
    char last = '\n';
    off_t size = lseek(m->fd, 0, SEEK_END);
    if (size > 0 && pread(m->fd, &last, 1, size - 1) != 1)
        return iv_fail_errno(err, errno, "%s", m->path);
    if (last != '\n' && write(m->fd, "\n", 1) != 1)
        return iv_fail_errno(err, errno, "%s: writing", m->path);
    return IMGVEC_OK;
}

imgvec_status iv_manifest_lock(imgvec_context *ctx, const char *folder, iv_watch *watch,
                               iv_manifest *out, imgvec_error *err)
{
    *out = (iv_manifest){.ctx = ctx, .fd = -1, .path = iv_path_join(ctx, folder, NAME)};
    if (!out->path)
        return iv_fail_nomem(err);
    imgvec_status status = IMGVEC_OK;
    out->fd = open(out->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (out->fd < 0)
        IV_DO(iv_fail_errno(err, errno, "%s (option cache_dir)", out->path));
    IV_DO(wait_for_lock(out, watch, err));
    IV_DO(end_line(out, err));
done:
    if (status != IMGVEC_OK) {
        if (out->fd >= 0)
            close(out->fd);
        iv_free(ctx, out->path);
    }
    return status;
}

imgvec_status iv_manifest_add(iv_manifest *m, const iv_manifest_line *line, imgvec_error *err)
{
    iv_text text;
    iv_json_writer w;
    char hash[33];
    iv_text_init(&text, m->ctx);
    iv_json_begin(&w, &text, false);
    iv_json_put_object(&w, NULL);
    iv_json_put_text(&w, "url", line->url);
    iv_json_put_i64(&w, "status", line->status);
    iv_json_put_i64(&w, "time", (int64_t)time(NULL));
    if (*line->error) {
        iv_json_put_text(&w, "error", line->error);
    } else {
        iv_digest_hex(&line->hash, hash);
        iv_json_put_i64(&w, "bytes", (int64_t)line->bytes);
        iv_json_put_text(&w, "hash", hash);
        iv_json_put_text(&w, "etag", line->etag);
    }
    iv_json_put_end(&w, '}');
    iv_text_add(&text, "\n");
    imgvec_status status = IMGVEC_OK;
    if (text.failed)
        status = iv_fail_nomem(err);
    else if (write(m->fd, text.data, text.length) != (ssize_t)text.length)
        status = iv_fail_errno(err, errno, "%s: writing", m->path);
    iv_text_free(&text);
    return status;
}

imgvec_status iv_manifest_close(iv_manifest *m, imgvec_error *err)
{
    imgvec_status status = IMGVEC_OK;
    if (fdatasync(m->fd) != 0)
        status = iv_fail_errno(err, errno, "%s: writing", m->path);
    close(m->fd);
    iv_free(m->ctx, m->path);
    return status;
}
