#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"

bool iv_is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool iv_is_file(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

imgvec_status iv_source_open(imgvec_context *ctx, const char *path, iv_source *out,
                             imgvec_error *err)
{
    struct stat st;
    /* Not blocking: a pipe somebody put in place of a file must not hang the host. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return iv_fail_errno(err, errno, "%s", path);
    imgvec_status status = IMGVEC_OK;
    if (fstat(fd, &st) != 0)
        status = iv_fail_errno(err, errno, "%s", path);
    else if (S_ISDIR(st.st_mode))
        status = iv_fail_errno(err, EISDIR, "%s", path);
    else if (!S_ISREG(st.st_mode))
        status = iv_fail(err, IMGVEC_ERR_IO, "%s: not a regular file", path);
    char *copy = status == IMGVEC_OK ? iv_strdup(ctx, path) : NULL;
    if (status == IMGVEC_OK && !copy)
        status = iv_fail_nomem(err);
    if (status != IMGVEC_OK) {
        close(fd);
        return status;
    }
    out->fd = fd;
    out->size = (uint64_t)st.st_size;
    out->path = copy;
    return IMGVEC_OK;
}

imgvec_status iv_source_read(const iv_source *s, uint64_t offset, void *dst, size_t size,
                             imgvec_error *err)
{
    if (offset > s->size || size > s->size - offset)
        return iv_fail_at(err, IMGVEC_ERR_FORMAT, (int64_t)offset,
                          "%s: %zu bytes wanted at byte %llu of %llu", s->path, size,
                          (unsigned long long)offset, (unsigned long long)s->size);
    char *p = dst;
    while (size > 0) {
        ssize_t n = pread(s->fd, p, size, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return iv_fail_errno(err, errno, "%s", s->path);
        if (n == 0)
            return iv_fail_at(err, IMGVEC_ERR_FORMAT, (int64_t)offset,
                              "%s: became shorter while it was read", s->path);
        p += n;
        offset += (uint64_t)n;
        size -= (size_t)n;
    }
    return IMGVEC_OK;
}

void iv_source_close(imgvec_context *ctx, iv_source *s)
{
    if (!s->path)
        return;
    close(s->fd);
    iv_free(ctx, s->path);
    s->path = NULL;
}

imgvec_status iv_file_read(imgvec_context *ctx, const char *path, uint64_t max_bytes, char **data,
                           size_t *size, imgvec_error *err)
{
    iv_source s;
    IV_TRY(iv_source_open(ctx, path, &s, err));
    imgvec_status status = IMGVEC_OK;
    char *buffer = NULL;
    if (max_bytes && s.size > max_bytes)
        status = iv_fail(err, IMGVEC_ERR_LIMIT, "%s: %llu bytes, more than the limit of %llu", path,
                         (unsigned long long)s.size, (unsigned long long)max_bytes);
    else if (s.size >= SIZE_MAX || !(buffer = iv_alloc(ctx, (size_t)s.size + 1)))
        status = iv_fail_nomem(err);
    else
        status = iv_source_read(&s, 0, buffer, (size_t)s.size, err);
    if (status == IMGVEC_OK) {
        buffer[s.size] = '\0';
        *data = buffer;
        *size = (size_t)s.size;
    } else {
        iv_free(ctx, buffer);
    }
    iv_source_close(ctx, &s);
    return status;
}

char *iv_path_join(imgvec_context *ctx, const char *folder, const char *name)
{
    if (name[0] == '/' || folder[0] == '\0')
        return iv_strdup(ctx, name);
    size_t n = strlen(folder);
    return iv_format(ctx, folder[n - 1] == '/' ? "%s%s" : "%s/%s", folder, name);
}

char *iv_path_folder(imgvec_context *ctx, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return iv_strdup(ctx, ".");
    return slash == path ? iv_strdup(ctx, "/") : iv_strndup(ctx, path, (size_t)(slash - path));
}

const char *iv_path_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

const char *iv_path_ending(const char *path)
{
    const char *name = iv_path_name(path), *dot = strrchr(name, '.');
    return dot && dot != name ? dot + 1 : "";
}
