/* Telling formats from their first bytes. */
#ifndef IV_IMAGE_FORMAT_H
#define IV_IMAGE_FORMAT_H

#include <stddef.h>
#include <stdint.h>

/* Formats that are known by name. The order is that of the table in format.c. */
typedef enum iv_image_kind {
    IV_FORMAT_NONE,
    IV_FORMAT_JPEG,
    IV_FORMAT_PNG,
    IV_FORMAT_GIF,
    IV_FORMAT_BMP,
    IV_FORMAT_TGA,
    IV_FORMAT_PSD,
    IV_FORMAT_HDR,
    IV_FORMAT_PNM,
    IV_FORMAT_TIFF,
    IV_FORMAT_WEBP,
    IV_FORMAT_JP2,
    IV_FORMAT_EXR,
    IV_FORMAT_HEIC,
    IV_FORMAT_AVIF,
    IV_FORMAT_JXL,
    IV_FORMAT_PAM,
    IV_FORMAT_PFM,
    IV_FORMAT_ICO,
    IV_FORMAT_SVG,
    IV_FORMAT_PDF,
    IV_FORMAT_COUNT
} iv_image_kind;

iv_image_kind iv_format_find(const uint8_t *data, size_t size);
const char *iv_format_name(iv_image_kind format);

/* What bytes of no image format look like ("a web page (HTML); ..."), with the remedy where
 * there is one; NULL when they look like nothing known. BORROWED for ever. */
const char *iv_format_foreign(const uint8_t *data, size_t size);

#endif
