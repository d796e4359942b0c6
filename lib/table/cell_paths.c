#include "table/cell_paths.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "io/http.h"
#include "table/place.h"

static const char *skip_spaces(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    return p;
}

/* true when the whole text is the name of something; an archive that cannot be opened has
 * nothing. */
static imgvec_status is_there(const imgvec_dataset *ds, const char *text, size_t length, bool *out,
                              imgvec_error *err)
{
    iv_place place;
    imgvec_error ignored;
    *out = false;
    imgvec_status status = iv_place_find(ds, text, length, &place, &ignored);
    if (status == IMGVEC_ERR_NO_MEMORY)
        return iv_fail_nomem(err);
    if (status != IMGVEC_OK)
        return IMGVEC_OK;
    *out = place.kind == IV_PLACE_MEMBER ? place.member != SIZE_MAX
                                         : place.kind == IV_PLACE_FILE && iv_is_file(place.path);
    iv_place_free(ds->ctx, &place);
    return IMGVEC_OK;
}

imgvec_status iv_cell_paths_begin(const imgvec_dataset *ds, const char *text, size_t length,
                                  iv_cell_paths *out, imgvec_error *err)
{
    *out = (iv_cell_paths){.at = text, .end = text + length};
    out->whole = length > 0 && !memchr(text, ';', length);
    if (length == 0 || out->whole)
        return IMGVEC_OK;
    return is_there(ds, text, length, &out->whole, err);
}

static bool starts_url(const char *p, const char *end)
{
    return iv_http_is_url(p, (size_t)(end - p));
}

/* Where the piece that starts at p ends. */
static const char *piece_end(const char *p, const char *end)
{
    bool url = starts_url(p, end);
    for (;;) {
        const char *stop = memchr(p, ';', (size_t)(end - p));
        if (!stop || !url || starts_url(skip_spaces(stop + 1, end), end))
            return stop ? stop : end;
        p = stop + 1;
    }
}

bool iv_cell_paths_next(iv_cell_paths *p, const char **path, size_t *length)
{
    if (p->whole) {
        *path = p->at;
        *length = (size_t)(p->end - p->at);
        p->at = p->end;
        p->whole = false;
        return true;
    }
    while (p->at < p->end) {
        const char *start = skip_spaces(p->at, p->end), *stop = piece_end(start, p->end);
        p->at = stop < p->end ? stop + 1 : p->end;
        while (stop > start && (stop[-1] == ' ' || stop[-1] == '\t'))
            stop--;
        if (stop == start)
            continue;
        *path = start;
        *length = (size_t)(stop - start);
        return true;
    }
    return false;
}
