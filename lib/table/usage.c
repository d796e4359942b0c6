#include "table/usage.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "image/image.h"
#include "table/cell_paths.h"
#include "table/place.h"
#include "table/types.h"

#define SAMPLE 20
#define HEAD 512

static bool image_texts(const iv_column *c)
{
    return c->type == IMGVEC_COLUMN_IMAGE && c->store == IV_STORE_TEXT;
}

/* First bytes of what the place names. NOT_FOUND and the like where nothing can be read. */
static imgvec_status read_head(const imgvec_dataset *ds, const iv_place *place, char head[HEAD],
                               size_t *size, imgvec_error *err)
{
    if (place->kind == IV_PLACE_MEMBER) {
        void *data = NULL;
        if (place->member == SIZE_MAX)
            return iv_fail(err, IMGVEC_ERR_NOT_FOUND, "no such member");
        IV_TRY(iv_zip_read(place->zip, place->member, ds->image_limits.bytes, &data, size, err));
        *size = *size < HEAD ? *size : HEAD;
        memcpy(head, data, *size);
        iv_free(ds->ctx, data);
        return IMGVEC_OK;
    }
    iv_source source = {.path = NULL};
    IV_TRY(iv_source_open(ds->ctx, place->path, &source, err));
    *size = source.size < HEAD ? (size_t)source.size : HEAD;
    imgvec_status status = iv_source_read(&source, 0, head, *size, err);
    iv_source_close(ds->ctx, &source);
    return status;
}

typedef struct tally {
    int looked, there, images;
} tally;

static imgvec_status look_at(const imgvec_dataset *ds, const char *text, size_t length, tally *t,
                             imgvec_error *err)
{
    iv_place place;
    char head[HEAD];
    size_t size = 0;
    t->looked++;
    imgvec_status status = iv_place_find(ds, text, length, &place, err);
    if (status != IMGVEC_OK) /* an archive that cannot be opened is iv_usage_check's to name */
        return status == IMGVEC_ERR_NO_MEMORY ? status : IMGVEC_OK;
    bool url = place.kind == IV_PLACE_URL; /* taken on trust */
    if (!url)
        status = read_head(ds, &place, head, &size, err);
    if (status == IMGVEC_OK) {
        t->there++;
        t->images += url || iv_image_format(head, size) != NULL;
    }
    iv_place_free(ds->ctx, &place);
    return status == IMGVEC_ERR_NO_MEMORY ? status : IMGVEC_OK;
}

static imgvec_status add_reason(const imgvec_dataset *ds, iv_column *c, const char *more, int count,
                                imgvec_error *err)
{
    return iv_column_set(
        c, ds->ctx, c->type,
        iv_format(ds->ctx, "%s; but of the first %d files none %s", c->reason, count, more), err);
}

static imgvec_status sample(iv_import *in, size_t index, imgvec_error *err)
{
    imgvec_dataset *ds = in->ds;
    iv_column *c = &ds->columns[index];
    tally t = {0};
    for (int64_t row = 0; row < c->count && t.looked < SAMPLE && t.images == 0; row++) {
        size_t length;
        const char *text = iv_cell(c, row, &length);
        iv_cell_paths paths;
        if (iv_cell_missing(c, text, length))
            continue;
        IV_TRY(iv_cell_paths_begin(ds, text, length, &paths, err));
        while (t.looked < SAMPLE && iv_cell_paths_next(&paths, &text, &length))
            IV_TRY(look_at(ds, text, length, &t, err));
    }
    if (t.images > 0 || t.looked == 0)
        return IMGVEC_OK;
    if (t.there == 0)
        return add_reason(ds, c, "is there", t.looked, err);
    IV_TRY(iv_types_no_images(ds, (int32_t)index, in->opts, &in->watch, err));
    return add_reason(ds, c, "is an image", t.there, err);
}

/* Every archive that a cell names is opened now, so that a missing or dangerous one is an
 * error of the whole instead of one for each row. */
static imgvec_status open_archives(const imgvec_dataset *ds, const iv_column *c, imgvec_error *err)
{
    const char *last = NULL;
    size_t last_length = 0;
    for (int64_t row = 0; row < c->count; row++) {
        size_t length;
        const char *text = iv_cell(c, row, &length), *mark = memmem(text, length, "!/", 2);
        size_t head = mark ? (size_t)(mark - text) : 0;
        bool several = memchr(text, ';', length) != NULL;
        if (!mark || (!several && last && head == last_length && memcmp(text, last, head) == 0))
            continue;
        last = text;
        last_length = head;
        iv_cell_paths paths;
        IV_TRY(iv_cell_paths_begin(ds, text, length, &paths, err));
        while (iv_cell_paths_next(&paths, &text, &length)) {
            iv_place place;
            IV_TRY(iv_prefix(err, iv_place_find(ds, text, length, &place, err),
                             "column %s, row %lld", c->name, (long long)row));
            iv_place_free(ds->ctx, &place);
        }
    }
    return IMGVEC_OK;
}

static imgvec_status mark_path(const iv_import *in, const char *text, size_t length,
                               unsigned char *used, imgvec_error *err)
{
    imgvec_context *ctx = in->ds->ctx;
    char *name = iv_place_below(ctx, in->base, text, length);
    size_t found = name ? iv_tree_find(&in->tree, name) : SIZE_MAX;
    if (name && found == SIZE_MAX && in->ds->zip) {
        iv_free(ctx, name);
        name = iv_place_normal(ctx, text, length);
        found = name ? iv_tree_find(&in->tree, name) : SIZE_MAX;
    }
    if (!name)
        return iv_fail_nomem(err);
    iv_free(ctx, name);
    if (found != SIZE_MAX)
        used[found] = 1;
    return IMGVEC_OK;
}

static imgvec_status mark_used(const iv_import *in, const iv_column *c, unsigned char *used,
                               imgvec_error *err)
{
    for (int64_t row = 0; row < c->count; row++) {
        size_t length;
        const char *text = iv_cell(c, row, &length);
        if (iv_cell_missing(c, text, length))
            continue;
        iv_cell_paths paths;
        IV_TRY(iv_cell_paths_begin(in->ds, text, length, &paths, err));
        while (iv_cell_paths_next(&paths, &text, &length))
            IV_TRY(mark_path(in, text, length, used, err));
    }
    return IMGVEC_OK;
}

static imgvec_status count_unused(iv_import *in, imgvec_error *err)
{
    imgvec_dataset *ds = in->ds;
    unsigned char *used = iv_calloc(ds->ctx, in->tree.count, 1);
    if (!used)
        return iv_fail_nomem(err);
    imgvec_status status = IMGVEC_OK;
    for (size_t i = 0; i < ds->count && status == IMGVEC_OK; i++)
        if (image_texts(&ds->columns[i]))
            status = mark_used(in, &ds->columns[i], used, err);
    ds->unused_images = 0;
    for (size_t i = 0; i < in->tree.count; i++)
        ds->unused_images += !used[i] && iv_image_name(in->tree.names[i]);
    iv_free(ds->ctx, used);
    return status;
}

imgvec_status iv_usage_sample(iv_import *in, imgvec_error *err)
{
    for (size_t i = 0; i < in->ds->count; i++)
        if (image_texts(&in->ds->columns[i]))
            IV_TRY(sample(in, i, err));
    return IMGVEC_OK;
}

imgvec_status iv_usage_check(iv_import *in, imgvec_error *err)
{
    imgvec_dataset *ds = in->ds;
    for (size_t i = 0; i < ds->count; i++)
        if (image_texts(&ds->columns[i]) && !ds->zip)
            IV_TRY(open_archives(ds, &ds->columns[i], err));
    return in->base ? count_unused(in, err) : IMGVEC_OK;
}
