/* Names inside zip archives: what is accepted, and in which form. */
#ifndef IV_IO_ZIP_NAME_H
#define IV_IO_ZIP_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>
#include <imgvec/error.h>

/* Brings a stored name into our form (NEW): UTF-8 (from CP437 when it is flagged as no UTF-8
 * and is none) with "/" between its parts; a folder's ends in one. FORMAT says what is wrong
 * with a name that is refused, LIMIT that it has more than `most` bytes (0: no limit). */
imgvec_status iv_zip_name(imgvec_context *ctx, const char *raw, size_t length, bool is_utf8,
                          uint64_t most, char **out, imgvec_error *err);

#endif
