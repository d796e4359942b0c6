/* Coding styles that declare more than a few hundred bytes can hold. */
#include "image/jp2_style.h"
#include "test.h"

#ifdef IV_HAVE_OPENJPEG

typedef struct stream {
    uint8_t bytes[4096];
    size_t size;
} stream;

static void put(stream *s, uint64_t value, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--)
        s->bytes[s->size++] = (uint8_t)(value >> (8 * i));
}

typedef struct style {
    uint32_t layers;
    int levels, block,
        precinct; /* block: exponent - 2; precinct: exponents of both sides, -1 none */
} style;

static void put_style(stream *s, const style *t)
{
    put(s, IV_JP2_COD, 2);
    put(s, (uint64_t)(12 + (t->precinct >= 0 ? t->levels + 1 : 0)), 2);
    put(s, t->precinct >= 0, 1);
    put(s, 0, 1);
    put(s, t->layers, 2);
    put(s, 0, 1);
    put(s, (uint64_t)t->levels, 1);
    put(s, (uint64_t)t->block, 1);
    put(s, (uint64_t)t->block, 1);
    put(s, 0x0001, 2);
    for (int r = 0; t->precinct >= 0 && r <= t->levels; r++)
        put(s, (uint64_t)(t->precinct * 17), 1);
}

/* One tile of side x side pixels. in_tile (may be NULL): a style in the tile's own header. */
static stream make(uint32_t side, uint32_t components, const style *t, const style *in_tile,
                   size_t padding)
{
    stream s = {.size = 0};
    put(&s, 0xff4f, 2);
    put(&s, 0xff51, 2);
    put(&s, 38 + 3 * components, 2);
    put(&s, 0, 2);
    for (int i = 0; i < 2; i++) { /* the picture, then the tile */
        put(&s, side, 4);
        put(&s, side, 4);
        put(&s, 0, 8);
    }
    put(&s, components, 2);
    for (uint32_t c = 0; c < components; c++)
        put(&s, 0x070101, 3);
    put_style(&s, t);
    size_t at = s.size;
    put(&s, 0xff90, 2);
    put(&s, 10, 2);
    put(&s, 0, 8); /* its length comes later */
    s.bytes[at + 11] = 1;
    if (in_tile)
        put_style(&s, in_tile);
    put(&s, 0xff93, 2);
    s.size += padding;
    uint64_t length = s.size - at;
    for (int i = 0; i < 4; i++)
        s.bytes[at + 6 + (size_t)i] = (uint8_t)(length >> (24 - 8 * i));
    put(&s, 0xffd9, 2);
    return s;
}

static imgvec_status walk(const stream *s, imgvec_error *err)
{
    iv_jp2 jp2;
    const iv_image_job job = {.data = s->bytes, .size = s->size};
    return iv_jp2_walk(&job, &jp2, err);
}

/* A packet takes a byte: as many layers as bytes pass, one more does not. */
static void packets_need_bytes(void **state)
{
    (void)state;
    imgvec_error err;
    style t = {.layers = 1, .precinct = -1};
    stream s = make(64, 1, &t, NULL, 300);
    t.layers = (uint32_t)s.size;
    s = make(64, 1, &t, NULL, 300);
    assert_ok(walk(&s, &err));
    t.layers++;
    s = make(64, 1, &t, NULL, 300);
    assert_fails(walk(&s, &err), IMGVEC_ERR_FORMAT,
                 "more packets are declared than there are bytes");
    /* Resolutions and components each have packets: 3 x 2 of 100 layers. */
    t = (style){.layers = 100, .levels = 2, .precinct = -1};
    s = make(64, 2, &t, NULL, 700 - make(64, 2, &t, NULL, 0).size - 101);
    assert_fails(walk(&s, &err), IMGVEC_ERR_FORMAT, "more packets");
    s = make(64, 2, &t, NULL, 700 - make(64, 2, &t, NULL, 0).size - 100);
    assert_ok(walk(&s, &err));
}

static void precincts_are_packets(void **state)
{
    (void)state;
    imgvec_error err;
    style t = {.layers = 1, .levels = 0, .precinct = 3}; /* of 8 x 8: 8 x 8 of them */
    stream s = make(64, 1, &t, NULL, 0);
    assert_ok(walk(&s, &err));
    t.precinct = 1; /* 1024 */
    s = make(64, 1, &t, NULL, 0);
    assert_fails(walk(&s, &err), IMGVEC_ERR_FORMAT, "more packets");
    t = (style){.layers = 65535, .levels = 5, .precinct = 5};
    s = make(3000, 1, &t, NULL, 300);
    assert_fails(walk(&s, &err), IMGVEC_ERR_FORMAT, "more packets");
}

/* Blocks of 4 x 4: 352 bytes each, where a picture may take 32 for each pixel and 64 MB. */
static void blocks_need_memory(void **state)
{
    (void)state;
    imgvec_error err;
    style t = {.layers = 1, .levels = 0, .block = 0, .precinct = -1};
    stream s = make(3000, 1, &t, NULL, 300);
    assert_ok(walk(&s, &err));
    s = make(3000, 3, &t, NULL, 300);
    assert_fails(walk(&s, &err), IMGVEC_ERR_LIMIT, "code blocks too small");
    t.block = 4;
    s = make(3000, 3, &t, NULL, 300);
    assert_ok(walk(&s, &err));
}

/* The header of a tile may have a style of its own, which is what counts. */
static void tiles_have_styles(void **state)
{
    (void)state;
    imgvec_error err;
    const style plain = {.layers = 1, .precinct = -1}, many = {.layers = 5000, .precinct = -1};
    stream s = make(64, 1, &plain, &many, 300);
    assert_fails(walk(&s, &err), IMGVEC_ERR_FORMAT, "more packets");
    s = make(64, 1, &many, &plain, 300);
    assert_ok(walk(&s, &err));
}

static void bad_styles(void **state)
{
    (void)state;
    imgvec_error err;
    style t = {.layers = 0, .precinct = -1};
    stream s = make(64, 1, &t, NULL, 0);
    assert_fails(walk(&s, &err), IMGVEC_ERR_FORMAT, "a coding style that does not exist");
    t = (style){.layers = 1, .levels = 33, .precinct = -1};
    s = make(64, 1, &t, NULL, 0);
    assert_fails(walk(&s, &err), IMGVEC_ERR_FORMAT, "a coding style that does not exist");
    t.levels = 5;
    s = make(64, 1, &t, &t, 0);
    for (size_t size = 1; size < s.size; size++) { /* in a block of its own: reads past it show */
        uint8_t *exact = malloc(size);
        memcpy(exact, s.bytes, size);
        iv_jp2 jp2;
        const iv_image_job job = {.data = exact, .size = size};
        assert_int_not_equal(iv_jp2_walk(&job, &jp2, &err), IMGVEC_OK);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_need_bytes), cmocka_unit_test(precincts_are_packets),
        cmocka_unit_test(blocks_need_memory), cmocka_unit_test(tiles_have_styles),
        cmocka_unit_test(bad_styles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
int main(void)
{
    printf("# SKIPPED: this build has no decoder for JPEG 2000\n");
    return 77;
}
#endif
