/* Scenes as SVG and as pixels: what is drawn where, that both say the same, and hostile text. */
#include <math.h>
#include <time.h>

#include "allocations.h"
#include "markup.h"
#include "shared_context.h"

#include "base/mem.h"
#include "image/encode.h"
#include "report/plot.h"
#include "report/scene_png.h"
#include "report/scene_svg.h"
#include "report/tiles.h"

static char *svg_of(const iv_scene *s, bool alone)
{
    iv_text text;
    iv_text_init(&text, ctx);
    iv_scene_svg(s, "a \"label\" & more", alone, &text);
    char *svg = iv_text_take(&text);
    assert_non_null(svg);
    return svg;
}

static void test_svg(void **state)
{
    (void)state;
    iv_scene s;
    iv_scene_init(&s, ctx, 100, 50);
    iv_scene_line(&s, 1, 2, 3.25, 4, IV_INK_GRID, 1.5);
    iv_scene_rect(&s, 5, 6, 7, 8, IV_INK_SERIES, 0.5);
    iv_scene_dots(&s, (const double[]){9, 10, 11, 12}, 2, IV_INK_SERIES + 1, 3, IV_ROUND, 1);
    iv_shape *text = iv_scene_text(&s, 20, 30, 12, IV_END, IV_INK_TEXT, "a<b> & \"c\"\x01\xff");
    assert_non_null(text);
    text->turned = true;
    char *svg = svg_of(&s, false);
    assert_string_equal(
        svg,
        "<svg viewBox=\"0 0 100 50\" role=\"img\" aria-label=\"a &quot;label&quot; &amp; more\">"
        "<path class=\"k2\" fill=\"none\" stroke-linejoin=\"round\" stroke-width=\"1.5\" "
        "d=\"M1 2L3.3 4\"/>"
        "<rect class=\"f4\" opacity=\"0.500\" x=\"5\" y=\"6\" width=\"7\" height=\"8\"/>"
        "<path class=\"k5\" stroke-linecap=\"round\" stroke-width=\"6\" d=\"M9 10h0M11 12h0\"/>"
        "<text class=\"f0\" text-anchor=\"end\" font-size=\"12\" x=\"20\" y=\"30\" "
        "transform=\"rotate(-90 20 30)\">a&lt;b&gt; &amp; &quot;c&quot;?</text></svg>");
    iv_free(ctx, svg);
    svg = svg_of(&s, true);
    assert_int_equal(check_markup(svg, "style"), 1);
    assert_non_null(strstr(svg, "xmlns=\"http://www.w3.org/2000/svg\""));
    assert_non_null(strstr(svg, "prefers-color-scheme:dark"));
    iv_free(ctx, svg);
    iv_scene_free(&s);
}

static void test_base64(void **state)
{
    (void)state;
    static const char *const coded[] = {
        "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"}; /* RFC 4648, section 10 */
    for (size_t n = 0; n <= 6; n++) {
        iv_text text;
        iv_text_init(&text, ctx);
        iv_markup_base64(&text, "foobar", n);
        char *said = iv_text_take(&text);
        assert_string_equal(said, coded[n]);
        iv_free(ctx, said);
    }
}

static uint32_t pixel(const iv_image *image, int x, int y)
{
    const uint8_t *p = image->pixels + 3 * ((size_t)y * (size_t)image->width + (size_t)x);
    return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static void test_pixels(void **state)
{
    (void)state;
    iv_scene s;
    iv_image image;
    imgvec_error err;
    const uint32_t blue = iv_ink_colour(IV_INK_SERIES, false), white = 0xffffff;
    iv_scene_init(&s, ctx, 40, 40);
    iv_scene_rect(&s, 2, 2, 4, 4, IV_INK_SERIES, 1);
    iv_scene_line(&s, 10, 5, 20, 5, IV_INK_SERIES, 2);
    iv_scene_dots(&s, (const double[]){30, 5}, 1, IV_INK_SERIES, 3, IV_ROUND, 1);
    iv_scene_area(&s, (const double[]){2, 20, 12, 20, 2, 30}, 3, IV_INK_SERIES, 1);
    iv_scene_rect(&s, 20, 20, 4, 4, IV_INK_TEXT, 0.5);
    iv_scene_dots(&s, (const double[]){30, 22}, 1, IV_INK_SERIES, 3, IV_DIAMOND, 1);
    iv_scene_rect(&s, -100, 38, 1000, 1000, IV_INK_SERIES, 1); /* past every edge */
    assert_ok(iv_scene_draw(&s, &image, &err));
    assert_int_equal(image.width, 40 * IV_SCENE_SCALE);
    assert_int_equal(pixel(&image, 4, 4), blue);
    assert_int_equal(pixel(&image, 11, 11), blue);
    assert_int_equal(pixel(&image, 3, 3), white);
    assert_int_equal(pixel(&image, 12, 12), white);
    assert_int_equal(pixel(&image, 30, 9), blue);   /* the line */
    assert_int_equal(pixel(&image, 30, 14), white); /* below it */
    assert_int_equal(pixel(&image, 60, 10), blue);
    assert_int_equal(pixel(&image, 54, 4), white);  /* the corner that a dot leaves out */
    assert_int_equal(pixel(&image, 6, 42), blue);   /* within the triangle */
    assert_int_equal(pixel(&image, 22, 58), white); /* beyond its long side */
    uint32_t half = pixel(&image, 44, 44) >> 16;
    assert_in_range(half, (0x1a + 0xff) / 2 - 1, (0x1a + 0xff) / 2 + 1);
    assert_int_equal(pixel(&image, 60, 44), blue);
    assert_int_equal(pixel(&image, 55, 39), white); /* beside the diamond */
    assert_int_equal(pixel(&image, 79, 79), blue);
    iv_image_free(ctx, &image);
    iv_scene_free(&s);
}

static int inked(const iv_image *image, int left, int top, int right, int bottom)
{
    int count = 0;
    for (int y = top; y < bottom; y++)
        for (int x = left; x < right; x++)
            count += pixel(image, x, y) != 0xffffff;
    return count;
}

static void test_text(void **state)
{
    (void)state;
    iv_scene s;
    iv_image image;
    imgvec_error err;
    iv_scene_init(&s, ctx, 200, 60);
    iv_scene_text(&s, 100, 20, 12, IV_END, IV_INK_TEXT, "left of it");
    iv_scene_text(&s, 100, 40, 12, IV_START, IV_INK_TEXT, "\xc3\xa4\xe2\x80\xa6");
    iv_shape *turned = iv_scene_text(&s, 180, 50, 12, IV_START, IV_INK_TEXT, "up");
    turned->turned = true;
    assert_ok(iv_scene_draw(&s, &image, &err));
    assert_true(inked(&image, 60, 0, 200, 50) > 100);
    assert_int_equal(inked(&image, 204, 0, 340, 50), 0);
    assert_true(inked(&image, 200, 55, 230, 90) > 10);
    assert_int_equal(inked(&image, 232, 50, 340, 120), 0); /* two letters, not five bytes */
    assert_true(inked(&image, 340, 60, 370, 100) > 10);
    assert_int_equal(inked(&image, 370, 0, 400, 120), 0);
    iv_image_free(ctx, &image);
    iv_scene_free(&s);
}

static void test_text_is_cut(void **state)
{
    (void)state;
    iv_scene s;
    iv_scene_init(&s, ctx, 200, 60);
    iv_shape *shape = iv_scene_text_within(&s, 0, 0, 10, IV_START, 0,
                                           "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f\xc3\xa4 long", 17.5);
    assert_string_equal(s.text.data + shape->first, "\xc3\xa4\xc3\xb6\xe2\x80\xa6");
    shape = iv_scene_text_within(&s, 0, 0, 10, IV_START, 0, "short", 100);
    assert_string_equal(s.text.data + shape->first, "short");
    shape = iv_scene_text_within(&s, 0, 0, 10, IV_START, 0, "nothing fits", 0);
    assert_string_equal(s.text.data + shape->first, "\xe2\x80\xa6");
    iv_scene_free(&s);
}

static void test_pictures(void **state)
{
    (void)state;
    iv_scene s;
    iv_image image, red = {8, 8, NULL};
    iv_encoded jpeg;
    imgvec_error err;
    red.pixels = iv_zalloc(ctx, 8 * 8 * 3);
    for (int i = 0; i < 64; i++)
        red.pixels[3 * i] = 200;
    assert_ok(iv_encode_jpeg(ctx, &red, 95, &jpeg, &err));
    iv_image_free(ctx, &red);
    iv_scene_init(&s, ctx, 40, 20);
    iv_scene_picture(&s, 0, 0, 16, 16, jpeg.data, jpeg.size);
    iv_scene_picture(&s, 20, 0, 16, 16, "no picture", 10);
    assert_ok(iv_scene_draw(&s, &image, &err));
    assert_in_range(pixel(&image, 16, 16) >> 16, 190, 210);
    assert_in_range(pixel(&image, 16, 16) & 255, 0, 12);
    assert_int_equal(pixel(&image, 56, 16), iv_ink_colour(IV_INK_GRID, false));
    iv_image_free(ctx, &image);
    char *svg = svg_of(&s, false);
    assert_int_equal(check_markup(svg, "image"), 2);
    iv_free(ctx, svg);
    iv_free(ctx, jpeg.data);
    iv_scene_free(&s);
}

/* Places of a plot's dots are those that its axes say. */
static void test_plot(void **state)
{
    (void)state;
    iv_scene s, all;
    const double points[] = {0, 0, NAN, 1, 10, 100};
    iv_plot p = {.title = "T", .x_high = 10, .y_high = 100, .x_label = "x", .y_label = "y"};
    iv_plot_add(&p, "one", points, 3, IV_SERIES_DOTS, IV_INK_SERIES);
    iv_plot_draw(&p, ctx, &s);
    assert_false(s.failed);
    assert_string_equal(iv_scene_title(&s), "T");
    const iv_shape *dots = &s.shapes[s.count - 1];
    assert_int_equal(dots->kind, IV_SHAPE_DOTS);
    assert_int_equal(dots->count, 2); /* NaN is nowhere */
    const double *at = s.points + dots->first;
    assert_true(at[0] > 20 && at[0] < 90 && at[1] > 250 && at[1] < 330);
    assert_true(at[2] > 440 && at[2] < 480 && at[3] > 30 && at[3] < 60);
    for (size_t i = 0; i < s.count; i++) /* no text leaves the picture */
        if (s.shapes[i].kind == IV_SHAPE_TEXT)
            assert_true(s.shapes[i].x >= 0 && s.shapes[i].x <= s.width && s.shapes[i].y > 0 &&
                        s.shapes[i].y <= s.height);
    iv_scene_init(&all, ctx, 0, 0);
    iv_scene_append(&all, &s);
    iv_scene_append(&all, &s);
    assert_true(all.height == 2 * s.height && all.count == 2 * s.count);
    const iv_shape *below = &all.shapes[all.count - 1];
    assert_true(all.points[below->first + 1] == at[1] + s.height);
    iv_scene_free(&all);
    iv_scene_free(&s);
}

/* Ranges in which a step is nothing beside the values, or no number at all, have few ticks. */
static void test_plot_of_odd_ranges(void **state)
{
    static const double ranges[][2] = {
        {1e18, 1e18 + 256}, {-1.7e308, 1.7e308},     {1.7e308, 1.7e308}, {0, 4.9e-324},
        {-1e300, 1e300},    {1, 1.0000000000000002}, {-9e15, 3}};
    (void)state;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        for (int fixed = 0; fixed < 2; fixed++) {
            iv_scene s;
            const double low = ranges[i][0], high = ranges[i][1];
            const double points[] = {low, low, high, high};
            iv_plot p = {.title = "T", .whole_x = i % 2 == 0};
            if (fixed) {
                p.x_low = p.y_low = low;
                p.x_high = p.y_high = high;
            }
            iv_plot_add(&p, NULL, points, 2, IV_SERIES_DOTS, IV_INK_SERIES);
            iv_plot_draw(&p, ctx, &s);
            assert_false(s.failed);
            assert_in_range(s.count, 2, 250);
            for (size_t k = 0; k < s.point_count; k++)
                assert_true(isfinite(s.points[k]));
            iv_scene_free(&s);
        }
}

/* A long text is walked over once, not once for each letter that is left out. */
static void test_long_text_is_cut(void **state)
{
    (void)state;
    enum { LONG = 4 << 20 };
    iv_scene s;
    char *text = iv_alloc(ctx, LONG + 1);
    memset(text, 'a', LONG);
    text[LONG] = '\0';
    iv_scene_init(&s, ctx, 200, 60);
    clock_t start = clock();
    iv_shape *shape = iv_scene_text_within(&s, 0, 0, 10, IV_START, 0, text, 17.5);
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 5); /* letter by letter: hours */
    assert_string_equal(s.text.data + shape->first, "aa\xe2\x80\xa6");
    iv_scene_free(&s);
    iv_free(ctx, text);
}

static void test_matrix(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b"};
    const int64_t counts[] = {3, 1, 0, 0};
    iv_scene s;
    int cells = 0;
    iv_matrix_draw(ctx, "M", "Truth", "Prediction", names, counts, 2, &s);
    assert_false(s.failed);
    for (size_t i = 0; i < s.count; i++)
        if (s.shapes[i].kind == IV_SHAPE_RECT && s.shapes[i].ink >= IV_INK_SERIES) {
            double share = cells++ ? 0.25 : 0.75;
            assert_int_equal(s.shapes[i].ink, IV_INK_SERIES + (cells > 1)); /* right, wrong */
            assert_true(s.shapes[i].opacity > share * 0.88 && s.shapes[i].opacity <= share + 0.12);
        }
    assert_int_equal(cells, 2); /* a class without rows has no shares */
    iv_scene_free(&s);
}

/* Making and drawing a small scene. */
static imgvec_status draw_job(imgvec_context *own, void *user, imgvec_error *err)
{
    iv_scene s;
    iv_image image;
    (void)user;
    iv_scene_init(&s, own, 20, 20);
    iv_scene_line(&s, 1, 1, 9, 9, IV_INK_GRID, 1);
    iv_scene_text(&s, 1, 18, 9, IV_START, IV_INK_TEXT, "a");
    iv_scene_picture(&s, 2, 2, 4, 4, "no picture", 10);
    imgvec_status status = iv_scene_draw(&s, &image, err);
    if (status == IMGVEC_OK)
        iv_image_free(own, &image);
    iv_scene_free(&s);
    return status;
}

static void test_allocations(void **state)
{
    (void)state;
    fail_each_allocation(draw_job, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_svg),
        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_pixels),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_text_is_cut),
        cmocka_unit_test(test_pictures),
        cmocka_unit_test(test_plot),
        cmocka_unit_test(test_matrix),
        cmocka_unit_test(test_plot_of_odd_ranges),
        cmocka_unit_test(test_long_text_is_cut),
        cmocka_unit_test(test_allocations),
    };
    return cmocka_run_group_tests(tests, open_context, close_context);
}
