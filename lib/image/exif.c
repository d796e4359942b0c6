/* The orientation tag of EXIF. */
#include "image/exif.h"

#include <stdbool.h>
#include <string.h>

#include "image/bytes.h"

enum { TAG_ORIENTATION = 0x0112, TYPE_SHORT = 3, TYPE_LONG = 4 };

static uint32_t get16(const uint8_t *p, bool big)
{
    return big ? iv_be16(p) : iv_le16(p);
}

static uint32_t get32(const uint8_t *p, bool big)
{
    return big ? iv_be32(p) : iv_le32(p);
}

int iv_exif_orientation(const uint8_t *data, size_t size)
{
    if (size >= 6 && memcmp(data, "Exif\0\0", 6) == 0) {
        data += 6;
        size -= 6;
    }
    if (size < 8)
        return 1;
    bool big = data[0] == 'M';
    if (memcmp(data, big ? "MM\0*" : "II*\0", 4) != 0)
        return 1;
    size_t at = get32(data + 4, big);
    if (at > size || size - at < 2)
        return 1;
    uint32_t entries = get16(data + at, big);
    at += 2;
    for (uint32_t i = 0; i < entries && size - at >= 12; i++, at += 12) {
        const uint8_t *e = data + at;
        if (get16(e, big) != TAG_ORIENTATION)
            continue;
        uint32_t type = get16(e + 2, big);
        if (get32(e + 4, big) != 1 || (type != TYPE_SHORT && type != TYPE_LONG))
            return 1;
        uint32_t value = type == TYPE_SHORT ? get16(e + 8, big) : get32(e + 8, big);
        return value >= 1 && value <= 8 ? (int)value : 1;
    }
    return 1;
}
