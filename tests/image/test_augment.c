/* What every augmentation keeps to: nothing at p = 0, the same from the same seed whatever the
 * thread, something else from another, images of any size, and failed allocations. */
#include "augment_support.h"

#include "base/context.h"
#include "base/mem.h"
#include "base/thread.h"

static imgvec_context *ctx;
static test_memory memory;

/* Strong enough that each draw shows; only flips and the like have few outcomes. */
static const char *const strong[] = {
    "HorizontalFlip(p=0.5)",
    "VerticalFlip(p=0.5)",
    "RandomRotate90(p=1)",
    "ShiftScaleRotate(p=1)",
    "Blur(p=1)",
    "CLAHE(p=1)",
    "Downscale(scale_min=0.2,scale_max=0.8,p=1)",
    "GaussNoise(p=1)",
    "GridDropout(random_offset=True,p=1)",
    "HueSaturationValue(p=1)",
    "ImageCompression(quality_lower=10,quality_upper=90,p=1)",
    "OpticalDistortion(distort_limit=0.5,p=1)",
    "RandomBrightnessContrast(p=1)",
    "CenterCrop(p=0.5)",
    "Cutout(p=1)",
    "RandomResizedCrop",
    "all",
};
enum { STRONG = sizeof strong / sizeof *strong };

static void nothing_at_p_0(void **state)
{
    iv_image picture = test_picture(61, 47);
    for (int32_t i = 0; i < iv_augmentations_count; i++) {
        char list[64];
        snprintf(list, sizeof list, "%s(p=0)", iv_augmentations[i].name);
        for (uint64_t row = 0; row < 20; row++) {
            iv_image out = augmented(ctx, list, &picture, 1, 0, row);
            assert_true(same_image(&out, &picture));
            iv_image_free(ctx, &out);
        }
    }
    iv_image out = augmented(ctx, "none", &picture, 1, 0, 0);
    assert_true(same_image(&out, &picture));
    iv_image_free(ctx, &out);
    free(picture.pixels);
}

/* Every name of the table is tried here: a new one must be added above. */
static void all_are_tried(void **state)
{
    for (int32_t i = 0; i < iv_augmentations_count; i++) {
        const char *name = iv_augmentations[i].name;
        bool found = !iv_augmentations[i].apply; /* test_mix.c */
        for (int k = 0; k < STRONG; k++)
            found = found || strncmp(strong[k], name, strlen(name)) == 0;
        if (!found)
            fail_msg("%s is not tried", name);
    }
}

static void seeds_decide(void **state)
{
    enum { ROWS = 24 };
    iv_image picture = test_picture(160, 160); /* tiles of CLAHE with room for its limits */
    for (int k = 0; k < STRONG; k++) {
        int by_row = 0, by_seed = 0, by_epoch = 0;
        iv_image first = augmented(ctx, strong[k], &picture, 1, 0, 0);
        for (uint64_t row = 0; row < ROWS; row++) {
            iv_image a = augmented(ctx, strong[k], &picture, 1, 2, row);
            iv_image b = augmented(ctx, strong[k], &picture, 1, 2, row);
            assert_true(same_image(&a, &b));
            iv_image seed = augmented(ctx, strong[k], &picture, 2, 2, row);
            iv_image epoch = augmented(ctx, strong[k], &picture, 1, 3, row);
            by_row += !same_image(&a, &first);
            by_seed += !same_image(&a, &seed);
            by_epoch += !same_image(&a, &epoch);
            iv_image_free(ctx, &a);
            iv_image_free(ctx, &b);
            iv_image_free(ctx, &seed);
            iv_image_free(ctx, &epoch);
        }
        if (!by_row || !by_seed || !by_epoch)
            fail_msg("%s: %d rows, %d seeds and %d epochs differ", strong[k], by_row, by_seed,
                     by_epoch);
        iv_image_free(ctx, &first);
    }
    free(picture.pixels);
}

static void p_is_a_probability(void **state)
{
    enum { ROWS = 4000 };
    static const double ps[] = {0.1, 0.5, 0.9};
    iv_image picture = test_picture(3, 2);
    for (int i = 0; i < 3; i++) {
        char list[64];
        int taken = 0;
        snprintf(list, sizeof list, "HorizontalFlip(p=%g)", ps[i]);
        for (uint64_t row = 0; row < ROWS; row++) {
            iv_image out = augmented(ctx, list, &picture, 7, 0, row);
            taken += !same_image(&out, &picture);
            iv_image_free(ctx, &out);
        }
        /* Five standard errors. */
        assert_true(fabs(taken - ROWS * ps[i]) < 5 * sqrt(ROWS * ps[i] * (1 - ps[i])));
    }
    free(picture.pixels);
}

/* Parameters and neighbours of a step do not move the others' streams. */
static void steps_are_independent(void **state)
{
    iv_image picture = test_picture(40, 40);
    for (uint64_t row = 0; row < 40; row++) {
        iv_image flipped = augmented(ctx, "Blur(p=0),HorizontalFlip", &picture, 3, 0, row);
        iv_image both = augmented(ctx, "GaussNoise(p=0),HorizontalFlip", &picture, 3, 0, row);
        assert_true(same_image(&flipped, &both));
        iv_image_free(ctx, &flipped);
        iv_image_free(ctx, &both);
    }
    free(picture.pixels);
}

/* ---- threads ---- */

enum { THREADS = 4, JOBS = 64 };

typedef struct team {
    iv_augment list;
    iv_image picture, results[JOBS];
    imgvec_context *plain;
} team;

static void work(void *user, int index)
{
    team *t = user;
    for (int i = index; i < JOBS; i += THREADS)
        if (iv_augment_apply(t->plain, &t->list, &t->picture, 5, 1, (uint64_t)i, &t->results[i],
                             NULL) != IMGVEC_OK)
            t->results[i].pixels = NULL;
}

static void threads_do_not_matter(void **state)
{
    team t = {.picture = test_picture(96, 80)};
    iv_team *threads;
    imgvec_error err;
    assert_int_equal(imgvec_context_new(&t.plain, NULL), IMGVEC_OK); /* ours counts unguarded */
    assert_int_equal(iv_augment_parse("all", &t.list, &err), IMGVEC_OK);
    assert_int_equal(iv_team_start(t.plain, THREADS, work, &t, &threads, &err), IMGVEC_OK);
    iv_team_free(threads);
    for (int i = 0; i < JOBS; i++) {
        iv_image alone = augmented(ctx, "all", &t.picture, 5, 1, (uint64_t)i);
        assert_non_null(t.results[i].pixels);
        assert_true(same_image(&alone, &t.results[i]));
        iv_image_free(ctx, &alone);
        iv_image_free(t.plain, &t.results[i]);
    }
    imgvec_context_free(t.plain);
    free(t.picture.pixels);
}

/* ---- sizes and memory ---- */

static void any_size(void **state)
{
    static const int32_t sizes[][2] = {{1, 1}, {1, 9}, {9, 1}, {2, 2}, {3, 300}, {257, 5}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int k = 0; k < STRONG; k++)
            for (uint64_t row = 0; row < 6; row++) {
                iv_image picture = test_picture(sizes[i][0], sizes[i][1]);
                iv_image out = augmented(ctx, strong[k], &picture, 1, 0, row);
                assert_true(out.width >= 1 && out.height >= 1);
                iv_image_free(ctx, &out);
                free(picture.pixels);
            }
}

/* Fails each allocation of one application in turn, once alone and once with all after it. */
static void fail_each(const iv_augment *a, const iv_image *picture, uint64_t row, const char *what)
{
    size_t live = memory.live;
    for (int on = 0; on < 2; on++)
        for (size_t k = 1;; k++) {
            imgvec_error err;
            iv_image out;
            memory.calls = 0;
            memory.fail_at = k;
            memory.fail_on = on;
            imgvec_status status = iv_augment_apply(ctx, a, picture, 1, 0, row, &out, &err);
            bool reached = memory.calls >= k;
            memory.fail_at = 0;
            if (!reached) {
                assert_int_equal(status, IMGVEC_OK);
                iv_image_free(ctx, &out);
                break;
            }
            if (status != IMGVEC_ERR_NO_MEMORY || memory.live != live)
                fail_msg("%s, allocation %zu: status %d, %zu bytes kept", what, k, status,
                         memory.live - live);
        }
}

static void memory_fails(void **state)
{
    iv_image picture = test_picture(33, 21);
    for (int k = 0; k < STRONG - 1; k++) {
        iv_augment a;
        assert_int_equal(iv_augment_parse(strong[k], &a, NULL), IMGVEC_OK);
        iv_augment_always(&a.steps[0]);
        fail_each(&a, &picture, 0, strong[k]);
        fail_each(&a, &picture, 1, strong[k]);
    }
    free(picture.pixels);
}

static int start(void **state)
{
    ctx = test_context(&memory);
    return 0;
}

static int stop(void **state)
{
    imgvec_context_free(ctx);
    return memory.live != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_at_p_0),
        cmocka_unit_test(all_are_tried),
        cmocka_unit_test(seeds_decide),
        cmocka_unit_test(p_is_a_probability),
        cmocka_unit_test(steps_are_independent),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(any_size),
        cmocka_unit_test(memory_fails),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
