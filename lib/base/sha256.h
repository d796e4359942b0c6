/* SHA-256, by libmd: what publishers of files state. */
#ifndef IV_BASE_SHA256_H
#define IV_BASE_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <sha2.h>

#define IV_SHA256_HEX 65 /* 64 digits and a NUL */

typedef struct iv_sha256 {
    SHA2_CTX state;
} iv_sha256;

void iv_sha256_begin(iv_sha256 *h);
void iv_sha256_add(iv_sha256 *h, const void *data, size_t size);
void iv_sha256_end(iv_sha256 *h, char hex[IV_SHA256_HEX]); /* lower case */

#endif
