/* Numbers of the zip format (PKWARE's APPNOTE, 6.3.x) that reader and writer share. */
#ifndef IV_IO_ZIP_FORMAT_H
#define IV_IO_ZIP_FORMAT_H

#include <stdint.h>

#define ZIP_LOCAL_SIGNATURE 0x04034b50u
#define ZIP_CENTRAL_SIGNATURE 0x02014b50u
#define ZIP_END_SIGNATURE 0x06054b50u
#define ZIP64_END_SIGNATURE 0x06064b50u
#define ZIP64_LOCATOR_SIGNATURE 0x07064b50u
#define ZIP_LOCAL_SIZE 30u
#define ZIP_CENTRAL_SIZE 46u
#define ZIP_END_SIZE 22u
#define ZIP64_END_SIZE 56u
#define ZIP64_LOCATOR_SIZE 20u
#define ZIP64_EXTRA 0x0001u
#define ZIP_PADDING_EXTRA 0x6976u /* ours, "vi": bytes that align a member's data */

#define ZIP_FLAG_ENCRYPTED 0x0001u
#define ZIP_FLAG_DESCRIPTOR 0x0008u /* sizes and CRC of the local header are zero */
#define ZIP_FLAG_STRONG 0x0040u
#define ZIP_FLAG_UTF8 0x0800u

static inline uint16_t zip_u16(const unsigned char *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t zip_u32(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t zip_u64(const unsigned char *p)
{
    return zip_u32(p) | (uint64_t)zip_u32(p + 4) << 32;
}

static inline void zip_put16(unsigned char *p, uint32_t value)
{
    p[0] = (unsigned char)value;
    p[1] = (unsigned char)(value >> 8);
}

static inline void zip_put32(unsigned char *p, uint32_t value)
{
    zip_put16(p, value);
    zip_put16(p + 2, value >> 16);
}

#endif
