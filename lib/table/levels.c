#include "table/levels.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/mem.h"

uint64_t iv_text_hash(const char *text, size_t length)
{
    uint64_t hash;
    iv_digest digest = iv_hash(text, length);
    memcpy(&hash, digest.bytes, sizeof hash);
    return hash ? hash : 1;
}

/* Slot of the hash, or the free one where it belongs. size is a power of two. */
static size_t slot_of(const uint64_t *slots, size_t size, uint64_t hash)
{
    size_t i = (size_t)hash & (size - 1);
    while (slots[i] != 0 && slots[i] != hash)
        i = (i + 1) & (size - 1);
    return i;
}

static imgvec_status grow(iv_distinct *set, imgvec_error *err)
{
    size_t size = set->size ? set->size * 2 : 64;
    uint64_t *slots = iv_calloc(set->ctx, size, sizeof *slots);
    if (!slots)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < set->size; i++)
        if (set->slots[i] != 0)
            slots[slot_of(slots, size, set->slots[i])] = set->slots[i];
    iv_free(set->ctx, set->slots);
    set->slots = slots;
    set->size = size;
    return IMGVEC_OK;
}

imgvec_status iv_distinct_add(iv_distinct *set, uint64_t hash, bool *fresh, imgvec_error *err)
{
    if (set->count + 1 > set->size / 2)
        IV_TRY(grow(set, err));
    size_t i = slot_of(set->slots, set->size, hash);
    *fresh = set->slots[i] == 0;
    if (*fresh) {
        set->slots[i] = hash;
        set->count++;
    }
    return IMGVEC_OK;
}

void iv_distinct_free(iv_distinct *set)
{
    if (set->slots)
        iv_free(set->ctx, set->slots);
    set->slots = NULL;
    set->size = set->count = 0;
}

/* Hash table over the levels: index + 1, 0 for a free slot. */
typedef struct table {
    uint32_t *slots;
    uint64_t *hashes; /* of each level */
    size_t size, hashes_capacity;
} table;

static imgvec_status grow_table(iv_levels *levels, table *t, imgvec_error *err)
{
    size_t size = t->size ? t->size * 2 : 64;
    uint32_t *slots = iv_calloc(levels->ctx, size, sizeof *slots);
    if (!slots)
        return iv_fail_nomem(err);
    for (size_t level = 0; level < levels->count; level++) {
        size_t i = (size_t)t->hashes[level] & (size - 1);
        while (slots[i] != 0)
            i = (i + 1) & (size - 1);
        slots[i] = (uint32_t)level + 1;
    }
    iv_free(levels->ctx, t->slots);
    t->slots = slots;
    t->size = size;
    return IMGVEC_OK;
}

static bool level_is(const imgvec_dataset *ds, int32_t column, const iv_level *level,
                     const char *text, size_t length)
{
    char buffer[IV_NUMBER_MAX];
    const char *other;
    size_t other_length;
    return iv_dataset_text(ds, column, level->first, buffer, &other, &other_length) &&
           other_length == length && memcmp(other, text, length) == 0;
}

static imgvec_status add(const imgvec_dataset *ds, int32_t column, int64_t row, const char *text,
                         size_t length, iv_levels *levels, table *t, int32_t *index,
                         imgvec_error *err)
{
    if (levels->count + 1 > t->size / 2)
        IV_TRY(grow_table(levels, t, err));
    uint64_t hash = iv_text_hash(text, length);
    size_t i = (size_t)hash & (t->size - 1);
    for (; t->slots[i] != 0; i = (i + 1) & (t->size - 1)) {
        size_t level = t->slots[i] - 1;
        if (t->hashes[level] == hash && level_is(ds, column, &levels->items[level], text, length)) {
            levels->items[level].rows++;
            *index = (int32_t)level;
            return IMGVEC_OK;
        }
    }
    if (levels->count >= INT32_MAX)
        return iv_fail(err, IMGVEC_ERR_LIMIT, "column %s: too many different values",
                       iv_dataset_column_name(ds, column));
    if (iv_reserve(levels->ctx, &levels->items, &levels->capacity, levels->count + 1,
                   sizeof *levels->items) != 0 ||
        iv_reserve(levels->ctx, &t->hashes, &t->hashes_capacity, levels->count + 1,
                   sizeof *t->hashes) != 0)
        return iv_fail_nomem(err);
    levels->items[levels->count] = (iv_level){.first = row, .rows = 1};
    t->hashes[levels->count] = hash;
    *index = (int32_t)levels->count;
    t->slots[i] = (uint32_t)++levels->count;
    return IMGVEC_OK;
}

imgvec_status iv_levels_read(const imgvec_dataset *ds, int32_t column, int32_t *of_row,
                             iv_levels *out, imgvec_error *err)
{
    memset(out, 0, sizeof *out);
    out->ctx = ds->ctx;
    table t = {0};
    imgvec_status status = IMGVEC_OK;
    int64_t rows = ds->columns[column].count;
    for (int64_t row = 0; row < rows && status == IMGVEC_OK; row++) {
        char buffer[IV_NUMBER_MAX];
        const char *text;
        size_t length;
        int32_t index = -1;
        if (iv_dataset_text(ds, column, row, buffer, &text, &length))
            status = add(ds, column, row, text, length, out, &t, &index, err);
        if (of_row)
            of_row[row] = index;
    }
    iv_free(out->ctx, t.slots);
    iv_free(out->ctx, t.hashes);
    if (status != IMGVEC_OK)
        iv_levels_free(out);
    return status;
}

void iv_levels_free(iv_levels *levels)
{
    if (levels->items)
        iv_free(levels->ctx, levels->items);
    levels->items = NULL;
    levels->count = levels->capacity = 0;
}

typedef struct order {
    const imgvec_dataset *ds;
    int32_t column;
} order;

static int by_name(const void *a, const void *b, void *user)
{
    const order *o = user;
    char buffers[2][IV_NUMBER_MAX];
    const char *x = "", *y = "";
    size_t m = 0, n = 0;
    iv_dataset_text(o->ds, o->column, ((const iv_level *)a)->first, buffers[0], &x, &m);
    iv_dataset_text(o->ds, o->column, ((const iv_level *)b)->first, buffers[1], &y, &n);
    int c = memcmp(x, y, m < n ? m : n);
    return c ? c : (m > n) - (m < n);
}

static int by_rows(const void *a, const void *b, void *user)
{
    int64_t x = ((const iv_level *)a)->rows, y = ((const iv_level *)b)->rows;
    return x != y ? (x < y) - (x > y) : by_name(a, b, user);
}

void iv_levels_sort_by_name(const imgvec_dataset *ds, int32_t column, iv_levels *levels)
{
    order o = {ds, column};
    if (levels->count > 1)
        qsort_r(levels->items, levels->count, sizeof *levels->items, by_name, &o);
}

void iv_levels_sort_by_rows(const imgvec_dataset *ds, int32_t column, iv_levels *levels)
{
    order o = {ds, column};
    if (levels->count > 1)
        qsort_r(levels->items, levels->count, sizeof *levels->items, by_rows, &o);
}
