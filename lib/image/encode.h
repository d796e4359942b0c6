/* Images to files' bytes. */
#ifndef IV_IMAGE_ENCODE_H
#define IV_IMAGE_ENCODE_H

#include "image/image.h"

/* What an encoder writes into, growing. */
typedef struct iv_encoded {
    imgvec_context *ctx;
    uint8_t *data; /* iv_free */
    size_t size, capacity;
    bool failed; /* out of memory: the bytes are not whole */
} iv_encoded;

void iv_encoded_add(iv_encoded *e, const void *data, size_t size);

/* Encodes as PNG, or as JPEG of quality 1 to 100. *out is NEW: iv_free its data.
 * Errors: NO_MEMORY, UNSUPPORTED (too large for the format). Safe from many threads. */
imgvec_status iv_encode_png(imgvec_context *ctx, const iv_image *image, iv_encoded *out,
                            imgvec_error *err);
imgvec_status iv_encode_jpeg(imgvec_context *ctx, const iv_image *image, int quality,
                             iv_encoded *out, imgvec_error *err);

#endif
