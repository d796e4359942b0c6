/* torch before 1.6: pickles of a magic number, a version, facts about the machine, the object
 * and the list of its storages' keys; then a 64-bit count and the bytes of each storage. */
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "io/dtype.h"
#include "io/pth.h"

#define FIRST ((size_t)128 << 10) /* bytes looked at before more are read */
#define PROTOCOL 1001

typedef struct legacy {
    imgvec_context *ctx;
    iv_source source;
    char *head; /* the file's first bytes */
    size_t size, at;
    iv_pickle object, keys;
    imgvec_error *err;
    bool cut; /* the head is too short */
} legacy;

/* Protocol 2 and the magic number as a long integer of ten bytes, and the end. */
static const unsigned char magic[] = {0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46,
                                      0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E};

static imgvec_status next_pickle(legacy *f, iv_pickle *p)
{
    imgvec_status status = iv_pickle_read(f->ctx, f->head + f->at, f->size - f->at, p, f->err);
    f->cut = p->cut;
    f->at += p->used;
    return status;
}

static imgvec_status check_version(legacy *f)
{
    iv_pickle p;
    imgvec_status status = next_pickle(f, &p);
    if (status == IMGVEC_OK && !(p.root->type == IV_PICKLE_INT && p.root->as.integer == PROTOCOL))
        status = iv_fail(f->err, IMGVEC_ERR_FORMAT, "its version is not %d", PROTOCOL);
    iv_pickle_free(&p);
    return status;
}

static imgvec_status check_machine(legacy *f)
{
    iv_pickle p;
    imgvec_status status = next_pickle(f, &p);
    if (status == IMGVEC_OK) {
        const iv_pickle_value *little =
            p.root->type == IV_PICKLE_DICT ? iv_pickle_get(p.root, "little_endian") : NULL;
        if (!iv_pickle_is(little, IV_PICKLE_BOOL))
            status = iv_fail(f->err, IMGVEC_ERR_FORMAT, "it does not tell its byte order");
        else if (!little->as.integer)
            status = iv_fail(f->err, IMGVEC_ERR_UNSUPPORTED,
                             "its numbers are not little-endian: load it with torch and save it "
                             "again");
    }
    iv_pickle_free(&p);
    return status;
}

static imgvec_status read_pickles(legacy *f)
{
    if (f->size < sizeof magic || memcmp(f->head, magic, sizeof magic) != 0)
        return iv_fail(f->err, IMGVEC_ERR_FORMAT,
                       "neither a checkpoint of torch (its magic number is another) nor a "
                       "safetensors file");
    f->at = sizeof magic;
    IV_TRY(check_version(f));
    IV_TRY(check_machine(f));
    IV_TRY(next_pickle(f, &f->object));
    return next_pickle(f, &f->keys);
}

/* Reads more and more of the file's beginning until the pickles are whole: how long they are
 * is not told anywhere. */
static imgvec_status read_head(legacy *f, uint64_t max_pickle)
{
    uint64_t most = max_pickle < f->source.size ? max_pickle : f->source.size;
    for (uint64_t size = FIRST;; size *= 8) {
        f->size = (size_t)(size < most ? size : most);
        f->head = iv_alloc(f->ctx, f->size);
        if (!f->head)
            return iv_fail_nomem(f->err);
        IV_TRY(iv_source_read(&f->source, 0, f->head, f->size, f->err));
        imgvec_status status = read_pickles(f);
        if (status == IMGVEC_OK || !f->cut)
            return status;
        if (f->size == f->source.size)
            return iv_fail(f->err, IMGVEC_ERR_FORMAT,
                           "the file is cut short: its pickle ends "
                           "too early");
        if (f->size == most)
            return iv_fail(f->err, IMGVEC_ERR_LIMIT, "its pickles have more than %llu bytes",
                           (unsigned long long)max_pickle);
        iv_pickle_free(&f->object);
        iv_pickle_free(&f->keys);
        iv_free(f->ctx, f->head);
        f->head = NULL;
    }
}

static imgvec_status place(legacy *f, iv_pickle_storage *s, uint64_t *at)
{
    unsigned char count[8];
    uint64_t declared = 0, left = f->source.size - *at;
    if (left < sizeof count)
        return iv_fail(f->err, IMGVEC_ERR_FORMAT, "the file is cut short before storage \"%.100s\"",
                       s->key);
    IV_TRY(iv_source_read(&f->source, *at, count, sizeof count, f->err));
    for (int i = 7; i >= 0; i--)
        declared = declared << 8 | count[i];
    if (declared != s->count)
        return iv_fail(f->err, IMGVEC_ERR_FORMAT,
                       "storage \"%.100s\" has %llu elements, its tensors say %llu", s->key,
                       (unsigned long long)declared, (unsigned long long)s->count);
    if (s->bytes > left - sizeof count)
        return iv_fail(f->err, IMGVEC_ERR_FORMAT, "the file is cut short in storage \"%.100s\"",
                       s->key);
    s->offset = *at + sizeof count;
    s->found = true;
    *at = s->offset + s->bytes;
    return IMGVEC_OK;
}

/* Where each storage is, in the order of the keys. */
static imgvec_status find_storages(legacy *f)
{
    iv_pickle *p = &f->object;
    const iv_pickle_value *keys = f->keys.root;
    const iv_name_list list = {p->storages, sizeof *p->storages};
    uint64_t at = f->at;
    if (keys->type != IV_PICKLE_LIST)
        return iv_fail(f->err, IMGVEC_ERR_FORMAT, "its list of storages is no list");
    for (uint32_t i = 0; i < keys->count; i++) {
        const iv_pickle_value *key = keys->as.items[i];
        size_t index = key->type == IV_PICKLE_TEXT
                           ? iv_names_find(&p->storage_names, list, key->as.text)
                           : SIZE_MAX;
        if (index == SIZE_MAX || p->storages[index].found)
            return iv_fail(f->err, IMGVEC_ERR_FORMAT,
                           "its list of storages names one that no tensor has, or one twice");
        IV_TRY(place(f, &p->storages[index], &at));
    }
    for (size_t i = 0; i < p->storage_count; i++)
        if (!p->storages[i].found)
            return iv_fail(f->err, IMGVEC_ERR_FORMAT, "storage \"%.100s\" is not in the file",
                           p->storages[i].key);
    return IMGVEC_OK;
}

static imgvec_status read_storage(const void *user, const iv_pickle_storage *s, void *dst,
                                  imgvec_error *err)
{
    const legacy *f = user;
    return iv_source_read(&f->source, s->offset, dst, (size_t)s->bytes, err);
}

imgvec_status iv_pth_legacy_open(imgvec_context *ctx, const char *path, uint64_t max_pickle,
                                 iv_tensors **out, imgvec_error *err)
{
    legacy f = {.ctx = ctx, .err = err};
    IV_TRY(iv_source_open(ctx, path, &f.source, err));
    imgvec_status status = read_head(&f, max_pickle);
    if (status == IMGVEC_OK)
        status = find_storages(&f);
    if (status == IMGVEC_OK) {
        const iv_pth_container c = {ctx, f.source.size, &f, read_storage};
        status = iv_pth_load(&c, &f.object, out, err);
    }
    iv_pickle_free(&f.object);
    iv_pickle_free(&f.keys);
    iv_free(ctx, f.head);
    iv_source_close(ctx, &f.source);
    return iv_prefix(err, status, "%s", path);
}
