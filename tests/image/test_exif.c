/* The orientation tag, and the eight ways to turn a picture. */
#include "support.h"

#include "image/exif.h"
#include "image/image.h"
#include "image/orient.h"
#include "samples.h"

/* EXIF of one directory with one entry. */
static test_bytes make_exif(bool big, int type, uint32_t count, uint32_t value)
{
    test_bytes b = {0};
    put(&b, "Exif\0\0", 6);
    put(&b, big ? "MM\0*" : "II*\0", 4);
    void (*p16)(test_bytes *, uint32_t) = big ? put_be16 : put_le16;
    void (*p32)(test_bytes *, uint32_t) = big ? put_be32 : put_le32;
    p32(&b, 8);
    p16(&b, 1);
    p16(&b, 0x0112);
    p16(&b, (uint32_t)type);
    p32(&b, count);
    if (type == 3) {
        p16(&b, value);
        p16(&b, 0);
    } else {
        p32(&b, value);
    }
    p32(&b, 0);
    return b;
}

static void reads_both_byte_orders(void **state)
{
    for (int big = 0; big < 2; big++)
        for (uint32_t v = 1; v <= 8; v++) {
            test_bytes b = make_exif(big, 3, 1, v);
            assert_int_equal(iv_exif_orientation(b.data, b.size), v);
            assert_int_equal(iv_exif_orientation(b.data + 6, b.size - 6), v);
            bytes_free(&b);
            b = make_exif(big, 4, 1, v);
            assert_int_equal(iv_exif_orientation(b.data, b.size), v);
            bytes_free(&b);
        }
}

static void wrong_values_mean_upright(void **state)
{
    const struct {
        int type;
        uint32_t count, value;
    } bad[] = {{3, 1, 0}, {3, 1, 9}, {3, 2, 6}, {3, UINT32_MAX, 6}, {2, 1, 6}, {4, 1, 1 << 16}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        test_bytes b = make_exif(true, bad[i].type, bad[i].count, bad[i].value);
        assert_int_equal(iv_exif_orientation(b.data, b.size), 1);
        bytes_free(&b);
    }
}

/* Cut or with any byte changed: an answer in 1..8, and no read outside (valgrind, ASan). */
static void damage_is_harmless(void **state)
{
    test_bytes whole = make_exif(false, 3, 1, 6);
    for (size_t n = 0; n <= whole.size; n++) {
        test_bytes cut = {0};
        put(&cut, whole.data, n);
        int found = iv_exif_orientation(cut.data ? cut.data : (const uint8_t *)"", n);
        assert_int_equal(found, n >= 6 + 8 + 2 + 12 ? 6 : 1);
        bytes_free(&cut);
    }
    for (size_t at = 0; at < whole.size; at++)
        for (int bit = 0; bit < 8; bit++) {
            whole.data[at] ^= (uint8_t)(1 << bit);
            assert_in_range(iv_exif_orientation(whole.data, whole.size), 1, 8);
            whole.data[at] ^= (uint8_t)(1 << bit);
        }
    bytes_free(&whole);
}

/* A B C      Where the corner and the pixel right of it must come to lie. */
/* D E F                                                                    */
static void eight_orientations(void **state)
{
    static const char *const turned[9] = {"",       "ABCDEF", "CBAFED", "FEDCBA", "DEFABC",
                                          "ADBECF", "DAEBFC", "FCEBDA", "CFBEAD"};
    test_memory memory;
    imgvec_context *ctx = test_context(&memory);
    for (int o = 0; o <= 9; o++) {
        uint8_t gray[6] = {'A', 'B', 'C', 'D', 'E', 'F'};
        iv_image image;
        assert_int_equal(iv_image_from_pixels(ctx, gray, 3, 2, 0, 1, &image, NULL), IMGVEC_OK);
        assert_int_equal(iv_orient(ctx, &image, o, NULL), IMGVEC_OK);
        bool sideways = o >= 5 && o <= 8;
        assert_int_equal(image.width, sideways ? 2 : 3);
        assert_int_equal(image.height, sideways ? 3 : 2);
        for (int i = 0; i < 6; i++)
            for (int c = 0; c < 3; c++)
                assert_int_equal(image.pixels[3 * i + c], turned[o >= 1 && o <= 8 ? o : 1][i]);
        iv_image_free(ctx, &image);
    }
    imgvec_context_free(ctx);
    assert_int_equal(memory.live, 0);
}

/* The tag in a JPEG and in a PNG is obeyed in the upright mode, and only there. */
static void containers(void **state)
{
    test_memory memory;
    imgvec_context *ctx = test_context(&memory);
    test_bytes exif = make_exif(true, 3, 1, 3), png = make_png(16, 12), files[2] = {{0}};
    put(&files[0], sample_jpeg, 2);
    put(&files[0], "\xff\xe1", 2);
    put_be16(&files[0], (uint32_t)exif.size + 2);
    put(&files[0], exif.data, exif.size);
    put(&files[0], sample_jpeg + 2, sizeof sample_jpeg - 2);
    put(&files[1], png.data, 33);
    png_chunk(&files[1], "eXIf", exif.data + 6, exif.size - 6);
    put(&files[1], png.data + 33, png.size - 33);
    for (int i = 0; i < 2; i++)
        for (int mode = IV_IMAGE_UPRIGHT; mode <= IV_IMAGE_PILLOW; mode++) {
            iv_image image;
            assert_int_equal(
                iv_image_decode(ctx, files[i].data, files[i].size, NULL, mode, &image, NULL),
                IMGVEC_OK);
            const uint8_t *corner = quarters[mode == IV_IMAGE_UPRIGHT ? 3 : 0];
            for (int c = 0; c < 3; c++)
                assert_in_range(image.pixels[c] + 256, corner[c] + 244, corner[c] + 268);
            iv_image_free(ctx, &image);
        }
    bytes_free(&files[0]);
    bytes_free(&files[1]);
    bytes_free(&exif);
    bytes_free(&png);
    imgvec_context_free(ctx);
    assert_int_equal(memory.live, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_both_byte_orders),
        cmocka_unit_test(wrong_values_mean_upright),
        cmocka_unit_test(damage_is_harmless),
        cmocka_unit_test(eight_orientations),
        cmocka_unit_test(containers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
