/* Every format decodes to the picture that it holds; every other file gets an answer that
 * names the reason. */
#include "support.h"

#include <pthread.h>

#include <imgvec/dataset.h>

#include "image/image.h"
#include "samples.h"

static imgvec_context *ctx;
static test_memory memory;

static void assert_quarters(const iv_image *image, int width, int height, int tolerance)
{
    assert_int_equal(image->width, width);
    assert_int_equal(image->height, height);
    for (int q = 0; q < 4; q++) {
        int x = width * (1 + 2 * (q & 1)) / 4, y = height * (1 + 2 * (q >> 1)) / 4;
        const uint8_t *p = image->pixels + ((size_t)y * (size_t)width + (size_t)x) * 3;
        for (int c = 0; c < 3; c++)
            assert_in_range(p[c] + 256, quarters[q][c] + 256 - tolerance,
                            quarters[q][c] + 256 + tolerance);
    }
}

static void decode_sample(const void *data, size_t size, const char *format, int w, int h,
                          int tolerance)
{
    iv_image image;
    imgvec_error err;
    imgvec_status status = iv_image_decode(ctx, data, size, NULL, IV_IMAGE_UPRIGHT, &image, &err);
    if (status != IMGVEC_OK)
        fail_msg("%s: %s", format, err.text);
    assert_string_equal(iv_image_format(data, size), format);
    assert_quarters(&image, w, h, tolerance);
    iv_image_free(ctx, &image);
}

static void decode_made(test_bytes b, const char *format, int w, int h, int tolerance)
{
    decode_sample(b.data, b.size, format, w, h, tolerance);
    bytes_free(&b);
}

static bool built_in(const char *format)
{
    char quoted[32];
    snprintf(quoted, sizeof quoted, "\"%s\"", format);
    return strstr(iv_image_formats_json(), quoted) != NULL;
}

static void formats_decode(void **state)
{
    decode_sample(sample_jpeg, sizeof sample_jpeg, "JPEG", 16, 16, 12);
    decode_sample(sample_progressive, sizeof sample_progressive, "JPEG", 16, 16, 30);
    decode_sample(sample_cmyk, sizeof sample_cmyk, "JPEG", 16, 16, 16);
    decode_sample(sample_gif, sizeof sample_gif, "GIF", 16, 16, 0);
    decode_made(make_gif(16, 12), "GIF", 16, 12, 0);
    decode_made(make_png(16, 12), "PNG", 16, 12, 0);
    decode_made(make_ppm(16, 12, 6), "PNM", 16, 12, 0);
    decode_made(make_ppm(16, 12, 3), "PNM", 16, 12, 0);
    decode_made(make_bmp(17, 12, 24), "BMP", 17, 12, 0);
    decode_made(make_bmp(17, 12, 32), "BMP", 17, 12, 0);
    decode_made(make_bmp(17, 12, 8), "BMP", 17, 12, 0);
    decode_made(make_tga(16, 12, false), "TGA", 16, 12, 0);
    decode_made(make_tga(16, 12, true), "TGA", 16, 12, 0);
    decode_made(make_psd(16, 12, false), "PSD", 16, 12, 0);
    decode_made(make_psd(16, 12, true), "PSD", 16, 12, 0);
    decode_made(make_hdr(16, 12), "HDR", 16, 12, 14);
}

static void optional_formats_decode_or_say_why_not(void **state)
{
    static const struct {
        const char *format;
        const uint8_t *data;
        size_t size;
        int tolerance;
    } samples[] = {
        {"TIFF", sample_tiff, sizeof sample_tiff, 0},
        {"WebP", sample_webp, sizeof sample_webp, 0},
        {"WebP", sample_webp_lossy, sizeof sample_webp_lossy, 12},
        {"WebP", sample_webp_animated, sizeof sample_webp_animated, 0},
    };
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        iv_image image = {0};
        imgvec_error err;
        if (built_in(samples[i].format)) {
            decode_sample(samples[i].data, samples[i].size, samples[i].format, 16, 16,
                          samples[i].tolerance);
            continue;
        }
        assert_int_equal(iv_image_decode(ctx, samples[i].data, samples[i].size, NULL,
                                         IV_IMAGE_UPRIGHT, &image, &err),
                         IMGVEC_ERR_UNSUPPORTED);
        assert_non_null(strstr(err.text, samples[i].format));
        assert_null(image.pixels);
    }
}

static void gray_pnm(void **state)
{
    for (int kind = 1; kind <= 5; kind++) {
        if (kind == 3)
            continue;
        test_bytes b = make_ppm(17, 12, kind);
        iv_image image;
        assert_int_equal(iv_image_decode(ctx, b.data, b.size, NULL, IV_IMAGE_UPRIGHT, &image, NULL),
                         IMGVEC_OK);
        for (int y = 0; y < 12; y++)
            for (int x = 0; x < 17; x++) {
                uint8_t gray = sample_pixel(17, 12, x, y)[1];
                if (kind == 1 || kind == 4)
                    gray = gray < 128 ? 0 : 255;
                const uint8_t *p = image.pixels + 3 * (17 * y + x);
                assert_true(p[0] == gray && p[1] == gray && p[2] == gray);
            }
        iv_image_free(ctx, &image);
        bytes_free(&b);
    }
}

/* One row of 16-bit samples: the high byte, or clipped as Pillow does with gray. */
static void sixteen_bits(void **state)
{
    static const uint8_t gray[] = {0, 0x00, 0x00, 0x00, 0x07, 0x01, 0x00, 0xfe, 0xff};
    static const uint8_t upright[4] = {0x00, 0x00, 0x01, 0xfe}, clipped[4] = {0, 7, 255, 255};
    static const uint8_t rgb[] = {0, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc};
    for (int mode = IV_IMAGE_UPRIGHT; mode <= IV_IMAGE_PILLOW; mode++) {
        test_bytes b = {0};
        iv_image image;
        png_begin(&b, 4, 1, 16, 0, 0);
        png_end(&b, gray, sizeof gray);
        assert_int_equal(iv_image_decode(ctx, b.data, b.size, NULL, mode, &image, NULL), IMGVEC_OK);
        for (int i = 0; i < 12; i++)
            assert_int_equal(image.pixels[i], (mode == IV_IMAGE_PILLOW ? clipped : upright)[i / 3]);
        iv_image_free(ctx, &image);
        bytes_free(&b);
        png_begin(&b, 1, 1, 16, 2, 0);
        png_end(&b, rgb, sizeof rgb);
        assert_int_equal(iv_image_decode(ctx, b.data, b.size, NULL, mode, &image, NULL), IMGVEC_OK);
        assert_int_equal(image.pixels[0], 0x12);
        assert_int_equal(image.pixels[1], 0x56);
        assert_int_equal(image.pixels[2], 0x9a);
        iv_image_free(ctx, &image);
        bytes_free(&b);
    }
}

/* Adam7: 3 x 3 gray pixels, in the order of the seven passes. */
static void interlaced_png(void **state)
{
    static const uint8_t raw[] = {
        0, 10,         /* pass 1: (0,0) */
        0, 30,         /* pass 4: (2,0) */
        0, 70, 90,     /* pass 5: (0,2) (2,2) */
        0, 20,         /* pass 6: (1,0) */
        0, 80,         /* pass 6: (1,2) */
        0, 40, 50, 60, /* pass 7: row 1 */
    };
    test_bytes b = {0};
    iv_image image;
    png_begin(&b, 3, 3, 8, 0, 1);
    png_end(&b, raw, sizeof raw);
    assert_int_equal(iv_image_decode(ctx, b.data, b.size, NULL, IV_IMAGE_UPRIGHT, &image, NULL),
                     IMGVEC_OK);
    for (int i = 0; i < 9; i++)
        assert_int_equal(image.pixels[3 * i], 10 * (i + 1));
    iv_image_free(ctx, &image);
    bytes_free(&b);
}

/* What people have instead of an image. */
static void foreign_files(void **state)
{
    static const struct {
        const char *bytes, *word;
        size_t size;
        imgvec_status status;
    } files[] = {
        {"", "empty", 0, IMGVEC_ERR_FORMAT},
        {"<!DOCTYPE html><html><body>404</body></html>", "web page", 44, IMGVEC_ERR_FORMAT},
        {"\xef\xbb\xbf \n<HTML>", "web page", 11, IMGVEC_ERR_FORMAT},
        {"<?xml version=\"1.0\"?><Error>AccessDenied</Error>", "XML", 48, IMGVEC_ERR_FORMAT},
        {"<?xml version=\"1.0\"?><svg width=\"1\"/>", "SVG", 37, IMGVEC_ERR_UNSUPPORTED},
        {"version https://git-lfs.github.com/spec/v1\noid", "git lfs pull", 46, IMGVEC_ERR_FORMAT},
        {"{\"error\": 403}", "JSON", 14, IMGVEC_ERR_FORMAT},
        {"PK\3\4....", "zip", 8, IMGVEC_ERR_FORMAT},
        {"\0\0\0\0\0\0\0\0", "zero bytes", 8, IMGVEC_ERR_FORMAT},
        {"\0\0\0\x1c"
         "ftypheic\0\0\0\0mif1",
         "HEIC", 20, IMGVEC_ERR_UNSUPPORTED},
        {"\0\0\0\x1c"
         "ftypmif1\0\0\0\0avif",
         "AVIF", 20, IMGVEC_ERR_UNSUPPORTED},
        {"\0\0\0\x1c"
         "ftypisom\0\0\0\0mp41",
         "video", 20, IMGVEC_ERR_FORMAT},
        {"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000", 12, IMGVEC_ERR_UNSUPPORTED},
        {"\x76\x2f\x31\x01....", "OpenEXR", 8, IMGVEC_ERR_UNSUPPORTED},
        {"abcdefgh", "61 62 63 64", 8, IMGVEC_ERR_FORMAT},
        {"a", "61", 1, IMGVEC_ERR_FORMAT},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        iv_image image = {0};
        imgvec_error err = {0};
        /* Of a format that is built in there is only the beginning. */
        imgvec_status status = built_in(files[i].word) ? IMGVEC_ERR_FORMAT : files[i].status;
        assert_int_equal(iv_image_decode(ctx, files[i].bytes, files[i].size, NULL, IV_IMAGE_UPRIGHT,
                                         &image, &err),
                         status);
        if (!strstr(err.text, files[i].word))
            fail_msg("\"%s\" does not say \"%s\"", err.text, files[i].word);
        assert_null(image.pixels);
    }
}

static void names(void **state)
{
    static const char *const yes[] = {"a.jpg", "b/c.JPEG", "x.y.Png", "a.tif", "a.tiff", "a.heic",
                                      "a.jp2", "a.webp",   "a.hdr",   "a.pbm", "a.avif"};
    static const char *const no[] = {"", "jpg", "a.csv", "a.jpg.txt", "a.jpg/b", "a.", "a.jpgx"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        assert_true(iv_image_name(yes[i]));
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        assert_false(iv_image_name(no[i]));
    assert_null(iv_image_format("abc", 3));
    assert_null(iv_image_format(NULL, 0));
}

static void raw_pixels(void **state)
{
    static const uint8_t rgba[] = {1, 2, 3, 9, 4, 5, 6, 9, 99, 7, 8, 9, 9, 10, 11, 12, 9};
    iv_image image = {0};
    imgvec_error err;
    assert_int_equal(iv_image_from_pixels(ctx, rgba, 2, 2, 9, IMGVEC_PIXELS_RGBA, &image, &err),
                     IMGVEC_OK);
    for (int i = 0; i < 12; i++)
        assert_int_equal(image.pixels[i], i + 1);
    iv_image_free(ctx, &image);
    assert_int_equal(iv_image_from_pixels(ctx, rgba, 2, 1, 0, IMGVEC_PIXELS_BGRA, &image, &err),
                     IMGVEC_OK);
    assert_memory_equal(image.pixels, ((uint8_t[]){3, 2, 1, 6, 5, 4}), 6);
    iv_image_free(ctx, &image);
    assert_int_equal(iv_image_from_pixels(ctx, rgba, 2, 1, 0, IMGVEC_PIXELS_BGR, &image, &err),
                     IMGVEC_OK);
    assert_memory_equal(image.pixels, ((uint8_t[]){3, 2, 1, 5, 4, 9}), 6);
    iv_image_free(ctx, &image);
    assert_int_equal(iv_image_from_pixels(ctx, rgba, 2, 1, 0, IMGVEC_PIXELS_GRAY, &image, &err),
                     IMGVEC_OK);
    assert_memory_equal(image.pixels, ((uint8_t[]){1, 1, 1, 2, 2, 2}), 6);
    iv_image_free(ctx, &image);
    const struct {
        int32_t width, height;
        size_t stride;
        int32_t format;
    } bad[] = {{0, 1, 0, 3}, {1, 0, 0, 3}, {65536, 1, 0, 3}, {1, 65536, 0, 3},       {2, 1, 5, 3},
               {1, 1, 0, 2}, {1, 1, 0, 7}, {1, 1, 0, -1},    {1, 9, SIZE_MAX / 2, 3}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(iv_image_from_pixels(ctx, rgba, bad[i].width, bad[i].height, bad[i].stride,
                                              bad[i].format, &image, &err),
                         IMGVEC_ERR_INVALID_ARGUMENT);
    assert_null(image.pixels);
}

/* ---- threads ---- */

static void *decode_much(void *user)
{
    imgvec_context *shared = user;
    bool right = true;
    test_bytes made[] = {make_png(16, 12),        make_bmp(16, 12, 8),     make_tga(16, 12, true),
                         make_psd(16, 12, false), make_hdr(16, 12),        make_gif(16, 12),
                         make_ppm(16, 12, 3),     make_tga(16, 12, false), {0}};
    put(&made[8], sample_jpeg, sizeof sample_jpeg);
    for (int round = 0; round < 200; round++)
        for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
            iv_image image = {0};
            imgvec_status status = iv_image_decode(shared, made[i].data, made[i].size - round % 2,
                                                   NULL, IV_IMAGE_UPRIGHT, &image, NULL);
            right = right && (round % 2 == 0 ? status == IMGVEC_OK && image.pixels[0] > 180
                                             : made[i].data[0] == 'P' || status != IMGVEC_OK);
            iv_image_free(shared, &image);
        }
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        bytes_free(&made[i]);
    return right ? shared : NULL;
}

/* Four threads with small stacks share a context. */
static void many_threads(void **state)
{
    imgvec_context *shared;
    pthread_t threads[4];
    pthread_attr_t small;
    assert_int_equal(imgvec_context_new(&shared, NULL), IMGVEC_OK);
    assert_int_equal(pthread_attr_init(&small), 0);
    assert_int_equal(pthread_attr_setstacksize(&small, 256 << 10), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], &small, decode_much, shared), 0);
    for (int i = 0; i < 4; i++) {
        void *result;
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_ptr_equal(result, shared);
    }
    pthread_attr_destroy(&small);
    imgvec_context_free(shared);
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
        cmocka_unit_test(formats_decode), cmocka_unit_test(optional_formats_decode_or_say_why_not),
        cmocka_unit_test(gray_pnm),       cmocka_unit_test(sixteen_bits),
        cmocka_unit_test(interlaced_png), cmocka_unit_test(foreign_files),
        cmocka_unit_test(names),          cmocka_unit_test(raw_pixels),
        cmocka_unit_test(many_threads),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
