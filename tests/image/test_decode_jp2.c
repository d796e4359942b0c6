/* JPEG 2000 that openjpeg's encoder wrote: every layout decodes to its picture, and damage of
 * any kind gets an answer. */
#include "support.h"

#ifdef IV_HAVE_OPENJPEG
#include <openjpeg.h>

static imgvec_context *ctx;
static test_memory memory;

/* What is to be written. */
typedef struct recipe {
    OPJ_CODEC_FORMAT codec;
    OPJ_COLOR_SPACE space;
    uint32_t width, height, x0, y0;
    uint32_t components, alpha; /* alpha: number of that component, from 1; 0: none */
    uint32_t precision, tile;
    uint32_t coarse; /* sampling step of the second and third component */
    bool is_signed;
    uint32_t (*sample)(const struct recipe *r, uint32_t c, uint32_t x, uint32_t y);
} recipe;

static OPJ_SIZE_T write_bytes(void *from, OPJ_SIZE_T count, void *user)
{
    put(user, from, count);
    return count;
}

/* The encoder goes back to fill in lengths; a file at a position would be too much for a test:
 * bytes before the end are overwritten in place. */
typedef struct sink {
    test_bytes bytes;
    size_t at;
} sink;

static OPJ_SIZE_T sink_write(void *from, OPJ_SIZE_T count, void *user)
{
    sink *s = user;
    size_t over = s->bytes.size - s->at < count ? s->bytes.size - s->at : count;
    if (over)
        memcpy(s->bytes.data + s->at, from, over);
    write_bytes((uint8_t *)from + over, count - over, &s->bytes);
    s->at += count;
    return count;
}

static OPJ_OFF_T sink_skip(OPJ_OFF_T count, void *user)
{
    sink *s = user;
    for (OPJ_OFF_T i = 0; i < count; i++)
        sink_write((uint8_t[]){0}, 1, s);
    return count;
}

static OPJ_BOOL sink_seek(OPJ_OFF_T to, void *user)
{
    ((sink *)user)->at = (size_t)to;
    return OPJ_TRUE;
}

static void quiet(const char *message, void *user)
{
}

static void complain(const char *message, void *user)
{
    printf("# openjpeg: %s", message);
}

static uint32_t steps(uint32_t to, uint32_t step)
{
    return (to + step - 1) / step;
}

static opj_image_t *make_image(const recipe *r)
{
    opj_image_cmptparm_t parts[5] = {0};
    for (uint32_t c = 0; c < r->components; c++) {
        uint32_t step = r->coarse && (c == 1 || c == 2) ? r->coarse : 1;
        parts[c].dx = parts[c].dy = step;
        parts[c].w = steps(r->x0 + r->width, step) - steps(r->x0, step);
        parts[c].h = steps(r->y0 + r->height, step) - steps(r->y0, step);
        parts[c].prec = r->precision;
        parts[c].sgnd = r->is_signed;
    }
    opj_image_t *image = opj_image_create(r->components, parts, r->space);
    assert_non_null(image);
    image->x0 = r->x0;
    image->y0 = r->y0;
    image->x1 = r->x0 + r->width;
    image->y1 = r->y0 + r->height;
    for (uint32_t c = 0; c < r->components; c++)
        for (uint32_t y = 0; y < parts[c].h; y++)
            for (uint32_t x = 0; x < parts[c].w; x++)
                image->comps[c].data[y * parts[c].w + x] =
                    (OPJ_INT32)r->sample(r, c, x * parts[c].dx, y * parts[c].dy) -
                    (r->is_signed ? 1 << (r->precision - 1) : 0);
    if (r->alpha)
        image->comps[r->alpha - 1].alpha = 1;
    return image;
}

static test_bytes make_jp2(const recipe *r)
{
    opj_cparameters_t parameters;
    sink out = {0};
    opj_image_t *image = make_image(r);
    opj_codec_t *codec = opj_create_compress(r->codec);
    opj_stream_t *stream = opj_stream_create(1 << 16, OPJ_FALSE);
    opj_set_default_encoder_parameters(&parameters);
    parameters.tcp_numlayers = 1;
    parameters.cp_disto_alloc = 1;
    parameters.numresolution = 3;
    parameters.image_offset_x0 = (int)r->x0;
    parameters.image_offset_y0 = (int)r->y0;
    parameters.tcp_mct = 0;
    if (r->tile) {
        parameters.tile_size_on = OPJ_TRUE;
        parameters.cp_tdx = parameters.cp_tdy = (int)r->tile;
    }
    opj_set_info_handler(codec, quiet, NULL);
    opj_set_warning_handler(codec, quiet, NULL);
    opj_set_error_handler(codec, complain, NULL);
    opj_stream_set_write_function(stream, sink_write);
    opj_stream_set_skip_function(stream, sink_skip);
    opj_stream_set_seek_function(stream, sink_seek);
    opj_stream_set_user_data(stream, &out, NULL);
    assert_true(opj_setup_encoder(codec, &parameters, image));
    assert_true(opj_start_compress(codec, image, stream));
    assert_true(opj_encode(codec, stream));
    assert_true(opj_end_compress(codec, stream));
    opj_stream_destroy(stream);
    opj_destroy_codec(codec);
    opj_image_destroy(image);
    return out.bytes;
}

/* The quarters' colours at the recipe's precision. */
static uint32_t colour(const recipe *r, uint32_t c, uint32_t x, uint32_t y)
{
    uint32_t v = c < 3 ? sample_pixel((int)r->width, (int)r->height, (int)x, (int)y)[c] : 77;
    return r->precision >= 8 ? v << (r->precision - 8) | (v & ((1u << (r->precision - 8)) - 1))
                             : v >> (8 - r->precision);
}

static uint32_t ycc(const recipe *r, uint32_t c, uint32_t x, uint32_t y)
{
    const uint8_t *p = sample_pixel((int)r->width, (int)r->height, (int)x, (int)y);
    double luma = 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];
    double v = c == 0 ? luma : 128 + (c == 1 ? (p[2] - luma) / 1.772 : (p[0] - luma) / 1.402);
    return (uint32_t)(v + 0.5);
}

static uint32_t index_of(const recipe *r, uint32_t c, uint32_t x, uint32_t y)
{
    return (uint32_t)(sample_pixel((int)r->width, (int)r->height, (int)x, (int)y) - quarters[0]) /
           3;
}

static uint32_t inks(const recipe *r, uint32_t c, uint32_t x, uint32_t y)
{
    return c == 3 ? 0 : 255u - colour(r, c, x, y);
}

/* Decodes to the sample picture; gray: to its green. */
static void check(test_bytes b, uint32_t width, uint32_t height, bool gray, int tolerance)
{
    iv_image image = {0};
    imgvec_error err;
    if (iv_image_decode(ctx, b.data, b.size, NULL, IV_IMAGE_UPRIGHT, &image, &err) != IMGVEC_OK)
        fail_msg("%s", err.text);
    assert_string_equal(iv_image_format(b.data, b.size), "JPEG 2000");
    assert_int_equal(image.width, width);
    assert_int_equal(image.height, height);
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++)
            for (uint32_t c = 0; c < 3; c++) {
                int want = sample_pixel((int)width, (int)height, (int)x, (int)y)[gray ? 0 : c];
                int got = image.pixels[((size_t)y * width + x) * 3 + c];
                if (abs(want - got) > tolerance)
                    fail_msg("%u, %u channel %u: %d instead of %d", x, y, c, got, want);
            }
    iv_image_free(ctx, &image);
    bytes_free(&b);
}

static const recipe plain = {OPJ_CODEC_JP2, OPJ_CLRSPC_SRGB, 24, 16, 0, 0, 3, 0, 8, 0, 0,
                             false,         colour};

static void layouts(void **state)
{
    recipe r = plain;
    check(make_jp2(&r), 24, 16, false, 0);
    r.codec = OPJ_CODEC_J2K;
    check(make_jp2(&r), 24, 16, false, 0);
    r.tile = 8;
    check(make_jp2(&r), 24, 16, false, 0);
    r = plain;
    r.components = 4;
    r.alpha = 4;
    check(make_jp2(&r), 24, 16, false, 0);
    r = plain;
    r.precision = 16; /* whose low byte says something else */
    check(make_jp2(&r), 24, 16, false, 0);
    r.precision = 12;
    r.is_signed = true;
    check(make_jp2(&r), 24, 16, false, 0);
    r = plain;
    r.precision = 4;
    check(make_jp2(&r), 24, 16, false, 12);
    r = plain;
    r.components = 1;
    r.space = OPJ_CLRSPC_GRAY;
    check(make_jp2(&r), 24, 16, true, 0);
    r.components = 2;
    r.alpha = 2;
    check(make_jp2(&r), 24, 16, true, 0);
    r = plain;
    r.x0 = 5;
    r.y0 = 3;
    check(make_jp2(&r), 24, 16, false, 0);
}

static void chroma(void **state)
{
    recipe r = plain;
    r.sample = ycc;
    r.space = OPJ_CLRSPC_SYCC;
    check(make_jp2(&r), 24, 16, false, 2);
    r.coarse = 2;
    check(make_jp2(&r), 24, 16, false, 2);
    r.codec = OPJ_CODEC_J2K; /* which has no word for its colours */
    check(make_jp2(&r), 24, 16, false, 2);
}

/* Position of a box's type. */
static size_t find(const test_bytes *b, const char *type)
{
    for (size_t i = 0; i + 4 <= b->size; i++)
        if (memcmp(b->data + i, type, 4) == 0)
            return i;
    fail_msg("no %s", type);
    return 0;
}

static void colour_spaces(void **state)
{
    recipe r = plain;
    imgvec_error err;
    r.components = 4;
    r.sample = inks;
    test_bytes b = make_jp2(&r);
    b.data[find(&b, "colr") + 10] = 12;
    check(b, 24, 16, false, 0);
    r = plain;
    b = make_jp2(&r);
    b.data[find(&b, "colr") + 10] = 14; /* CIELab */
    assert_int_equal(decode_bytes(ctx, &b, NULL, &err), IMGVEC_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "colour space 14"));
    b.data[find(&b, "colr") + 10] = 12; /* of three components */
    assert_int_equal(decode_bytes(ctx, &b, NULL, &err), IMGVEC_ERR_FORMAT);
    bytes_free(&b);
}

static void palette(void **state)
{
    recipe r = plain;
    r.components = 1;
    r.space = OPJ_CLRSPC_GRAY;
    r.sample = index_of;
    test_bytes from = make_jp2(&r), to = {0};
    size_t header = find(&from, "jp2h") - 4;
    size_t end = header + (size_t)(from.data[header + 2] << 8 | from.data[header + 3]);
    put(&to, from.data, end);
    put_be32(&to, 8 + 2 + 1 + 3 + 12);
    put_text(&to, "pclr");
    put(&to, "\0\4\3\7\7\7", 6);
    put(&to, quarters, 12);
    put_be32(&to, 8 + 12);
    put_text(&to, "cmap");
    put(&to, "\0\0\1\0\0\0\1\1\0\0\1\2", 12);
    to.data[header + 3] += 26 + 20;
    put(&to, from.data + end, from.size - end);
    to.data[find(&to, "colr") + 10] = 16;
    bytes_free(&from);
    check(to, 24, 16, false, 0);
}

static void cuts_are_refused(void **state)
{
    recipe recipes[2] = {plain, plain};
    recipes[1].codec = OPJ_CODEC_J2K;
    recipes[1].tile = 8;
    for (int i = 0; i < 2; i++) {
        test_bytes b = make_jp2(&recipes[i]);
        refuses_cuts(ctx, &b, 12);
        bytes_free(&b);
    }
}

static void bytes_changed(void **state)
{
    const iv_image_limits limits = {4096, 1 << 18, 1 << 20};
    recipe recipes[3] = {plain, plain, plain};
    recipes[1].codec = OPJ_CODEC_J2K;
    recipes[1].tile = 8;
    recipes[2].coarse = 2;
    recipes[2].space = OPJ_CLRSPC_SYCC;
    int refused = 0, accepted = 0;
    for (int i = 0; i < 3; i++) {
        test_bytes b = make_jp2(&recipes[i]);
        for (size_t at = 0; at < b.size; at++)
            for (int bit = 0; bit < 8; bit++) {
                imgvec_error err = {0};
                b.data[at] ^= (uint8_t)(1 << bit);
                imgvec_status status = decode_bytes(ctx, &b, &limits, &err);
                b.data[at] ^= (uint8_t)(1 << bit);
                bool fine = decodes_or_says_why(status, &err);
                refused += !fine;
                accepted += fine;
            }
        bytes_free(&b);
    }
    printf("# %d changed files refused, %d accepted\n", refused, accepted);
    assert_true(refused > 1000);
}

/* Sizes, tiles and components that are declared cost nothing before they are judged. */
static void declared(void **state)
{
    static const struct {
        int at;
        uint32_t value;
        int bytes;
        imgvec_status status;
        const char *word;
    } lies[] = {
        {8, 1000, 4, IMGVEC_ERR_LIMIT, "side"},
        {8, 50000, 4, IMGVEC_ERR_LIMIT, "limit"},
        {8, 0x7fffffff, 4, IMGVEC_ERR_LIMIT, "limit"},
        {8, 0, 4, IMGVEC_ERR_FORMAT, "0 pixels"},
        {24, 1, 4, IMGVEC_ERR_FORMAT, "all tiles"},
        {24, 0, 4, IMGVEC_ERR_FORMAT, "tiles"},
        {24, 16, 4, IMGVEC_ERR_FORMAT, "all tiles"},
        {32, 9, 4, IMGVEC_ERR_FORMAT, "tiles"},
        {40, 16384, 2, IMGVEC_ERR_FORMAT, "number of components"},
        {43, 0, 1, IMGVEC_ERR_FORMAT, "sampling step"},
    };
    recipe r = plain;
    r.codec = OPJ_CODEC_J2K;
    test_bytes whole = make_jp2(&r);
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        const iv_image_limits limits = {65535, 100000000, 256u << 20};
        test_bytes b = {0};
        imgvec_error err;
        put(&b, whole.data, whole.size);
        for (int k = 0; k < lies[i].bytes; k++)
            b.data[lies[i].at + k] = (uint8_t)(lies[i].value >> 8 * (lies[i].bytes - 1 - k));
        if (lies[i].value > 16)
            memcpy(b.data + 12, "\0\1\x38\x80", 4); /* and 80,000 high */
        imgvec_status status = decode_bytes(ctx, &b, &limits, &err);
        if (status != lies[i].status || !strstr(err.text, lies[i].word))
            fail_msg("lie %zu: %d, %s", i, status, err.text);
        bytes_free(&b);
    }
    /* 250 x 250 tiles of one pixel: few enough to be named, too many to be kept. */
    const uint8_t tiles[32] = {0, 0, 0, 250, 0, 0, 0, 250, [19] = 1, [23] = 1};
    imgvec_error err;
    memcpy(whole.data + 8, tiles, sizeof tiles);
    assert_int_equal(decode_bytes(ctx, &whole, NULL, &err), IMGVEC_ERR_LIMIT);
    assert_non_null(strstr(err.text, "62500 tiles"));
    bytes_free(&whole);
}

static void allocations_may_fail(void **state)
{
    test_bytes b = make_jp2(&plain);
    for (int on = 0; on < 2; on++)
        survives_failing_allocations(ctx, &memory, &b, on);
    bytes_free(&b);
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
        cmocka_unit_test(layouts),       cmocka_unit_test(chroma),
        cmocka_unit_test(colour_spaces), cmocka_unit_test(palette),
        cmocka_unit_test(declared),      cmocka_unit_test(cuts_are_refused),
        cmocka_unit_test(bytes_changed), cmocka_unit_test(allocations_may_fail),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
#else
int main(void)
{
    printf("# SKIPPED: this build has no decoder for JPEG 2000\n");
    return 77;
}
#endif
