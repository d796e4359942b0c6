/* What becomes of the levels: means, variances, shares. */
#include "augment_support.h"

static imgvec_context *ctx;
static test_memory memory;

static void brightness(void **state)
{
    iv_image picture = test_picture(60, 60);
    iv_image out =
        augmented(ctx, "RandomBrightnessContrast(brightness_limit=(0.1,0.1),contrast_limit=0,p=1)",
                  &picture, 1, 0, 0);
    for (size_t i = 0; i < bytes_of(&out); i++) {
        int want = picture.pixels[i] + 26; /* 25.5, rounded */
        assert_int_equal(out.pixels[i], want > 255 ? 255 : want);
    }
    iv_image_free(ctx, &out);
    out = augmented(ctx,
                    "RandomBrightnessContrast(brightness_limit=0,contrast_limit=(-0.5,-0.5),p=1)",
                    &picture, 1, 0, 0);
    for (size_t i = 0; i < bytes_of(&out); i++)
        assert_int_equal(out.pixels[i], (picture.pixels[i] + 1) / 2);
    iv_image_free(ctx, &out);
    double mean = mean_of(&picture);
    out = augmented(ctx,
                    "RandomBrightnessContrast(brightness_limit=(0.1,0.1),contrast_limit=0,"
                    "brightness_by_max=0,p=1)",
                    &picture, 1, 0, 0);
    assert_true(fabs(mean_of(&out) - 1.1 * mean) < 0.6);
    iv_image_free(ctx, &out);
    free(picture.pixels);
}

/* Over many draws the default spreads evenly within its limits. */
static void brightness_range(void **state)
{
    enum { ROWS = 400 };
    iv_image gray = test_plain(4, 4, 128, 128, 128);
    double sum = 0, least = 255, most = 0;
    for (uint64_t row = 0; row < ROWS; row++) {
        iv_image out =
            augmented(ctx, "RandomBrightnessContrast(contrast_limit=0,p=1)", &gray, 1, 0, row);
        double v = out.pixels[0];
        sum += v;
        least = v < least ? v : least;
        most = v > most ? v : most;
        iv_image_free(ctx, &out);
    }
    /* 128 +/- 51, deviation 29.4: five standard errors of the mean are 7.4. */
    assert_true(fabs(sum / ROWS - 128) < 7.4);
    assert_true(least >= 77 && least < 80 && most <= 179 && most > 176);
    free(gray.pixels);
}

static void colours(void **state)
{
    iv_image picture = test_picture(50, 50);
    iv_image out = augmented(
        ctx, "HueSaturationValue(hue_shift_limit=0,sat_shift_limit=0,val_shift_limit=0,p=1)",
        &picture, 1, 0, 0);
    assert_true(same_image(&out, &picture));
    iv_image_free(ctx, &out);
    /* A third of the circle: red becomes green, green blue. */
    out = augmented(
        ctx, "HueSaturationValue(hue_shift_limit=(60,60),sat_shift_limit=0,val_shift_limit=0,p=1)",
        &picture, 1, 0, 0);
    for (size_t i = 0; i < bytes_of(&out); i += 3) {
        assert_true(abs(out.pixels[i + 1] - picture.pixels[i]) <= 1);
        assert_true(abs(out.pixels[i + 2] - picture.pixels[i + 1]) <= 1);
        assert_true(abs(out.pixels[i] - picture.pixels[i + 2]) <= 1);
    }
    iv_image_free(ctx, &out);
    out = augmented(
        ctx,
        "HueSaturationValue(hue_shift_limit=0,sat_shift_limit=(-255,-255),val_shift_limit=0,p=1)",
        &picture, 1, 0, 0);
    for (size_t i = 0; i < bytes_of(&out); i += 3)
        assert_true(out.pixels[i] == out.pixels[i + 1] && out.pixels[i] == out.pixels[i + 2]);
    iv_image_free(ctx, &out);
    iv_image red = test_plain(2, 2, 200, 0, 0);
    out = augmented(
        ctx, "HueSaturationValue(hue_shift_limit=0,sat_shift_limit=0,val_shift_limit=(30,30),p=1)",
        &red, 1, 0, 0);
    assert_true(out.pixels[0] == 230 && out.pixels[1] == 0 && out.pixels[2] == 0);
    iv_image_free(ctx, &out);
    free(red.pixels);
    free(picture.pixels);
}

/* Against the definition: the rounded mean of a square window with mirrored borders. */
static void blurred(void **state)
{
    static const int32_t sizes[][2] = {{40, 30}, {5, 3}, {1, 12}};
    for (int s = 0; s < 3; s++)
        for (int side = 3; side <= 9; side += 2) {
            iv_image picture = test_picture(sizes[s][0], sizes[s][1]);
            char list[64];
            snprintf(list, sizeof list, "Blur(blur_limit=(%d,%d),p=1)", side, side);
            iv_image out = augmented(ctx, list, &picture, 1, 0, 0);
            for (int32_t y = 0; y < out.height; y++)
                for (int32_t x = 0; x < out.width; x++)
                    for (int c = 0; c < 3; c++) {
                        int sum = 0, r = side / 2;
                        for (int dy = -r; dy <= r; dy++)
                            for (int dx = -r; dx <= r; dx++) {
                                int32_t sx = x + dx, sy = y + dy, w = out.width, h = out.height;
                                while (w > 1 && (sx < 0 || sx >= w))
                                    sx = sx < 0 ? -sx : 2 * (w - 1) - sx;
                                while (h > 1 && (sy < 0 || sy >= h))
                                    sy = sy < 0 ? -sy : 2 * (h - 1) - sy;
                                sum += pixel_at(&picture, w > 1 ? sx : 0, h > 1 ? sy : 0)[c];
                            }
                        assert_int_equal(pixel_at(&out, x, y)[c],
                                         (2 * sum + side * side) / (2 * side * side));
                    }
            iv_image_free(ctx, &out);
            free(picture.pixels);
        }
}

static void noise(void **state)
{
    enum { SIDE = 256 };
    iv_image gray = test_plain(SIDE, SIDE, 128, 128, 128);
    double count = SIDE * SIDE * 3;
    static const double variances[] = {0, 4, 10, 50, 400};
    for (int i = 0; i < 5; i++) {
        char list[96];
        snprintf(list, sizeof list, "GaussNoise(var_limit=(%g,%g),mean=5,p=1)", variances[i],
                 variances[i]);
        iv_image out = augmented(ctx, list, &gray, 1, 0, 0);
        double sum = 0, squares = 0, beyond = 0;
        for (size_t k = 0; k < bytes_of(&out); k++) {
            double d = out.pixels[k] - 133.0;
            sum += d;
            squares += d * d;
            beyond += variances[i] > 0 && fabs(d) > 2 * sqrt(variances[i]) + 0.5;
        }
        /* Rounding adds a twelfth. */
        double want = variances[i] > 0 ? variances[i] + 1 / 12.0 : 0;
        assert_true(fabs(sum / count) <= 5 * sqrt(want / count));
        assert_true(fabs(squares / count - want) <= 0.03 * want);
        assert_true(beyond / count < 0.05); /* 0.0455 of a normal distribution and less */
        iv_image_free(ctx, &out);
    }
    iv_image out = augmented(ctx, "GaussNoise(per_channel=False,p=1)", &gray, 1, 0, 0);
    for (size_t k = 0; k < bytes_of(&out); k += 3)
        assert_true(out.pixels[k] == out.pixels[k + 1] && out.pixels[k] == out.pixels[k + 2]);
    iv_image_free(ctx, &out);
    free(gray.pixels);
}

static double share_of(const iv_image *image, uint8_t level)
{
    double count = 0;
    for (size_t i = 0; i < bytes_of(image); i++)
        count += image->pixels[i] == level;
    return count / (double)bytes_of(image);
}

static void dropped(void **state)
{
    iv_image white = test_plain(200, 200, 255, 255, 255);
    iv_image out = augmented(ctx, "GridDropout(p=1)", &white, 1, 0, 0);
    assert_true(share_of(&out, 0) == 0.25 && share_of(&out, 255) == 0.75);
    assert_int_equal(pixel_at(&out, 0, 0)[0], 0);
    assert_int_equal(pixel_at(&out, 10, 10)[0], 255);
    iv_image_free(ctx, &out);
    out = augmented(ctx,
                    "GridDropout(ratio=0.2,unit_size_min=50,unit_size_max=50,shift_x=7,"
                    "shift_y=3,fill_value=9,p=1)",
                    &white, 1, 0, 0);
    assert_true(share_of(&out, 9) == 16 * 100 / 40000.0);
    assert_int_equal(pixel_at(&out, 7, 3)[0], 9);
    assert_int_equal(pixel_at(&out, 6, 3)[0], 255);
    iv_image_free(ctx, &out);
    out = augmented(ctx, "GridDropout(holes_number_x=4,holes_number_y=2,p=1)", &white, 1, 0, 0);
    assert_true(share_of(&out, 0) == 0.25);
    assert_int_equal(pixel_at(&out, 24, 49)[0], 0);
    assert_int_equal(pixel_at(&out, 25, 49)[0], 255);
    iv_image_free(ctx, &out);
    /* Eight squares of 8, some on one another or over the edge. */
    double sum = 0;
    for (uint64_t row = 0; row < 100; row++) {
        out = augmented(ctx, "Cutout(p=1)", &white, 1, 0, row);
        double share = share_of(&out, 0);
        assert_true(share <= 8 * 64 / 40000.0 && share > 0);
        sum += share / 100;
        iv_image_free(ctx, &out);
    }
    assert_true(sum > 0.94 * 8 * 64 / 40000.0);
    free(white.pixels);
}

static double difference(const iv_image *a, const iv_image *b)
{
    double sum = 0;
    for (size_t i = 0; i < bytes_of(a); i++)
        sum += abs(a->pixels[i] - b->pixels[i]);
    return sum / (double)bytes_of(a);
}

static void compressed(void **state)
{
    iv_image picture = test_picture(120, 90);
    double last = 0;
    static const int qualities[] = {100, 90, 50, 10};
    for (int i = 0; i < 4; i++) {
        char list[96];
        snprintf(list, sizeof list, "ImageCompression(quality_lower=%d,quality_upper=%d,p=1)",
                 qualities[i], qualities[i]);
        iv_image out = augmented(ctx, list, &picture, 1, 0, 0);
        assert_int_equal(out.width, 120);
        assert_int_equal(out.height, 90);
        double d = difference(&out, &picture);
        assert_true(d > last && d < 16); /* ever worse, but never another picture */
        last = d;
        iv_image_free(ctx, &out);
    }
    free(picture.pixels);
}

static void equalised(void **state)
{
    /* A dull picture: levels 100 to 131. */
    iv_image dull = test_plain(128, 128, 0, 0, 0);
    for (int32_t i = 0; i < 128 * 128; i++)
        memset(dull.pixels + 3 * i, 100 + (i * 7 + i / 128 * 5) % 32, 3);
    double spread[2] = {0, 0};
    static const char *const lists[] = {"CLAHE(clip_limit=(1,1),p=1)",
                                        "CLAHE(clip_limit=(8,8),p=1)"};
    for (int k = 0; k < 2; k++) {
        iv_image out = augmented(ctx, lists[k], &dull, 1, 0, 0);
        double mean = mean_of(&out), sum = 0;
        for (size_t i = 0; i < bytes_of(&out); i++)
            sum += (out.pixels[i] - mean) * (out.pixels[i] - mean);
        spread[k] = sqrt(sum / (double)bytes_of(&out));
        for (size_t i = 0; i < bytes_of(&out); i += 3) /* gray stays gray */
            assert_true(out.pixels[i] == out.pixels[i + 1] && out.pixels[i] == out.pixels[i + 2]);
        iv_image_free(ctx, &out);
    }
    /* 9.2 in the dull one: hardly more at limit 1, many times it at 8. */
    assert_true(spread[0] < 20 && spread[1] > 45);
    free(dull.pixels);
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
        cmocka_unit_test(brightness), cmocka_unit_test(brightness_range),
        cmocka_unit_test(colours),    cmocka_unit_test(blurred),
        cmocka_unit_test(noise),      cmocka_unit_test(dropped),
        cmocka_unit_test(compressed), cmocka_unit_test(equalised),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
