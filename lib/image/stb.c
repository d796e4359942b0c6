/* The guarded door to stb_image. */
#include "image/stb.h"

#include <limits.h>

#include "base/error.h"
#include "image/arena.h"

/* gcc reports what a header leaves unused at the end of the file: this one is not popped. */
#pragma GCC diagnostic ignored "-Wunused-function"

/* Debian also ships stb as a shared library; our copy is static so that these macros hold:
 * cleared memory on a budget, no files, no abort, only the formats that come here. */
#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_NO_GIF
#define STBI_NO_PIC
#define STBI_NO_PNM
#ifdef IV_HAVE_JPEG
#define STBI_NO_JPEG
#endif
#ifdef IV_HAVE_SPNG
#define STBI_NO_PNG
#endif
#define STBI_MAX_DIMENSIONS 65536
#define STBI_ASSERT(x) ((x) ? (void)0 : iv_arena_bail())
#define STBI_MALLOC(bytes) iv_arena_malloc(bytes)
#define STBI_REALLOC(memory, bytes) iv_arena_realloc(memory, bytes)
#define STBI_FREE(memory) iv_arena_release(memory)

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wundef"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
#pragma GCC diagnostic ignored "-Wtype-limits"
#pragma GCC diagnostic ignored "-Wimplicit-fallthrough"
#include <stb/stb_image.h>
#pragma GCC diagnostic pop

/* Apart from the caller, whose locals setjmp would spoil. */
static uint8_t *load(iv_arena *arena, const uint8_t *data, size_t size, int size_out[2],
                     int channels)
{
    int in_file;
    if (setjmp(arena->bail))
        return NULL;
    return stbi_load_from_memory(data, (int)size, &size_out[0], &size_out[1], &in_file, channels);
}

imgvec_status iv_stb_pixels(const iv_image_job *job, const char *format, const uint8_t *data,
                            size_t size, uint32_t width, uint32_t height, int channels,
                            int bytes_per_pixel, uint8_t **pixels, imgvec_error *err)
{
    if (size > INT_MAX)
        return iv_fail(err, IMGVEC_ERR_LIMIT, "%s: %zu bytes, over the decoder's limit of %d",
                       format, size, INT_MAX);
    uint64_t count = (uint64_t)width * height;
    int found[2] = {0, 0};
    iv_arena arena;
    uint64_t own = (uint64_t)bytes_per_pixel * count + (4 << 20);
    iv_arena_begin(&arena, job->ctx, iv_image_budget(job, own, 0));
    uint8_t *loaded = load(&arena, data, size, found, channels);
    bool right =
        loaded && !arena.failed && (uint32_t)found[0] == width && (uint32_t)found[1] == height;
    if (right)
        *pixels = iv_arena_take(&arena, loaded, (size_t)count * (size_t)channels);
    bool failed = arena.failed, over = arena.over;
    iv_arena_end(&arena);
    if (right)
        return IMGVEC_OK;
    if (failed)
        return iv_fail_nomem(err);
    if (over)
        return iv_image_fail_budget(job, format, own, 0,
                                    "holds more data than a picture of its size", err);
    const char *why = stbi_failure_reason();
    return iv_image_fail_decoder(err, format,
                                 loaded          ? "contradicts itself about its size"
                                 : why && why[0] ? why
                                                 : "damaged");
}

imgvec_status iv_stb_decode(const iv_image_job *job, const char *format, const uint8_t *data,
                            size_t size, uint32_t width, uint32_t height, int bytes_per_pixel,
                            iv_image *out, imgvec_error *err)
{
    uint8_t *pixels;
    IV_TRY(iv_stb_pixels(job, format, data, size, width, height, 3, bytes_per_pixel, &pixels, err));
    *out = (iv_image){(int32_t)width, (int32_t)height, pixels};
    return IMGVEC_OK;
}
