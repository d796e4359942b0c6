/* Zip archives of ours: entries stored, data aligned to 64 bytes, no time stamps, so that
 * equal content gives equal bytes. Headers are final when written (the CRC is computed
 * first), which lets a digest follow the bytes as they go out. zip64 is not written:
 * a part or an archive of 4 GiB is an error. */
#ifndef IV_IO_ZIP_WRITER_H
#define IV_IO_ZIP_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>
#include <imgvec/error.h>

typedef struct iv_zip_writer iv_zip_writer;

/* Where the bytes go, in order and each once. */
typedef imgvec_status (*iv_zip_sink)(void *user, const void *data, size_t size, imgvec_error *err);

imgvec_status iv_zip_writer_new(imgvec_context *ctx, iv_zip_sink sink, void *user,
                                iv_zip_writer **out, imgvec_error *err);
/* Adds one stored member; data is used during the call only. */
imgvec_status iv_zip_writer_add(iv_zip_writer *w, const char *name, const void *data, size_t size,
                                imgvec_error *err);
/* Writes central directory and end record. */
imgvec_status iv_zip_writer_finish(iv_zip_writer *w, imgvec_error *err);
uint64_t iv_zip_writer_position(const iv_zip_writer *w); /* bytes given to the sink so far */
void iv_zip_writer_free(iv_zip_writer *w);               /* NULL is accepted */

#endif
