/* Resizing against the definition, written here once more and slowly. */
#include "support.h"

#include <math.h>

#include "image/resample.h"
#include "image/resize.h"

static imgvec_context *ctx;
static test_memory memory;

static uint32_t noise_state = 1;

static uint8_t noise(void)
{
    noise_state = noise_state * 1664525u + 1013904223u;
    return (uint8_t)(noise_state >> 24);
}

static iv_image make_image(int32_t w, int32_t h)
{
    iv_image image = {w, h, malloc((size_t)w * (size_t)h * 3)};
    assert_non_null(image.pixels);
    /* Full contrast now and then, so that bicubic overshoots and is clipped. */
    for (size_t i = 0; i < (size_t)w * (size_t)h * 3; i++) {
        uint8_t v = noise();
        image.pixels[i] = v < 64 ? 0 : v > 192 ? 255 : v;
    }
    return image;
}

static double weight(iv_filter filter, double t)
{
    t = fabs(t);
    if (filter == IV_FILTER_BILINEAR)
        return t < 1 ? 1 - t : 0;
    if (t < 1)
        return (1.5 * t - 2.5) * t * t + 1;
    return t < 2 ? (((t - 5) * t + 8) * t - 4) * -0.5 : 0;
}

/* One axis: `lines` lines of n_in values, `step` apart, lines `line_step` apart. */
static void resample(const uint8_t *in, int n_in, size_t step, int lines, size_t line_step,
                     uint8_t *out, int n_out, size_t out_step, size_t out_line_step,
                     iv_filter filter)
{
    double scale = (double)n_in / n_out, f = scale > 1 ? scale : 1;
    double radius = f * (filter == IV_FILTER_BICUBIC ? 2 : 1);
    for (int i = 0; i < n_out; i++) {
        double c = (i + 0.5) * scale, sum = 0;
        int lo = (int)(c - radius + 0.5), hi = (int)(c + radius + 0.5);
        lo = lo < 0 || c - radius + 0.5 < 0 ? 0 : lo;
        hi = hi > n_in ? n_in : hi;
        double *w = malloc(sizeof *w * (size_t)(hi - lo + 1));
        assert_non_null(w);
        for (int k = lo; k < hi; k++)
            sum += w[k - lo] = weight(filter, (k - c + 0.5) * (1.0 / f));
        for (int l = 0; l < lines; l++) {
            int64_t total = 1 << 21;
            for (int k = lo; k < hi; k++)
                total += (int64_t)round(w[k - lo] * (1.0 / sum) * (1 << 22)) *
                         in[(size_t)l * line_step + (size_t)k * step];
            total >>= 22;
            out[(size_t)l * out_line_step + (size_t)i * out_step] =
                (uint8_t)(total < 0     ? 0
                          : total > 255 ? 255
                                        : total);
        }
        free(w);
    }
}

static uint8_t *reference(const iv_image *in, int32_t w, int32_t h, iv_filter filter)
{
    size_t row_in = (size_t)in->width * 3, row = (size_t)w * 3;
    uint8_t *wide = malloc(row * (size_t)in->height), *out = malloc(row * (size_t)h);
    assert_true(wide && out);
    for (size_t c = 0; c < 3; c++) {
        if (w == in->width)
            memcpy(wide, in->pixels, row * (size_t)in->height);
        else
            resample(in->pixels + c, in->width, 3, in->height, row_in, wide + c, w, 3, row, filter);
    }
    if (h == in->height)
        memcpy(out, wide, row * (size_t)h);
    else
        resample(wide, in->height, row, (int)row, 1, out, h, row, 1, filter);
    free(wide);
    return out;
}

static const int32_t sizes[][4] = {
    {1, 1, 1, 1},      {1, 1, 7, 5},     {7, 5, 1, 1},     {5, 7, 5, 7},    {8, 8, 8, 3},
    {8, 8, 3, 8},      {16, 9, 33, 20},  {100, 3, 17, 9},  {3, 100, 9, 17}, {257, 129, 64, 32},
    {640, 480, 31, 7}, {33, 44, 32, 43}, {2, 2, 300, 300},
};

static void equals_the_definition(void **state)
{
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int filter = IV_FILTER_BILINEAR; filter <= IV_FILTER_BICUBIC; filter++) {
            iv_image in = make_image(sizes[i][0], sizes[i][1]), out;
            int32_t w = sizes[i][2], h = sizes[i][3];
            uint8_t *expected = reference(&in, w, h, filter);
            assert_int_equal(iv_resize(ctx, &in, w, h, filter, &out, NULL), IMGVEC_OK);
            assert_int_equal(out.width, w);
            assert_int_equal(out.height, h);
            assert_memory_equal(out.pixels, expected, (size_t)w * (size_t)h * 3);
            iv_image_free(ctx, &out);
            free(expected);
            free(in.pixels);
        }
}

static void region_is_part_of_the_whole(void **state)
{
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        iv_image in = make_image(sizes[i][0], sizes[i][1]), out;
        int32_t w = sizes[i][2], h = sizes[i][3];
        iv_region r = {w / 3, h / 4, (w + 2) / 3, (h + 1) / 2};
        uint8_t *part = malloc((size_t)r.width * (size_t)r.height * 3);
        assert_non_null(part);
        assert_int_equal(iv_resize(ctx, &in, w, h, IV_FILTER_BICUBIC, &out, NULL), IMGVEC_OK);
        assert_int_equal(iv_resize_region(ctx, &in, w, h, IV_FILTER_BICUBIC, r, part, NULL),
                         IMGVEC_OK);
        for (int32_t y = 0; y < r.height; y++)
            assert_memory_equal(part + (size_t)y * (size_t)r.width * 3,
                                out.pixels + ((size_t)(r.top + y) * (size_t)w + (size_t)r.left) * 3,
                                (size_t)r.width * 3);
        free(part);
        iv_image_free(ctx, &out);
        free(in.pixels);
    }
}

/* The loops for this processor give the bytes of the plain ones. */
static void fast_loops_equal_plain_ones(void **state)
{
    const iv_resample_loops *fast = iv_resample_fast();
    if (!fast) {
        printf("# SKIPPED: this processor has no fast loops\n");
        skip();
    }
    static const int32_t pairs[][2] = {{1, 5},    {5, 1},   {37, 23}, {640, 224}, {300, 7},
                                       {4000, 3}, {20, 64}, {4, 3},   {5, 4},     {6, 4}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        for (int filter = IV_FILTER_BILINEAR; filter <= IV_FILTER_BICUBIC; filter++) {
            int32_t n_in = pairs[i][0], n_out = pairs[i][1];
            iv_taps taps;
            assert_int_equal(iv_taps_init(ctx, n_in, n_out, 0, n_out, filter, &taps, NULL),
                             IMGVEC_OK);
            iv_image row = make_image(n_in, 1), column = make_image(13, n_in);
            uint8_t *a = malloc((size_t)n_out * 3), *b = malloc((size_t)n_out * 3), c[39], d[39];
            assert_true(a && b);
            iv_resample_plain.row(row.pixels, n_in, &taps, a);
            fast->row(row.pixels, n_in, &taps, b);
            assert_memory_equal(a, b, (size_t)n_out * 3);
            for (int32_t k = 0; k < n_out; k++) {
                const uint8_t *from = column.pixels + taps.start[k] * 39;
                iv_resample_plain.column(from, 39, 39, &taps, k, c);
                fast->column(from, 39, 39, &taps, k, d);
                assert_memory_equal(c, d, 39);
            }
            free(a);
            free(b);
            free(row.pixels);
            free(column.pixels);
            iv_taps_free(ctx, &taps);
        }
}

/* So many taps for one pixel that the fast loops would overflow. */
static void extreme_reduction(void **state)
{
    iv_image in = make_image(60000, 1), out;
    uint8_t *expected = reference(&in, 1, 1, IV_FILTER_BICUBIC);
    assert_int_equal(iv_resize(ctx, &in, 1, 1, IV_FILTER_BICUBIC, &out, NULL), IMGVEC_OK);
    assert_memory_equal(out.pixels, expected, 3);
    iv_image_free(ctx, &out);
    free(expected);
    memset(in.pixels, 255, 180000);
    assert_int_equal(iv_resize(ctx, &in, 2, 1, IV_FILTER_BILINEAR, &out, NULL), IMGVEC_OK);
    for (int i = 0; i < 6; i++)
        assert_int_equal(out.pixels[i], 255);
    iv_image_free(ctx, &out);
    free(in.pixels);
}

static void bad_arguments(void **state)
{
    iv_image in = make_image(2, 2), out = {0};
    assert_int_equal(iv_resize(ctx, &in, 0, 1, IV_FILTER_BILINEAR, &out, NULL),
                     IMGVEC_ERR_INVALID_ARGUMENT);
    assert_int_equal(iv_resize(ctx, &in, 1, -1, IV_FILTER_BILINEAR, &out, NULL),
                     IMGVEC_ERR_INVALID_ARGUMENT);
    assert_int_equal(iv_resize(ctx, NULL, 1, 1, IV_FILTER_BILINEAR, &out, NULL),
                     IMGVEC_ERR_INVALID_ARGUMENT);
    free(in.pixels);
}

static void every_allocation_may_fail(void **state)
{
    iv_image in = make_image(9, 7);
    for (size_t k = 1;; k++) {
        iv_image out = {0};
        memory.calls = 0;
        memory.fail_at = k;
        size_t live = memory.live;
        imgvec_status status = iv_resize(ctx, &in, 4, 3, IV_FILTER_BICUBIC, &out, NULL);
        memory.fail_at = 0;
        if (status == IMGVEC_OK) {
            assert_true(k > 5);
            iv_image_free(ctx, &out);
            break;
        }
        assert_int_equal(status, IMGVEC_ERR_NO_MEMORY);
        assert_null(out.pixels);
        assert_int_equal(memory.live, live);
    }
    free(in.pixels);
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
        cmocka_unit_test(equals_the_definition),
        cmocka_unit_test(region_is_part_of_the_whole),
        cmocka_unit_test(fast_loops_equal_plain_ones),
        cmocka_unit_test(extreme_reduction),
        cmocka_unit_test(bad_arguments),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
