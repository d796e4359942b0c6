/* Multi-index hashing (Norouzi, Punjani and Fleet, 2012): the 256 bits are cut into 16 bands of
 * 16. Two hashes that differ in at most 31 bits differ in at most one bit of some band, so that it
 * is enough to compare those that share a band's value or a neighbour of it. A band takes every
 * sixteenth bit, which spreads low and high frequencies evenly. */
#include "table/near.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"

enum { BANDS = 16, VALUES = 1 << 16, CHECK_EVERY = 1024, FEW = 256 };

static uint32_t band_value(const iv_phash *h, int band)
{
    uint32_t value = 0;
    for (int w = 0; w < IV_PHASH_WORDS; w++)
        for (int k = 0; k < 64 / BANDS; k++)
            value = value << 1 | (uint32_t)(h->bits[w] >> (k * BANDS + band) & 1);
    return value;
}

typedef struct search {
    const iv_phash *const *hashes;
    size_t count;
    int distance;
    iv_sets *sets;
    uint64_t (*bits)[IV_PHASH_WORDS]; /* of each hash, close together for the processor's caches */
    uint16_t *value;                  /* of each hash in the current band */
    int32_t *order;                   /* the hashes by their value */
    int32_t *start;                   /* of each value in `order`; VALUES + 1 of them */
    bool *one_set;                    /* of each value: its hashes are known to be in one set */
} search;

static void sort_band(search *s, int band)
{
    memset(s->one_set, 0, VALUES * sizeof *s->one_set);
    memset(s->start, 0, (VALUES + 1) * sizeof *s->start);
    for (size_t i = 0; i < s->count; i++) {
        s->value[i] = (uint16_t)band_value(s->hashes[i], band);
        s->start[s->value[i] + 1]++;
    }
    for (int v = 0; v < VALUES; v++)
        s->start[v + 1] += s->start[v];
    /* Filling moves each start to the next one's; shifted back below. */
    for (size_t i = 0; i < s->count; i++)
        s->order[s->start[s->value[i]]++] = (int32_t)i;
    memmove(s->start + 1, s->start, VALUES * sizeof *s->start);
    s->start[0] = 0;
}

static bool bits_near(const search *s, int32_t i, int32_t j)
{
    int apart = 0;
    for (int w = 0; w < IV_PHASH_WORDS; w++)
        apart += __builtin_popcountll(s->bits[i][w] ^ s->bits[j][w]);
    return apart <= s->distance;
}

/* Whether every hash of the value is in that set. */
static bool all_in(search *s, uint32_t value, int32_t set)
{
    for (int32_t k = s->start[value]; k < s->start[value + 1]; k++)
        if (iv_sets_find(s->sets, s->order[k]) != set)
            return false;
    return true;
}

/* Thousands of pictures of one scene share their values: once those of a value are in one set,
 * which can only grow, it is enough to look at one of them. */
static void join_bucket(search *s, int32_t i, uint32_t value)
{
    int32_t own = iv_sets_find(s->sets, i), first = s->start[value], end = s->start[value + 1];
    if (first == end || (s->one_set[value] && iv_sets_find(s->sets, s->order[first]) == own))
        return;
    for (int32_t k = first; k < end; k++) {
        int32_t j = s->order[k];
        if (j <= i || !bits_near(s, i, j) || iv_sets_find(s->sets, j) == own ||
            !iv_phash_near(s->hashes[i], s->hashes[j], s->distance))
            continue;
        iv_sets_join(s->sets, i, j);
        own = iv_sets_find(s->sets, i);
        if (s->one_set[value])
            return;
    }
    s->one_set[value] = s->one_set[value] || all_in(s, value, own);
}

static imgvec_status search_band(search *s, int band, iv_watch *watch, imgvec_error *err)
{
    sort_band(s, band);
    for (size_t i = 0; i < s->count; i++) {
        if (i % CHECK_EVERY == 0)
            IV_TRY(iv_watch_check(watch, err));
        join_bucket(s, (int32_t)i, s->value[i]);
        for (int bit = 0; s->distance >= BANDS && bit < 16; bit++)
            join_bucket(s, (int32_t)i, s->value[i] ^ 1u << bit);
    }
    return IMGVEC_OK;
}

static void join_all_pairs(search *s)
{
    for (size_t i = 0; i < s->count; i++)
        for (size_t j = i + 1; j < s->count; j++)
            if (iv_phash_near(s->hashes[i], s->hashes[j], s->distance))
                iv_sets_join(s->sets, (int32_t)i, (int32_t)j);
}

imgvec_status iv_near_join(imgvec_context *ctx, const iv_phash *const *hashes, size_t count,
                           int distance, iv_watch *watch, iv_sets *sets, imgvec_error *err)
{
    search s = {.hashes = hashes, .count = count, .distance = distance, .sets = sets};
    if (count <= FEW) { /* quicker than to go through the values of 16 bands */
        join_all_pairs(&s);
        return IMGVEC_OK;
    }
    s.bits = iv_alloc_n(ctx, count, sizeof *s.bits);
    s.value = iv_alloc_n(ctx, count, sizeof *s.value);
    s.order = iv_alloc_n(ctx, count, sizeof *s.order);
    s.start = iv_alloc_n(ctx, VALUES + 1, sizeof *s.start);
    s.one_set = iv_alloc_n(ctx, VALUES, sizeof *s.one_set);
    bool there = s.bits && s.value && s.order && s.start && s.one_set;
    imgvec_status status = there ? IMGVEC_OK : iv_fail_nomem(err);
    for (size_t i = 0; i < count && there; i++)
        memcpy(s.bits[i], hashes[i]->bits, sizeof s.bits[i]);
    for (int band = 0; band < BANDS && status == IMGVEC_OK; band++)
        status = search_band(&s, band, watch, err);
    iv_free(ctx, s.bits);
    iv_free(ctx, s.value);
    iv_free(ctx, s.order);
    iv_free(ctx, s.start);
    iv_free(ctx, s.one_set);
    return status;
}
