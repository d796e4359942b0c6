/* Opening data: its form is found from its content, never from its name alone. */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "image/image.h"
#include "table/import.h"
#include "table/remote_data.h"
#include "table/types.h"
#include "table/usage.h"

#define HEAD 512

static imgvec_status set_text(imgvec_dataset *ds, char **field, char *text, imgvec_error *err)
{
    if (!text)
        return iv_fail_nomem(err);
    iv_free(ds->ctx, *field);
    *field = text;
    return IMGVEC_OK;
}

/* What a table is known to be after its columns were typed. */
static imgvec_status finish_table(iv_import *in, imgvec_error *err)
{
    imgvec_dataset *ds = in->ds;
    IV_TRY(iv_types_infer(ds, in->opts, &in->watch, err));
    IV_TRY(iv_usage_sample(in, err));
    IV_TRY(iv_types_apply(ds, in->opts, err));
    IV_TRY(iv_usage_check(in, err));
    size_t images = 0;
    for (size_t i = 0; i < ds->count; i++)
        images += ds->columns[i].type == IMGVEC_COLUMN_IMAGE;
    ds->form = images ? IV_FORM_CSV_WITH_IMAGES : IV_FORM_CSV;
    return set_text(ds, &ds->evidence,
                    iv_format(ds->ctx, "CSV file %s of %zu column%s, %zu with image paths", in->csv,
                              ds->count, ds->count == 1 ? "" : "s", images),
                    err);
}

static imgvec_status import_tree(iv_import *in, imgvec_error *err)
{
    imgvec_dataset *ds = in->ds;
    ds->ignored_files = in->tree.junk;
    bool csv = *iv_option_text(in->opts, IMGVEC_OPT_CSV) != '\0';
    for (size_t i = 0; i < in->tree.count && !csv; i++)
        csv = iv_is_csv_name(in->tree.names[i]);
    if (csv) {
        IV_TRY(iv_import_tree_csv(in, err));
        return finish_table(in, err);
    }
    if (!ds->zip)
        IV_TRY(set_text(ds, &ds->folder, iv_strdup(ds->ctx, ds->path), err));
    IV_TRY(iv_import_folders(in, err));
    return iv_types_apply(ds, in->opts, err);
}

static imgvec_status import_folder(iv_import *in, imgvec_error *err)
{
    imgvec_dataset *ds = in->ds;
    IV_TRY(iv_watch_begin(&in->watch, 0, err, "listing %s", iv_path_name(ds->path)));
    IV_TRY(iv_tree_read_folder(ds->ctx, ds->path, iv_archives_limits(ds->archives)->entries,
                               &in->watch, &in->tree, err));
    IV_TRY(iv_watch_end(&in->watch, err));
    return import_tree(in, err);
}

static imgvec_status import_zip(iv_import *in, imgvec_error *err)
{
    imgvec_dataset *ds = in->ds;
    IV_TRY(iv_zip_open(ds->ctx, ds->path, iv_archives_limits(ds->archives), &ds->zip, err));
    if (iv_zip_find(ds->zip, "[Content_Types].xml") != SIZE_MAX)
        return iv_fail(err, IMGVEC_ERR_FORMAT,
                       "%s: an Office document, not an archive of images; save the sheet as CSV",
                       ds->path);
    if (iv_equal_nocase(iv_path_ending(ds->path), "imgvec"))
        return iv_fail(err, IMGVEC_ERR_FORMAT, "%s: a model file, not data", ds->path);
    IV_TRY(iv_tree_read_zip(ds->ctx, ds->zip, &in->tree, err));
    return import_tree(in, err);
}

/* A lone image: one row, no label. */
static imgvec_status import_image(iv_import *in, imgvec_error *err)
{
    imgvec_dataset *ds = in->ds;
    IV_TRY(
        iv_column_add(ds, "image", 5, IMGVEC_COLUMN_IMAGE, IV_STORE_TEXT, "one image file", err));
    ds->columns[0].literal = true;
    ds->form = IV_FORM_IMAGES;
    IV_TRY(iv_cell_add(ds->ctx, &ds->columns[0], ds->path, strlen(ds->path), err));
    IV_TRY(set_text(ds, &ds->evidence, iv_strdup(ds->ctx, "one image file"), err));
    return iv_types_apply(ds, in->opts, err);
}

static imgvec_status import_csv(iv_import *in, imgvec_error *err)
{
    imgvec_dataset *ds = in->ds;
    const char *slash = strrchr(ds->path, '/');
    ds->base_url = in->url;
    in->url = NULL;
    if (slash)
        IV_TRY(set_text(ds, &ds->folder, iv_path_folder(ds->ctx, ds->path), err));
    in->csv = iv_path_name(ds->path);
    IV_TRY(iv_import_csv_file(in, ds->path, err));
    return finish_table(in, err);
}

static bool begins(const char *head, size_t size, const char *with, size_t length)
{
    return size >= length && memcmp(head, with, length) == 0;
}

static bool web_page(const char *head, size_t size)
{
    static const char *const marks[] = {"<!doctype html", "<html", "<head", "<body"};
    size_t at = begins(head, size, "\xEF\xBB\xBF", 3) ? 3 : 0;
    while (at < size &&
           (head[at] == ' ' || head[at] == '\n' || head[at] == '\r' || head[at] == '\t'))
        at++;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        size_t n = strlen(marks[i]);
        char copy[16] = "";
        if (size - at >= n) {
            memcpy(copy, head + at, n);
            if (iv_equal_nocase(copy, marks[i]))
                return true;
        }
    }
    return false;
}

/* Formats that people try and that a CSV reader would only stumble over. */
static imgvec_status refuse_foreign(const imgvec_dataset *ds, const char *head, size_t size,
                                    imgvec_error *err)
{
    static const struct {
        const char *magic;
        size_t length;
        const char *what;
    } foreign[] = {{"\x1F\x8B", 2, "a gzip file; unpack it first, or use a zip archive"},
                   {"7z\xBC\xAF\x27\x1C", 6, "a 7-Zip archive; use a zip archive"},
                   {"Rar!\x1A\x07", 6, "a RAR archive; use a zip archive"},
                   {"BZh", 3, "a bzip2 file; unpack it first, or use a zip archive"},
                   {"\xFD"
                    "7zXZ",
                    5, "an xz file; unpack it first, or use a zip archive"},
                   {"\x28\xB5\x2F\xFD", 4, "a zstd file; unpack it first, or use a zip archive"},
                   {"PAR1", 4, "a Parquet file; export it as CSV"},
                   {"%PDF-", 5, "a PDF file"},
                   {"\xD0\xCF\x11\xE0", 4, "an old Office document; save the sheet as CSV"},
                   {"version https://git-lfs", 23,
                    "a git LFS pointer, not the file itself; run git lfs pull"}};
    if (size == 0)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "%s: the file is empty", ds->path);
    if (web_page(head, size))
        return iv_fail(err, IMGVEC_ERR_FORMAT,
                       "%s: a web page, not data; perhaps a download that needs a login", ds->path);
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        if (begins(head, size, foreign[i].magic, foreign[i].length))
            return iv_fail(err, IMGVEC_ERR_FORMAT, "%s: %s", ds->path, foreign[i].what);
    if (size > 262 && memcmp(head + 257, "ustar", 5) == 0)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "%s: a tar archive; use a zip archive or a folder",
                       ds->path);
    if (iv_equal_nocase(iv_path_ending(ds->path), "zip"))
        return iv_fail(err, IMGVEC_ERR_FORMAT, "%s: no zip archive, whatever its name says",
                       ds->path);
    return IMGVEC_OK;
}

static imgvec_status import_file(iv_import *in, imgvec_error *err)
{
    const imgvec_dataset *ds = in->ds;
    char head[HEAD];
    iv_source source = {.path = NULL};
    imgvec_status status = iv_source_open(ds->ctx, ds->path, &source, err);
    if (status == IMGVEC_ERR_NOT_FOUND)
        return iv_fail(err, status, "%s: no such file or folder", ds->path);
    if (status != IMGVEC_OK)
        return status;
    size_t size = source.size < HEAD ? (size_t)source.size : HEAD;
    status = iv_source_read(&source, 0, head, size, err);
    iv_source_close(ds->ctx, &source);
    if (status != IMGVEC_OK)
        return status;
    if (iv_image_name(ds->path))
        return import_image(in, err);
    if (iv_zip_looks(head, size))
        return import_zip(in, err);
    IV_TRY(refuse_foreign(ds, head, size, err));
    if (!iv_is_csv_name(ds->path) && iv_image_format(head, size))
        return import_image(in, err);
    return import_csv(in, err);
}

/* What is at `path` on disk, or was downloaded to there. */
static imgvec_status import(iv_import *in, const char *path, imgvec_error *err)
{
    imgvec_context *ctx = in->ds->ctx;
    in->ds->from_caller = false;
    iv_dataset_set_limits(in->ds, in->opts);
    IV_TRY(iv_remote_set(in->ds->remote, in->opts, err));
    IV_TRY(set_text(in->ds, &in->ds->path, iv_strdup(ctx, path), err));
    return iv_is_folder(path) ? import_folder(in, err) : import_file(in, err);
}

static imgvec_status import_url(iv_import *in, const char *text, imgvec_error *err)
{
    imgvec_dataset *ds = in->ds;
    char *path = NULL, *shown = iv_http_show(ds->ctx, text);
    if (!shown)
        return iv_fail_nomem(err);
    imgvec_status status = iv_data_fetch(ds->ctx, text, in->opts, &in->watch, &path, &in->url, err);
    if (status == IMGVEC_OK)
        status = iv_prefix(err, import(in, path, err), "%s", shown);
    if (status == IMGVEC_OK)
        status = set_text(ds, &ds->evidence, iv_format(ds->ctx, "%s, from %s", ds->evidence, shown),
                          err);
    iv_free(ds->ctx, path);
    iv_free(ds->ctx, shown);
    return status;
}

imgvec_status iv_dataset_open(imgvec_context *ctx, const char *path, const imgvec_options *opts,
                              const imgvec_watch *watch, imgvec_dataset **out, imgvec_error *err)
{
    iv_import in = {.opts = opts};
    imgvec_status status = iv_watch_init(&in.watch, watch, err);
    if (status != IMGVEC_OK)
        return status;
    if (iv_utf8_valid(path, strlen(path)) != strlen(path))
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "%s: the path is not UTF-8", path);
    IV_TRY(iv_dataset_new(ctx, &in.ds, err));
    status = iv_data_is_remote(path) ? import_url(&in, path, err) : import(&in, path, err);
    iv_tree_free(&in.tree);
    iv_free(ctx, in.base);
    iv_free(ctx, in.url);
    if (status == IMGVEC_OK)
        *out = in.ds;
    else
        iv_dataset_free(in.ds);
    return status;
}
