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
#include "base/mem.h"

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
    w->temporary = w->folder ? iv_path_join(ctx, w->folder, ".imgvec-tmp-XXXXXX") : NULL;
    if (!w->path || !w->temporary) {
        free_writer(w);
        return iv_fail_nomem(err);
    }
    w->fd = mkostemp(w->temporary, O_CLOEXEC);
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
    if (close(w->fd) != 0 && w->status == IMGVEC_OK)
        w->status = iv_fail_errno(&w->error, errno, "%s: closing", w->path);
    w->fd = -1;
    if (w->status == IMGVEC_OK && rename(w->temporary, w->path) != 0)
        w->status = iv_fail_errno(&w->error, errno, "%s: renaming", w->path);
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
        iv_writer_abort(w);
        return status;
    }
    free_writer(w);
    return IMGVEC_OK;
}

void iv_writer_abort(iv_writer *w)
{
    if (!w)
        return;
    if (w->fd >= 0)
        close(w->fd);
    unlink(w->temporary);
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
