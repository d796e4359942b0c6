/* Where the pixels go: exact on flips, turns and crops, near elsewhere. */
#include "augment_support.h"

static imgvec_context *ctx;
static test_memory memory;

static void flips(void **state)
{
    for (int32_t width = 1; width < 8; width++)
        for (int32_t height = 1; height < 8; height++) {
            iv_image picture = test_picture(width, height);
            iv_image h = augmented(ctx, "HorizontalFlip(p=1)", &picture, 1, 0, 0);
            iv_image v = augmented(ctx, "VerticalFlip(p=1)", &picture, 1, 0, 0);
            for (int32_t y = 0; y < height; y++)
                for (int32_t x = 0; x < width; x++) {
                    const uint8_t *p = pixel_at(&picture, x, y);
                    assert_memory_equal(pixel_at(&h, width - 1 - x, y), p, 3);
                    assert_memory_equal(pixel_at(&v, x, height - 1 - y), p, 3);
                }
            iv_image_free(ctx, &h);
            iv_image_free(ctx, &v);
            free(picture.pixels);
        }
}

/* Which of the four turns counter-clockwise an image is; -1: none. */
static int turns_of(const iv_image *in, const iv_image *out)
{
    for (int turns = 0; turns < 4; turns++) {
        int32_t w = turns % 2 ? in->height : in->width, h = turns % 2 ? in->width : in->height;
        bool same = out->width == w && out->height == h;
        for (int32_t y = 0; same && y < h; y++)
            for (int32_t x = 0; same && x < w; x++) {
                int32_t sx = turns == 0   ? x
                             : turns == 1 ? in->width - 1 - y
                             : turns == 2 ? in->width - 1 - x
                                          : y;
                int32_t sy = turns == 0   ? y
                             : turns == 1 ? x
                             : turns == 2 ? in->height - 1 - y
                                          : in->height - 1 - x;
                same = memcmp(pixel_at(in, sx, sy), pixel_at(out, x, y), 3) == 0;
            }
        if (same)
            return turns;
    }
    return -1;
}

static void quarter_turns(void **state)
{
    enum { ROWS = 800 };
    int counts[4] = {0};
    iv_image picture = test_picture(7, 4);
    for (uint64_t row = 0; row < ROWS; row++) {
        iv_image out = augmented(ctx, "RandomRotate90(p=1)", &picture, 1, 0, row);
        int turns = turns_of(&picture, &out);
        assert_true(turns >= 0);
        counts[turns]++;
        iv_image_free(ctx, &out);
    }
    for (int i = 0; i < 4; i++)
        assert_true(abs(counts[i] - ROWS / 4) < 65); /* more than five standard errors */
    free(picture.pixels);
}

/* A turn by a quarter through the sampler moves pixels exactly, in the same direction. */
static void turned_by_sampling(void **state)
{
    iv_image picture = test_picture(9, 9);
    iv_image out =
        augmented(ctx, "ShiftScaleRotate(shift_limit=0,scale_limit=0,rotate_limit=(90,90),p=1)",
                  &picture, 1, 0, 0);
    assert_int_equal(turns_of(&picture, &out), 1);
    iv_image_free(ctx, &out);
    out = augmented(ctx, "ShiftScaleRotate(shift_limit=0,scale_limit=0,rotate_limit=0,p=1)",
                    &picture, 1, 0, 0);
    assert_true(same_image(&picture, &out));
    iv_image_free(ctx, &out);
    free(picture.pixels);
}

/* A quarter of the side to the right and down; what comes in is mirrored at the edge pixel. */
static void shifted(void **state)
{
    iv_image picture = test_picture(16, 16);
    iv_image out =
        augmented(ctx, "ShiftScaleRotate(shift_limit=(0.25,0.25),scale_limit=0,rotate_limit=0,p=1)",
                  &picture, 1, 0, 0);
    for (int32_t y = 0; y < 16; y++)
        for (int32_t x = 0; x < 16; x++)
            assert_memory_equal(pixel_at(&out, x, y), pixel_at(&picture, abs(x - 4), abs(y - 4)),
                                3);
    iv_image_free(ctx, &out);
    free(picture.pixels);
}

static void scaled(void **state)
{
    /* A square of 20 in the middle becomes one of 30. */
    iv_image picture = test_plain(60, 60, 0, 0, 0);
    for (int32_t y = 20; y < 40; y++)
        memset(picture.pixels + 3 * (60 * y + 20), 255, 60);
    iv_image out =
        augmented(ctx, "ShiftScaleRotate(shift_limit=0,scale_limit=(0.5,0.5),rotate_limit=0,p=1)",
                  &picture, 1, 0, 0);
    double area = mean_of(&out) * 60 * 60 / 255;
    assert_true(fabs(area - 900) < 9);
    assert_int_equal(pixel_at(&out, 16, 30)[0], 255);
    assert_int_equal(pixel_at(&out, 13, 30)[0], 0);
    iv_image_free(ctx, &out);
    free(picture.pixels);
}

static void lens_keeps_its_centre(void **state)
{
    iv_image picture = test_picture(51, 51);
    iv_image none = augmented(ctx, "OpticalDistortion(distort_limit=0,p=1)", &picture, 1, 0, 0);
    assert_true(same_image(&none, &picture));
    iv_image_free(ctx, &none);
    iv_image out = augmented(ctx, "OpticalDistortion(distort_limit=(0.9,0.9),shift_limit=0,p=1)",
                             &picture, 1, 0, 0);
    assert_memory_equal(pixel_at(&out, 25, 25), pixel_at(&picture, 25, 25), 3);
    /* Symmetric: left of the centre looks as far out as right of it. */
    iv_image mirrored = augmented(ctx, "HorizontalFlip(p=1)", &picture, 1, 0, 0);
    iv_image bent = augmented(ctx, "OpticalDistortion(distort_limit=(0.9,0.9),shift_limit=0,p=1)",
                              &mirrored, 1, 0, 0);
    iv_image back = augmented(ctx, "HorizontalFlip(p=1)", &bent, 1, 0, 0);
    int worst = 0;
    for (size_t i = 0; i < bytes_of(&out); i++)
        worst = abs(out.pixels[i] - back.pixels[i]) > worst ? abs(out.pixels[i] - back.pixels[i])
                                                            : worst;
    assert_true(worst <= 1);
    assert_false(same_image(&out, &picture));
    iv_image_free(ctx, &out);
    iv_image_free(ctx, &mirrored);
    iv_image_free(ctx, &bent);
    iv_image_free(ctx, &back);
    free(picture.pixels);
}

/* The largest side with the parameters' bounds: sanitizers see an overflow, and a plain picture
 * stays plain wherever its pixels come from. */
static void extremes(void **state)
{
    static const char *const lists[] = {
        "ShiftScaleRotate(shift_limit=(1,1),scale_limit=(-0.9,-0.9),rotate_limit=(45,45),p=1)",
        "ShiftScaleRotate(shift_limit=(-1,-1),scale_limit=(-0.9,-0.9),rotate_limit=(-135,-135),p="
        "1)",
        "ShiftScaleRotate(shift_limit=(1,1),scale_limit=(9,9),rotate_limit=360,p=1)",
        "OpticalDistortion(distort_limit=(1,1),shift_limit=(0.5,0.5),p=1)",
        "OpticalDistortion(distort_limit=(-1,-1),shift_limit=(-0.5,-0.5),p=1)",
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (int turned = 0; turned < 2; turned++) {
            iv_image plain = test_plain(turned ? 2 : 65535, turned ? 65535 : 2, 9, 99, 199);
            iv_image out = augmented(ctx, lists[i], &plain, 1, 0, 0);
            assert_true(same_image(&out, &plain));
            iv_image_free(ctx, &out);
            free(plain.pixels);
        }
}

static void centre_crop(void **state)
{
    iv_image picture = test_picture(20, 12);
    iv_image out = augmented(ctx, "CenterCrop(height=4,width=6)", &picture, 1, 0, 0);
    assert_int_equal(out.width, 6);
    assert_int_equal(out.height, 4);
    for (int32_t y = 0; y < 4; y++)
        assert_memory_equal(pixel_at(&out, 0, y), pixel_at(&picture, 7, y + 4), 18);
    iv_image_free(ctx, &out);
    out = augmented(ctx, "CenterCrop(height=400,width=400)", &picture, 1, 0, 0);
    assert_true(same_image(&out, &picture));
    iv_image_free(ctx, &out);
    out = augmented(ctx, "CenterCrop", &picture, 1, 0, 0);
    assert_int_equal(out.width, 17);
    assert_int_equal(out.height, 10);
    iv_image_free(ctx, &out);
    free(picture.pixels);
}

/* On a ramp across the picture, the ends of a crop tell where it was cut. */
static void random_crops(void **state)
{
    enum { SIDE = 200, ROWS = 300 };
    iv_image ramp = test_plain(SIDE, SIDE, 0, 0, 0);
    for (int32_t y = 0; y < SIDE; y++)
        for (int32_t x = 0; x < SIDE; x++) {
            ramp.pixels[3 * (SIDE * y + x)] = (uint8_t)x;
            ramp.pixels[3 * (SIDE * y + x) + 1] = (uint8_t)y;
        }
    double area = 0, least = 1, most = 0;
    for (uint64_t row = 0; row < ROWS; row++) {
        iv_image out = augmented(ctx, "RandomResizedCrop(height=64,width=48)", &ramp, 1, 0, row);
        assert_int_equal(out.width, 48);
        assert_int_equal(out.height, 64);
        double w = pixel_at(&out, 47, 32)[0] - pixel_at(&out, 0, 32)[0];
        double h = pixel_at(&out, 24, 63)[1] - pixel_at(&out, 24, 0)[1];
        w *= 48 / 47.0;
        h *= 64 / 63.0;
        double share = w * h / (SIDE * SIDE);
        assert_true(w / h > 0.75 * 0.93 && w / h < 1.333 * 1.07);
        area += share / ROWS;
        least = share < least ? share : least;
        most = share > most ? share : most;
        iv_image_free(ctx, &out);
    }
    /* Uniform between 0.08 and 1, less the large ones of a shape that does not fit. */
    assert_true(area > 0.44 && area < 0.56);
    assert_true(least > 0.06 && least < 0.13 && most > 0.9);
    free(ramp.pixels);
}

static void downscaled(void **state)
{
    iv_image picture = test_picture(64, 64);
    iv_image out = augmented(ctx, "Downscale(scale_min=1,scale_max=1,p=1)", &picture, 1, 0, 0);
    assert_true(same_image(&out, &picture));
    iv_image_free(ctx, &out);
    out = augmented(ctx, "Downscale(p=1)", &picture, 1, 0, 0);
    assert_int_equal(out.width, 64);
    assert_int_equal(out.height, 64);
    assert_true(fabs(mean_of(&out) - mean_of(&picture)) < 1);
    /* A quarter of the pixels each way cannot hold stripes of two pixels. */
    iv_image stripes = test_plain(64, 64, 0, 0, 0);
    for (int32_t i = 0; i < 64 * 64; i++)
        if (i % 4 < 2)
            memset(stripes.pixels + 3 * i, 255, 3);
    iv_image flat = augmented(ctx, "Downscale(p=1)", &stripes, 1, 0, 0);
    for (int32_t x = 4; x < 60; x++)
        assert_true(abs(pixel_at(&flat, x, 32)[0] - 128) < 12);
    iv_image_free(ctx, &out);
    iv_image_free(ctx, &flat);
    free(stripes.pixels);
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
        cmocka_unit_test(flips),
        cmocka_unit_test(quarter_turns),
        cmocka_unit_test(turned_by_sampling),
        cmocka_unit_test(shifted),
        cmocka_unit_test(scaled),
        cmocka_unit_test(lens_keeps_its_centre),
        cmocka_unit_test(extremes),
        cmocka_unit_test(centre_crop),
        cmocka_unit_test(random_crops),
        cmocka_unit_test(downscaled),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
