/* Atomic file writing: temporary file in the same folder, fsync, close, rename, fsync of the
 * folder. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"

enum { TEMPORARY_DIGITS = 12 }; /* of the target's name in that of its temporary file */

struct iv_writer {
    imgvec_context *ctx;
    int fd;
    char *path, *folder, *temporary;
    uint64_t position;
    imgvec_status status; /* the first failure, and its text */
    imgvec_error error;
};

static void free_writer(iv_writer *w)
{
    iv_free(w->ctx, w->path);
    iv_free(w->ctx, w->folder);
    iv_free(w->ctx, w->temporary);
    iv_free(w->ctx, w);
}

static imgvec_status first_failure(const iv_writer *w, imgvec_error *err)
{
    if (err)
        *err = w->error;
    return w->status;
}

/* The temporary file of a target has a name of its own, so that the next save finds what a killed
 * process left. Whoever writes holds a lock on it: what can be locked is nobody's any more. */
static void remove_stale(const char *temporary)
{
    struct stat opened, named;
    int fd = open(temporary, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return;
    /* Meanwhile it may have become the target. */
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &opened) == 0 && S_ISREG(opened.st_mode) &&
        lstat(temporary, &named) == 0 && named.st_ino == opened.st_ino &&
        named.st_dev == opened.st_dev)
        unlink(temporary);
    close(fd);
}

/* false when another process is at the file, or took it for stale before it was locked. */
static bool lock_new(int fd)
{
    struct stat st;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        return errno != EWOULDBLOCK; /* a file system without locks: nobody removes it either */
    return fstat(fd, &st) == 0 && st.st_nlink > 0;
}

/* Opens w->temporary, by another name where somebody else is saving to the same path. */
static void open_temporary(iv_writer *w)
{
    remove_stale(w->temporary);
    w->fd = open(w->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (w->fd >= 0 && lock_new(w->fd))
        return;
    if (w->fd < 0 && errno != EEXIST)
        return;
    if (w->fd >= 0)
        close(w->fd);
    memcpy(w->temporary + strlen(w->temporary) - TEMPORARY_DIGITS, "XXXXXX", 7);
    w->fd = mkostemp(w->temporary, O_CLOEXEC);
}

static char *temporary_path(imgvec_context *ctx, const char *folder, const char *path)
{
    const char *name = iv_path_name(path);
    char hex[33], temporary[64];
    iv_digest digest = iv_hash(name, strlen(name));
    iv_digest_hex(&digest, hex);
    snprintf(temporary, sizeof temporary, ".imgvec-tmp-%.*s", TEMPORARY_DIGITS, hex);
    return iv_path_join(ctx, folder, temporary);
}

/* mkstemp gives mode 0600; a model should be as readable as any file the user makes. The
 * umask can only be read by setting it, which other threads would notice, so it is taken
 * from /proc where there is one. */
static mode_t file_mode(void)
{
    unsigned mask = 022;
    char line[64];
    FILE *f = fopen("/proc/self/status", "re");
    if (!f)
        return 0666 & ~mask;
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "Umask: %o", &mask) == 1)
            break;
    fclose(f);
    return 0666 & ~mask;
}

imgvec_status iv_writer_open(imgvec_context *ctx, const char *path, iv_writer **out,
                             imgvec_error *err)
{
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return iv_fail(err, IMGVEC_ERR_IO, "%s: not a regular file, so it is not replaced", path);
    iv_writer *w = iv_zalloc(ctx, sizeof *w);
    if (!w)
        return iv_fail_nomem(err);
    w->ctx = ctx;
    w->fd = -1;
    /* Where a link leads is what is replaced, not the link. */
    char real[PATH_MAX];
    if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode) && realpath(path, real))
        path = real;
    w->path = iv_strdup(ctx, path);
    w->folder = iv_path_folder(ctx, path);
    w->temporary = w->folder ? temporary_path(ctx, w->folder, path) : NULL;
    if (!w->path || !w->temporary) {
        free_writer(w);
        return iv_fail_nomem(err);
    }
    open_temporary(w);
    if (w->fd < 0) {
        imgvec_status status =
            iv_fail_errno(err, errno, "%s: cannot write into folder %s", path, w->folder);
        free_writer(w);
        return status;
    }
    if (fchmod(w->fd, file_mode()) != 0) { /* file systems without modes: no harm */
    }
    *out = w;
    return IMGVEC_OK;
}

imgvec_status iv_writer_add(iv_writer *w, const void *data, size_t size, imgvec_error *err)
{
    if (w->status != IMGVEC_OK)
        return first_failure(w, err);
    const char *p = data;
    while (size > 0) {
        ssize_t n = write(w->fd, p, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            w->status = iv_fail_errno(&w->error, n < 0 ? errno : ENOSPC, "%s: writing", w->path);
            return first_failure(w, err);
        }
        p += n;
        size -= (size_t)n;
        w->position += (uint64_t)n;
    }
    return IMGVEC_OK;
}

uint64_t iv_writer_position(const iv_writer *w)
{
    return w->position;
}

imgvec_status iv_writer_commit(iv_writer *w, imgvec_error *err)
{
    if (w->status == IMGVEC_OK && fsync(w->fd) != 0)
        w->status = iv_fail_errno(&w->error, errno, "%s: writing", w->path);
    int lock = fcntl(w->fd, F_DUPFD_CLOEXEC, 0); /* keeps the lock until the file has its name */
    if (close(w->fd) != 0 && w->status == IMGVEC_OK)
        w->status = iv_fail_errno(&w->error, errno, "%s: closing", w->path);
    w->fd = -1;
    if (w->status == IMGVEC_OK && rename(w->temporary, w->path) != 0)
        w->status = iv_fail_errno(&w->error, errno, "%s: renaming", w->path);
    if (w->status != IMGVEC_OK)
        unlink(w->temporary); /* while it is locked: another save would make its own by this name */
    if (lock >= 0)
        close(lock);
    if (w->status == IMGVEC_OK) {
        int folder = open(w->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (folder >= 0) {
            fsync(folder); /* the file itself is safe; some file systems refuse this one */
            close(folder);
        }
    }
    imgvec_status status = w->status;
    if (status != IMGVEC_OK) {
        first_failure(w, err);
        free_writer(w);
        return status;
    }
    free_writer(w);
    return IMGVEC_OK;
}

void iv_writer_abort(iv_writer *w)
{
    if (!w)
        return;
    unlink(w->temporary); /* while it is locked: another save would make its own by this name */
    if (w->fd >= 0)
        close(w->fd);
    free_writer(w);
}

imgvec_status iv_file_write(imgvec_context *ctx, const char *path, const void *data, size_t size,
                            imgvec_error *err)
{
    iv_writer *w;
    IV_TRY(iv_writer_open(ctx, path, &w, err));
    imgvec_status status = iv_writer_add(w, data, size, err);
    if (status != IMGVEC_OK) {
        iv_writer_abort(w);
        return status;
    }
    return iv_writer_commit(w, err);
}
