/* Reading a PNG's structure before any decoder sees it. */
#ifndef IV_IMAGE_WALK_PNG_H
#define IV_IMAGE_WALK_PNG_H

#include "image/decode.h"

enum {
    IV_PNG_GRAY = 0,
    IV_PNG_RGB = 2,
    IV_PNG_PALETTE = 3,
    IV_PNG_GRAY_ALPHA = 4,
    IV_PNG_RGBA = 6
};

typedef struct iv_png {
    uint32_t width, height;
    uint8_t depth, color_type, interlace;
    uint8_t palette[256 * 3];    /* black past the entries that the file has */
    size_t idat_begin, idat_end; /* all IDAT chunks, which follow one another */
    uint64_t idat_bytes;         /* their contents */
    uint64_t raw_bytes;          /* what these must inflate to */
    int orientation;             /* of an eXIf chunk, 1 for none */
} iv_png;

/* Checks signature, chunk lengths, every CRC, order, IHDR, PLTE and IEND; sizes against the
 * limits; and that the compressed data can be data of that size. */
imgvec_status iv_png_walk(const iv_image_job *job, iv_png *out, imgvec_error *err);

/* A PNG's beginning and end with nothing but what the pixels need, to be put around the
 * IDAT chunks: decoders then never meet profiles, texts and short palettes. */
#define IV_PNG_HEAD_MAX (8 + 25 + 12 + 768)
#define IV_PNG_TAIL 12
size_t iv_png_head(const iv_png *png, uint8_t head[IV_PNG_HEAD_MAX]);
extern const uint8_t iv_png_tail[IV_PNG_TAIL];

#endif
