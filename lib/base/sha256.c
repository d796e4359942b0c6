#include "base/sha256.h"

void iv_sha256_begin(iv_sha256 *h)
{
    SHA256Init(&h->state);
}

void iv_sha256_add(iv_sha256 *h, const void *data, size_t size)
{
    SHA256Update(&h->state, data, size);
}

void iv_sha256_end(iv_sha256 *h, char hex[IV_SHA256_HEX])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[SHA256_DIGEST_LENGTH];
    SHA256Final(bytes, &h->state);
    for (int i = 0; i < SHA256_DIGEST_LENGTH; i++) {
        hex[2 * i] = digits[bytes[i] >> 4];
        hex[2 * i + 1] = digits[bytes[i] & 15];
    }
    hex[2 * SHA256_DIGEST_LENGTH] = '\0';
}
