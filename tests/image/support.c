/* Small pictures, written byte by byte, and what every decoder has to do with damage. */
#include "support.h"

#include <math.h>
#include <zlib.h>

void png_chunk(test_bytes *b, const char *type, const void *data, size_t size)
{
    put_be32(b, (uint32_t)size);
    put(b, type, 4);
    put(b, data, size);
    put_be32(b, (uint32_t)crc32_z(0, b->data + b->size - size - 4, size + 4));
}

void png_begin(test_bytes *b, uint32_t w, uint32_t h, int depth, int color_type, int interlace)
{
    test_bytes head = {0};
    uint8_t rest[5] = {(uint8_t)depth, (uint8_t)color_type, 0, 0, (uint8_t)interlace};
    put(b, "\x89PNG\r\n\x1a\n", 8);
    put_be32(&head, w);
    put_be32(&head, h);
    put(&head, rest, 5);
    png_chunk(b, "IHDR", head.data, head.size);
    bytes_free(&head);
}

void png_end(test_bytes *b, const void *raw, size_t size)
{
    uLongf length = compressBound(size);
    uint8_t *packed = malloc(length);
    assert_non_null(packed);
    assert_int_equal(compress(packed, &length, raw, size), Z_OK);
    png_chunk(b, "IDAT", packed, length);
    png_chunk(b, "IEND", NULL, 0);
    free(packed);
}

test_bytes make_png(int w, int h)
{
    test_bytes b = {0}, raw = {0};
    for (int y = 0; y < h; y++) {
        put(&raw, "", 1);
        for (int x = 0; x < w; x++)
            put(&raw, sample_pixel(w, h, x, y), 3);
    }
    png_begin(&b, (uint32_t)w, (uint32_t)h, 8, 2, 0);
    png_end(&b, raw.data, raw.size);
    bytes_free(&raw);
    return b;
}

static uint8_t gray_of(const uint8_t *rgb)
{
    return rgb[1];
}

test_bytes make_ppm(int w, int h, int kind)
{
    test_bytes b = {0};
    char text[64];
    snprintf(text, sizeof text, "P%d\n# a comment\n%d %d\n%s", kind, w, h,
             kind % 3 == 1 ? "" : "255\n");
    put_text(&b, text);
    for (int y = 0; y < h; y++) {
        uint8_t bits = 0;
        for (int x = 0; x < w; x++) {
            const uint8_t *c = sample_pixel(w, h, x, y);
            uint8_t gray = gray_of(c);
            bool black = gray < 128;
            if (kind == 1)
                put_text(&b, black ? "1" : "0");
            if (kind == 2 || kind == 3) {
                snprintf(text, sizeof text, kind == 2 ? "%d\n" : "%d %d %d\n",
                         kind == 2 ? gray : c[0], c[1], c[2]);
                put_text(&b, text);
            }
            if (kind == 4) {
                bits |= (uint8_t)(black << (7 - x % 8));
                if (x % 8 == 7 || x == w - 1) {
                    put(&b, &bits, 1);
                    bits = 0;
                }
            }
            if (kind == 5)
                put(&b, &gray, 1);
            if (kind == 6)
                put(&b, c, 3);
        }
    }
    return b;
}

test_bytes make_bmp(int w, int h, int bits)
{
    test_bytes b = {0};
    uint32_t colours = bits == 8 ? 4 : 0, offset = 54 + 4 * colours;
    size_t row = ((size_t)w * (size_t)bits + 31) / 32 * 4;
    put_text(&b, "BM");
    put_le32(&b, (uint32_t)(offset + row * (size_t)h));
    put_le32(&b, 0);
    put_le32(&b, offset);
    put_le32(&b, 40);
    put_le32(&b, (uint32_t)w);
    put_le32(&b, (uint32_t)h);
    put_le16(&b, 1);
    put_le16(&b, (uint32_t)bits);
    put_le32(&b, 0);
    put_le32(&b, 0);
    put_le32(&b, 0);
    put_le32(&b, 0);
    put_le32(&b, colours);
    put_le32(&b, 0);
    for (uint32_t i = 0; i < colours; i++) {
        uint8_t bgr[4] = {quarters[i][2], quarters[i][1], quarters[i][0], 0};
        put(&b, bgr, 4);
    }
    for (int y = h - 1; y >= 0; y--) {
        size_t begin = b.size;
        for (int x = 0; x < w; x++) {
            const uint8_t *c = sample_pixel(w, h, x, y);
            uint8_t index = (uint8_t)((c - quarters[0]) / 3), bgr[4] = {c[2], c[1], c[0], 255};
            put(&b, bits == 8 ? &index : bgr, (size_t)bits / 8);
        }
        while (b.size - begin < row)
            put(&b, "", 1);
    }
    return b;
}

test_bytes make_tga(int w, int h, bool rle)
{
    test_bytes b = {0};
    uint8_t head[18] = {0};
    head[2] = rle ? 10 : 2;
    head[12] = (uint8_t)w;
    head[14] = (uint8_t)h;
    head[16] = 24;
    head[17] = 0x20;
    put(&b, head, sizeof head);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            const uint8_t *c = sample_pixel(w, h, x, y);
            uint8_t bgr[3] = {c[2], c[1], c[0]};
            if (rle && x % (w / 2) == 0) {
                uint8_t packet = (uint8_t)(128 + w / 2 - 1);
                put(&b, &packet, 1);
            }
            if (!rle || x % (w / 2) == 0)
                put(&b, bgr, 3);
        }
    return b;
}

test_bytes make_psd(int w, int h, bool rle)
{
    test_bytes b = {0};
    put_text(&b, "8BPS");
    put_be16(&b, 1);
    put(&b, "\0\0\0\0\0", 6);
    put_be16(&b, 3);
    put_be32(&b, (uint32_t)h);
    put_be32(&b, (uint32_t)w);
    put_be16(&b, 8);
    put_be16(&b, 3);
    put_be32(&b, 0);
    put_be32(&b, 0);
    put_be32(&b, 0);
    put_be16(&b, rle);
    for (int i = 0; rle && i < 3 * h; i++)
        put_be16(&b, 4);
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++) {
                const uint8_t *p = sample_pixel(w, h, x, y) + c;
                if (rle && x % (w / 2) == 0) {
                    uint8_t packet = (uint8_t)(257 - w / 2);
                    put(&b, &packet, 1);
                }
                if (!rle || x % (w / 2) == 0)
                    put(&b, p, 1);
            }
    return b;
}

test_bytes make_hdr(int w, int h)
{
    test_bytes b = {0};
    char text[64];
    put_text(&b, "#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n");
    snprintf(text, sizeof text, "-Y %d +X %d\n", h, w);
    put_text(&b, text);
    for (int y = 0; y < h; y++) {
        uint8_t start[4] = {2, 2, (uint8_t)(w >> 8), (uint8_t)w};
        put(&b, start, 4);
        for (int plane = 0; plane < 4; plane++)
            for (int x = 0; x < w; x += w / 2) {
                const uint8_t *c = sample_pixel(w, h, x, y);
                double linear = plane < 3 ? pow(c[plane] / 255.0, 2.2) : 0;
                uint8_t run[2] = {(uint8_t)(128 + w / 2),
                                  plane < 3 ? (uint8_t)(linear * 255.0 + 0.5) : 128};
                put(&b, run, 2);
            }
    }
    return b;
}

test_bytes make_gif(int w, int h)
{
    test_bytes b = {0};
    uint32_t held = 0, count = 0;
    uint8_t block[256] = {0};
    put_text(&b, "GIF89a");
    put_le16(&b, (uint32_t)w);
    put_le16(&b, (uint32_t)h);
    put(&b, "\x81\0\0", 3);
    put(&b, quarters, 12);
    put(&b, "\x21\xf9\x04\x01\0\0\x02\0", 8); /* colour 2 is transparent: shown all the same */
    put(&b, ",\0\0\0", 5);
    put_le16(&b, (uint32_t)w);
    put_le16(&b, (uint32_t)h);
    put(&b, "\0\x02", 2);
    /* Each pixel after a clear code, so that all codes have 3 bits. */
    for (int i = 0; i <= w * h; i++) {
        int index = i < w * h ? (int)(sample_pixel(w, h, i % w, i / w) - quarters[0]) / 3 : 5;
        uint32_t codes[2] = {4, (uint32_t)index};
        for (int k = 0; k < 2; k++) {
            held |= codes[k] << count;
            for (count += 3; count >= 8 || (i == w * h && k == 1 && count > 0); held >>= 8) {
                block[1 + block[0]++] = (uint8_t)held;
                count = count > 8 ? count - 8 : 0;
                if (block[0] == 255) {
                    put(&b, block, 256);
                    block[0] = 0;
                }
            }
        }
    }
    if (block[0])
        put(&b, block, 1 + (size_t)block[0]);
    put(&b, "\0;", 2);
    return b;
}

imgvec_status decode_bytes(imgvec_context *ctx, const test_bytes *b, const iv_image_limits *limits,
                           imgvec_error *err)
{
    iv_image image = {0};
    imgvec_status status = iv_image_decode(ctx, b->data ? b->data : (const uint8_t *)"", b->size,
                                           limits, IV_IMAGE_UPRIGHT, &image, err);
    if (status != IMGVEC_OK)
        assert_null(image.pixels);
    iv_image_free(ctx, &image);
    return status;
}

void refuses_cuts(imgvec_context *ctx, const test_bytes *b, size_t from)
{
    for (size_t n = from; n < b->size; n++) {
        test_bytes cut = {0};
        imgvec_error err = {0};
        put(&cut, b->data, n);
        imgvec_status status = decode_bytes(ctx, &cut, NULL, &err);
        if (status != IMGVEC_ERR_FORMAT)
            fail_msg("cut at byte %zu of %zu: %d, %s", n, b->size, status, err.text);
        bytes_free(&cut);
    }
}

bool decodes_or_says_why(imgvec_status status, const imgvec_error *err)
{
    if (status == IMGVEC_OK)
        return true;
    assert_true(status == IMGVEC_ERR_FORMAT || status == IMGVEC_ERR_LIMIT ||
                status == IMGVEC_ERR_UNSUPPORTED);
    assert_true(strlen(err->text) > 4);
    return false;
}

void survives_failing_allocations(imgvec_context *ctx, test_memory *memory, const test_bytes *b,
                                  bool on)
{
    for (size_t k = 1;; k++) {
        imgvec_error err = {0};
        memory->calls = 0;
        memory->fail_at = k;
        memory->fail_on = on;
        imgvec_status status = decode_bytes(ctx, b, NULL, &err);
        bool reached = memory->calls >= k;
        memory->fail_at = 0;
        if (status != (reached ? IMGVEC_ERR_NO_MEMORY : IMGVEC_OK))
            fail_msg("allocation %zu: %d, %s", k, status, err.text);
        if (!reached)
            break;
    }
}
