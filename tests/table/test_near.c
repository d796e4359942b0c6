/* The search by bands finds the same sets as comparing all pairs. */
#include "table/near.h"

#include "allocations.h"
#include "base/mem.h"
#include "base/random.h"
#include "test.h"

enum { COUNT = 3000 };

static iv_phash hashes[COUNT];
static const iv_phash *list[COUNT];

/* Random hashes, of which every third is an earlier one with 0 to 35 bits changed. */
static void make_hashes(void)
{
    iv_random r;
    iv_random_seed(&r, 9, "near");
    for (int i = 0; i < COUNT; i++) {
        iv_phash *h = &hashes[i];
        memset(h, 0, sizeof *h);
        list[i] = h;
        if (i % 3 == 2) {
            *h = hashes[iv_random_below(&r, (uint32_t)i)];
            for (uint32_t k = iv_random_below(&r, 36); k > 0; k--) {
                uint32_t bit = iv_random_below(&r, 256);
                h->bits[bit / 64] ^= 1ull << bit % 64;
            }
            continue;
        }
        for (int w = 0; w < IV_PHASH_WORDS; w++)
            for (int b = 0; b < 64; b++)
                h->bits[w] |= (uint64_t)iv_random_below(&r, 2) << b;
    }
    hashes[7].plain = true;
}

static void same_as_all_pairs(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    imgvec_error err;
    static const int distances[] = {0, 8, 15, 16, 24, IV_NEAR_MOST};
    for (size_t d = 0; d < sizeof distances / sizeof *distances; d++) {
        iv_sets found, expected;
        iv_watch watch;
        int joined = 0;
        assert_ok(iv_watch_init(&watch, NULL, &err));
        assert_int_equal(iv_sets_make(ctx, COUNT, &found), 0);
        assert_int_equal(iv_sets_make(ctx, COUNT, &expected), 0);
        assert_ok(iv_near_join(ctx, list, COUNT, distances[d], &watch, &found, &err));
        for (int i = 0; i < COUNT; i++)
            for (int k = i + 1; k < COUNT; k++)
                if (iv_phash_near(list[i], list[k], distances[d]))
                    iv_sets_join(&expected, i, k);
        for (int i = 0; i < COUNT; i++) {
            assert_int_equal(iv_sets_find(&found, i), iv_sets_find(&expected, i));
            joined += iv_sets_find(&found, i) != i;
        }
        assert_true(joined > (distances[d] ? 100 : 10));
        iv_sets_free(ctx, &found);
        iv_sets_free(ctx, &expected);
    }
    imgvec_context_free(ctx);
}

static imgvec_status join_job(imgvec_context *ctx, void *user, imgvec_error *err)
{
    (void)user;
    iv_sets sets;
    iv_watch watch;
    if (iv_watch_init(&watch, NULL, err) != IMGVEC_OK || iv_sets_make(ctx, COUNT, &sets) != 0) {
        *err = (imgvec_error){.code = IMGVEC_ERR_NO_MEMORY};
        return IMGVEC_ERR_NO_MEMORY;
    }
    imgvec_status status = iv_near_join(ctx, list, COUNT, 24, &watch, &sets, err);
    iv_sets_free(ctx, &sets);
    return status;
}

static void without_memory(void **state)
{
    (void)state;
    fail_each_allocation(join_job, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_as_all_pairs),
                                       cmocka_unit_test(without_memory)};
    make_hashes();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
