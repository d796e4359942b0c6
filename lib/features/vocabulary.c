#include "features/vocabulary.h"

#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/mem.h"

void iv_vocabulary_init(iv_vocabulary *l, imgvec_context *ctx)
{
    memset(l, 0, sizeof *l);
    l->ctx = ctx;
}

void iv_vocabulary_free(iv_vocabulary *l)
{
    for (size_t i = 0; i < l->count; i++)
        iv_free(l->ctx, l->items[i].name);
    iv_free(l->ctx, l->items);
    iv_free(l->ctx, l->slots);
    iv_vocabulary_init(l, l->ctx);
}

static size_t hash_of(const char *text, size_t length)
{
    iv_digest digest = iv_hash(text, length);
    size_t value;
    memcpy(&value, digest.bytes, sizeof value);
    return value;
}

/* The slot of the text, or the free one where it belongs. There is always a free one. */
static size_t slot_of(const iv_vocabulary *l, const char *text, size_t length)
{
    size_t mask = l->slot_count - 1, slot = hash_of(text, length) & mask;
    for (;; slot = (slot + 1) & mask) {
        if (l->slots[slot] == 0)
            return slot;
        const iv_term *item = &l->items[l->slots[slot] - 1];
        if (item->length == length && memcmp(item->name, text, length) == 0)
            return slot;
    }
}

static imgvec_status grow(iv_vocabulary *l, imgvec_error *err)
{
    size_t wanted = l->slot_count ? l->slot_count * 2 : 64;
    uint32_t *former = l->slots;
    uint32_t *slots = iv_calloc(l->ctx, wanted, sizeof *slots);
    if (!slots)
        return iv_fail_nomem(err);
    l->slots = slots;
    l->slot_count = wanted;
    for (size_t i = 0; i < l->count; i++)
        slots[slot_of(l, l->items[i].name, l->items[i].length)] = (uint32_t)i + 1;
    iv_free(l->ctx, former);
    return IMGVEC_OK;
}

imgvec_status iv_vocabulary_add(iv_vocabulary *l, const char *text, size_t length, int64_t row,
                                size_t *index, imgvec_error *err)
{
    if (l->count >= l->slot_count / 2)
        IV_TRY(grow(l, err));
    size_t slot = slot_of(l, text, length);
    if (l->slots[slot] == 0) {
        if (l->count >= UINT32_MAX - 1)
            return iv_fail(err, IMGVEC_ERR_LIMIT, "more than %u levels", UINT32_MAX - 1);
        if (iv_reserve(l->ctx, &l->items, &l->capacity, l->count + 1, sizeof *l->items) != 0)
            return iv_fail_nomem(err);
        char *name = iv_strndup(l->ctx, text, length);
        if (!name)
            return iv_fail_nomem(err);
        l->items[l->count++] = (iv_term){.name = name, .length = length, .first = row};
        l->slots[slot] = (uint32_t)l->count;
    }
    size_t at = l->slots[slot] - 1;
    l->items[at].count++;
    if (index)
        *index = at;
    return IMGVEC_OK;
}

int64_t iv_vocabulary_find(const iv_vocabulary *l, const char *text, size_t length)
{
    if (l->slot_count == 0)
        return -1;
    return (int64_t)l->slots[slot_of(l, text, length)] - 1;
}

typedef int (*level_order)(const iv_term *a, const iv_term *b);

static void swap(iv_term *a, iv_term *b)
{
    iv_term t = *a;
    *a = *b;
    *b = t;
}

static void sift(iv_term *v, size_t root, size_t n, level_order order)
{
    for (size_t child = 2 * root + 1; child < n; child = 2 * root + 1) {
        if (child + 1 < n && order(&v[child], &v[child + 1]) < 0)
            child++;
        if (order(&v[root], &v[child]) >= 0)
            return;
        swap(&v[root], &v[child]);
        root = child;
    }
}

/* Heap sort: the C library's qsort may allocate behind the context's back. */
void iv_vocabulary_sort(iv_term *items, size_t count, level_order order)
{
    for (size_t i = count / 2; i-- > 0;)
        sift(items, i, count, order);
    for (size_t end = count; end > 1; end--) {
        swap(&items[0], &items[end - 1]);
        sift(items, 0, end - 1, order);
    }
}

int iv_compare_bytes(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t shorter = a_length < b_length ? a_length : b_length;
    int order = memcmp(a, b, shorter);
    if (order == 0)
        order = (a_length > b_length) - (a_length < b_length);
    return order;
}
