/* Every image of the fixture corpus gets the answer that its index asks for: the picture, or
 * an error that names the reason. */
#include "support.h"

#include "fixtures.h"
#include "image/image.h"
#include "io/json.h"

static imgvec_context *ctx;
static test_memory memory;

static bool built_in(const char *format)
{
    char quoted[32];
    snprintf(quoted, sizeof quoted, "\"%s\"", format);
    return strstr(iv_image_formats_json(), quoted) != NULL;
}

/* A word that the text for a damaged file must hold, by a part of its name. */
static const struct {
    const char *name, *word;
} reasons[] = {
    {"empty", "empty"},
    {"lfs_pointer", "git LFS"},
    {"heic", "HEIC"},
    {"_cut", "cut short"},
    {"crc", "CRC"},
    {"no_iend", "IEND"},
    {"no_idat", "IDAT"},
    {"limit_", "limit"},
    {"idat_bomb", "far more"},
    {"without_plte", "PLTE"},
    {"frame_outside", "outside"},
    {"precision9", "9 bits"},
    {"sos_component", "component"},
    {"sampling_f", "sampling"},
    {"soi_only", "cut short"},
    {"size_9000", "cannot hold"},
    {"maxval0", "largest value"},
    {"rle_overrun", "cut short"},
    {"cmap_past_end", "colour map"},
    {"p_huge.", "limit"},
    {"r_huge.", "limit"},
    {"d_huge.", "limit"},
    {"a_huge.", "limit"},
    {"f_huge.", "limit"},
    {"int_min", "impossible size"},
    {"chunk_len", "file ends"},
    {"png_flip", "CRC"},
};

static void check_picture(const iv_image *image, const iv_json *expected)
{
    int64_t width, height, tolerance;
    const iv_json *quadrants = iv_json_get(expected, "quadrants_rgb");
    assert_int_equal(iv_json_i64(expected, "width", 1, 65535, &width, NULL), IMGVEC_OK);
    assert_int_equal(iv_json_i64(expected, "height", 1, 65535, &height, NULL), IMGVEC_OK);
    assert_int_equal(image->width, width);
    assert_int_equal(image->height, height);
    if (!quadrants)
        return;
    assert_int_equal(iv_json_i64(expected, "tol", 0, 255, &tolerance, NULL), IMGVEC_OK);
    const iv_json *q = quadrants->as.first;
    for (int i = 0; i < 4; i++, q = q->next) {
        /* Means over the middle half of each quarter: the pictures carry some noise. */
        int w = image->width / 4, h = image->height / 4;
        int x0 = image->width * (i & 1) / 2 + w / 2, y0 = image->height * (i >> 1) / 2 + h / 2;
        const iv_json *c = q->as.first;
        for (int k = 0; k < 3; k++, c = c->next) {
            int64_t sum = 0;
            for (int y = y0; y < y0 + h; y++)
                for (int x = x0; x < x0 + w; x++)
                    sum += image->pixels[((size_t)y * (size_t)image->width + (size_t)x) * 3 +
                                         (size_t)k];
            int64_t mean = sum / (w * h);
            if (llabs(mean - c->as.integer) > tolerance)
                fail_msg("quarter %d channel %d: %d, expected %d", i, k, (int)mean,
                         (int)c->as.integer);
        }
    }
}

static void check_file(const iv_json *entry, const iv_json *expected)
{
    const iv_image_limits limits = {65535, 100000000, 256u << 20};
    const char *path, *expect;
    char name[300];
    assert_int_equal(iv_json_text(entry, "path", &path, NULL), IMGVEC_OK);
    assert_int_equal(iv_json_text(entry, "expect", &expect, NULL), IMGVEC_OK);
    snprintf(name, sizeof name, "fixtures/%s", path);
    const char *found = test_fixture(name);
    assert_non_null(found);
    test_bytes b = read_file(found);
    iv_image image = {0};
    imgvec_error err = {0};
    test_memory before = memory;
    imgvec_status status =
        iv_image_decode(ctx, b.data, b.size, &limits, IV_IMAGE_UPRIGHT, &image, &err);
    if (strstr(path, ".tif") && !built_in("TIFF")) {
        assert_int_equal(status, IMGVEC_ERR_UNSUPPORTED);
        assert_non_null(strstr(err.text, "TIFF"));
    } else if (strcmp(expect, "accept") == 0) {
        if (status != IMGVEC_OK)
            fail_msg("%s: %s", path, err.text);
        printf("# %s\n", path);
        check_picture(&image, iv_json_get(expected, path + strlen("images/")));
    } else {
        if (status == IMGVEC_OK)
            fail_msg("%s: accepted", path);
        printf("# %s: %s\n", path, err.text);
        assert_true(status == IMGVEC_ERR_FORMAT || status == IMGVEC_ERR_LIMIT ||
                    status == IMGVEC_ERR_UNSUPPORTED);
        assert_int_equal(err.code, status);
        assert_null(image.pixels);
        for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
            if (strstr(path, reasons[i].name) && !strstr(err.text, reasons[i].word))
                fail_msg("%s: \"%s\" does not say \"%s\"", path, err.text, reasons[i].word);
    }
    iv_image_free(ctx, &image);
    assert_int_equal(memory.live, before.live);
    bytes_free(&b);
}

static void corpus(void **state)
{
    const char *path = test_fixture("fixtures/index.json");
    iv_json_document *index, *expected;
    int images = 0;
    if (!path)
        skip();
    test_bytes text = read_file(path);
    assert_int_equal(iv_json_parse(ctx, (char *)text.data, text.size, 0, 0, &index, NULL),
                     IMGVEC_OK);
    bytes_free(&text);
    path = test_fixture("fixtures/images/expected.json");
    assert_non_null(path);
    text = read_file(path);
    assert_int_equal(iv_json_parse(ctx, (char *)text.data, text.size, 0, 0, &expected, NULL),
                     IMGVEC_OK);
    bytes_free(&text);
    for (const iv_json *e = iv_json_root(index)->as.first; e; e = e->next) {
        const char *kind;
        assert_int_equal(iv_json_text(e, "kind", &kind, NULL), IMGVEC_OK);
        if (strcmp(kind, "images") == 0) {
            check_file(e, iv_json_root(expected));
            images++;
        }
    }
    printf("# %d images of the corpus\n", images);
    assert_true(images >= 70);
    iv_json_free(index);
    iv_json_free(expected);
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(corpus)};
    return cmocka_run_group_tests(tests, start, stop);
}
