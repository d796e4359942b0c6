/* The URLs of image cells, handed to the cache. */
#include "base/error.h"
#include "table/cell_paths.h"
#include "table/place.h"

typedef struct cursor {
    const imgvec_dataset *ds;
    int32_t only, column; /* only: -1 for all of type image */
    int64_t row;
    iv_cell_paths paths; /* what is left of the cell before `row` */
} cursor;

static void start(void *user)
{
    cursor *c = user;
    c->column = c->only >= 0 ? c->only : 0;
    c->row = 0;
    c->paths = (iv_cell_paths){.at = NULL};
}

static bool wanted(const cursor *c)
{
    const iv_column *column = &c->ds->columns[c->column];
    return column->store != IV_STORE_NUMBERS &&
           (c->only >= 0 || column->type == IMGVEC_COLUMN_IMAGE);
}

/* The URL that a path leads to; *url stays NULL where it leads to none. */
static imgvec_status url_of(const cursor *c, const char *path, size_t length, char **url,
                            imgvec_error *err)
{
    iv_place place;
    imgvec_error ignored;
    if (!iv_place_is_url(c->ds, path, length))
        return IMGVEC_OK;
    imgvec_status status = iv_place_find(c->ds, path, length, &place, &ignored);
    if (status == IMGVEC_ERR_NO_MEMORY)
        return iv_fail_nomem(err);
    if (status == IMGVEC_OK)
        *url = place.path;
    return IMGVEC_OK; /* a path that leads nowhere is named when it is read */
}

/* Enters the next cell; *more: there was one. */
static imgvec_status next_cell(cursor *c, bool *more, imgvec_error *err)
{
    int32_t end = c->only >= 0 ? c->only + 1 : (int32_t)c->ds->count;
    for (; c->column < end; c->column++, c->row = 0) {
        while (wanted(c) && c->row < c->ds->columns[c->column].count) {
            const char *text;
            size_t length;
            if (!iv_dataset_text(c->ds, c->column, c->row++, NULL, &text, &length))
                continue;
            *more = true;
            return iv_cell_paths_begin(c->ds, text, length, &c->paths, err);
        }
    }
    *more = false;
    return IMGVEC_OK;
}

static imgvec_status next(void *user, char **url, imgvec_error *err)
{
    cursor *c = user;
    bool more = true;
    *url = NULL;
    while (more) {
        const char *path;
        size_t length;
        while (iv_cell_paths_next(&c->paths, &path, &length)) {
            IV_TRY(url_of(c, path, length, url, err));
            if (*url)
                return IMGVEC_OK;
        }
        IV_TRY(next_cell(c, &more, err));
    }
    return IMGVEC_OK;
}

imgvec_status iv_dataset_fetch(const imgvec_dataset *ds, int32_t column, iv_watch *watch,
                               imgvec_error *err)
{
    cursor c = {.ds = ds, .only = column};
    const iv_url_list list = {&c, start, next};
    return iv_remote_fetch(ds->remote, &list, watch, err);
}
