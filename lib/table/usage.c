#include "table/usage.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "image/image.h"
#include "table/place.h"

#define SAMPLE 20

static bool image_texts(const iv_column *c)
{
    return c->type == IMGVEC_COLUMN_IMAGE && c->store == IV_STORE_TEXT;
}

static bool is_there(const iv_place *place)
{
    return place->kind == IV_PLACE_URL ||
           (place->kind == IV_PLACE_MEMBER ? place->member != SIZE_MAX : iv_is_file(place->path));
}

static imgvec_status sample(imgvec_dataset *ds, iv_column *c, imgvec_error *err)
{
    int looked = 0;
    for (int64_t row = 0; row < c->count && looked < SAMPLE; row++) {
        size_t length;
        const char *text = iv_cell(c, row, &length);
        if (iv_cell_missing(c, text, length))
            continue;
        iv_place place;
        IV_TRY(iv_prefix(err, iv_place_find(ds, text, length, &place, err), "column %s, row %lld",
                         c->name, (long long)row));
        bool there = is_there(&place);
        iv_place_free(ds->ctx, &place);
        if (there)
            return IMGVEC_OK;
        looked++;
    }
    if (looked == 0)
        return IMGVEC_OK;
    return iv_column_set(
        c, ds->ctx, c->type,
        iv_format(ds->ctx, "%s; but of the first %d files none is there", c->reason, looked), err);
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
        if (!mark || (last && head == last_length && memcmp(text, last, head) == 0))
            continue;
        last = text;
        last_length = head;
        iv_place place;
        IV_TRY(iv_prefix(err, iv_place_find(ds, text, length, &place, err), "column %s, row %lld",
                         c->name, (long long)row));
        iv_place_free(ds->ctx, &place);
    }
    return IMGVEC_OK;
}

static imgvec_status mark_used(const iv_import *in, const iv_column *c, unsigned char *used,
                               imgvec_error *err)
{
    imgvec_context *ctx = in->ds->ctx;
    for (int64_t row = 0; row < c->count; row++) {
        size_t length;
        const char *text = iv_cell(c, row, &length);
        if (iv_cell_missing(c, text, length))
            continue;
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

imgvec_status iv_usage_check(iv_import *in, imgvec_error *err)
{
    imgvec_dataset *ds = in->ds;
    for (size_t i = 0; i < ds->count; i++) {
        if (!image_texts(&ds->columns[i]))
            continue;
        if (!ds->zip)
            IV_TRY(open_archives(ds, &ds->columns[i], err));
        IV_TRY(sample(ds, &ds->columns[i], err));
    }
    return in->base ? count_unused(in, err) : IMGVEC_OK;
}
