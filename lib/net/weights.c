/* Finding weights files by their names. */
#include "net/weights.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#define REMEDY                                                                                     \
    "put a file there, or name one with weights=FILE, its folder with weights_dir=FOLDER, or ask " \
    "for random initialisation with weights=random"

/* Bases of ranks. */
enum { ENDINGS = 16, BARE = 0, PUBLISHED = 1, NAMED = 1 << 16 };

/* "resnet50.pth" and "resnet50-mine.pth" of a backbone. */
static bool named_after(const iv_backbone *b, const char *name, size_t stem, int ending, int *rank)
{
    size_t n = strlen(b->id);
    if (stem < n || strncmp(name, b->id, n) != 0 || (stem > n && name[n] != '-'))
        return false;
    *rank = (stem == n ? BARE : NAMED) + ending;
    return true;
}

/* Whose weights a file of this name holds; false when it tells of none. */
static bool identify(const char *name, iv_weights_file *out)
{
    int ending = 0;
    size_t stem = iv_weights_stem(name, &ending);
    if (stem == 0)
        return false;
    out->published = iv_published_find(name);
    if (out->published) {
        size_t row = (size_t)(out->published - iv_published_at(0));
        out->backbone = iv_backbone_find(out->published->id);
        out->rank = (int)(PUBLISHED + row) * ENDINGS + ending;
        return true;
    }
    for (size_t i = 0; i < iv_backbone_count(); i++) {
        out->backbone = iv_backbone_at(i);
        if (named_after(out->backbone, name, stem, ending, &out->rank))
            return true;
    }
    out->backbone = iv_backbone_for_tests;
    return out->backbone && named_after(out->backbone, name, stem, ending, &out->rank);
}

static imgvec_status scan_folder(iv_weights_files *files, int folder, imgvec_error *err)
{
    const char *path = files->folders.path[folder];
    imgvec_status status = IMGVEC_OK;
    DIR *dir = opendir(path);
    if (!dir) {
        if (errno == ENOENT || errno == ENOTDIR || errno == EACCES)
            return IMGVEC_OK; /* the text of a failure says so */
        return iv_fail_errno(err, errno, "weights folder %s", path);
    }
    for (struct dirent *e; status == IMGVEC_OK && (e = readdir(dir));) {
        iv_weights_file file = {.folder = folder};
        if (!identify(e->d_name, &file))
            continue;
        file.path = iv_path_join(files->ctx, path, e->d_name);
        if (!file.path || iv_reserve(files->ctx, &files->items, &files->capacity, files->count + 1,
                                     sizeof *files->items) != 0)
            status = iv_fail_nomem(err);
        else if (iv_is_file(file.path)) {
            files->items[files->count++] = file;
            continue;
        }
        iv_free(files->ctx, file.path);
    }
    closedir(dir);
    return status;
}

static int compare(const void *a, const void *b)
{
    const iv_weights_file *x = a, *y = b;
    if (x->backbone != y->backbone)
        return strcmp(x->backbone->id, y->backbone->id);
    if (x->folder != y->folder)
        return x->folder - y->folder;
    return x->rank != y->rank ? x->rank - y->rank : strcmp(x->path, y->path);
}

imgvec_status iv_weights_scan(imgvec_context *ctx, const char *weights_dir, iv_weights_files *out,
                              imgvec_error *err)
{
    *out = (iv_weights_files){.ctx = ctx};
    IV_TRY(iv_weights_folders_list(ctx, weights_dir, &out->folders, err));
    for (int i = 0; i < out->folders.count; i++)
        IV_TRY(scan_folder(out, i, err));
    if (out->count > 1)
        qsort(out->items, out->count, sizeof *out->items, compare);
    return IMGVEC_OK;
}

void iv_weights_files_free(iv_weights_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        iv_free(files->ctx, files->items[i].path);
    iv_free(files->ctx, files->items);
    iv_weights_folders_free(files->ctx, &files->folders);
}

/* `what` and the folders as a NOT_FOUND text. */
static imgvec_status not_found(imgvec_context *ctx, const iv_weights_folders *f, const char *what,
                               const char *names, imgvec_error *err)
{
    iv_text list;
    iv_text_init(&list, ctx);
    for (int i = 0; i < f->count; i++)
        iv_text_addf(&list, "%s%s%s", i ? ", " : "", f->path[i],
                     iv_is_folder(f->path[i]) ? "" : " (no such folder)");
    imgvec_status status = list.failed ? iv_fail_nomem(err)
                                       : iv_fail(err, IMGVEC_ERR_NOT_FOUND,
                                                 "no weights of %s: looked for %s in %s; " REMEDY,
                                                 what, names, list.data);
    iv_text_free(&list);
    return status;
}

/* The names that files of a backbone have, for a text. */
static void fitting_names(const char *id, char *out, size_t size)
{
    const iv_published *row = NULL;
    for (size_t i = 0; !row && i < iv_published_count(); i++)
        if (strcmp(iv_published_at(i)->id, id) == 0)
            row = iv_published_at(i);
    snprintf(out, size, "%s.safetensors, %s-*.safetensors (or .pth)%s%s", id, id,
             row ? " and published names such as " : "", row ? row->file : "");
}

imgvec_status iv_weights_find(imgvec_context *ctx, const char *backbone, const char *weights_dir,
                              char **path, imgvec_error *err)
{
    const iv_backbone *known = NULL;
    iv_weights_files files;
    char names[256];
    IV_TRY(iv_backbone_need(ctx, backbone, &known, err));
    imgvec_status status = iv_weights_scan(ctx, weights_dir, &files, err);
    *path = NULL;
    for (size_t i = 0; status == IMGVEC_OK && !*path && i < files.count; i++)
        if (files.items[i].backbone == known) {
            *path = files.items[i].path;
            files.items[i].path = NULL;
        }
    if (status == IMGVEC_OK && !*path) {
        fitting_names(known->id, names, sizeof names);
        status = not_found(ctx, &files.folders, known->id, names, err);
    }
    iv_weights_files_free(&files);
    return status;
}

/* xception is what the library stands for; then the published accuracy decides. */
static double preference(const iv_backbone *b)
{
    return strcmp(b->id, "xception") == 0 ? 1000.0 : b->top1;
}

imgvec_status iv_backbone_choose(imgvec_context *ctx, const char *weights_dir, const char **id,
                                 imgvec_error *err)
{
    const iv_backbone *best = NULL;
    iv_weights_files files;
    imgvec_status status = iv_weights_scan(ctx, weights_dir, &files, err);
    for (size_t i = 0; status == IMGVEC_OK && i < files.count; i++) {
        const iv_backbone *b = files.items[i].backbone;
        if (b != iv_backbone_for_tests && (!best || preference(b) > preference(best)))
            best = b;
    }
    if (status == IMGVEC_OK && !best)
        status =
            not_found(ctx, &files.folders, "any backbone", "<backbone>.safetensors or .pth", err);
    if (status == IMGVEC_OK)
        *id = best->id;
    iv_weights_files_free(&files);
    return status;
}
