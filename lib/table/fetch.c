/* The URLs of image cells, handed to the cache. */
#include "base/error.h"
#include "base/mem.h"
#include "table/place.h"

typedef struct cursor {
    const imgvec_dataset *ds;
    int32_t only, column; /* only: -1 for all of type image */
    int64_t row;
} cursor;

static void start(void *user)
{
    cursor *c = user;
    c->column = c->only >= 0 ? c->only : 0;
    c->row = 0;
}

static bool wanted(const cursor *c)
{
    const iv_column *column = &c->ds->columns[c->column];
    return column->store != IV_STORE_NUMBERS &&
           (c->only >= 0 || column->type == IMGVEC_COLUMN_IMAGE);
}

static imgvec_status url_of(const cursor *c, char **url, imgvec_error *err)
{
    const char *text;
    size_t length;
    if (!iv_dataset_text(c->ds, c->column, c->row, NULL, &text, &length) || length == 0 ||
        !iv_place_is_url(c->ds, text, length))
        return IMGVEC_OK;
    iv_place place;
    imgvec_error ignored;
    imgvec_status status = iv_place_find(c->ds, text, length, &place, &ignored);
    if (status == IMGVEC_ERR_NO_MEMORY)
        return iv_fail_nomem(err);
    if (status == IMGVEC_OK)
        *url = place.path;
    return IMGVEC_OK; /* a cell that leads nowhere is named when it is read */
}

static imgvec_status next(void *user, char **url, imgvec_error *err)
{
    cursor *c = user;
    *url = NULL;
    int32_t end = c->only >= 0 ? c->only + 1 : (int32_t)c->ds->count;
    while (c->column < end) {
        if (!wanted(c) || c->row >= c->ds->columns[c->column].count) {
            c->column++;
            c->row = 0;
            continue;
        }
        IV_TRY(url_of(c, url, err));
        c->row++;
        if (*url)
            return IMGVEC_OK;
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
