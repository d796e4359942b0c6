/* Any bytes are a picture within the limits or an error with a text. The bytes of a PNG are tried
 * once more with its checksums put right, so that the fuzzer needs to find none. FUZZ_FORMAT takes
 * the inputs of one format alone, for a fuzzer of each. */
#include "fuzz.h"

#include <zlib.h>

#include "image/bytes.h"
#include "image/format.h"
#include "image/image.h"

static void decode(imgvec_context *ctx, const uint8_t *data, size_t size)
{
    static const iv_image_limits limits = {
        .side = 2048, .pixels = 1 << 18, .bytes = 1 << 20, .scans = 20, .memory = 32 << 20};
    iv_image image = {0};
    imgvec_error err = {0};
    iv_image_mode mode = size & 1 ? IV_IMAGE_PILLOW : IV_IMAGE_UPRIGHT;
    imgvec_status status = iv_image_decode(ctx, data, size, &limits, mode, &image, &err);
    fuzz_check_error(status, &err);
    fuzz_need((status == IMGVEC_OK) == (image.pixels != NULL));
    if (!image.pixels)
        return;
    fuzz_need(image.width > 0 && image.width <= 2048 && image.height > 0 && image.height <= 2048);
    volatile unsigned sum = 0; /* every pixel is there and has a value */
    size_t count = 3 * (size_t)image.width * (size_t)image.height;
    for (size_t i = 0; i < count; i++)
        sum += image.pixels[i] ? 1u : 0u;
    iv_image_free(ctx, &image);
}

/* Writes the right checksum behind each chunk; false when none was wrong. */
static int mend_png(uint8_t *data, size_t size)
{
    int mended = 0;
    for (size_t at = 8; size > at && size - at >= 12;) {
        uint32_t length = iv_be32(data + at);
        if (length > size - at - 12)
            break;
        uint8_t *end = data + at + 8 + length;
        uint32_t crc = (uint32_t)crc32(0, data + at + 4, length + 4);
        const uint8_t right[4] = {(uint8_t)(crc >> 24), (uint8_t)(crc >> 16), (uint8_t)(crc >> 8),
                                  (uint8_t)crc};
        mended |= memcmp(end, right, 4) != 0;
        memcpy(end, right, 4);
        at += 12 + length;
    }
    return mended;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
#ifdef FUZZ_FORMAT
    if (iv_format_find(data, size) != FUZZ_FORMAT)
        return -1;
#endif
    imgvec_context *ctx = fuzz_context();
    decode(ctx, data, size);
    if (iv_format_find(data, size) == IV_FORMAT_PNG) {
        uint8_t *copy = malloc(size);
        fuzz_need(copy != NULL);
        memcpy(copy, data, size);
        if (mend_png(copy, size))
            decode(ctx, copy, size);
        free(copy);
    }
    fuzz_end(ctx);
    return 0;
}
