/* A context that counts memory and can fail, files, and small pictures in simple formats. */
#ifndef TEST_IMAGE_SUPPORT_H
#define TEST_IMAGE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <imgvec/context.h>
#include <imgvec/error.h>

#include "image/image.h"

/* ---- memory ---- */

typedef struct test_memory {
    size_t live, peak, calls;
    size_t fail_at; /* number of the call that fails, from 1; 0: none */
    bool fail_on;   /* and all after it */
} test_memory;

static bool test_memory_fails(test_memory *m)
{
    m->calls++;
    return m->fail_at && (m->calls == m->fail_at || (m->fail_on && m->calls > m->fail_at));
}

static void *test_allocate(void *user, size_t bytes)
{
    test_memory *m = user;
    if (test_memory_fails(m))
        return NULL;
    size_t *block = malloc(16 + bytes);
    assert_non_null(block);
    *block = bytes;
    m->live += bytes;
    m->peak = m->live > m->peak ? m->live : m->peak;
    return (char *)block + 16;
}

static void test_release(void *user, void *memory)
{
    test_memory *m = user;
    size_t *block = (size_t *)(void *)((char *)memory - 16);
    m->live -= *block;
    free(block);
}

static void *test_reallocate(void *user, void *memory, size_t bytes)
{
    void *moved = test_allocate(user, bytes);
    if (!moved)
        return NULL;
    size_t old = *(size_t *)(void *)((char *)memory - 16);
    memcpy(moved, memory, old < bytes ? old : bytes);
    test_release(user, memory);
    return moved;
}

static inline imgvec_context *test_context(test_memory *m)
{
    imgvec_allocator allocator = {sizeof allocator, m, test_allocate, test_reallocate,
                                  test_release};
    imgvec_context *ctx;
    memset(m, 0, sizeof *m);
    assert_int_equal(imgvec_context_new_with(&allocator, &ctx, NULL), IMGVEC_OK);
    return ctx;
}

/* ---- bytes ---- */

/* A growing file. The bytes are in a block of their exact size, so that a read past the
 * end shows. */
typedef struct test_bytes {
    uint8_t *data;
    size_t size;
} test_bytes;

static inline void put(test_bytes *b, const void *data, size_t size)
{
    if (size == 0)
        return;
    uint8_t *grown = malloc(b->size + size);
    assert_non_null(grown);
    if (b->size)
        memcpy(grown, b->data, b->size);
    memcpy(grown + b->size, data, size);
    free(b->data);
    b->data = grown;
    b->size += size;
}

static inline void put_text(test_bytes *b, const char *text)
{
    put(b, text, strlen(text));
}

static inline void put_be32(test_bytes *b, uint32_t v)
{
    uint8_t p[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
    put(b, p, 4);
}

static inline void put_be16(test_bytes *b, uint32_t v)
{
    uint8_t p[2] = {(uint8_t)(v >> 8), (uint8_t)v};
    put(b, p, 2);
}

static inline void put_le16(test_bytes *b, uint32_t v)
{
    uint8_t p[2] = {(uint8_t)v, (uint8_t)(v >> 8)};
    put(b, p, 2);
}

static inline void put_le32(test_bytes *b, uint32_t v)
{
    put_le16(b, v & 0xffff);
    put_le16(b, v >> 16);
}

static inline void bytes_free(test_bytes *b)
{
    free(b->data);
    *b = (test_bytes){0};
}

static inline test_bytes read_file(const char *path)
{
    test_bytes b = {0};
    FILE *f = fopen(path, "rb");
    char part[65536];
    size_t n;
    assert_non_null(f);
    while ((n = fread(part, 1, sizeof part, f)) > 0)
        put(&b, part, n);
    fclose(f);
    return b;
}

/* ---- damage ---- */

/* Decodes upright and drops the picture; a failure leaves no pixels. */
imgvec_status decode_bytes(imgvec_context *ctx, const test_bytes *b, const iv_image_limits *limits,
                           imgvec_error *err);

/* The file cut at each byte from `from` on is FORMAT. */
void refuses_cuts(imgvec_context *ctx, const test_bytes *b, size_t from);

/* Whether a damaged file was decoded; otherwise its error is one of those that damage may have,
 * with a text. */
bool decodes_or_says_why(imgvec_status status, const imgvec_error *err);

/* A sound file with its 1st, 2nd, 3rd... allocation failing (`on`: and all after it). `memory` is
 * the context's. */
void survives_failing_allocations(imgvec_context *ctx, test_memory *memory, const test_bytes *b,
                                  bool on);

/* ---- small pictures ---- */

static const uint8_t quarters[4][3] = {{200, 40, 40}, {40, 170, 60}, {50, 60, 200}, {220, 200, 60}};

/* Colour of the sample picture at x, y of w x h. */
static inline const uint8_t *sample_pixel(int w, int h, int x, int y)
{
    return quarters[(x >= w / 2) + 2 * (y >= h / 2)];
}

/* A PNG of any layout around raw rows (with their filter bytes). */
void png_chunk(test_bytes *b, const char *type, const void *data, size_t size);
void png_begin(test_bytes *b, uint32_t w, uint32_t h, int depth, int color_type, int interlace);
void png_end(test_bytes *b, const void *raw, size_t size);

/* The sample picture. */
test_bytes make_png(int w, int h);
test_bytes make_ppm(int w, int h, int kind); /* 1 to 6 */
test_bytes make_bmp(int w, int h, int bits); /* 8, 24 or 32 */
test_bytes make_tga(int w, int h, bool rle);
test_bytes make_psd(int w, int h, bool rle);
test_bytes make_hdr(int w, int h);
test_bytes make_gif(int w, int h);

#endif
