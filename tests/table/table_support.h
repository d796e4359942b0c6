/* Small folders, archives and images for the tests of this room. */
#ifndef TABLE_SUPPORT_H
#define TABLE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bag.h"
#include "base/context.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "fixtures.h"
#include "io/json.h"
#include "io/zip_writer.h"
#include "table/dataset.h"

typedef struct place {
    imgvec_context *ctx;
    char folder[64];
} place;

static inline int remove_one(const char *path, const struct stat *st, int flag, struct FTW *walk)
{
    (void)st, (void)flag, (void)walk;
    return remove(path);
}

static inline int set_up(void **state)
{
    place *p = calloc(1, sizeof *p);
    if (imgvec_context_new(&p->ctx, NULL) != IMGVEC_OK)
        return -1;
    strcpy(p->folder, "/tmp/imgvec-test-XXXXXX");
    *state = p;
    return mkdtemp(p->folder) ? 0 : -1;
}

static inline int tear_down(void **state)
{
    place *p = *state;
    nftw(p->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    imgvec_context_free(p->ctx);
    free(p);
    return 0;
}

/* Path in the test's folder, in one of eight buffers. */
static inline const char *at(const place *p, const char *name)
{
    static char paths[8][512];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, 512, "%s/%s", p->folder, name);
    return path;
}

/* Writes a file and the folders above it. */
static inline void put_file(const place *p, const char *name, const void *data, size_t size)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", p->folder, name);
    for (char *slash = path + strlen(p->folder) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    if (size)
        assert_int_equal(fwrite(data, 1, size, f), size);
    fclose(f);
}

static inline void put_text(const place *p, const char *name, const char *text)
{
    put_file(p, name, text, strlen(text));
}

#define TINY_IMAGE "P6\n2 1\n255\nabcdef"

static inline void put_image(const place *p, const char *name)
{
    put_text(p, name, TINY_IMAGE);
}

static inline imgvec_status to_file(void *user, const void *data, size_t size, imgvec_error *err)
{
    (void)err;
    return fwrite(data, 1, size, user) == size ? IMGVEC_OK : IMGVEC_ERR_IO;
}

/* An archive of name, text, name, text ..., NULL. */
static inline void put_zip(const place *p, const char *path, const char *const *members)
{
    FILE *f = fopen(at(p, path), "wb");
    iv_zip_writer *w;
    assert_non_null(f);
    assert_int_equal(iv_zip_writer_new(p->ctx, to_file, f, &w, NULL), IMGVEC_OK);
    for (; members[0]; members += 2)
        assert_int_equal(iv_zip_writer_add(w, members[0], members[1], strlen(members[1]), NULL),
                         IMGVEC_OK);
    assert_int_equal(iv_zip_writer_finish(w, NULL), IMGVEC_OK);
    iv_zip_writer_free(w);
    fclose(f);
}

static inline imgvec_options *options(const place *p, const char *name, const char *value)
{
    imgvec_options *opts;
    imgvec_error err;
    assert_int_equal(
        iv_options_new(p->ctx, IMGVEC_JOB_OPEN | IMGVEC_JOB_SPLIT | IMGVEC_JOB_TRAIN, &opts, NULL),
        IMGVEC_OK);
    if (name && iv_options_set_named(opts, name, value, &err) != IMGVEC_OK)
        fail_msg("%s", err.text);
    return opts;
}

static inline imgvec_dataset *open_with(const place *p, const char *path,
                                        const imgvec_options *opts)
{
    imgvec_dataset *ds = NULL;
    imgvec_error err;
    if (iv_dataset_open(p->ctx, path, opts, NULL, &ds, &err) != IMGVEC_OK)
        fail_msg("%s: %s", path, err.text);
    return ds;
}

static inline imgvec_dataset *open_data(const place *p, const char *path)
{
    return open_with(p, path, NULL);
}

/* Opening must fail with the status and a text that holds `words`. */
static inline void fails(const place *p, const char *path, const imgvec_options *opts,
                         imgvec_status status, const char *words)
{
    imgvec_dataset *ds = NULL;
    imgvec_error err = {0};
    assert_int_equal(iv_dataset_open(p->ctx, path, opts, NULL, &ds, &err), status);
    assert_null(ds);
    assert_int_equal(err.code, status);
    if (!strstr(err.text, words))
        fail_msg("\"%s\" does not say \"%s\"", err.text, words);
}

static inline void cell_is(const imgvec_dataset *ds, int32_t column, int64_t row, const char *text)
{
    size_t needed = 0;
    char *cell;
    assert_int_equal(iv_dataset_cell(ds, column, row, NULL, 0, &needed, NULL), IMGVEC_ERR_LIMIT);
    cell = malloc(needed);
    assert_int_equal(iv_dataset_cell(ds, column, row, cell, needed, NULL, NULL), IMGVEC_OK);
    assert_string_equal(cell, text);
    free(cell);
}

static inline const char *reason_of(const imgvec_dataset *ds, int32_t column)
{
    imgvec_column_info info = {.size = sizeof info};
    assert_int_equal(iv_dataset_column_info(ds, column, &info, NULL), IMGVEC_OK);
    return info.reason;
}

static inline iv_json_document *describe(const imgvec_dataset *ds, const imgvec_options *opts)
{
    char *text = NULL;
    imgvec_error err;
    iv_json_document *doc = NULL;
    imgvec_context *ctx = iv_dataset_context(ds);
    if (iv_dataset_describe(ds, opts, NULL, &text, &err) != IMGVEC_OK)
        fail_msg("%s", err.text);
    if (iv_json_parse(ctx, text, strlen(text), 0, 0, &doc, &err) != IMGVEC_OK)
        fail_msg("%s in %s", err.text, text);
    iv_free(ctx, text);
    return doc;
}

#endif
