/* torch >= 1.6: <folder>/data.pkl, <folder>/data/<key>, <folder>/byteorder, mostly stored. */
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "io/pth.h"
#include "io/zip_reader.h"

#define PIECE ((size_t)256 << 10) /* read and checked at once */
#define PLACE_MAX 1100
#define UNPACKED_FREE (UINT64_C(32) << 20) /* beyond 8 times the file, times 8 */

typedef struct archive {
    imgvec_context *ctx;
    iv_zip *zip;
    int folder_size; /* of the folder's name, with its slash */
    const char *folder;
} archive;

static imgvec_status read_stored(const archive *a, const iv_zip_entry *e, unsigned char *dst,
                                 imgvec_error *err)
{
    uint32_t crc = 0;
    for (uint64_t done = 0; done < e->size;) {
        size_t n = e->size - done < PIECE ? (size_t)(e->size - done) : PIECE;
        IV_TRY(iv_zip_read_raw(a->zip, e->data_offset + done, dst + done, n, err));
        crc = (uint32_t)crc32_z(crc, dst + done, n);
        done += n;
    }
    if (crc != e->crc)
        return iv_fail(err, IMGVEC_ERR_FORMAT,
                       "member \"%.300s\" is damaged: its CRC is wrong (a file that was saved "
                       "without CRCs looks the same: save it again with them)",
                       e->name);
    return IMGVEC_OK;
}

/* The member's first bytes, `size` of them; all of it is checked. */
static imgvec_status read_member(const archive *a, size_t index, void *dst, size_t size,
                                 imgvec_error *err)
{
    const iv_zip_entry *e = iv_zip_entry_at(a->zip, index);
    void *data = NULL;
    size_t all = 0;
    if (e->method == 0 && e->size == size)
        return read_stored(a, e, dst, err);
    IV_TRY(iv_zip_read(a->zip, index, 0, &data, &all, err));
    if (size)
        memcpy(dst, data, size);
    iv_free(a->ctx, data);
    return IMGVEC_OK;
}

static size_t find(const archive *a, const char *folder, const char *name)
{
    char place[PLACE_MAX];
    int n = snprintf(place, sizeof place, "%.*s%s%s", a->folder_size, a->folder, folder, name);
    return n < PLACE_MAX ? iv_zip_find(a->zip, place) : SIZE_MAX;
}

static imgvec_status read_storage(const void *user, const iv_pickle_storage *s, void *dst,
                                  imgvec_error *err)
{
    const archive *a = user;
    return read_member(a, (size_t)s->offset, dst, (size_t)s->bytes, err);
}

/* Finds every storage's member, before anything gets memory for it. */
static imgvec_status find_storages(const archive *a, iv_pickle *p, imgvec_error *err)
{
    for (size_t i = 0; i < p->storage_count; i++) {
        iv_pickle_storage *s = &p->storages[i];
        size_t index = find(a, "data/", s->key);
        if (index == SIZE_MAX)
            return iv_fail(err, IMGVEC_ERR_FORMAT, "storage \"%.300s\" is not in the archive",
                           s->key);
        const iv_zip_entry *e = iv_zip_entry_at(a->zip, index);
        if (e->size < s->bytes)
            return iv_fail(err, IMGVEC_ERR_FORMAT,
                           "storage \"%.300s\" should have %llu bytes, its member has %llu", s->key,
                           (unsigned long long)s->bytes, (unsigned long long)e->size);
        if (e->method != 0 && e->size / 8 > iv_zip_file_size(a->zip) + UNPACKED_FREE)
            return iv_fail(err, IMGVEC_ERR_LIMIT,
                           "member \"%.300s\" is out of proportion to the file when unpacked",
                           e->name);
        s->offset = index;
        s->found = true;
    }
    return IMGVEC_OK;
}

/* The one data.pkl in a folder at the top. */
static imgvec_status find_pickle(archive *a, size_t *index, imgvec_error *err)
{
    *index = SIZE_MAX;
    for (size_t i = 0; i < iv_zip_count(a->zip); i++) {
        const char *name = iv_zip_entry_at(a->zip, i)->name, *slash = strchr(name, '/');
        if (!slash || strcmp(slash + 1, "data.pkl") != 0)
            continue;
        if (*index != SIZE_MAX)
            return iv_fail(err, IMGVEC_ERR_FORMAT, "two folders of it hold a data.pkl");
        a->folder = name;
        a->folder_size = (int)(slash + 1 - name);
        *index = i;
    }
    if (*index == SIZE_MAX)
        return iv_fail(err, IMGVEC_ERR_FORMAT,
                       "a zip archive without data.pkl in a folder is no checkpoint of torch");
    if (find(a, "", "constants.pkl") != SIZE_MAX)
        return iv_fail(err, IMGVEC_ERR_UNSUPPORTED,
                       "a TorchScript archive: save the module's state_dict() instead");
    return IMGVEC_OK;
}

static imgvec_status check_byteorder(const archive *a, imgvec_error *err)
{
    size_t index = find(a, "", "byteorder");
    char text[sizeof "little"] = "";
    if (index == SIZE_MAX)
        return IMGVEC_OK;
    uint64_t size = iv_zip_entry_at(a->zip, index)->size;
    if (size < sizeof text)
        IV_TRY(read_member(a, index, text, (size_t)size, err));
    if (strcmp(text, "little") != 0)
        return iv_fail(err, IMGVEC_ERR_UNSUPPORTED,
                       "its numbers are not little-endian: load it with torch and save it again");
    return IMGVEC_OK;
}

static imgvec_status read_pickle(const archive *a, size_t index, uint64_t max_pickle, iv_pickle *p,
                                 imgvec_error *err)
{
    uint64_t size = iv_zip_entry_at(a->zip, index)->size;
    if (size > max_pickle)
        return iv_fail(err, IMGVEC_ERR_LIMIT, "its data.pkl has %llu bytes, more than %llu",
                       (unsigned long long)size, (unsigned long long)max_pickle);
    void *data = iv_alloc(a->ctx, (size_t)size);
    if (!data)
        return iv_fail_nomem(err);
    imgvec_status status = read_member(a, index, data, (size_t)size, err);
    if (status == IMGVEC_OK)
        status = iv_pickle_read(a->ctx, data, (size_t)size, p, err);
    iv_free(a->ctx, data);
    return status;
}

imgvec_status iv_pth_zip_open(imgvec_context *ctx, const char *path, uint64_t max_pickle,
                              iv_tensors **out, imgvec_error *err)
{
    archive a = {.ctx = ctx};
    iv_pickle p = {0};
    size_t index;
    const iv_zip_limits limits = {.name_bytes = 1024};
    IV_TRY(iv_zip_open(ctx, path, &limits, &a.zip, err));
    imgvec_status status = find_pickle(&a, &index, err);
    if (status == IMGVEC_OK)
        status = check_byteorder(&a, err);
    if (status == IMGVEC_OK)
        status = read_pickle(&a, index, max_pickle, &p, err);
    if (status == IMGVEC_OK)
        status = find_storages(&a, &p, err);
    if (status == IMGVEC_OK) {
        const iv_pth_container c = {ctx, iv_zip_file_size(a.zip), &a, read_storage};
        status = iv_pth_load(&c, &p, out, err);
    }
    iv_pickle_free(&p);
    iv_zip_close(a.zip);
    return iv_prefix(err, status, "%s", path);
}
