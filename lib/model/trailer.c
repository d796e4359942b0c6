#include "model/trailer.h"

#include <stdio.h>
#include <string.h>

#define START "imgvec 1 xxh3-128 "
#define COUNT_AT (sizeof START - 1 + 32 + 1)

void iv_trailer_make(const iv_digest *digest, uint64_t before, char out[IV_TRAILER_SIZE])
{
    char hex[33], text[IV_TRAILER_SIZE + 1];
    iv_digest_hex(digest, hex);
    snprintf(text, sizeof text, START "%s %012llx\n", hex,
             (unsigned long long)(before & UINT64_C(0xFFFFFFFFFFFF)));
    memcpy(out, text, IV_TRAILER_SIZE);
}

bool iv_trailer_count(const char text[IV_TRAILER_SIZE], uint64_t *before)
{
    if (memcmp(text, START, sizeof START - 1) != 0)
        return false;
    *before = 0;
    for (size_t i = COUNT_AT; i < COUNT_AT + 12; i++) {
        char c = text[i];
        if (c >= '0' && c <= '9')
            *before = *before * 16 + (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            *before = *before * 16 + (uint64_t)(c - 'a' + 10);
        else
            return false;
    }
    return true;
}
