#include "base/hash.h"

#include <string.h>
#include <xxhash.h>

#include "base/mem.h"

static iv_digest digest(XXH128_hash_t hash)
{
    iv_digest d;
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, hash);
    memcpy(d.bytes, canonical.digest, sizeof d.bytes);
    return d;
}

iv_digest iv_hash(const void *data, size_t size)
{
    return digest(XXH3_128bits(data, size));
}

void iv_digest_hex(const iv_digest *d, char out[33])
{
    static const char hex[] = "0123456789abcdef";
    for (int i = 0; i < 16; i++) {
        out[2 * i] = hex[d->bytes[i] >> 4];
        out[2 * i + 1] = hex[d->bytes[i] & 15];
    }
    out[32] = '\0';
}

bool iv_digest_parse(const char *hex, iv_digest *out)
{
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < 32; i++) {
        const char *digit = hex[i] ? strchr(digits, hex[i]) : NULL;
        if (!digit)
            return false;
        uint8_t value = (uint8_t)(digit - digits), *byte = &out->bytes[i / 2];
        *byte = (uint8_t)(i % 2 ? *byte << 4 | value : value);
    }
    return hex[32] == '\0';
}

struct iv_hasher {
    imgvec_context *ctx;
    XXH3_state_t *state;
};

iv_hasher *iv_hasher_new(imgvec_context *ctx)
{
    iv_hasher *h = iv_alloc(ctx, sizeof *h);
    if (!h)
        return NULL;
    h->ctx = ctx;
    h->state = XXH3_createState();
    if (!h->state || XXH3_128bits_reset(h->state) == XXH_ERROR) {
        iv_hasher_free(h);
        return NULL;
    }
    return h;
}

void iv_hasher_add(iv_hasher *h, const void *data, size_t size)
{
    XXH3_128bits_update(h->state, data, size);
}

iv_digest iv_hasher_end(iv_hasher *h)
{
    iv_digest d = digest(XXH3_128bits_digest(h->state));
    iv_hasher_free(h);
    return d;
}

void iv_hasher_free(iv_hasher *h)
{
    if (!h)
        return;
    XXH3_freeState(h->state);
    iv_free(h->ctx, h);
}
