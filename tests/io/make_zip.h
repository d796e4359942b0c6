/* Zip archives for tests, sound or wrong in one chosen way. */
#ifndef MAKE_ZIP_H
#define MAKE_ZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What to put in; all fields but name and data may be left zero. The *_off fields are added
 * to the true value: 0 leaves it true. */
typedef struct zip_part {
    const char *name;
    const void *data;
    size_t size;
    bool deflated, descriptor, zip64;
    uint16_t flags;         /* in both headers */
    uint16_t method;        /* another than 0 and 8: data goes in as it is */
    uint16_t name_size;     /* 0: strlen(name) */
    uint32_t mode;          /* Unix mode */
    const char *local_name; /* NULL: name */
    int32_t crc_off;        /* in both headers */
    int32_t local_crc_off, local_size_off, local_packed_off, local_method_off;
    int32_t size_off;         /* in both headers */
    int32_t offset_off;       /* of the local header, in the directory */
    const char *extra_packed; /* bytes behind the packed data that count as packed */
} zip_part;

typedef struct zip_whole {
    const char *comment;
    int32_t count_off, directory_size_off, directory_offset_off;
    bool zip64_end;
    const char *before, *gap, *after; /* bytes before it all, before the directory, at the end */
} zip_whole;

/* Bytes of the archive (free them). whole may be NULL. */
unsigned char *make_zip(const zip_part *parts, size_t count, const zip_whole *whole, size_t *size);

#endif
