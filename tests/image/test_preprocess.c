/* The reference's pictures, decoded and preprocessed, to the last bit. */
#include "support.h"

#include <math.h>

#include "fixtures.h"
#include "image/preprocess.h"
#include "io/json.h"

static imgvec_context *ctx;
static test_memory memory;
static iv_json_document *golden;
#ifdef IV_HAVE_JPEG
static const bool exact_jpeg = true;
#else
static const bool exact_jpeg = false; /* stb_image differs by a few levels */
#endif

static const char *text_of(const iv_json *object, const char *name)
{
    const char *text;
    assert_int_equal(iv_json_text(object, name, &text, NULL), IMGVEC_OK);
    return text;
}

static int32_t int_of(const iv_json *object, const char *name)
{
    int64_t value;
    assert_int_equal(iv_json_i64(object, name, 0, INT32_MAX, &value, NULL), IMGVEC_OK);
    return (int32_t)value;
}

static double number_of(const iv_json *value)
{
    return value->type == IV_JSON_INT ? (double)value->as.integer : value->as.number;
}

static uint64_t check_bytes(const uint8_t *p, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += ((uint64_t)p[i] + 1) * (2 * i + 1);
    return sum;
}

static uint64_t check_floats(const float *p, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t word;
        memcpy(&word, p + i, sizeof word);
        sum += ((uint64_t)word + 1) * (2 * i + 1);
    }
    return sum;
}

static uint64_t hex(const char *text)
{
    return strtoull(text, NULL, 16);
}

static iv_preprocess transform(const char *name)
{
    const iv_json *t = iv_json_get(iv_json_root(golden), "transforms")->as.first;
    while (strcmp(text_of(t, "name"), name) != 0)
        t = t->next;
    iv_preprocess p = {.resize = int_of(t, "resize_shorter_side"), .crop = int_of(t, "crop")};
    p.filter = strcmp(text_of(t, "interpolation"), "bicubic") == 0 ? IV_FILTER_BICUBIC
                                                                   : IV_FILTER_BILINEAR;
    const iv_json *mean = iv_json_get(t, "mean")->as.first;
    const iv_json *std = iv_json_get(t, "std")->as.first;
    for (int c = 0; c < 3; c++, mean = mean->next, std = std->next) {
        p.mean[c] = (float)number_of(mean);
        p.std[c] = (float)number_of(std);
    }
    return p;
}

/* Means and samples, where the decoder is another one. */
static void check_near(const iv_json *t, const float *values, size_t plane)
{
    const iv_json *mean = iv_json_get(t, "mean")->as.first;
    for (size_t c = 0; c < 3; c++, mean = mean->next) {
        double sum = 0;
        for (size_t i = 0; i < plane; i++)
            sum += values[c * plane + i];
        assert_true(fabs(sum / (double)plane - number_of(mean)) <= 0.01);
    }
    const iv_json *at = iv_json_get(t, "sample_index_chw")->as.first;
    const iv_json *value = iv_json_get(t, "sample")->as.first;
    for (; at; at = at->next, value = value->next)
        assert_true(fabs(values[at->as.integer] - number_of(value)) <= 0.1);
}

static void check_transform(const iv_image *image, const iv_json *t, bool exact)
{
    iv_preprocess p = transform(text_of(t, "transform"));
    size_t plane = (size_t)p.crop * (size_t)p.crop;
    float *values = malloc(3 * plane * sizeof *values);
    assert_non_null(values);
    assert_int_equal(iv_preprocess_run(ctx, image, &p, values, NULL), IMGVEC_OK);
    if (exact)
        assert_int_equal(check_floats(values, 3 * plane), hex(text_of(t, "checksum")));
    else
        check_near(t, values, plane);
    free(values);
}

static void goldens(void **state)
{
    int pictures = 0, transforms = 0;
    if (!golden)
        skip();
    const iv_json *e = iv_json_get(iv_json_root(golden), "images")->as.first;
    for (; e; e = e->next) {
        const char *file = text_of(e, "file");
        char name[300];
        snprintf(name, sizeof name, "parity/preprocess/%s", file);
        const char *path = test_fixture(name);
        assert_non_null(path);
        test_bytes b = read_file(path);
        const iv_json *v = iv_json_get(e, "variants")->as.first;
        for (; v; v = v->next) {
            bool pillow = strcmp(text_of(v, "variant"), "default_loader") == 0;
            bool exact = exact_jpeg || !strstr(file, ".jpg");
            iv_image image;
            imgvec_error err;
            printf("# %s %s\n", file, text_of(v, "variant"));
            if (iv_image_decode(ctx, b.data, b.size, NULL,
                                pillow ? IV_IMAGE_PILLOW : IV_IMAGE_UPRIGHT, &image, &err))
                fail_msg("%s: %s", file, err.text);
            assert_int_equal(image.width, int_of(v, "width"));
            assert_int_equal(image.height, int_of(v, "height"));
            if (exact)
                assert_int_equal(
                    check_bytes(image.pixels, (size_t)image.width * (size_t)image.height * 3),
                    hex(text_of(v, "rgb_checksum")));
            for (const iv_json *t = iv_json_get(v, "transforms")->as.first; t; t = t->next) {
                check_transform(&image, t, exact);
                transforms++;
            }
            iv_image_free(ctx, &image);
            pictures++;
        }
        bytes_free(&b);
    }
    printf("# %d pictures, %d transforms\n", pictures, transforms);
    assert_true(pictures >= 14 && transforms == 5 * pictures);
}

/* Whole tensors, so that a difference can be found. */
static void full_tensors(void **state)
{
    if (!golden)
        skip();
    const iv_json *f = iv_json_get(iv_json_root(golden), "full_tensors")->as.first;
    for (; f; f = f->next) {
        char name[300];
        snprintf(name, sizeof name, "parity/preprocess/%s", text_of(f, "image"));
        if (!exact_jpeg && strstr(name, ".jpg"))
            continue;
        const char *path = test_fixture(name);
        assert_non_null(path);
        test_bytes b = read_file(path);
        snprintf(name, sizeof name, "parity/preprocess/%s", text_of(f, "file"));
        path = test_fixture(name);
        assert_non_null(path);
        test_bytes expected = read_file(path);
        iv_preprocess p = transform(text_of(f, "transform"));
        iv_image image;
        float *values = malloc(expected.size);
        assert_non_null(values);
        assert_int_equal(expected.size, 3 * (size_t)p.crop * (size_t)p.crop * sizeof *values);
        assert_int_equal(iv_image_decode(ctx, b.data, b.size, NULL, IV_IMAGE_PILLOW, &image, NULL),
                         IMGVEC_OK);
        assert_int_equal(iv_preprocess_run(ctx, &image, &p, values, NULL), IMGVEC_OK);
        assert_memory_equal(values, expected.data, expected.size);
        iv_image_free(ctx, &image);
        free(values);
        bytes_free(&expected);
        bytes_free(&b);
    }
}

/* A plain picture becomes the normalised colour whatever its shape. */
static void one_colour(void **state)
{
    static const int32_t shapes[][2] = {{1, 1},     {224, 224}, {256, 256}, {256, 300},
                                        {300, 256}, {1, 500},   {500, 1},   {257, 4000}};
    iv_preprocess p = {
        256, 224, IV_FILTER_BICUBIC, {0.485f, 0.456f, 0.406f}, {0.229f, 0.224f, 0.225f}};
    static float values[3 * 224 * 224];
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        size_t count = (size_t)shapes[i][0] * (size_t)shapes[i][1];
        iv_image image = {shapes[i][0], shapes[i][1], malloc(3 * count)};
        assert_non_null(image.pixels);
        for (size_t k = 0; k < count; k++)
            memcpy(image.pixels + 3 * k, quarters[0], 3);
        assert_int_equal(iv_preprocess_run(ctx, &image, &p, values, NULL), IMGVEC_OK);
        for (size_t c = 0; c < 3; c++) {
            volatile float v = (float)quarters[0][c] / 255.0f;
            v = v - p.mean[c];
            v = v / p.std[c];
            for (size_t k = 0; k < 224 * 224; k++)
                if (values[c * 224 * 224 + k] != v)
                    fail_msg("shape %zu: channel %zu value %zu", i, c, k);
        }
        free(image.pixels);
    }
}

static void bad_arguments(void **state)
{
    uint8_t pixel[3] = {1, 2, 3};
    iv_image image = {1, 1, pixel};
    float out[3];
    iv_preprocess p = {1, 1, IV_FILTER_BILINEAR, {0, 0, 0}, {1, 1, 1}};
    assert_int_equal(iv_preprocess_run(ctx, &image, &p, out, NULL), IMGVEC_OK);
    assert_true(out[0] == 1 / 255.0f && out[2] == 3 / 255.0f);
    p.crop = 2; /* larger than the resized picture */
    assert_int_equal(iv_preprocess_run(ctx, &image, &p, out, NULL), IMGVEC_ERR_INVALID_ARGUMENT);
    p.crop = 0;
    assert_int_equal(iv_preprocess_run(ctx, &image, &p, out, NULL), IMGVEC_ERR_INVALID_ARGUMENT);
    p.crop = 1;
    assert_int_equal(iv_preprocess_run(ctx, NULL, &p, out, NULL), IMGVEC_ERR_INVALID_ARGUMENT);
    assert_int_equal(iv_preprocess_run(ctx, &image, &p, NULL, NULL), IMGVEC_ERR_INVALID_ARGUMENT);
}

static int start(void **state)
{
    ctx = test_context(&memory);
    const char *path = test_fixture("parity/preprocess/golden.json");
    if (path) {
        test_bytes b = read_file(path);
        assert_int_equal(iv_json_parse(ctx, (char *)b.data, b.size, 0, 0, &golden, NULL),
                         IMGVEC_OK);
        bytes_free(&b);
    }
    return 0;
}

static int stop(void **state)
{
    iv_json_free(golden);
    imgvec_context_free(ctx);
    return memory.live != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens),
        cmocka_unit_test(full_tensors),
        cmocka_unit_test(one_colour),
        cmocka_unit_test(bad_arguments),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
