/* Folders that are classes. The label is the folder's path below the root, after one common
 * top folder was stripped; images without any folder are data without labels. */
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "image/image.h"
#include "table/import.h"
#include "table/levels.h"

static const char *place_word(const iv_import *in)
{
    return in->ds->zip ? "archive" : "folder";
}

static imgvec_status note_other(imgvec_dataset *ds, const char *name, imgvec_error *err)
{
    if (ds->other_files < IV_FILE_EXAMPLES) {
        ds->other_examples[ds->other_files] = iv_strdup(ds->ctx, name);
        if (!ds->other_examples[ds->other_files])
            return iv_fail_nomem(err);
    }
    ds->other_files++;
    return IMGVEC_OK;
}

/* Moves the images to the front of `images` and counts the rest. */
static imgvec_status find_images(iv_import *in, const char **images, size_t *count,
                                 imgvec_error *err)
{
    *count = 0;
    for (size_t i = 0; i < in->tree.count; i++) {
        if (iv_image_name(in->tree.names[i]))
            images[(*count)++] = in->tree.names[i];
        else
            IV_TRY(note_other(in->ds, in->tree.names[i], err));
    }
    if (*count > 0)
        return IMGVEC_OK;
    if (in->tree.count == 0)
        return iv_fail(err, IMGVEC_ERR_DATA,
                       "%s: the %s is empty; it needs folders of images, or a CSV file and images",
                       in->ds->path, place_word(in));
    return iv_fail(err, IMGVEC_ERR_DATA,
                   "%s: no images and no CSV file among the %zu file%s of the %s (such as %s); it "
                   "needs folders of images, or a CSV file and images",
                   in->ds->path, in->tree.count, in->tree.count == 1 ? "" : "s", place_word(in),
                   in->tree.names[0]);
}

/* Bytes of the one top folder that all images lie in with its "/", 0 when there is none or
 * when it is itself the only class. Names are sorted: the first and last tell. */
static size_t common_top(const char *const *images, size_t count)
{
    const char *slash = strchr(images[0], '/');
    if (!slash)
        return 0;
    size_t top = (size_t)(slash - images[0]) + 1;
    if (strncmp(images[0], images[count - 1], top) != 0)
        return 0;
    for (size_t i = 0; i < count; i++)
        if (strchr(images[i] + top, '/'))
            return top;
    return 0;
}

static imgvec_status check_rootless(const iv_import *in, const char *const *images, size_t count,
                                    size_t top, size_t *without, imgvec_error *err)
{
    const char *first = NULL;
    *without = 0;
    for (size_t i = 0; i < count; i++) {
        if (strchr(images[i] + top, '/'))
            continue;
        if (!first)
            first = images[i];
        ++*without;
    }
    if (*without == 0 || *without == count)
        return IMGVEC_OK;
    return iv_fail_at(err, IMGVEC_ERR_DATA, (int64_t)*without,
                      "%s: %zu image%s (%s first) lie beside the class folders and so have no "
                      "class; move them into a folder or out of the %s",
                      in->ds->path, *without, *without == 1 ? "" : "s", first, place_word(in));
}

static imgvec_status add_rows(iv_import *in, const char *const *images, size_t count, size_t top,
                              bool labels, imgvec_error *err)
{
    imgvec_dataset *ds = in->ds;
    IV_TRY(iv_column_add(ds, "image", 5, IMGVEC_COLUMN_IMAGE, IV_STORE_TEXT, "the files", err));
    if (labels)
        IV_TRY(iv_column_add(ds, "label", 5, IMGVEC_COLUMN_CATEGORICAL, IV_STORE_TEXT,
                             "the folders", err));
    for (size_t i = 0; i < ds->count; i++)
        ds->columns[i].literal = true; /* a class may be called "none" */
    for (size_t i = 0; i < count; i++) {
        IV_TRY(iv_cell_add(ds->ctx, &ds->columns[0], images[i], strlen(images[i]), err));
        if (labels) {
            const char *below = images[i] + top;
            IV_TRY(iv_cell_add(ds->ctx, &ds->columns[1], below,
                               (size_t)(strrchr(below, '/') - below), err));
        }
    }
    return IMGVEC_OK;
}

static imgvec_status add_reasons(iv_import *in, size_t count, bool labels, imgvec_error *err)
{
    imgvec_dataset *ds = in->ds;
    imgvec_context *ctx = ds->ctx;
    iv_levels classes = {0};
    if (labels)
        IV_TRY(iv_levels_read(ds, 1, NULL, &classes, err));
    const char *s = classes.count == 1 ? "" : "s";
    char *evidence = labels ? iv_format(ctx, "no CSV file; %zu folder%s with %zu images",
                                        classes.count, s, count)
                            : iv_format(ctx, "no CSV file and no folders; %zu image%s", count,
                                        count == 1 ? "" : "s");
    imgvec_status status = evidence ? IMGVEC_OK : iv_fail_nomem(err);
    if (evidence) {
        iv_free(ctx, ds->evidence);
        ds->evidence = evidence;
    }
    if (status == IMGVEC_OK)
        status =
            iv_column_set(&ds->columns[0], ctx, IMGVEC_COLUMN_IMAGE,
                          iv_format(ctx, "%zu image file%s", count, count == 1 ? "" : "s"), err);
    if (status == IMGVEC_OK && labels)
        status = iv_column_set(&ds->columns[1], ctx, IMGVEC_COLUMN_CATEGORICAL,
                               iv_format(ctx, "%zu folder%s", classes.count, s), err);
    iv_levels_free(&classes);
    return status;
}

imgvec_status iv_import_folders(iv_import *in, imgvec_error *err)
{
    imgvec_dataset *ds = in->ds;
    const char **images = iv_alloc_n(ds->ctx, in->tree.count, sizeof *images);
    if (!images)
        return iv_fail_nomem(err);
    imgvec_status status;
    size_t count, without = 0;
    IV_DO(find_images(in, images, &count, err));
    size_t top = common_top(images, count);
    IV_DO(check_rootless(in, images, count, top, &without, err));
    bool labels = without == 0;
    IV_DO(add_rows(in, images, count, top, labels, err));
    ds->form = labels ? IV_FORM_CLASS_FOLDERS : IV_FORM_IMAGES;
    ds->unused_images = 0;
    IV_DO(add_reasons(in, count, labels, err));
done:
    iv_free(ds->ctx, images);
    return status;
}
