/* The one thing we want of EXIF. */
#ifndef IV_IMAGE_EXIF_H
#define IV_IMAGE_EXIF_H

#include <stddef.h>
#include <stdint.h>

/* Orientation (1 to 8) that a block of EXIF states, the block beginning with its TIFF
 * header or with "Exif\0\0". 1 where it states none, or anything about it is wrong: EXIF is
 * advice, and damage to it does not make the picture worse. */
int iv_exif_orientation(const uint8_t *data, size_t size);

#endif
