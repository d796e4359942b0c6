/* Finding weights files: which folders are looked into, and what is there. */
#ifndef IV_NET_WEIGHTS_H
#define IV_NET_WEIGHTS_H

#include <stdbool.h>

#include "net/backbones.h"
#include "net/published.h"

#define IV_WEIGHTS_FOLDERS 5

/* Where to look, first to last, each folder once. The first `writable` of them are for the
 * user's own files: weights_dir, IMGVEC_WEIGHTS, the user's data folder. */
typedef struct iv_weights_folders {
    char *path[IV_WEIGHTS_FOLDERS];
    int count, writable;
} iv_weights_folders;

imgvec_status iv_weights_folders_list(imgvec_context *ctx, const char *weights_dir,
                                      iv_weights_folders *out, imgvec_error *err);
void iv_weights_folders_free(imgvec_context *ctx, iv_weights_folders *f);

/* A file whose name says whose weights it holds. */
typedef struct iv_weights_file {
    char *path;
    const iv_backbone *backbone;
    const iv_published *published; /* NULL: it is named after the backbone only */
    int folder, rank;
} iv_weights_file;

typedef struct iv_weights_files {
    imgvec_context *ctx;
    iv_weights_folders folders;
    iv_weights_file *items;
    size_t count, capacity;
} iv_weights_files;

/* All files of all folders, by backbone; of each backbone the one that is taken comes first:
 * of the first folder that has any <id>.<ending>, else the published checkpoint that is first
 * in the table, else <id>-<anything>.<ending>; endings in the order of iv_weights_stem, then
 * names. Free the result in any case. */
imgvec_status iv_weights_scan(imgvec_context *ctx, const char *weights_dir, iv_weights_files *out,
                              imgvec_error *err);
void iv_weights_files_free(iv_weights_files *files);

/* The file that is taken (NEW). NOT_FOUND tells the folders, the names that fit and the
 * remedy. */
imgvec_status iv_weights_find(imgvec_context *ctx, const char *backbone, const char *weights_dir,
                              char **path, imgvec_error *err);

/* What "backbone auto" stands for, given the folder: xception when its weights are there,
 * else the best that is present; NOT_FOUND with the remedy (how to get weights, or to ask
 * for --weights random) when there is none. *id: BORROWED for ever. */
imgvec_status iv_backbone_choose(imgvec_context *ctx, const char *weights_dir, const char **id,
                                 imgvec_error *err);

#endif
