/* XXH3-128 as 16 big-endian bytes and as 32 hex digits. It finds damage; it is no
 * defence against somebody who means harm. */
#ifndef IV_BASE_HASH_H
#define IV_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>

typedef struct iv_digest {
    uint8_t bytes[16];
} iv_digest;

iv_digest iv_hash(const void *data, size_t size);
void iv_digest_hex(const iv_digest *d, char out[33]);
bool iv_digest_parse(const char *hex, iv_digest *out); /* false unless 32 lower-case digits */

typedef struct iv_hasher iv_hasher;            /* the same over pieces */
iv_hasher *iv_hasher_new(imgvec_context *ctx); /* NULL when out of memory */
void iv_hasher_add(iv_hasher *h, const void *data, size_t size);
iv_digest iv_hasher_end(iv_hasher *h); /* frees h */
void iv_hasher_free(iv_hasher *h);     /* without a result; NULL is accepted */

#endif
