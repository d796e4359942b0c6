/* What is encoded decodes to the same picture, or nearly. */
#include "augment_support.h"

#include "base/mem.h"
#include "image/encode.h"

static imgvec_context *ctx;
static test_memory memory;

static iv_image decoded(const iv_encoded *e)
{
    iv_image out;
    imgvec_error err;
    if (iv_image_decode(ctx, e->data, e->size, NULL, IV_IMAGE_UPRIGHT, &out, &err) != IMGVEC_OK)
        fail_msg("%s", err.text);
    return out;
}

static void png_is_exact(void **state)
{
    static const int32_t sizes[][2] = {{1, 1}, {5, 3}, {300, 200}};
    for (int i = 0; i < 3; i++) {
        iv_image picture = test_picture(sizes[i][0], sizes[i][1]);
        iv_encoded e;
        assert_int_equal(iv_encode_png(ctx, &picture, &e, NULL), IMGVEC_OK);
        assert_string_equal(iv_image_format(e.data, e.size), "PNG");
        iv_image out = decoded(&e);
        assert_true(same_image(&out, &picture));
        iv_image_free(ctx, &out);
        iv_free(ctx, e.data);
        free(picture.pixels);
    }
}

static void jpeg_is_near(void **state)
{
    iv_image picture = test_picture(150, 100);
    size_t last = 0;
    for (int quality = 5; quality <= 95; quality += 30) {
        iv_encoded e;
        assert_int_equal(iv_encode_jpeg(ctx, &picture, quality, &e, NULL), IMGVEC_OK);
        assert_string_equal(iv_image_format(e.data, e.size), "JPEG");
        assert_true(e.size > last); /* better costs more */
        last = e.size;
        iv_image out = decoded(&e);
        assert_true(out.width == 150 && out.height == 100);
        assert_true(fabs(mean_of(&out) - mean_of(&picture)) < 3);
        iv_image_free(ctx, &out);
        iv_free(ctx, e.data);
    }
    free(picture.pixels);
}

static void too_large(void **state)
{
    uint8_t pixel[3] = {0};
    iv_image claimed = {65535, 65535, pixel}; /* refused before a pixel is read */
    iv_encoded e;
    imgvec_error err;
    assert_int_equal(iv_encode_png(ctx, &claimed, &e, &err), IMGVEC_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "65535 x 65535"));
    claimed = (iv_image){65536, 1, pixel};
    assert_int_equal(iv_encode_jpeg(ctx, &claimed, 90, &e, &err), IMGVEC_ERR_UNSUPPORTED);
}

static void memory_fails(void **state)
{
    iv_image picture = test_picture(20, 12);
    size_t live = memory.live;
    for (int jpeg = 0; jpeg < 2; jpeg++)
        for (size_t k = 1;; k++) {
            iv_encoded e;
            memory.calls = 0;
            memory.fail_at = k;
            imgvec_status status = jpeg ? iv_encode_jpeg(ctx, &picture, 90, &e, NULL)
                                        : iv_encode_png(ctx, &picture, &e, NULL);
            bool reached = memory.calls >= k;
            memory.fail_at = 0;
            if (!reached) {
                assert_int_equal(status, IMGVEC_OK);
                assert_true(k > 2);
                iv_free(ctx, e.data);
                break;
            }
            if (status != IMGVEC_ERR_NO_MEMORY || memory.live != live)
                fail_msg("allocation %zu: status %d", k, status);
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
        cmocka_unit_test(png_is_exact),
        cmocka_unit_test(jpeg_is_near),
        cmocka_unit_test(too_large),
        cmocka_unit_test(memory_fails),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
