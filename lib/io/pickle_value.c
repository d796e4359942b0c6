#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/pickle_internal.h"

#define BLOCK ((size_t)64 << 10)
#define TOTAL_MAX ((size_t)256 << 20) /* bytes of values */
#define FEW 16                        /* names compared one by one */

struct iv_pickle_block {
    iv_pickle_block *next;
    _Alignas(16) char data[];
};

void *iv_pickle_alloc(iv_pickle *p, size_t bytes)
{
    if (bytes > TOTAL_MAX - 8 - p->total) {
        p->full = true;
        return NULL;
    }
    bytes = (bytes + 7) & ~(size_t)7;
    if (!p->blocks || bytes > p->block_size - p->block_at) {
        /* Small pickles are many (a legacy file has five): begin small. */
        size_t size = p->blocks ? BLOCK : BLOCK / 16;
        if (bytes > size)
            size = bytes;
        iv_pickle_block *block = iv_alloc(p->ctx, sizeof *block + size);
        if (!block)
            return NULL;
        block->next = p->blocks;
        p->blocks = block;
        p->block_size = size;
        p->block_at = 0;
    }
    void *memory = p->blocks->data + p->block_at;
    p->block_at += bytes;
    p->total += bytes;
    return memory;
}

imgvec_status iv_pickle_no_memory(const iv_pickle *p, imgvec_error *err)
{
    if (p->full)
        return iv_fail(err, IMGVEC_ERR_LIMIT, "the pickle needs more than %zu MB of memory",
                       TOTAL_MAX >> 20);
    return iv_fail_nomem(err);
}

void iv_pickle_free(iv_pickle *p)
{
    for (iv_pickle_block *b = p->blocks, *next; b; b = next) {
        next = b->next;
        iv_free(p->ctx, b);
    }
    if (p->ctx) {
        iv_free(p->ctx, p->storages);
        iv_names_clear(p->ctx, &p->storage_names);
        iv_free(p->ctx, p->dicts);
    }
    memset(p, 0, sizeof *p);
}

imgvec_status iv_pickle_value_new(iv_pickle *p, iv_pickle_type type, iv_pickle_value **out,
                                  imgvec_error *err)
{
    iv_pickle_value *v = iv_pickle_alloc(p, sizeof *v);
    if (!v)
        return iv_pickle_no_memory(p, err);
    memset(v, 0, sizeof *v);
    v->type = (uint8_t)type;
    *out = v;
    return IMGVEC_OK;
}

imgvec_status iv_pickle_dict_new(iv_pickle *p, iv_pickle_value **out, imgvec_error *err)
{
    if (iv_reserve(p->ctx, &p->dicts, &p->dict_capacity, p->dict_count + 1, sizeof *p->dicts) != 0)
        return iv_fail_nomem(err);
    IV_TRY(iv_pickle_value_new(p, IV_PICKLE_DICT, out, err));
    p->dicts[p->dict_count++] = *out;
    return IMGVEC_OK;
}

imgvec_status iv_pickle_text_new(iv_pickle *p, const char *text, size_t length,
                                 iv_pickle_value **out, imgvec_error *err)
{
    bool sound = !memchr(text, '\0', length) && iv_utf8_valid(text, length) == length;
    char *copy = iv_pickle_alloc(p, length + 1);
    if (!copy)
        return iv_pickle_no_memory(p, err);
    memcpy(copy, text, length);
    copy[length] = '\0';
    IV_TRY(iv_pickle_value_new(p, sound ? IV_PICKLE_TEXT : IV_PICKLE_BYTES, out, err));
    (*out)->count = (uint32_t)length;
    (*out)->as.text = copy;
    return IMGVEC_OK;
}

/* Room for one more item of `size` bytes in a list or dictionary. */
static void *room(iv_pickle *p, iv_pickle_value *v, void *items, size_t size)
{
    if (v->count < v->capacity)
        return items;
    uint32_t capacity = v->capacity ? 2 * v->capacity : 4;
    void *grown = v->count < UINT32_MAX / 2 ? iv_pickle_alloc(p, capacity * size) : NULL;
    if (!grown)
        return NULL;
    if (v->count)
        memcpy(grown, items, v->count * size);
    v->capacity = capacity;
    return grown;
}

imgvec_status iv_pickle_append(iv_pickle *p, iv_pickle_value *list, iv_pickle_value *item,
                               imgvec_error *err)
{
    iv_pickle_value **items = room(p, list, list->as.items, sizeof *items);
    if (!items)
        return iv_pickle_no_memory(p, err);
    items[list->count++] = item;
    list->as.items = items;
    return IMGVEC_OK;
}

imgvec_status iv_pickle_set(iv_pickle *p, iv_pickle_value *dict, const iv_pickle_value *key,
                            iv_pickle_value *value, imgvec_error *err)
{
    iv_pickle_entry *entries = room(p, dict, dict->as.entries, sizeof *entries);
    if (!entries)
        return iv_pickle_no_memory(p, err);
    entries[dict->count].name = key->type == IV_PICKLE_TEXT ? key->as.text : NULL;
    entries[dict->count].value = value;
    dict->count++;
    dict->as.entries = entries;
    return IMGVEC_OK;
}

iv_pickle_value *iv_pickle_get(const iv_pickle_value *dict, const char *name)
{
    for (uint32_t i = 0; i < dict->count; i++)
        if (dict->as.entries[i].name && strcmp(dict->as.entries[i].name, name) == 0)
            return dict->as.entries[i].value;
    return NULL;
}

static imgvec_status twice(const char *name, imgvec_error *err)
{
    return iv_fail(err, IMGVEC_ERR_FORMAT, "the name \"%.300s\" is there twice", name);
}

imgvec_status iv_pickle_check_names(iv_pickle *p, imgvec_error *err)
{
    for (size_t i = 0; i < p->dict_count; i++) {
        const iv_pickle_entry *e = p->dicts[i]->as.entries;
        uint32_t count = p->dicts[i]->count;
        if (count <= FEW) {
            for (uint32_t a = 1; a < count; a++)
                for (uint32_t b = 0; b < a; b++)
                    if (e[a].name && e[b].name && strcmp(e[a].name, e[b].name) == 0)
                        return twice(e[a].name, err);
            continue;
        }
        iv_names names = {0};
        int added = IV_NAME_ADDED;
        size_t other;
        uint32_t at = 0;
        for (; at < count && added == IV_NAME_ADDED; at++)
            if (e[at].name)
                added = iv_names_add(p->ctx, &names, (iv_name_list){e, sizeof *e}, at, &other);
        iv_names_clear(p->ctx, &names);
        if (added == IV_NAME_NO_MEMORY)
            return iv_fail_nomem(err);
        if (added == IV_NAME_TWICE)
            return twice(e[at - 1].name, err);
    }
    return IMGVEC_OK;
}
