/* One CSV file, alone or among the files of a folder or archive. */
#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "io/csv.h"
#include "table/import.h"

#define PIECE (1u << 20)

bool iv_is_csv_name(const char *name)
{
    const char *ending = iv_path_ending(name);
    return iv_equal_nocase(ending, "csv") || iv_equal_nocase(ending, "tsv");
}

/* A column without a name, as pandas writes its index, is shown under one. */
static imgvec_status add_unnamed(imgvec_dataset *ds, const iv_csv_cell *names, size_t count,
                                 imgvec_error *err)
{
    char name[64] = "unnamed";
    for (int n = 2;; n++) {
        size_t length = strlen(name), i = 0;
        while (i < count &&
               !(names[i].length == length && memcmp(names[i].text, name, length) == 0))
            i++;
        if (i == count)
            return iv_column_add(ds, name, length, IMGVEC_COLUMN_TEXT, IV_STORE_TEXT, "", err);
        memcpy(name, "unnamed_", 8);
        iv_format_f64(n, name + 8);
    }
}

static imgvec_status on_record(void *user, uint64_t record, uint64_t line, const iv_csv_cell *cells,
                               size_t count, imgvec_error *err)
{
    imgvec_dataset *ds = ((iv_import *)user)->ds;
    if (record > 0) {
        for (size_t i = 0; i < count; i++)
            IV_TRY(iv_cell_add(ds->ctx, &ds->columns[i], cells[i].text, cells[i].length, err));
        return IMGVEC_OK;
    }
    for (size_t i = 0; i < count; i++) {
        if (cells[i].length == 0)
            IV_TRY(add_unnamed(ds, cells, count, err));
        else
            IV_TRY(iv_column_add(ds, cells[i].text, cells[i].length, IMGVEC_COLUMN_TEXT,
                                 IV_STORE_TEXT, "", err));
    }
    return IMGVEC_OK;
}

/* A row that option on_bad_row passes over belongs to no row of the dataset. */
static imgvec_status on_skipped(void *user, uint64_t record, uint64_t line, const char *why,
                                imgvec_error *err)
{
    iv_import *in = user;
    imgvec_error problem;
    IV_TRY(iv_skipped_add(in->ds->ctx, &in->ds->skipped, record, line, why, err));
    iv_fail_at(&problem, IMGVEC_ERR_FORMAT, (int64_t)line, "line %llu (record %llu): %s",
               (unsigned long long)line, (unsigned long long)record, why);
    iv_watch_problem(&in->watch, -1, "", in->csv_path, &problem);
    return IMGVEC_OK;
}

static imgvec_status start(iv_import *in, const char *name, iv_csv **out, imgvec_error *err)
{
    const imgvec_options *opts = in->opts;
    iv_csv_limits limits = {.columns = (uint64_t)iv_option_i64(opts, IMGVEC_OPT_MAX_CSV_COLUMNS),
                            .cell_bytes = (uint64_t)iv_option_i64(opts, IMGVEC_OPT_MAX_CSV_CELL),
                            .line_bytes = (uint64_t)iv_option_i64(opts, IMGVEC_OPT_MAX_CSV_LINE)};
    char delimiter = iv_option_is(opts, IMGVEC_OPT_DELIMITER, "comma")       ? ','
                     : iv_option_is(opts, IMGVEC_OPT_DELIMITER, "semicolon") ? ';'
                     : iv_option_is(opts, IMGVEC_OPT_DELIMITER, "tab")       ? '\t'
                                                                             : 0;
    in->csv_path = name;
    IV_TRY(iv_csv_new(in->ds->ctx, name, delimiter, &limits, on_record, in, out, err));
    if (iv_option_is(opts, IMGVEC_OPT_ON_BAD_ROW, "skip"))
        iv_csv_skip_bad(*out, on_skipped);
    return IMGVEC_OK;
}

static void tell_skipped(const iv_import *in)
{
    const iv_skipped_rows *rows = &in->ds->skipped;
    if (rows->count)
        iv_log(in->ds->ctx, IMGVEC_LOG_NOTICE,
               "%s: %lld rows are skipped (option on_bad_row); the first, line %llu: %s",
               in->csv_path, (long long)rows->count, (unsigned long long)rows->list[0].line,
               rows->list[0].reason);
}

imgvec_status iv_import_csv_file(iv_import *in, const char *path, imgvec_error *err)
{
    imgvec_context *ctx = in->ds->ctx;
    iv_source source = {.path = NULL};
    iv_csv *csv = NULL;
    char *piece = NULL;
    imgvec_status status;
    IV_DO(start(in, path, &csv, err));
    IV_DO(iv_source_open(ctx, path, &source, err));
    IV_DO(iv_watch_begin(&in->watch, source.size, err, "reading %s", iv_path_name(path)));
    piece = iv_alloc(ctx, PIECE);
    if (!piece)
        IV_DO(iv_fail_nomem(err));
    for (uint64_t at = 0; at < source.size;) {
        size_t size = source.size - at < PIECE ? (size_t)(source.size - at) : PIECE;
        IV_DO(iv_source_read(&source, at, piece, size, err));
        IV_DO(iv_csv_feed(csv, piece, size, err));
        at += size;
        IV_DO(iv_watch_step(&in->watch, at, err));
    }
    IV_DO(iv_csv_finish(csv, err));
    tell_skipped(in);
    IV_DO(iv_watch_end(&in->watch, err));
done:
    iv_csv_free(csv);
    iv_free(ctx, piece);
    iv_source_close(ctx, &source);
    return status;
}

static imgvec_status read_member(iv_import *in, const char *name, imgvec_error *err)
{
    imgvec_dataset *ds = in->ds;
    iv_csv *csv = NULL;
    void *data = NULL;
    size_t size = 0;
    imgvec_status status;
    char *full = iv_format(ds->ctx, "%s!/%s", ds->path, name);
    if (!full)
        return iv_fail_nomem(err);
    IV_DO(start(in, full, &csv, err));
    IV_DO(iv_watch_begin(&in->watch, 0, err, "reading %s", iv_path_name(name)));
    IV_DO(iv_zip_read(ds->zip, iv_zip_find(ds->zip, name), 0, &data, &size, err));
    for (size_t at = 0; at < size; at += PIECE) {
        IV_DO(iv_csv_feed(csv, (char *)data + at, size - at < PIECE ? size - at : PIECE, err));
        IV_DO(iv_watch_step(&in->watch, at, err));
    }
    IV_DO(iv_csv_finish(csv, err));
    tell_skipped(in);
    IV_DO(iv_watch_end(&in->watch, err));
done:
    iv_csv_free(csv);
    iv_free(ds->ctx, data);
    iv_free(ds->ctx, full);
    return status;
}

static imgvec_status fail_choice(const iv_import *in, const char *wanted, imgvec_error *err)
{
    imgvec_dataset *ds = in->ds;
    iv_text list;
    iv_text_init(&list, ds->ctx);
    size_t count = 0;
    for (size_t i = 0; i < in->tree.count; i++)
        if (iv_is_csv_name(in->tree.names[i]) && count++ < 10)
            iv_text_addf(&list, "%s%s", count > 1 ? ", " : "", in->tree.names[i]);
    if (count > 10)
        iv_text_addf(&list, " and %zu more", count - 10);
    const char *names = list.data ? list.data : "none";
    imgvec_status status = wanted ? iv_fail(err, IMGVEC_ERR_NOT_FOUND,
                                            "%s: no file \"%s\" for option csv; CSV files: %s",
                                            ds->path, wanted, names)
                                  : iv_fail_at(err, IMGVEC_ERR_DATA, (int64_t)count,
                                               "%s: %zu CSV files (%s); name one with option csv",
                                               ds->path, count, names);
    iv_text_free(&list);
    return status;
}

/* The file that is meant: option "csv" by its whole name or, where that is clear, by its
 * last part; else the only one. */
static imgvec_status choose(const iv_import *in, const char **out, imgvec_error *err)
{
    const char *wanted = iv_option_text(in->opts, IMGVEC_OPT_CSV);
    const char *found = NULL;
    size_t count = 0;
    for (size_t i = 0; i < in->tree.count; i++) {
        const char *name = in->tree.names[i];
        if (*wanted && strcmp(name, wanted) == 0) {
            *out = name;
            return IMGVEC_OK;
        }
        if (*wanted ? strcmp(iv_path_name(name), wanted) == 0 : iv_is_csv_name(name)) {
            found = name;
            count++;
        }
    }
    if (count != 1)
        return fail_choice(in, *wanted ? wanted : NULL, err);
    *out = found;
    return IMGVEC_OK;
}

imgvec_status iv_import_tree_csv(iv_import *in, imgvec_error *err)
{
    imgvec_dataset *ds = in->ds;
    const char *name = NULL;
    IV_TRY(choose(in, &name, err));
    in->csv = name;
    const char *slash = strrchr(name, '/');
    in->base = iv_strndup(ds->ctx, name, slash ? (size_t)(slash - name) : 0);
    char *folder = !in->base ? NULL
                   : ds->zip ? iv_strdup(ds->ctx, in->base)
                             : iv_path_join(ds->ctx, ds->path, in->base);
    if (!folder)
        return iv_fail_nomem(err);
    iv_free(ds->ctx, ds->folder);
    ds->folder = folder;
    if (ds->zip)
        return read_member(in, name, err);
    char *path = iv_path_join(ds->ctx, ds->path, name);
    imgvec_status status = path ? iv_import_csv_file(in, path, err) : iv_fail_nomem(err);
    iv_free(ds->ctx, path);
    return status;
}
