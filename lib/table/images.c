/* Image cells: their path for people, and their pixels. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "table/cell_images.h"
#include "table/place.h"

/* Text of a cell that is a path; false for a missing one and for images in memory. */
static bool path_text(const imgvec_dataset *ds, int32_t column, int64_t row, const char **text,
                      size_t *length)
{
    const iv_column *c = &ds->columns[column];
    if (c->store == IV_STORE_NUMBERS)
        return false;
    return iv_dataset_text(ds, column, row, NULL, text, length) && *length > 0;
}

static void add_path(const imgvec_dataset *ds, const char *text, size_t length, iv_text *out)
{
    iv_place place;
    imgvec_error ignored;
    imgvec_status status = iv_place_find(ds, text, length, &place, &ignored);
    if (status == IMGVEC_ERR_NO_MEMORY) {
        out->failed = true;
    } else if (status != IMGVEC_OK) {
        iv_text_add_n(out, text, length); /* an archive that cannot be opened: as it was read */
    } else {
        if (place.kind == IV_PLACE_MEMBER) {
            iv_text_add(out, place.archive);
            iv_text_add(out, "!/");
        }
        iv_text_add(out, place.path);
        iv_place_free(ds->ctx, &place);
    }
}

void iv_dataset_image_path(const imgvec_dataset *ds, int32_t column, int64_t row, iv_text *out)
{
    const char *text;
    size_t length;
    iv_cell_paths paths;
    if (!path_text(ds, column, row, &text, &length))
        return;
    if (iv_cell_paths_begin(ds, text, length, &paths, NULL) != IMGVEC_OK) {
        out->failed = true;
        return;
    }
    for (int i = 0; iv_cell_paths_next(&paths, &text, &length); i++) {
        if (i > 0)
            iv_text_add(out, ";");
        add_path(ds, text, length, out);
    }
}

/* Readers put the path before their reason; callers of iv_dataset_image add it themselves. */
static void strip(imgvec_error *err, const char *path)
{
    size_t n = strlen(path);
    if (!err || n == 0 || strncmp(err->text, path, n) != 0)
        return;
    const char *rest = err->text + n;
    if (rest[0] == '!' && rest[1] == '/')
        rest += 2;
    else if (rest[0] == ':' || rest[0] == ',')
        rest += 1;
    else
        return;
    while (*rest == ' ')
        rest++;
    if (*rest)
        memmove(err->text, rest, strlen(rest) + 1);
}

/* member "a/b.jpg" is ... -> the member is ... */
static void strip_member(imgvec_error *err, const char *path)
{
    static const char before[] = "member \"", instead[] = "the member";
    size_t n = strlen(path), head = sizeof before - 1;
    if (!err || strncmp(err->text, before, head) != 0 || strncmp(err->text + head, path, n) != 0 ||
        err->text[head + n] != '"')
        return;
    const char *rest = err->text + head + n + 1;
    size_t length = strlen(rest) + 1; /* moves forward: path has a character or more */
    memmove(err->text + sizeof instead - 1, rest, length);
    memcpy(err->text, instead, sizeof instead - 1);
}

/* Files and members do not know which option limits their size. */
static imgvec_status name_limit(imgvec_status status, imgvec_error *err)
{
    if (status == IMGVEC_ERR_LIMIT && err) {
        size_t used = strlen(err->text);
        snprintf(err->text + used, sizeof err->text - used, " (option max_image_bytes)");
    }
    return status;
}

static imgvec_status read_place(const imgvec_dataset *ds, const iv_place *place, void **data,
                                size_t *size, imgvec_error *err)
{
    uint64_t limit = ds->image_limits.bytes;
    if (place->kind == IV_PLACE_URL)
        return iv_remote_read(ds->remote, place->path, limit, data, size, err);
    if (place->kind == IV_PLACE_FILE) {
        char *bytes = NULL;
        imgvec_status status = iv_file_read(ds->ctx, place->path, limit, &bytes, size, err);
        *data = bytes;
        if (status == IMGVEC_ERR_NOT_FOUND)
            iv_fail(err, status, "no such file");
        else if (status != IMGVEC_OK)
            strip(err, place->path);
        return name_limit(status, err);
    }
    if (place->member == SIZE_MAX)
        return iv_fail(err, IMGVEC_ERR_NOT_FOUND, "no such file in the archive");
    imgvec_status status = iv_zip_read(place->zip, place->member, limit, data, size, err);
    if (status != IMGVEC_OK) {
        strip(err, place->archive);
        strip_member(err, place->path);
    }
    return name_limit(status, err);
}

static imgvec_status decode_path(const imgvec_dataset *ds, const char *text, size_t length,
                                 iv_image *out, iv_digest *digest, imgvec_error *err)
{
    iv_place place;
    IV_TRY(iv_place_find(ds, text, length, &place, err));
    void *data = NULL;
    size_t size = 0;
    imgvec_status status = read_place(ds, &place, &data, &size, err);
    iv_place_free(ds->ctx, &place);
    if (status == IMGVEC_OK) {
        if (digest)
            *digest = iv_hash(data, size);
        status =
            iv_image_decode(ds->ctx, data, size, &ds->image_limits, IV_IMAGE_UPRIGHT, out, err);
    }
    iv_free(ds->ctx, data);
    return status;
}

/* Of pixels and their layout. */
static iv_digest pixels_digest(const iv_picture *p)
{
    struct {
        iv_digest pixels;
        int32_t width, height, format;
    } all = {iv_hash(p->data, p->size), p->width, p->height, p->format};
    return iv_hash(&all, sizeof all);
}

static imgvec_status decode_picture(const imgvec_dataset *ds, const iv_picture *p, iv_image *out,
                                    iv_digest *digest, imgvec_error *err)
{
    if (p->kind == IV_PICTURE_BYTES) {
        if (digest)
            *digest = iv_hash(p->data, p->size);
        return iv_image_decode(ds->ctx, p->data, p->size, &ds->image_limits, IV_IMAGE_UPRIGHT, out,
                               err);
    }
    if (digest)
        *digest = pixels_digest(p);
    return iv_image_from_pixels(ds->ctx, p->data, p->width, p->height, p->size / (size_t)p->height,
                                p->format, out, err);
}

imgvec_status iv_cell_images_begin(const imgvec_dataset *ds, int32_t column, int64_t row,
                                   iv_cell_images *out, imgvec_error *err)
{
    const iv_column *c = &ds->columns[column];
    *out = (iv_cell_images){.ds = ds, .index = -1};
    if (c->store == IV_STORE_NUMBERS)
        return iv_fail(err, IMGVEC_ERR_DATA, "column %s holds numbers, not images", c->name);
    if (iv_dataset_missing(ds, column, row))
        return IMGVEC_OK;
    if (c->store == IV_STORE_PICTURES && c->pictures[row].kind != IV_PICTURE_PATH) {
        out->picture = &c->pictures[row];
        return IMGVEC_OK;
    }
    const char *text;
    size_t length;
    if (!path_text(ds, column, row, &text, &length))
        return IMGVEC_OK;
    return iv_cell_paths_begin(ds, text, length, &out->paths, err);
}

bool iv_cell_images_next(iv_cell_images *i)
{
    i->index++;
    if (i->picture)
        return i->index == 0;
    return iv_cell_paths_next(&i->paths, &i->path, &i->length);
}

imgvec_status iv_cell_images_decode(const iv_cell_images *i, iv_image *out, iv_digest *digest,
                                    imgvec_error *err)
{
    return i->picture ? decode_picture(i->ds, i->picture, out, digest, err)
                      : decode_path(i->ds, i->path, i->length, out, digest, err);
}

void iv_cell_images_path(const iv_cell_images *i, iv_text *out)
{
    if (!i->picture)
        add_path(i->ds, i->path, i->length, out);
}

imgvec_status iv_dataset_image(const imgvec_dataset *ds, int32_t column, int64_t row, iv_image *out,
                               imgvec_error *err)
{
    iv_cell_images images;
    IV_TRY(iv_cell_images_begin(ds, column, row, &images, err));
    if (!iv_cell_images_next(&images))
        return iv_fail(err, IMGVEC_ERR_NOT_FOUND, "the cell is empty");
    return iv_cell_images_decode(&images, out, NULL, err);
}
