/* Two CSV files that name the images of one dataset. A path is written relative to the new
 * file's folder where it lies below that folder, else absolute; a member of an archive as
 * "archive.zip!/member". */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/options.h"
#include "io/csv.h"
#include "table/cell_paths.h"
#include "table/place.h"
#include "table/split_plan.h"

#define FLUSH (1u << 20)

typedef struct part {
    const imgvec_dataset *ds;
    char *root;   /* where relative cells start from, absolute */
    char *folder; /* of the new file, absolute, with a closing "/" */
    iv_text text, cell, path;
    iv_writer *writer;
} part;

static imgvec_status absolute(imgvec_context *ctx, const char *path, bool slash, char **out,
                              imgvec_error *err)
{
    char buffer[PATH_MAX];
    if (!realpath(*path ? path : ".", buffer))
        return iv_fail_errno(err, errno, "%s", path);
    size_t n = strlen(buffer);
    *out = iv_format(ctx, "%s%s", buffer, slash && buffer[n - 1] != '/' ? "/" : "");
    return *out ? IMGVEC_OK : iv_fail_nomem(err);
}

/* One path of a cell as the new file names it. */
static imgvec_status new_path(part *p, const char *text, size_t length, iv_text *out,
                              imgvec_error *err)
{
    iv_text_free(&p->path);
    iv_place place;
    IV_TRY(iv_place_find(p->ds, text, length, &place, err));
    if (p->ds->zip && place.kind == IV_PLACE_MEMBER) {
        iv_text_addf(&p->path, "%s!/", p->root);
        iv_text_add(&p->path, place.path);
    } else if (place.kind == IV_PLACE_URL) {
        iv_text_add(&p->path, place.path);
    } else {
        if (text[0] != '/') {
            size_t skip = 0;
            while (length - skip > 2 && text[skip] == '.' && text[skip + 1] == '/')
                skip += 2;
            iv_text_add(&p->path, p->root);
            text += skip;
            length -= skip;
        }
        iv_text_add_n(&p->path, text, length);
    }
    iv_place_free(p->ds->ctx, &place);
    if (p->path.failed)
        return iv_fail_nomem(err);
    size_t folder = strlen(p->folder);
    bool below = strncmp(p->path.data, p->folder, folder) == 0 && p->path.data[folder] != '\0';
    iv_text_add(out, p->path.data + (below ? folder : 0));
    return IMGVEC_OK;
}

static imgvec_status new_paths(part *p, const char *text, size_t length, iv_text *out,
                               imgvec_error *err)
{
    iv_cell_paths paths;
    IV_TRY(iv_cell_paths_begin(p->ds, text, length, &paths, err));
    for (int i = 0; iv_cell_paths_next(&paths, &text, &length); i++) {
        if (i > 0)
            iv_text_add(out, ";");
        IV_TRY(new_path(p, text, length, out, err));
    }
    return IMGVEC_OK;
}

static imgvec_status put_cell(part *p, int32_t column, int64_t row, imgvec_error *err)
{
    const iv_column *c = &p->ds->columns[column];
    char buffer[IV_NUMBER_MAX];
    const char *text = "";
    size_t length = 0;
    bool there = iv_dataset_text(p->ds, column, row, buffer, &text, &length);
    iv_text_free(&p->cell);
    if (there && length == 0)
        return iv_fail_at(err, IMGVEC_ERR_DATA, row,
                          "column %s holds images in memory, which a CSV file cannot name",
                          c->name);
    if (there && (c->type == IMGVEC_COLUMN_IMAGE || c->store == IV_STORE_PICTURES)) {
        IV_TRY(new_paths(p, text, length, &p->cell, err));
    } else {
        if (there && c->literal && iv_missing_token(text, length))
            return iv_fail_at(err, IMGVEC_ERR_DATA, row,
                              "column %s, row %lld: \"%.*s\" would be read back from a CSV file as "
                              "a missing value; rename it",
                              c->name, (long long)row, (int)length, text);
        iv_text_add_n(&p->cell, there || c->store == IV_STORE_TEXT ? text : "",
                      there || c->store == IV_STORE_TEXT ? length : 0);
    }
    if (column > 0)
        iv_text_add(&p->text, ",");
    if (p->cell.length == 0 && p->ds->count == 1)
        iv_text_add(&p->text, "\"\""); /* an empty line would be no row */
    else
        iv_csv_put(&p->text, p->cell.data ? p->cell.data : "", ',');
    return p->cell.failed ? iv_fail_nomem(err) : IMGVEC_OK;
}

static imgvec_status flush(part *p, size_t above, imgvec_error *err)
{
    if (p->text.failed)
        return iv_fail_nomem(err);
    if (p->text.length <= above)
        return IMGVEC_OK;
    IV_TRY(iv_writer_add(p->writer, p->text.data, p->text.length, err));
    p->text.length = 0;
    return IMGVEC_OK;
}

static imgvec_status write_rows(part *p, const int32_t *part_of_row, int32_t which,
                                imgvec_error *err)
{
    const imgvec_dataset *ds = p->ds;
    for (size_t i = 0; i < ds->count; i++) {
        if (i > 0)
            iv_text_add(&p->text, ",");
        iv_csv_put(&p->text, ds->columns[i].name, ',');
    }
    iv_text_add(&p->text, "\n");
    int64_t rows = iv_dataset_rows(ds);
    for (int64_t row = 0; row < rows; row++) {
        if (part_of_row[row] != which)
            continue;
        for (size_t i = 0; i < ds->count; i++)
            IV_TRY(put_cell(p, (int32_t)i, row, err));
        iv_text_add(&p->text, "\n");
        IV_TRY(flush(p, FLUSH, err));
    }
    return flush(p, 0, err);
}

/* Writes one part into its temporary file. */
static imgvec_status write_part(const imgvec_dataset *ds, const char *path,
                                const int32_t *part_of_row, int32_t which, iv_writer *writer,
                                imgvec_error *err)
{
    imgvec_context *ctx = ds->ctx;
    part p = {.ds = ds, .writer = writer};
    iv_text_init(&p.text, ctx);
    iv_text_init(&p.cell, ctx);
    iv_text_init(&p.path, ctx);
    imgvec_status status;
    char *folder = iv_path_folder(ctx, path);
    if (!folder)
        IV_DO(iv_fail_nomem(err));
    IV_DO(absolute(ctx, folder, true, &p.folder, err));
    IV_DO(absolute(ctx, ds->zip ? ds->path : ds->folder, !ds->zip, &p.root, err));
    IV_DO(write_rows(&p, part_of_row, which, err));
done:
    iv_text_free(&p.text);
    iv_text_free(&p.cell);
    iv_text_free(&p.path);
    iv_free(ctx, p.folder);
    iv_free(ctx, p.root);
    iv_free(ctx, folder);
    return status;
}

/* Both or neither: the old first file is kept under another name until the second one is in
 * its place. Both writers are used up. */
static imgvec_status commit(imgvec_context *ctx, iv_writer *first, iv_writer *second,
                            const char *first_path, imgvec_error *err)
{
    char *kept = iv_format(ctx, "%s.imgvec-tmp-%ld", first_path, (long)getpid());
    if (!kept) {
        iv_writer_abort(first);
        iv_writer_abort(second);
        return iv_fail_nomem(err);
    }
    bool old = link(first_path, kept) == 0;
    imgvec_status status = iv_writer_commit(first, err);
    if (status != IMGVEC_OK) {
        iv_writer_abort(second);
    } else {
        status = iv_writer_commit(second, err);
        if (status != IMGVEC_OK && (!old || rename(kept, first_path) != 0))
            unlink(first_path);
    }
    if (old)
        unlink(kept);
    iv_free(ctx, kept);
    return status;
}

static imgvec_status write_both(const imgvec_dataset *ds, const int32_t *part_of_row,
                                const char *first_path, const char *second_path, imgvec_error *err)
{
    iv_writer *first, *second;
    IV_TRY(iv_writer_open(ds->ctx, first_path, &first, err));
    imgvec_status status = iv_writer_open(ds->ctx, second_path, &second, err);
    if (status != IMGVEC_OK) {
        iv_writer_abort(first);
        return status;
    }
    status = write_part(ds, first_path, part_of_row, 0, first, err);
    if (status == IMGVEC_OK)
        status = write_part(ds, second_path, part_of_row, 1, second, err);
    if (status == IMGVEC_OK)
        return commit(ds->ctx, first, second, first_path, err);
    iv_writer_abort(first);
    iv_writer_abort(second);
    return status;
}

static bool same_file(const char *a, const char *b)
{
    char x[PATH_MAX], y[PATH_MAX];
    return strcmp(a, b) == 0 || (realpath(a, x) && realpath(b, y) && strcmp(x, y) == 0);
}

imgvec_status iv_dataset_split(const imgvec_dataset *ds, const imgvec_options *opts,
                               const char *first_path, const char *second_path,
                               const imgvec_watch *watch, char **report, imgvec_error *err)
{
    iv_watch w;
    iv_split_plan plan;
    char *text = NULL;
    const char *const paths[2] = {first_path, second_path};
    IV_TRY(iv_watch_init(&w, watch, err));
    IV_TRY(iv_dataset_check(ds, err));
    if (same_file(first_path, second_path))
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "%s: both parts would be this file",
                       first_path);
    if (ds->path && (same_file(first_path, ds->path) || same_file(second_path, ds->path)))
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                       "%s: a part would replace the data it comes from", ds->path);
    IV_TRY(iv_split_plan_make(ds, opts, &w, &plan, err));
    imgvec_status status =
        report ? iv_split_plan_write(&plan, ds, opts, paths, &text, err) : IMGVEC_OK;
    if (status == IMGVEC_OK)
        status = write_both(ds, plan.part, first_path, second_path, err);
    iv_split_plan_free(&plan);
    if (status == IMGVEC_OK && report)
        *report = text;
    else
        iv_free(ds->ctx, text);
    return status;
}
