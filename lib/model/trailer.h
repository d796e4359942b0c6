/* The trailer of a bundle: 64 bytes of text that carry a digest. */
#ifndef IV_MODEL_TRAILER_H
#define IV_MODEL_TRAILER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"

#define IV_MANIFEST_NAME "manifest.json"
#define IV_TRAILER_NAME "trailer"
#define IV_TRAILER_SIZE 64

/* "imgvec 1 xxh3-128 <32 hex digits of the digest> <12 hex digits of the count>\n" */
void iv_trailer_make(const iv_digest *digest, uint64_t before, char out[IV_TRAILER_SIZE]);

/* The count of bytes before the trailer: false when the text is no trailer. */
bool iv_trailer_count(const char text[IV_TRAILER_SIZE], uint64_t *before);

#endif
