/* Files: whole reads, positioned reads, and writes that happen whole or not at all. */
#ifndef IV_BASE_FILE_H
#define IV_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>
#include <imgvec/error.h>

/* Whole file in memory (NEW, iv_free), with a NUL behind it that *size does not count.
 * LIMIT when it is larger than max_bytes (0: no limit). */
imgvec_status iv_file_read(imgvec_context *ctx, const char *path, uint64_t max_bytes, char **data,
                           size_t *size, imgvec_error *err);

/* A file that is read at positions; safe from many threads. Positioned reads instead of
 * a mapping: a file cut by somebody else is then an error, not a signal. */
typedef struct iv_source {
    int fd;
    uint64_t size;
    char *path;
} iv_source;
imgvec_status iv_source_open(imgvec_context *ctx, const char *path, iv_source *out,
                             imgvec_error *err);
imgvec_status
iv_source_read(const iv_source *s, uint64_t offset, void *dst, size_t size,
               imgvec_error *err); /* exactly size bytes or FORMAT "file became shorter" */
void iv_source_close(imgvec_context *ctx, iv_source *s);

/* Atomic writing: a temporary file in the target's folder (".imgvec-tmp-*"), written,
 * fsynced, closed and renamed by commit; the folder is fsynced after it. The first
 * failure is kept and returned by every later call. What a killed process left of its
 * temporary file is removed by the next writer to the same path, unless two were writing to it
 * at once. */
typedef struct iv_writer iv_writer;
imgvec_status iv_writer_open(imgvec_context *ctx, const char *path, iv_writer **out,
                             imgvec_error *err);
imgvec_status iv_writer_add(iv_writer *w, const void *data, size_t size, imgvec_error *err);
uint64_t iv_writer_position(const iv_writer *w);
imgvec_status iv_writer_commit(iv_writer *w, imgvec_error *err); /* frees w in any case */
void iv_writer_abort(iv_writer *w);                              /* frees w, removes the file */

imgvec_status iv_file_write(imgvec_context *ctx, const char *path, const void *data, size_t size,
                            imgvec_error *err);

bool iv_is_folder(const char *path);
bool iv_is_file(const char *path);

/* Path of `name` below `folder` (NEW); `name` itself when it is absolute. */
char *iv_path_join(imgvec_context *ctx, const char *folder, const char *name);
/* Folder part of a path (NEW): "." when there is none. */
char *iv_path_folder(imgvec_context *ctx, const char *path);
/* Last component, and the ending of a path without its dot ("" for none): BORROWED from path. */
const char *iv_path_name(const char *path);
const char *iv_path_ending(const char *path);

#endif
