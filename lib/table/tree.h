/* The files of a folder or an archive, as names below its root in byte order. */
#ifndef IV_TABLE_TREE_H
#define IV_TABLE_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "base/watch.h"
#include "io/zip_reader.h"

typedef struct iv_tree {
    imgvec_context *ctx;
    char **names; /* sorted, unique */
    size_t count, capacity;
    int64_t junk; /* files that file managers leave behind, hidden files */
} iv_tree;

/* LIMIT past max_files (0: no limit). Links to folders are followed, except to one that
 * the link lies in. */
imgvec_status iv_tree_read_folder(imgvec_context *ctx, const char *path, uint64_t max_files,
                                  iv_watch *watch, iv_tree *out, imgvec_error *err);
imgvec_status iv_tree_read_zip(imgvec_context *ctx, const iv_zip *zip, iv_tree *out,
                               imgvec_error *err);
size_t iv_tree_find(const iv_tree *t, const char *name); /* SIZE_MAX: none */
void iv_tree_free(iv_tree *t);

#endif
