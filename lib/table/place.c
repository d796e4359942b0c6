#include "table/place.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"

char *iv_place_normal(imgvec_context *ctx, const char *text, size_t length)
{
    char *out = iv_alloc(ctx, length + 1);
    if (!out)
        return NULL;
    size_t n = 0;
    for (size_t i = 0; i < length;) {
        size_t stop = i;
        while (stop < length && text[stop] != '/' && text[stop] != '\\')
            stop++;
        size_t part = stop - i, back = n;
        bool skip = (part == 0 && i > 0) || (part == 1 && text[i] == '.');
        if (part == 2 && text[i] == '.' && text[i + 1] == '.' && n > 1) {
            back = n - 1; /* past the "/" that ends the part before */
            while (back > 0 && out[back - 1] != '/')
                back--;
            skip = !(n - back == 3 && memcmp(out + back, "../", 3) == 0);
        }
        if (!skip) {
            memcpy(out + n, text + i, part);
            n += part;
            if (stop < length)
                out[n++] = '/';
        } else if (back != n) {
            n = back;
        }
        i = stop + 1;
    }
    out[n] = '\0';
    return out;
}

char *iv_place_below(imgvec_context *ctx, const char *folder, const char *text, size_t length)
{
    char *name = iv_strndup(ctx, text, length);
    char *below = name ? iv_path_join(ctx, folder, name) : NULL;
    char *normal = below ? iv_place_normal(ctx, below, strlen(below)) : NULL;
    iv_free(ctx, name);
    iv_free(ctx, below);
    return normal;
}

static size_t member(const iv_zip *zip, const char *name)
{
    size_t i = iv_zip_find(zip, name);
    return i != SIZE_MAX && iv_zip_entry_at(zip, i)->is_folder ? SIZE_MAX : i;
}

static imgvec_status in_archive(const imgvec_dataset *ds, const char *text, size_t length,
                                iv_place *out, imgvec_error *err)
{
    out->kind = IV_PLACE_MEMBER;
    out->zip = ds->zip;
    out->archive = iv_zip_path(ds->zip);
    char *name = iv_place_normal(ds->ctx, text, length);
    char *below = iv_place_below(ds->ctx, ds->folder, text, length);
    if (!below || !name) {
        iv_free(ds->ctx, name);
        iv_free(ds->ctx, below);
        return iv_fail_nomem(err);
    }
    size_t first = member(ds->zip, below), second = member(ds->zip, name);
    bool root = first == SIZE_MAX && second != SIZE_MAX;
    out->member = root ? second : first;
    out->path = root ? name : below;
    iv_free(ds->ctx, root ? below : name);
    return IMGVEC_OK;
}

/* "archive.zip!/member": *found when the part before the mark is a file. */
static imgvec_status in_other_archive(const imgvec_dataset *ds, const char *text, size_t length,
                                      bool *found, iv_place *out, imgvec_error *err)
{
    *found = false;
    const char *mark = memmem(text, length, "!/", 2);
    if (!mark || mark == text)
        return IMGVEC_OK;
    size_t head = (size_t)(mark - text);
    imgvec_status status = IMGVEC_OK;
    char *name = iv_place_normal(ds->ctx, mark + 2, length - head - 2);
    char *archive = iv_strndup(ds->ctx, text, head);
    char *path = archive ? iv_path_join(ds->ctx, ds->folder, archive) : NULL;
    const iv_zip *zip = NULL;
    if (!name || !path)
        status = iv_fail_nomem(err);
    else
        status = iv_archives_get(ds->archives, path, &zip, err);
    if (zip) {
        *found = true;
        out->kind = IV_PLACE_MEMBER;
        out->zip = zip;
        out->archive = iv_zip_path(zip);
        out->member = member(zip, name);
        out->path = name;
        name = NULL;
    } else if (status != IMGVEC_ERR_NO_MEMORY && !iv_is_file(path) &&
               !iv_equal_nocase(iv_path_ending(archive), "zip")) {
        status = IMGVEC_OK; /* a path that happens to hold "!/" */
    }
    iv_free(ds->ctx, name);
    iv_free(ds->ctx, archive);
    iv_free(ds->ctx, path);
    return status;
}

static imgvec_status on_disk(const imgvec_dataset *ds, const char *text, size_t length,
                             iv_place *out, imgvec_error *err)
{
    out->kind = IV_PLACE_FILE;
    char *name = iv_strndup(ds->ctx, text, length);
    char *path = name ? iv_path_join(ds->ctx, ds->folder, name) : NULL;
    iv_free(ds->ctx, name);
    if (!path)
        return iv_fail_nomem(err);
    out->path = path;
    if (!memchr(text, '\\', length) || iv_is_file(path))
        return IMGVEC_OK;
    name = iv_place_normal(ds->ctx, text, length);
    char *other = name ? iv_path_join(ds->ctx, ds->folder, name) : NULL;
    iv_free(ds->ctx, name);
    if (!other)
        return iv_fail_nomem(err);
    bool better = iv_is_file(other);
    iv_free(ds->ctx, better ? path : other);
    out->path = better ? other : path;
    return IMGVEC_OK;
}

/* "http://", "ftp://"...: a letter and letters, digits, "+", "-", "." before "://". */
static bool has_scheme(const char *text, size_t length)
{
    size_t n = 0;
    while (n < length && ((text[n] | 32) >= 'a' && (text[n] | 32) <= 'z'))
        n++;
    while (n > 0 && n < length &&
           (((text[n] | 32) >= 'a' && (text[n] | 32) <= 'z') ||
            (text[n] >= '0' && text[n] <= '9') || text[n] == '+' || text[n] == '-' ||
            text[n] == '.'))
        n++;
    return n > 0 && length - n >= 3 && memcmp(text + n, "://", 3) == 0;
}

bool iv_place_is_url(const imgvec_dataset *ds, const char *text, size_t length)
{
    return ds->base_url || has_scheme(text, length);
}

/* A link that is none stays as it is: it is refused when it is fetched. */
static imgvec_status behind_url(const imgvec_dataset *ds, const char *text, size_t length,
                                iv_place *out, imgvec_error *err)
{
    out->kind = IV_PLACE_URL;
    if (ds->base_url && !has_scheme(text, length)) {
        imgvec_status status = iv_http_join(ds->ctx, ds->base_url, text, length, &out->path, err);
        if (status == IMGVEC_OK || status == IMGVEC_ERR_NO_MEMORY)
            return status;
    }
    out->path = iv_strndup(ds->ctx, text, length);
    return out->path ? IMGVEC_OK : iv_fail_nomem(err);
}

imgvec_status iv_place_find(const imgvec_dataset *ds, const char *text, size_t length,
                            iv_place *out, imgvec_error *err)
{
    memset(out, 0, sizeof *out);
    out->member = SIZE_MAX;
    imgvec_status status = IMGVEC_OK;
    if (memchr(text, '\0', length)) {
        status = iv_fail(err, IMGVEC_ERR_NOT_FOUND, "a path with a NUL character");
    } else if (iv_place_is_url(ds, text, length)) {
        status = behind_url(ds, text, length, out, err);
    } else if (ds->zip) {
        status = in_archive(ds, text, length, out, err);
    } else {
        bool found;
        status = in_other_archive(ds, text, length, &found, out, err);
        if (status == IMGVEC_OK && !found)
            status = on_disk(ds, text, length, out, err);
    }
    if (status != IMGVEC_OK)
        iv_place_free(ds->ctx, out);
    return status;
}

void iv_place_free(imgvec_context *ctx, iv_place *place)
{
    iv_free(ctx, place->path);
    place->path = NULL;
}
