/* Zip archives from strangers: the central directory is audited as a whole before any
 * member is used (names, links, encryption, duplicates, overlaps, counts, local headers,
 * zip64), and every member's size and CRC when it is read. Nothing is unpacked to disk. */
#ifndef IV_IO_ZIP_READER_H
#define IV_IO_ZIP_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>
#include <imgvec/error.h>

typedef struct iv_zip_limits { /* 0: no limit */
    uint64_t entries, member_bytes, total_bytes;
    uint64_t name_bytes; /* of a member's name, as it is stored and as UTF-8 */
    double ratio;        /* of uncompressed to compressed size, looked at above 16 MiB */
} iv_zip_limits;

typedef struct iv_zip_entry {
    const char *name; /* UTF-8, "/" between parts, relative, no ".." */
    uint64_t size, packed_size;
    uint64_t data_offset; /* of the packed bytes in the file */
    uint32_t crc;
    uint16_t method; /* 0 stored, 8 deflated; others are listed but cannot be read */
    bool is_folder;  /* its name ends in "/" */
} iv_zip_entry;

typedef struct iv_zip iv_zip;

/* true when the file begins like a zip archive. */
bool iv_zip_looks(const void *head, size_t size);

/* limits NULL: none. Errors name the archive and, where there is one, the member. */
imgvec_status iv_zip_open(imgvec_context *ctx, const char *path, const iv_zip_limits *limits,
                          iv_zip **out, imgvec_error *err);
const char *iv_zip_path(const iv_zip *z);
uint64_t iv_zip_file_size(const iv_zip *z);
size_t iv_zip_count(const iv_zip *z); /* in the order of the central directory */
const iv_zip_entry *iv_zip_entry_at(const iv_zip *z, size_t index);
/* Index by name; SIZE_MAX when there is none. */
size_t iv_zip_find(const iv_zip *z, const char *name);
/* Whole member (NEW, iv_free), with a NUL behind it that *size does not count. Safe from
 * many threads. max_bytes 0: the archive's own limits only. */
imgvec_status iv_zip_read(const iv_zip *z, size_t index, uint64_t max_bytes, void **data,
                          size_t *size, imgvec_error *err);
/* Positioned read of raw archive bytes (for digests). */
imgvec_status iv_zip_read_raw(const iv_zip *z, uint64_t offset, void *dst, size_t size,
                              imgvec_error *err);
void iv_zip_close(iv_zip *z); /* NULL is accepted */

#endif
