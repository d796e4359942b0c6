/* PNG, and JPEG where libjpeg-turbo is not built in, through stb_image_write. */
#include "image/encode.h"

#include <limits.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "image/arena.h"

/* gcc reports what a header leaves unused at the end of the file: this one is not popped. */
#pragma GCC diagnostic ignored "-Wunused-function"

/* It does not look at what its allocations return: they leave it instead. */
static void *write_malloc(size_t bytes)
{
    void *memory = iv_arena_malloc(bytes);
    if (!memory)
        iv_arena_bail();
    return memory;
}

static void *write_realloc(void *memory, size_t bytes)
{
    void *moved = iv_arena_realloc(memory, bytes);
    if (!moved)
        iv_arena_bail();
    return moved;
}

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#define STBI_WRITE_NO_STDIO
#define STBIW_MALLOC(bytes) write_malloc(bytes)
#define STBIW_REALLOC(memory, bytes) write_realloc(memory, bytes)
#define STBIW_FREE(memory) iv_arena_release(memory)
#define STBIW_ASSERT(x) ((x) ? (void)0 : iv_arena_bail())

/* Its JPEG writer shifts bits out of signed numbers, which only wrapping arithmetic defines. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC optimize("wrapv")
#endif
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wundef"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#include <stb/stb_image_write.h>
#pragma GCC diagnostic pop
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif

void iv_encoded_add(iv_encoded *e, const void *data, size_t size)
{
    size_t need;
    if (__builtin_add_overflow(e->size, size, &need) ||
        iv_reserve(e->ctx, &e->data, &e->capacity, need, 1) != 0)
        e->failed = true;
    if (e->failed)
        return;
    memcpy(e->data + e->size, data, size);
    e->size = need;
}

static void on_bytes(void *user, void *data, int size)
{
    iv_encoded_add(user, data, (size_t)size);
}

/* Apart from the caller, whose locals setjmp would spoil. quality 0: PNG. */
static bool run(iv_arena *arena, const iv_image *image, int quality, iv_encoded *out)
{
    if (setjmp(arena->bail))
        return false;
    if (quality > 0)
        return stbi_write_jpg_to_func(on_bytes, out, image->width, image->height, 3, image->pixels,
                                      quality) != 0;
    return stbi_write_png_to_func(on_bytes, out, image->width, image->height, 3, image->pixels,
                                  image->width * 3) != 0;
}

static imgvec_status encode(imgvec_context *ctx, const char *format, const iv_image *image,
                            int quality, iv_encoded *out, imgvec_error *err)
{
    uint64_t bytes = (uint64_t)image->width * (uint64_t)image->height * 3;
    iv_arena arena;
    /* Its sizes are int, and it doubles them. */
    if (bytes > INT_MAX / 4)
        return iv_fail(err, IMGVEC_ERR_UNSUPPORTED, "%d x %d pixels are too many for the %s writer",
                       image->width, image->height, format);
    *out = (iv_encoded){.ctx = ctx};
    iv_arena_begin(&arena, ctx, UINT64_MAX);
    bool ok = run(&arena, image, quality, out) && !out->failed;
    iv_arena_end(&arena);
    if (ok)
        return IMGVEC_OK;
    iv_free(ctx, out->data);
    return iv_fail_nomem(err); /* it fails for no other reason */
}

imgvec_status iv_encode_png(imgvec_context *ctx, const iv_image *image, iv_encoded *out,
                            imgvec_error *err)
{
    return encode(ctx, "PNG", image, 0, out, err);
}

#ifndef IV_HAVE_JPEG
imgvec_status iv_encode_jpeg(imgvec_context *ctx, const iv_image *image, int quality,
                             iv_encoded *out, imgvec_error *err)
{
    enum { SIDE_MAX = 65500 }; /* as libjpeg's; the format itself holds no more than 65535 */
    if (image->width > SIDE_MAX || image->height > SIDE_MAX)
        return iv_fail(err, IMGVEC_ERR_UNSUPPORTED, "JPEG: %d x %d pixels, over its limit of %d",
                       image->width, image->height, SIDE_MAX);
    return encode(ctx, "JPEG", image, quality, out, err);
}
#endif
