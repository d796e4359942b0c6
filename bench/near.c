/* Processor seconds of the search for near images: build/bench/near [HASHES] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/random.h"
#include "table/near.h"

static void random_hash(iv_random *r, iv_phash *h)
{
    for (int w = 0; w < IV_PHASH_WORDS; w++)
        for (int half = 0; half < 4; half++)
            h->bits[w] = h->bits[w] << 16 | iv_random_below(r, 1 << 16);
}

static void flip(iv_random *r, iv_phash *h, uint32_t bits)
{
    while (bits-- > 0) {
        uint32_t bit = iv_random_below(r, 255);
        h->bits[bit / 64] ^= 1ull << bit % 64;
    }
}

/* Pictures of `scenes` scenes in turn, each with up to `noise` bits of its scene's hash changed. */
static void measure(imgvec_context *ctx, const char *what, size_t count, size_t scenes,
                    uint32_t noise)
{
    iv_random r;
    iv_sets sets;
    iv_watch watch;
    imgvec_error err;
    iv_phash *hashes = iv_calloc(ctx, count, sizeof *hashes);
    const iv_phash **list = iv_alloc_n(ctx, count, sizeof *list);
    if (!hashes || !list || iv_sets_make(ctx, count, &sets) != 0)
        exit(1);
    iv_random_seed(&r, 1, what);
    for (size_t i = 0; i < count; i++) {
        list[i] = &hashes[i];
        if (i < scenes) {
            random_hash(&r, &hashes[i]);
            continue;
        }
        hashes[i] = hashes[i % scenes];
        flip(&r, &hashes[i], iv_random_below(&r, noise + 1));
    }
    clock_t begin = clock();
    if (iv_watch_init(&watch, NULL, &err) != IMGVEC_OK ||
        iv_near_join(ctx, list, count, 24, &watch, &sets, &err) != IMGVEC_OK) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
    size_t groups = 0;
    for (size_t i = 0; i < count; i++)
        groups += iv_sets_find(&sets, (int32_t)i) == (int32_t)i;
    printf("  %-34s %8.2f s   %zu groups\n", what, seconds, groups);
    fflush(stdout);
    iv_sets_free(ctx, &sets);
    iv_free(ctx, list);
    iv_free(ctx, hashes);
}

int main(int argc, char **argv)
{
    size_t count = argc > 1 ? (size_t)strtoull(argv[1], NULL, 10) : 100000;
    imgvec_context *ctx;
    if (count < 1000 || imgvec_context_new(&ctx, NULL) != IMGVEC_OK)
        return 1;
    printf("near images among %zu, at a distance of 24\n", count);
    measure(ctx, "unrelated", count, count, 0);
    measure(ctx, "pairs", count, count / 2, 20);
    measure(ctx, "100 scenes", count, 100, 12);
    measure(ctx, "one scene", count, 1, 12);
    measure(ctx, "one scene, changing", count, 1, 24);
    imgvec_context_free(ctx);
    return 0;
}
