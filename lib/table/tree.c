#include "table/tree.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#define MAX_DEPTH 64

static bool junk_part(const char *part, size_t length)
{
    static const char *const names[] = {"__MACOSX", "Thumbs.db", "thumbs.db", "desktop.ini",
                                        "Desktop.ini"};
    if (length > 0 && part[0] == '.')
        return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == length && memcmp(names[i], part, length) == 0)
            return true;
    return false;
}

static bool junk_name(const char *name)
{
    for (;;) {
        const char *stop = strchr(name, '/');
        if (junk_part(name, stop ? (size_t)(stop - name) : strlen(name)))
            return true;
        if (!stop)
            return false;
        name = stop + 1;
    }
}

/* name is MOVED. */
static imgvec_status add(iv_tree *t, char *name, imgvec_error *err)
{
    if (!name || iv_reserve(t->ctx, &t->names, &t->capacity, t->count + 1, sizeof *t->names) != 0) {
        iv_free(t->ctx, name);
        return iv_fail_nomem(err);
    }
    t->names[t->count++] = name;
    return IMGVEC_OK;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort(iv_tree *t)
{
    if (t->count > 1)
        qsort(t->names, t->count, sizeof *t->names, by_bytes);
}

/* Folders that are still to be read: a list instead of recursion. The parents give the way
 * back up, to notice a link that leads into a circle. */
typedef struct folder {
    char *name; /* below the root, "" for the root */
    size_t parent;
    int depth;
    dev_t device;
    ino_t inode;
} folder;

typedef struct walk {
    imgvec_context *ctx;
    const char *root;
    uint64_t max_files;
    iv_watch *watch;
    iv_tree *tree;
    folder *folders;
    size_t count, capacity;
} walk;

/* name is MOVED. */
static imgvec_status add_folder(walk *w, char *name, size_t parent, const struct stat *st,
                                imgvec_error *err)
{
    if (!name)
        return iv_fail_nomem(err);
    int depth = 0;
    if (parent != SIZE_MAX) {
        depth = w->folders[parent].depth + 1;
        for (size_t i = parent; i != SIZE_MAX; i = w->folders[i].parent)
            if (w->folders[i].device == st->st_dev && w->folders[i].inode == st->st_ino) {
                iv_free(w->ctx, name);
                return IMGVEC_OK;
            }
    }
    if (depth > MAX_DEPTH) {
        imgvec_status status = iv_fail(err, IMGVEC_ERR_LIMIT, "%s/%s: more than %d folders deep",
                                       w->root, name, MAX_DEPTH);
        iv_free(w->ctx, name);
        return status;
    }
    if (iv_reserve(w->ctx, &w->folders, &w->capacity, w->count + 1, sizeof *w->folders) != 0) {
        iv_free(w->ctx, name);
        return iv_fail_nomem(err);
    }
    w->folders[w->count++] = (folder){
        .name = name, .parent = parent, .depth = depth, .device = st->st_dev, .inode = st->st_ino};
    return IMGVEC_OK;
}

static imgvec_status add_entry(walk *w, size_t parent, const char *entry, imgvec_error *err)
{
    size_t length = strlen(entry);
    if (strcmp(entry, ".") == 0 || strcmp(entry, "..") == 0)
        return IMGVEC_OK;
    if (junk_part(entry, length)) {
        w->tree->junk++;
        return IMGVEC_OK;
    }
    const char *above = w->folders[parent].name;
    if (iv_utf8_valid(entry, length) != length)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "%s/%s%s%s: the file's name is not UTF-8; rename it",
                       w->root, above, *above ? "/" : "", entry);
    char *name = iv_path_join(w->ctx, above, entry);
    char *path = name ? iv_path_join(w->ctx, w->root, name) : NULL;
    struct stat st;
    imgvec_status status = IMGVEC_OK;
    if (!path) {
        status = iv_fail_nomem(err);
    } else if (stat(path, &st) != 0) {
        if (errno != ENOENT && errno != ELOOP) {
            status = iv_fail_errno(err, errno, "%s", path);
        } else { /* a link to nowhere: a file that will be found unreadable */
            status = add(w->tree, name, err);
            name = NULL;
        }
    } else if (S_ISDIR(st.st_mode)) {
        status = add_folder(w, name, parent, &st, err);
        name = NULL;
    } else if (S_ISREG(st.st_mode)) {
        status = w->max_files && w->tree->count >= w->max_files
                     ? iv_fail(err, IMGVEC_ERR_LIMIT,
                               "%s: more than %llu files, the limit that option "
                               "max_archive_entries sets",
                               w->root, (unsigned long long)w->max_files)
                     : IMGVEC_OK;
        if (status == IMGVEC_OK) {
            status = add(w->tree, name, err);
            name = NULL;
        }
    }
    iv_free(w->ctx, name);
    iv_free(w->ctx, path);
    return status;
}

static imgvec_status read_one(walk *w, size_t at, imgvec_error *err)
{
    char *path = iv_path_join(w->ctx, w->root, w->folders[at].name);
    if (!path)
        return iv_fail_nomem(err);
    imgvec_status status = IMGVEC_OK;
    DIR *directory = opendir(path);
    if (!directory)
        status = iv_fail_errno(err, errno, "%s", path);
    while (status == IMGVEC_OK) {
        errno = 0;
        struct dirent *entry = readdir(directory);
        if (!entry) {
            if (errno != 0)
                status = iv_fail_errno(err, errno, "%s", path);
            break;
        }
        status = add_entry(w, at, entry->d_name, err);
        if (status == IMGVEC_OK && w->tree->count % 256 == 0)
            status = iv_watch_step(w->watch, w->tree->count, err);
    }
    if (directory)
        closedir(directory);
    iv_free(w->ctx, path);
    return status;
}

imgvec_status iv_tree_read_folder(imgvec_context *ctx, const char *path, uint64_t max_files,
                                  iv_watch *watch, iv_tree *out, imgvec_error *err)
{
    memset(out, 0, sizeof *out);
    out->ctx = ctx;
    walk w = {.ctx = ctx, .root = path, .max_files = max_files, .watch = watch, .tree = out};
    struct stat st;
    imgvec_status status = stat(path, &st) == 0
                               ? add_folder(&w, iv_strdup(ctx, ""), SIZE_MAX, &st, err)
                               : iv_fail_errno(err, errno, "%s", path);
    for (size_t i = 0; i < w.count && status == IMGVEC_OK; i++)
        status = read_one(&w, i, err);
    for (size_t i = 0; i < w.count; i++)
        iv_free(ctx, w.folders[i].name);
    iv_free(ctx, w.folders);
    if (status != IMGVEC_OK)
        iv_tree_free(out);
    else
        sort(out);
    return status;
}

imgvec_status iv_tree_read_zip(imgvec_context *ctx, const iv_zip *zip, iv_tree *out,
                               imgvec_error *err)
{
    memset(out, 0, sizeof *out);
    out->ctx = ctx;
    for (size_t i = 0; i < iv_zip_count(zip); i++) {
        const iv_zip_entry *entry = iv_zip_entry_at(zip, i);
        if (entry->is_folder)
            continue;
        if (junk_name(entry->name)) {
            out->junk++;
            continue;
        }
        imgvec_status status = add(out, iv_strdup(ctx, entry->name), err);
        if (status != IMGVEC_OK) {
            iv_tree_free(out);
            return status;
        }
    }
    sort(out);
    return IMGVEC_OK;
}

size_t iv_tree_find(const iv_tree *t, const char *name)
{
    if (t->count == 0)
        return SIZE_MAX;
    char **found = bsearch(&name, t->names, t->count, sizeof *t->names, by_bytes);
    return found ? (size_t)(found - t->names) : SIZE_MAX;
}

void iv_tree_free(iv_tree *t)
{
    for (size_t i = 0; i < t->count; i++)
        iv_free(t->ctx, t->names[i]);
    if (t->ctx)
        iv_free(t->ctx, t->names);
    memset(t, 0, sizeof *t);
}
