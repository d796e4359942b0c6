/* Decoded images and the one decoder call. */
#ifndef IV_IMAGE_IMAGE_H
#define IV_IMAGE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>
#include <imgvec/error.h>

/* 8-bit RGB, rows tight: width * height * 3 bytes. */
typedef struct iv_image {
    int32_t width, height;
    uint8_t *pixels; /* iv_free */
} iv_image;

void iv_image_free(imgvec_context *ctx, iv_image *image);

typedef struct iv_image_limits {  /* 0: no limit */
    uint64_t side, pixels, bytes; /* bytes: of the encoded image */
    uint64_t scans;               /* of a JPEG */
    uint64_t memory; /* bytes of the picture and of what grows with it in its decoder */
} iv_image_limits;

typedef enum iv_image_mode {
    IV_IMAGE_UPRIGHT, /* turned by EXIF orientation, 16 bit by its high byte */
    IV_IMAGE_PILLOW   /* as PIL's open(...).convert("RGB"): EXIF ignored, 16-bit gray clipped */
} iv_image_mode;

/* Decodes bytes of any supported format, found from their content. Alpha is dropped,
 * gray is repeated, palettes are looked up, CMYK by the documented rule. Errors: FORMAT
 * (what is damaged, at which byte where known; or which format it is instead: HEIC, a web
 * page, a git LFS pointer), LIMIT, UNSUPPORTED (format known but not built in), NO_MEMORY.
 * Safe from many threads. */
imgvec_status iv_image_decode(imgvec_context *ctx, const void *data, size_t size,
                              const iv_image_limits *limits, iv_image_mode mode, iv_image *out,
                              imgvec_error *err);

/* Name of the format that the bytes begin like ("JPEG", "PNG"...), NULL for none. */
const char *iv_image_format(const void *data, size_t size);

/* true when a file name has the ending of an image format that people use (whether or
 * not it can be decoded): .jpg .jpeg .jpe .png .bmp .gif .tga .psd .hdr .pbm .pgm .ppm
 * .pnm .tif .tiff .webp .jp2 .j2k .exr .heic .avif. */
bool iv_image_name(const char *path);

/* Formats that this build decodes, as a JSON array for build_info. */
const char *iv_image_formats_json(void);

/* RGB from caller's pixels, IMGVEC_PIXELS_*. */
imgvec_status iv_image_from_pixels(imgvec_context *ctx, const void *pixels, int32_t width,
                                   int32_t height, size_t stride, int32_t format, iv_image *out,
                                   imgvec_error *err);

#endif
