/* A perceptual hash: pictures that look the same have nearly the same hash, whatever their
 * size and compression. 256 signs of low frequencies of the brightness (Zauner, 2010, with 16 x 16
 * of them in place of 8 x 8), and a small picture that tells apart what differs in colour
 * alone. docs/decisions.md has the measurements behind the sizes and bounds. */
#ifndef IV_IMAGE_PHASH_H
#define IV_IMAGE_PHASH_H

#include "image/image.h"

enum { IV_PHASH_WORDS = 4, IV_PHASH_SIDE = 8 };

typedef struct iv_phash {
    uint64_t bits[IV_PHASH_WORDS];
    uint8_t colours[IV_PHASH_SIDE * IV_PHASH_SIDE * 3]; /* mean RGB of each part */
    bool plain; /* hardly any contrast: the bits are noise, and it is near to nothing */
} iv_phash;

/* Errors: NO_MEMORY. Safe from many threads. */
imgvec_status iv_phash_make(imgvec_context *ctx, const iv_image *image, iv_phash *out,
                            imgvec_error *err);

/* Bits in which they differ, 0 to 255. */
int iv_phash_distance(const iv_phash *a, const iv_phash *b);

/* true when at most `distance` bits differ and the colours fit too; false for plain ones. */
bool iv_phash_near(const iv_phash *a, const iv_phash *b, int distance);

#endif
