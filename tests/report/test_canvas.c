#include "test.h"

#include "image/image.h"
#include "report/canvas.h"

static imgvec_context *ctx;

static int dark(const iv_image *canvas, int32_t x, int32_t y)
{
    return canvas->pixels[3 * (y * canvas->width + x)] == 0;
}

static int dark_in(const iv_image *canvas, int32_t left, int32_t right)
{
    int count = 0;
    for (int32_t y = 0; y < canvas->height; y++)
        for (int32_t x = left; x < right; x++)
            count += dark(canvas, x, y);
    return count;
}

static void test_letters_differ(void **state)
{
    (void)state;
    static const char drawn[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789(),.=_-+";
    iv_image canvas, other;
    imgvec_error err;
    for (size_t i = 0; drawn[i]; i++)
        for (size_t k = i + 1; drawn[k]; k++) {
            char a[2] = {drawn[i], 0}, b[2] = {drawn[k], 0};
            assert_ok(iv_canvas_new(ctx, 12, 18, &canvas, &err));
            assert_ok(iv_canvas_new(ctx, 12, 18, &other, &err));
            iv_canvas_text(&canvas, 0, 0, a);
            iv_canvas_text(&other, 0, 0, b);
            assert_true(dark_in(&canvas, 0, 10) > 0);
            assert_int_equal(dark_in(&canvas, 10, 12), 0); /* the gap between letters */
            if (memcmp(canvas.pixels, other.pixels, 12 * 18 * 3) == 0)
                fail_msg("%s and %s look the same", a, b);
            iv_image_free(ctx, &canvas);
            iv_image_free(ctx, &other);
        }
}

static void test_text_stays_on_the_canvas(void **state)
{
    (void)state;
    iv_image canvas;
    imgvec_error err;
    assert_ok(iv_canvas_new(ctx, 30, 10, &canvas, &err));
    iv_canvas_text(&canvas, 20, -4, "WWWW\x01\xc3\xa4 more");
    iv_canvas_text(&canvas, -6, 5, "HH");
    assert_true(dark_in(&canvas, 0, 30) > 0);
    assert_true(dark(&canvas, 2, 5)); /* right stem of the first H, cut off at the left */
    iv_image_free(ctx, &canvas);
}

static void test_pictures_are_fitted(void **state)
{
    (void)state;
    static const int32_t sizes[][4] = {
        {100, 50, 20, 10}, {50, 100, 10, 20}, {7, 7, 20, 20}, {1000, 1, 20, 1}, {1, 1, 20, 20}};
    imgvec_error err;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        iv_image canvas, picture;
        int32_t width, height;
        iv_canvas_fit(sizes[i][0], sizes[i][1], 20, &width, &height);
        assert_int_equal(width, sizes[i][2]);
        assert_int_equal(height, sizes[i][3]);
        assert_ok(iv_canvas_new(ctx, 40, 30, &canvas, &err));
        assert_ok(iv_canvas_new(ctx, sizes[i][0], sizes[i][1], &picture, &err));
        memset(picture.pixels, 0, (size_t)(3 * sizes[i][0] * sizes[i][1]));
        assert_ok(iv_canvas_picture(ctx, &canvas, 15, 8, 20, &picture, &err));
        assert_int_equal(dark_in(&canvas, 0, 40), width * height);
        assert_int_equal(dark_in(&canvas, 15, 35), width * height);
        assert_true(dark(&canvas, 15 + (20 - width) / 2, 8 + (20 - height) / 2));
        iv_image_free(ctx, &canvas);
        iv_image_free(ctx, &picture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_letters_differ),
        cmocka_unit_test(test_text_stays_on_the_canvas),
        cmocka_unit_test(test_pictures_are_fitted),
    };
    ctx = test_context();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    imgvec_context_free(ctx);
    return failed;
}
