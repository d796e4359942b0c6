/* OpenEXR files of our own making and of OpenEXR's encoder: every layout decodes to its
 * picture, and damage of any kind gets an answer. */
#include "support.h"

#ifdef IV_HAVE_OPENEXR
#include <math.h>
#include <openexr.h>

#define WIDTH 24
#define HEIGHT 20

static imgvec_context *ctx;
static test_memory memory;

/* ---- a file written byte by byte: scan lines of floats, uncompressed ---- */

typedef struct layout {
    const char *channels[4]; /* in the order of their names, NULL at the end */
    int type;                /* 0: uint, 1: half, 2: float */
    int sampling;            /* of all but Y */
    int x0, y0;
    bool bottom_up;
    bool deep;
} layout;

static void put_attribute(test_bytes *b, const char *name, const char *type, const void *data,
                          uint32_t size)
{
    put(b, name, strlen(name) + 1);
    put(b, type, strlen(type) + 1);
    put_le32(b, size);
    put(b, data, size);
}

static float linear(int value)
{
    return powf((float)value / 255, 2.2f);
}

/* Value of a channel of the sample picture in linear light. */
static float value_of(const char *channel, int x, int y)
{
    const uint8_t *p = sample_pixel(WIDTH, HEIGHT, x, y);
    float r = linear(p[0]), g = linear(p[1]), b = linear(p[2]);
    float luma = 0.2126f * r + 0.7152f * g + 0.0722f * b;
    switch (channel[0]) {
    case 'R':
        return channel[1] ? (r - luma) / luma : r;
    case 'G':
        return g;
    case 'B':
        return channel[1] ? (b - luma) / luma : b;
    default:
        return luma;
    }
}

static uint16_t half_of(float v)
{
    uint32_t bits;
    memcpy(&bits, &v, 4);
    int exponent = (int)(bits >> 23 & 255) - 112;
    uint32_t sign = bits >> 16 & 0x8000;
    return (uint16_t)(exponent < 1 ? sign : sign | (uint32_t)exponent << 10 | (bits >> 13 & 1023));
}

static void put_value(test_bytes *b, int type, float v)
{
    uint32_t bits;
    memcpy(&bits, &v, 4);
    if (type == 1)
        put_le16(b, half_of(v));
    else
        put_le32(b, type == 2 ? bits : (uint32_t)v);
}

static int sampling_of(const layout *l, const char *channel)
{
    return l->sampling > 1 && strcmp(channel, "Y") != 0 ? l->sampling : 1;
}

static void put_header(test_bytes *b, const layout *l)
{
    test_bytes list = {0}, window = {0};
    put_le32(b, 20000630);
    put_le32(b, l->deep ? 0x802 : 2);
    for (int i = 0; i < 4 && l->channels[i]; i++) {
        put(&list, l->channels[i], strlen(l->channels[i]) + 1);
        put_le32(&list, (uint32_t)l->type);
        put_le32(&list, 0);
        put_le32(&list, (uint32_t)sampling_of(l, l->channels[i]));
        put_le32(&list, (uint32_t)sampling_of(l, l->channels[i]));
    }
    put(&list, "", 1);
    put_le32(&window, (uint32_t)l->x0);
    put_le32(&window, (uint32_t)l->y0);
    put_le32(&window, (uint32_t)(l->x0 + WIDTH - 1));
    put_le32(&window, (uint32_t)(l->y0 + HEIGHT - 1));
    put_attribute(b, "channels", "chlist", list.data, (uint32_t)list.size);
    put_attribute(b, "compression", "compression", "", 1);
    put_attribute(b, "dataWindow", "box2i", window.data, 16);
    put_attribute(b, "displayWindow", "box2i", window.data, 16);
    put_attribute(b, "lineOrder", "lineOrder", l->bottom_up ? "\1" : "", 1);
    put_attribute(b, "pixelAspectRatio", "float", "\0\0\x80\x3f", 4);
    put_attribute(b, "screenWindowCenter", "v2f", "\0\0\0\0\0\0\0\0", 8);
    put_attribute(b, "screenWindowWidth", "float", "\0\0\x80\x3f", 4);
    if (l->deep) {
        put_attribute(b, "type", "string", "deepscanline", 12);
        put_attribute(b, "version", "int", "\1\0\0\0", 4);
        put_attribute(b, "chunkCount", "int", "\x14\0\0\0", 4);
        put_attribute(b, "name", "string", "a", 1);
    }
    put(b, "", 1);
    bytes_free(&list);
    bytes_free(&window);
}

static test_bytes make_exr(const layout *l)
{
    test_bytes b = {0}, lines[HEIGHT] = {0};
    put_header(&b, l);
    uint64_t offset = b.size + 8 * HEIGHT, offsets[HEIGHT];
    for (int n = 0; n < HEIGHT; n++) {
        int y = l->bottom_up ? HEIGHT - 1 - n : n;
        test_bytes data = {0};
        for (int i = 0; i < 4 && l->channels[i]; i++) {
            int step = sampling_of(l, l->channels[i]);
            for (int x = 0; x < WIDTH && y % step == 0; x += step)
                put_value(&data, l->type, value_of(l->channels[i], x, y));
        }
        put_le32(&lines[n], (uint32_t)(l->y0 + y));
        put_le32(&lines[n], (uint32_t)data.size);
        put(&lines[n], data.data, data.size);
        bytes_free(&data);
        offsets[y] = offset;
        offset += lines[n].size;
    }
    for (int n = 0; n < HEIGHT; n++) {
        put_le32(&b, (uint32_t)offsets[n]);
        put_le32(&b, 0);
    }
    for (int n = 0; n < HEIGHT; n++) {
        put(&b, lines[n].data, lines[n].size);
        bytes_free(&lines[n]);
    }
    return b;
}

/* ---- files of OpenEXR's encoder ---- */

static void quiet(exr_const_context_t file, exr_result_t code, const char *message)
{
    printf("# openexr: %s\n", message);
}

static int64_t write_bytes(exr_const_context_t file, void *user, const void *from, uint64_t count,
                           uint64_t offset, exr_stream_error_func_ptr_t error)
{
    test_bytes *b = user;
    if (offset + count > b->size) {
        size_t missing = (size_t)(offset + count) - b->size;
        uint8_t *zeros = calloc(1, missing);
        put(b, zeros, missing);
        free(zeros);
    }
    memcpy(b->data + offset, from, (size_t)count);
    return (int64_t)count;
}

static void encode_chunk(exr_context_t file, int part, const exr_chunk_info_t *chunk, int x0,
                         int y0)
{
    exr_encode_pipeline_t encode = EXR_ENCODE_PIPELINE_INITIALIZER;
    assert_int_equal(exr_encoding_initialize(file, part, chunk, &encode), 0);
    float *values[3];
    for (int c = 0; c < encode.channel_count; c++) {
        exr_coding_channel_info_t *channel = &encode.channels[c];
        values[c] = malloc(sizeof(float) * (size_t)(chunk->width * chunk->height));
        for (int y = 0; y < chunk->height; y++)
            for (int x = 0; x < chunk->width; x++)
                values[c][y * chunk->width + x] = value_of(channel->channel_name, x0 + x, y0 + y);
        channel->user_data_type = EXR_PIXEL_FLOAT;
        channel->user_bytes_per_element = 4;
        channel->user_pixel_stride = 4;
        channel->user_line_stride = 4 * chunk->width;
        channel->encode_from_ptr = (const uint8_t *)values[c];
    }
    assert_int_equal(exr_encoding_choose_default_routines(file, part, &encode), 0);
    assert_int_equal(exr_encoding_run(file, part, &encode), 0);
    for (int c = 0; c < encode.channel_count; c++)
        free(values[c]);
    exr_encoding_destroy(file, &encode);
}

static void encode_part(exr_context_t file, int part, bool tiled)
{
    exr_chunk_info_t chunk;
    int32_t lines = 0;
    for (int y = 0; tiled && y < (HEIGHT + 7) / 8; y++)
        for (int x = 0; x < (WIDTH + 15) / 16; x++) {
            assert_int_equal(exr_write_tile_chunk_info(file, part, x, y, 0, 0, &chunk), 0);
            encode_chunk(file, part, &chunk, x * 16, y * 8);
        }
    if (tiled)
        return;
    assert_int_equal(exr_get_scanlines_per_chunk(file, part, &lines), 0);
    for (int y = 0; y < HEIGHT; y += lines) {
        assert_int_equal(exr_write_scanline_chunk_info(file, part, y, &chunk), 0);
        encode_chunk(file, part, &chunk, 0, y);
    }
}

static test_bytes encode(int compression, int type, bool tiled, int parts)
{
    exr_context_initializer_t start = EXR_DEFAULT_CONTEXT_INITIALIZER;
    exr_context_t file;
    test_bytes b = {0};
    start.error_handler_fn = quiet;
    start.user_data = &b;
    start.write_fn = write_bytes;
    assert_int_equal(exr_start_write(&file, "test", EXR_WRITE_FILE_DIRECTLY, &start), 0);
    for (int i = 0; i < parts; i++) {
        int part;
        assert_int_equal(exr_add_part(file, i ? "second" : "first",
                                      tiled ? EXR_STORAGE_TILED : EXR_STORAGE_SCANLINE, &part),
                         0);
        assert_int_equal(exr_initialize_required_attr_simple(file, part, WIDTH, HEIGHT,
                                                             (exr_compression_t)compression),
                         0);
        if (tiled)
            assert_int_equal(
                exr_set_tile_descriptor(file, part, 16, 8, EXR_TILE_ONE_LEVEL, EXR_TILE_ROUND_DOWN),
                0);
        for (int c = 0; c < (i ? 1 : 3); c++)
            assert_int_equal(exr_add_channel(file, part,
                                             i        ? "Z"
                                             : c == 0 ? "B"
                                             : c == 1 ? "G"
                                                      : "R",
                                             (exr_pixel_type_t)type, EXR_PERCEPTUALLY_LOGARITHMIC,
                                             1, 1),
                             0);
    }
    assert_int_equal(exr_write_header(file), 0);
    for (int i = 0; i < parts; i++)
        encode_part(file, i, tiled);
    assert_int_equal(exr_finish(&file), 0);
    return b;
}

/* ---- the tests ---- */

static void check(test_bytes b, const char *what, bool gray, int tolerance)
{
    iv_image image = {0};
    imgvec_error err;
    if (iv_image_decode(ctx, b.data, b.size, NULL, IV_IMAGE_UPRIGHT, &image, &err) != IMGVEC_OK)
        fail_msg("%s: %s", what, err.text);
    assert_string_equal(iv_image_format(b.data, b.size), "OpenEXR");
    assert_int_equal(image.width, WIDTH);
    assert_int_equal(image.height, HEIGHT);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            for (int c = 0; c < 3; c++) {
                int want = sample_pixel(WIDTH, HEIGHT, x, y)[c];
                int got = image.pixels[(y * WIDTH + x) * 3 + c];
                if (gray)
                    want = (int)(255 * powf(value_of("Y", x, y), 1 / 2.2f) + 0.5f);
                if (abs(want - got) > tolerance)
                    fail_msg("%s: %d, %d channel %d: %d instead of %d", what, x, y, c, got, want);
            }
    iv_image_free(ctx, &image);
    bytes_free(&b);
}

static void layouts(void **state)
{
    layout l = {.channels = {"B", "G", "R"}, .type = 2};
    check(make_exr(&l), "float", false, 0);
    l.type = 1;
    check(make_exr(&l), "half", false, 1);
    l.bottom_up = true;
    check(make_exr(&l), "bottom up", false, 1);
    l.x0 = -7;
    l.y0 = 1000;
    check(make_exr(&l), "another origin", false, 1);
    l = (layout){.channels = {"A", "B", "G", "R"}, .type = 2};
    check(make_exr(&l), "alpha", false, 0);
    l = (layout){.channels = {"Y"}, .type = 2};
    check(make_exr(&l), "luminance", true, 0);
    l = (layout){.channels = {"BY", "RY", "Y"}, .type = 2, .sampling = 2};
    check(make_exr(&l), "luminance and chroma", false, 1);
    l.x0 = -4;
    check(make_exr(&l), "and another origin", false, 1);
}

static void whole_numbers(void **state)
{
    layout l = {.channels = {"B", "G", "R"}, .type = 0};
    test_bytes b = make_exr(&l);
    assert_int_equal(decode_bytes(ctx, &b, NULL, NULL), IMGVEC_OK);
    bytes_free(&b);
}

static void compressions(void **state)
{
    static const char *const names[] = {"none",  "RLE", "ZIPS", "ZIP",  "PIZ",
                                        "PXR24", "B44", "B44A", "DWAA", "DWAB"};
    for (int tiled = 0; tiled < 2; tiled++)
        for (int i = 0; i <= EXR_COMPRESSION_PIZ; i++)
            for (int type = 1; type <= 2; type++)
                check(encode(i, type, tiled, 1), names[i], false, 1);
    for (int i = EXR_COMPRESSION_PXR24; i <= EXR_COMPRESSION_B44A; i++)
        check(encode(i, 1, false, 1), names[i], false, 6);
}

static void parts(void **state)
{
    imgvec_error err;
    check(encode(EXR_COMPRESSION_ZIP, 1, false, 2), "two parts", false, 1);
    layout l = {.channels = {"A", "Z"}, .type = 2};
    test_bytes b = make_exr(&l);
    assert_int_equal(decode_bytes(ctx, &b, NULL, &err), IMGVEC_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "it has: A, Z"));
    bytes_free(&b);
    l = (layout){.channels = {"B", "G", "R"}, .type = 2, .deep = true};
    b = make_exr(&l);
    assert_int_equal(decode_bytes(ctx, &b, NULL, &err), IMGVEC_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "deep"));
    bytes_free(&b);
}

/* The C library of OpenEXR 3.1 has no DWA, later ones do: whichever, there is an answer. */
static void lossy_dwa(void **state)
{
    layout l = {.channels = {"B", "G", "R"}, .type = 1};
    imgvec_error err = {0};
    test_bytes b = make_exr(&l);
    size_t at = 0;
    while (memcmp(b.data + at, "compression\0c", 13) != 0)
        at++;
    b.data[at + 12 + 12 + 4] = EXR_COMPRESSION_DWAA;
    imgvec_status status = decode_bytes(ctx, &b, NULL, &err);
    printf("# %s\n", err.text);
    assert_true(status == IMGVEC_ERR_UNSUPPORTED || status == IMGVEC_ERR_FORMAT);
    bytes_free(&b);
}

static void tone(void **state)
{
    static const float odd[] = {NAN, -1, 0, INFINITY, 1e30f, 2};
    static const uint8_t want[] = {0, 0, 0, 255, 255, 255};
    layout l = {.channels = {"Y"}, .type = 2};
    test_bytes b = make_exr(&l);
    memcpy(b.data + b.size - sizeof odd, odd, sizeof odd); /* the last pixels */
    iv_image image = {0};
    imgvec_error err;
    assert_int_equal(iv_image_decode(ctx, b.data, b.size, NULL, IV_IMAGE_UPRIGHT, &image, &err),
                     IMGVEC_OK);
    for (int i = 0; i < 6; i++)
        assert_int_equal(image.pixels[(WIDTH * HEIGHT - 6 + i) * 3], want[i]);
    iv_image_free(ctx, &image);
    bytes_free(&b);
}

static test_bytes damaged_sample(int i)
{
    layout l = {.channels = {"B", "G", "R"}, .type = 1};
    return i == 0 ? make_exr(&l)
                  : encode(i == 1   ? EXR_COMPRESSION_PIZ
                           : i == 2 ? EXR_COMPRESSION_ZIP
                           : i == 3 ? EXR_COMPRESSION_B44
                                    : EXR_COMPRESSION_PXR24,
                           1, i == 2, i == 4 ? 2 : 1);
}

static void cuts_are_refused(void **state)
{
    for (int i = 0; i < 4; i++) {
        test_bytes b = damaged_sample(i);
        refuses_cuts(ctx, &b, 4);
        bytes_free(&b);
    }
}

static void bytes_changed(void **state)
{
    static const uint8_t changes[] = {0x01, 0x10, 0x80, 0xff};
    const iv_image_limits limits = {4096, 1 << 18, 1 << 20};
    int refused = 0, accepted = 0;
    for (int i = 0; i < 5; i++) {
        test_bytes b = damaged_sample(i);
        for (size_t at = 4; at < b.size; at++)
            for (size_t k = 0; k < sizeof changes; k++) {
                imgvec_error err = {0};
                b.data[at] ^= changes[k];
                memory.peak = memory.live;
                imgvec_status status = decode_bytes(ctx, &b, &limits, &err);
                b.data[at] ^= changes[k];
                assert_true(memory.peak - memory.live < 80u << 20);
                bool fine = decodes_or_says_why(status, &err);
                refused += !fine;
                accepted += fine;
            }
        bytes_free(&b);
    }
    printf("# %d changed files refused, %d accepted\n", refused, accepted);
    assert_true(refused > 1000);
}

static void declared(void **state)
{
    const iv_image_limits limits = {65535, 100000000, 256u << 20}, none = {0};
    layout l = {.channels = {"B", "G", "R"}, .type = 1};
    test_bytes b = make_exr(&l);
    size_t at = 0;
    while (memcmp(b.data + at, "dataWindow", 11) != 0)
        at++;
    memcpy(b.data + at + 11 + 6 + 4 + 8, "\x5f\xea\0\0\x5f\xea\0\0", 8); /* 60,000 x 60,000 */
    for (int k = 0; k < 2; k++) {
        imgvec_error err;
        memory.peak = memory.live;
        assert_int_equal(decode_bytes(ctx, &b, k ? &none : &limits, &err),
                         k ? IMGVEC_ERR_FORMAT : IMGVEC_ERR_LIMIT);
        assert_true(memory.peak - memory.live < 1 << 20);
    }
    bytes_free(&b);
}

static void allocations_may_fail(void **state)
{
    for (int on = 0; on < 2; on++)
        for (int i = 0; i < 2; i++) {
            test_bytes b = damaged_sample(i);
            survives_failing_allocations(ctx, &memory, &b, on);
            bytes_free(&b);
        }
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
        cmocka_unit_test(layouts),
        cmocka_unit_test(whole_numbers),
        cmocka_unit_test(compressions),
        cmocka_unit_test(parts),
        cmocka_unit_test(tone),
        cmocka_unit_test(declared),
        cmocka_unit_test(bytes_changed),
        cmocka_unit_test(cuts_are_refused),
        cmocka_unit_test(allocations_may_fail),
        cmocka_unit_test(lossy_dwa),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
#else
int main(void)
{
    printf("# SKIPPED: this build has no decoder for OpenEXR\n");
    return 77;
}
#endif
