/* Finding weights files: <id>.safetensors or <id>-<anything>.safetensors in a few folders, or
 * the same with .pth or .pt. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/backbones.h"

static const char *const endings[] = {".safetensors", ".pth", ".pt"}; /* the best first */
enum { ENDINGS = 3 };
#define REMEDY                                                                                     \
    "put a file there, or name one with weights=FILE, its folder with weights_dir=FOLDER, or ask " \
    "for random initialisation with weights=random"

enum { FOLDERS = 5 };

typedef struct folders {
    char *path[FOLDERS];
    int count;
} folders;

static void folders_free(imgvec_context *ctx, folders *f)
{
    for (int i = 0; i < f->count; i++)
        iv_free(ctx, f->path[i]);
}

static bool is_set(const char *text)
{
    return text && *text;
}

/* Where to look, first to last. false when out of memory. */
static bool folders_list(imgvec_context *ctx, const char *weights_dir, folders *f)
{
    const char *named = getenv("IMGVEC_WEIGHTS");
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    *f = (folders){.count = 0};
    if (is_set(weights_dir))
        f->path[f->count++] = iv_strdup(ctx, weights_dir);
    if (is_set(named))
        f->path[f->count++] = iv_strdup(ctx, named);
    if (is_set(data))
        f->path[f->count++] = iv_path_join(ctx, data, "imgvec/weights");
    else if (is_set(home))
        f->path[f->count++] = iv_path_join(ctx, home, ".local/share/imgvec/weights");
    f->path[f->count++] = iv_strdup(ctx, "/usr/local/share/imgvec/weights");
    f->path[f->count++] = iv_strdup(ctx, "/usr/share/imgvec/weights");
    for (int i = 0; i < f->count; i++)
        if (!f->path[i])
            return false;
    return true;
}

/* How well a file's name fits: 0 is best, -1 not at all. A bare id goes before one with more
 * behind it, then the order of the endings decides. */
static int fit(const char *file, const char *id)
{
    size_t n = strlen(id), length = strlen(file);
    for (int i = 0; i < ENDINGS; i++) {
        size_t ending = strlen(endings[i]);
        if (length < n + ending || strncmp(file, id, n) != 0 ||
            strcmp(file + length - ending, endings[i]) != 0)
            continue;
        if (length == n + ending)
            return i;
        if (file[n] == '-')
            return ENDINGS + i;
    }
    return -1;
}

/* Best fitting file of a folder, the first by name of equals. *out NULL: none. */
static imgvec_status search(imgvec_context *ctx, const char *folder, const char *id, char **out,
                            imgvec_error *err)
{
    char *best = NULL;
    bool failed = false;
    DIR *dir = opendir(folder);
    *out = NULL;
    if (!dir) {
        if (errno == ENOENT || errno == ENOTDIR || errno == EACCES)
            return IMGVEC_OK; /* the text of a failure says so */
        return iv_fail_errno(err, errno, "weights folder %s", folder);
    }
    for (struct dirent *e; !failed && (e = readdir(dir));) {
        int is = fit(e->d_name, id), was = best ? fit(best, id) : INT_MAX;
        if (is < 0 || is > was || (is == was && strcmp(e->d_name, best) > 0))
            continue;
        iv_free(ctx, best);
        best = iv_strdup(ctx, e->d_name);
        failed = !best;
    }
    closedir(dir);
    if (best) {
        *out = iv_path_join(ctx, folder, best);
        failed = !*out;
    }
    iv_free(ctx, best);
    return failed ? iv_fail_nomem(err) : IMGVEC_OK;
}

static imgvec_status search_all(imgvec_context *ctx, const folders *f, const char *id, char **out,
                                imgvec_error *err)
{
    *out = NULL;
    for (int i = 0; i < f->count && !*out; i++)
        IV_TRY(search(ctx, f->path[i], id, out, err));
    return IMGVEC_OK;
}

/* `what` and the folders as a NOT_FOUND text. */
static imgvec_status not_found(imgvec_context *ctx, const folders *f, const char *what,
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

imgvec_status iv_weights_find(imgvec_context *ctx, const char *backbone, const char *weights_dir,
                              char **path, imgvec_error *err)
{
    const iv_backbone *known = NULL;
    imgvec_status status;
    char names[160];
    folders f;
    IV_TRY(iv_backbone_need(ctx, backbone, &known, err));
    snprintf(names, sizeof names, "%s.safetensors and %s-*.safetensors (or .pth)", known->id,
             known->id);
    if (!folders_list(ctx, weights_dir, &f))
        status = iv_fail_nomem(err);
    else
        status = search_all(ctx, &f, known->id, path, err);
    if (status == IMGVEC_OK && !*path)
        status = not_found(ctx, &f, known->id, names, err);
    folders_free(ctx, &f);
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
    imgvec_status status = IMGVEC_OK;
    const iv_backbone *best = NULL;
    folders f;
    if (!folders_list(ctx, weights_dir, &f))
        status = iv_fail_nomem(err);
    for (size_t i = 0; status == IMGVEC_OK && i < iv_backbone_count(); i++) {
        const iv_backbone *b = iv_backbone_at(i);
        char *path = NULL;
        if (best && preference(best) >= preference(b))
            continue;
        status = search_all(ctx, &f, b->id, &path, err);
        if (path)
            best = b;
        iv_free(ctx, path);
    }
    if (status == IMGVEC_OK && !best)
        status = not_found(ctx, &f, "any backbone", "<backbone>.safetensors or .pth", err);
    if (status == IMGVEC_OK)
        *id = best->id;
    folders_free(ctx, &f);
    return status;
}
