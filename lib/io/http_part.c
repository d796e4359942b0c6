/* The unfinished file of a download and the note of what it is a part of. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "io/http_internal.h"

#define NOTE_FROM 65536 /* bytes of a body that are worth a note: less is soon fetched again */

static imgvec_status fail_file(iv_transfer *t, const char *what)
{
    return iv_fail_errno(&t->error, errno, "%s %s", what, t->part);
}

/* The note: the URL, a line's end, the ETag. One that cannot be read is none. */
static imgvec_status read_note(iv_transfer *t)
{
    char *text = NULL;
    size_t size = 0, url = strlen(t->first_url);
    imgvec_status status =
        iv_file_read(t->client->ctx, t->part_etag, 65536, &text, &size, &t->error);
    if (status != IMGVEC_OK)
        return status == IMGVEC_ERR_NO_MEMORY ? status : IMGVEC_OK;
    if (size > url + 1 && size - url - 1 < sizeof t->etag && memcmp(text, t->first_url, url) == 0 &&
        text[url] == '\n' && !strpbrk(text + url + 1, "\r\n"))
        memcpy(t->etag, text + url + 1, size - url);
    iv_free(t->client->ctx, text);
    return IMGVEC_OK;
}

imgvec_status iv_part_find(iv_transfer *t)
{
    struct stat st;
    t->had = 0;
    t->etag[0] = '\0';
    if (lstat(t->part, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
        return IMGVEC_OK;
    IV_TRY(read_note(t));
    if (t->etag[0])
        t->had = (uint64_t)st.st_size;
    return IMGVEC_OK;
}

/* The note is of use only when the file goes on from here after this process; without it the
 * download starts anew, so failures do no harm. */
static void write_note(iv_transfer *t)
{
    int fd = open(t->part_etag, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0)
        return;
    if (dprintf(fd, "%s\n%s", t->first_url, t->etag) < 0)
        unlink(t->part_etag);
    close(fd);
}

imgvec_status iv_part_open(iv_transfer *t, long long length)
{
    if (t->fd < 0)
        t->fd = open(t->part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
    if (t->fd < 0)
        return fail_file(t, "cannot write");
    struct stat st;
    if (fstat(t->fd, &st) != 0 || !S_ISREG(st.st_mode))
        return iv_fail(&t->error, IMGVEC_ERR_IO, "%s is no regular file", t->part);
    if (flock(t->fd, LOCK_EX | LOCK_NB) != 0) {
        t->result.passing = true;
        return iv_fail(&t->error, IMGVEC_ERR_IO, "another process is downloading to %s", t->part);
    }
    t->ours = true;
    if (t->had == 0)
        unlink(t->part_etag); /* before what it speaks of is gone */
    if (ftruncate(t->fd, (off_t)t->had) != 0 || lseek(t->fd, (off_t)t->had, SEEK_SET) < 0)
        return fail_file(t, "cannot write");
    t->bytes = t->had;
    if (t->had == 0 && t->etag[0] && (length < 0 || length >= NOTE_FROM))
        write_note(t);
    return IMGVEC_OK;
}

imgvec_status iv_part_fail_limit(iv_transfer *t, long long bytes)
{
    const iv_http_limits *l = &t->client->limits;
    char told[32] = "", option[64] = "";
    if (bytes >= 0)
        snprintf(told, sizeof told, "%lld bytes, ", bytes);
    if (l->bytes_option)
        snprintf(option, sizeof option, " (option %s)", l->bytes_option);
    return iv_fail(&t->error, IMGVEC_ERR_LIMIT, "%smore than the limit of %llu bytes%s", told,
                   (unsigned long long)l->max_bytes, option);
}

imgvec_status iv_part_write(iv_transfer *t, const void *data, size_t size)
{
    uint64_t limit = t->client->limits.max_bytes;
    if (limit && (size > limit || t->bytes > limit - size))
        return iv_part_fail_limit(t, -1);
    const char *p = data;
    while (size > 0) {
        ssize_t n = write(t->fd, p, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            errno = n < 0 ? errno : ENOSPC;
            return fail_file(t, "cannot write");
        }
        p += n;
        size -= (size_t)n;
        t->bytes += (uint64_t)n;
        t->result.fetched += (uint64_t)n;
    }
    if (t->progress)
        atomic_store(t->progress, t->bytes);
    return IMGVEC_OK;
}

static void sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd); /* the file itself is safe; some file systems refuse this one */
        close(fd);
    }
}

/* The part is closed only after it has its name: the lock keeps others off it until then. */
static imgvec_status rename_part(iv_transfer *t)
{
    int fd = t->fd;
    if (t->sync && fsync(fd) != 0)
        return fail_file(t, "cannot write");
    if (rename(t->part, t->path) != 0)
        return iv_fail_errno(&t->error, errno, "cannot rename to %s", t->path);
    t->fd = -1;
    if (close(fd) != 0) {
        imgvec_status status = iv_fail_errno(&t->error, errno, "cannot write %s", t->path);
        unlink(t->path);
        return status;
    }
    unlink(t->part_etag);
    return IMGVEC_OK;
}

imgvec_status iv_part_finish(iv_transfer *t)
{
    if (!t->sync)
        return rename_part(t);
    char *folder = iv_path_folder(t->client->ctx, t->path);
    if (!folder)
        return iv_fail_nomem(&t->error);
    imgvec_status status = rename_part(t);
    if (status == IMGVEC_OK)
        sync_folder(folder);
    iv_free(t->client->ctx, folder);
    return status;
}

void iv_part_close(iv_transfer *t)
{
    if (t->fd >= 0)
        close(t->fd);
    t->fd = -1;
}

void iv_part_remove(iv_transfer *t)
{
    iv_part_close(t);
    if (!t->ours)
        return;
    unlink(t->part_etag);
    unlink(t->part);
}
