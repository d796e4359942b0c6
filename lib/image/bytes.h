/* Integers in files, at any alignment. */
#ifndef IV_IMAGE_BYTES_H
#define IV_IMAGE_BYTES_H

#include <stdint.h>

static inline uint32_t iv_be16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static inline uint32_t iv_be32(const uint8_t *p)
{
    return iv_be16(p) << 16 | iv_be16(p + 2);
}

static inline uint32_t iv_le16(const uint8_t *p)
{
    return (uint32_t)p[1] << 8 | p[0];
}

static inline uint32_t iv_le32(const uint8_t *p)
{
    return iv_le16(p + 2) << 16 | iv_le16(p);
}

static inline void iv_put_be32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

static inline void iv_put_le16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static inline void iv_put_le32(uint8_t *p, uint32_t v)
{
    iv_put_le16(p, v);
    iv_put_le16(p + 2, v >> 16);
}

#endif
