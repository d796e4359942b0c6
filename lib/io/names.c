#include "io/names.h"

#include <string.h>
#include <sys/random.h>

#include "base/mem.h"

static uint64_t rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static uint32_t hash_of(const uint64_t key[2], const char *text)
{
    size_t length = strlen(text), at = 0;
    uint64_t v[4] = {key[0] ^ UINT64_C(0x736F6D6570736575), key[1] ^ UINT64_C(0x646F72616E646F6D),
                     key[0] ^ UINT64_C(0x6C7967656E657261), key[1] ^ UINT64_C(0x7465646279746573)};
    for (;; at += 8) {
        uint64_t m = 0;
        size_t left = length - at;
        memcpy(&m, text + at, left < 8 ? left : 8);
        if (left < 8)
            m |= (uint64_t)length << 56;
        v[3] ^= m;
        sip_round(v);
        v[0] ^= m;
        if (left < 8)
            break;
    }
    v[2] ^= 0xFF;
    for (int i = 0; i < 3; i++)
        sip_round(v);
    return (uint32_t)(v[0] ^ v[1] ^ v[2] ^ v[3]);
}

static const char *name_at(iv_name_list list, size_t index)
{
    const char *name;
    memcpy(&name, (const char *)list.base + index * list.stride, sizeof name);
    return name;
}

/* Keeps the table at most half full. */
static int grow(imgvec_context *ctx, iv_names *n)
{
    if (2 * (n->count + 1) <= n->size)
        return 0;
    size_t size = n->size ? 2 * n->size : 32;
    iv_name_slot *slots = iv_calloc(ctx, size, sizeof *slots);
    if (!slots)
        return -1;
    for (size_t i = 0; i < n->size; i++) {
        if (!n->slots[i].index)
            continue;
        size_t at = n->slots[i].hash & (size - 1);
        while (slots[at].index)
            at = (at + 1) & (size - 1);
        slots[at] = n->slots[i];
    }
    iv_free(ctx, n->slots);
    n->slots = slots;
    n->size = size;
    return 0;
}

/* The slot of the name, or the free one where it belongs. */
static iv_name_slot *slot_of(const iv_names *n, iv_name_list list, const char *name, uint32_t hash)
{
    size_t at = hash & (n->size - 1);
    while (n->slots[at].index &&
           (n->slots[at].hash != hash || strcmp(name_at(list, n->slots[at].index - 1), name) != 0))
        at = (at + 1) & (n->size - 1);
    return &n->slots[at];
}

int iv_names_add(imgvec_context *ctx, iv_names *n, iv_name_list list, size_t index, size_t *other)
{
    /* An unset key is drawn once; without the system's randomness the address stands in. */
    if (n->size == 0 && getrandom(n->key, sizeof n->key, GRND_NONBLOCK) != sizeof n->key)
        n->key[0] = (uint64_t)(uintptr_t)n ^ (uint64_t)(uintptr_t)list.base << 20;
    if (index >= UINT32_MAX || grow(ctx, n) != 0)
        return IV_NAME_NO_MEMORY;
    const char *name = name_at(list, index);
    uint32_t hash = hash_of(n->key, name);
    iv_name_slot *slot = slot_of(n, list, name, hash);
    if (slot->index) {
        *other = slot->index - 1;
        return IV_NAME_TWICE;
    }
    *slot = (iv_name_slot){hash, (uint32_t)index + 1};
    n->count++;
    return IV_NAME_ADDED;
}

size_t iv_names_find(const iv_names *n, iv_name_list list, const char *name)
{
    if (n->size == 0)
        return SIZE_MAX;
    const iv_name_slot *slot = slot_of(n, list, name, hash_of(n->key, name));
    return slot->index ? slot->index - 1 : SIZE_MAX;
}

void iv_names_clear(imgvec_context *ctx, iv_names *n)
{
    iv_free(ctx, n->slots);
    memset(n, 0, sizeof *n);
}
