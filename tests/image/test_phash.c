#include "image/phash.h"

#include "scene.h"
#include "test.h"

static imgvec_context *ctx;

static iv_phash hash_of(uint64_t seed, int width, int height, int noise)
{
    iv_phash h;
    imgvec_error err;
    iv_image image = {width, height, malloc((size_t)width * (size_t)height * 3)};
    draw_scene(seed, width, height, noise, image.pixels);
    assert_ok(iv_phash_make(ctx, &image, &h, &err));
    free(image.pixels);
    return h;
}

static void sizes_and_noise_do_not_matter(void **state)
{
    (void)state;
    static const struct {
        int width, height, noise;
    } other[] = {{120, 90, 0}, {320, 240, 6}, {61, 47, 0}, {640, 481, 3}};
    for (uint64_t seed = 0; seed < 20; seed++) {
        iv_phash a = hash_of(seed, 240, 180, 0);
        assert_false(a.plain);
        assert_int_equal(iv_phash_distance(&a, &a), 0);
        for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
            iv_phash b = hash_of(seed, other[i].width, other[i].height, other[i].noise);
            if (!iv_phash_near(&a, &b, 24))
                fail_msg("scene %d, size %d: %d bits", (int)seed, other[i].width,
                         iv_phash_distance(&a, &b));
        }
    }
}

static void other_pictures_are_far(void **state)
{
    (void)state;
    enum { N = 40 };
    iv_phash h[N];
    for (uint64_t i = 0; i < N; i++)
        h[i] = hash_of(i, 96, 96, 0);
    for (int i = 0; i < N; i++)
        for (int k = 0; k < i; k++)
            if (iv_phash_distance(&h[i], &h[k]) < 48)
                fail_msg("scenes %d and %d: %d bits", i, k, iv_phash_distance(&h[i], &h[k]));
}

/* The same drawing in another colour has the same bits. */
static void colours_count(void **state)
{
    (void)state;
    imgvec_error err;
    iv_phash h[2];
    for (int swap = 0; swap < 2; swap++) {
        iv_image image = {64, 64, malloc(64 * 64 * 3)};
        draw_scene(5, 64, 64, 0, image.pixels);
        for (int i = 0; i < 64 * 64; i++) {
            int gray = (image.pixels[3 * i] + image.pixels[3 * i + 1]) / 2;
            image.pixels[3 * i] = (uint8_t)(gray / 2 + (swap ? 20 : 60));
            image.pixels[3 * i + 1] = (uint8_t)(gray / 2 + 20);
            image.pixels[3 * i + 2] = (uint8_t)(gray / 2 + 20);
        }
        assert_ok(iv_phash_make(ctx, &image, &h[swap], &err));
        free(image.pixels);
    }
    assert_true(iv_phash_distance(&h[0], &h[1]) <= 10);
    assert_false(iv_phash_near(&h[0], &h[1], 31));
}

static void plain_pictures_are_near_nothing(void **state)
{
    (void)state;
    imgvec_error err;
    iv_phash h;
    for (int edge = 0; edge < 2; edge++) {
        iv_image image = {40, 40, malloc(40 * 40 * 3)};
        memset(image.pixels, 200, 40 * 40 * 3);
        if (edge)
            memset(image.pixels, 150, 40 * 20 * 3);
        assert_ok(iv_phash_make(ctx, &image, &h, &err));
        assert_int_equal(h.plain, !edge);
        assert_int_equal(iv_phash_near(&h, &h, 31), edge);
        free(image.pixels);
    }
    iv_image dot = {1, 1, (uint8_t *)"abc"};
    assert_ok(iv_phash_make(ctx, &dot, &h, &err));
    assert_true(h.plain);
    assert_int_equal(h.colours[0], 'a');
}

/* What the rule of near means at its bound. */
static void the_bound_is_inclusive(void **state)
{
    (void)state;
    iv_phash a = hash_of(3, 64, 64, 0), b = a;
    for (int i = 0; i < 10; i++)
        b.bits[i % IV_PHASH_WORDS] ^= 1ull << (10 + i);
    assert_int_equal(iv_phash_distance(&a, &b), 10);
    assert_true(iv_phash_near(&a, &b, 10));
    assert_false(iv_phash_near(&a, &b, 9));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_and_noise_do_not_matter),
        cmocka_unit_test(other_pictures_are_far),
        cmocka_unit_test(colours_count),
        cmocka_unit_test(plain_pictures_are_near_nothing),
        cmocka_unit_test(the_bound_is_inclusive),
    };
    ctx = test_context();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    imgvec_context_free(ctx);
    return failed;
}
