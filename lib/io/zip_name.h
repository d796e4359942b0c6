/* Names inside zip archives: what is accepted, and in which form. */
#ifndef IV_IO_ZIP_NAME_H
#define IV_IO_ZIP_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include <imgvec/context.h>
#include <imgvec/error.h>

#define IV_ZIP_NAME_MAX 1024

/* Brings a stored name into our form (NEW): UTF-8 (from CP437 when it is flagged as no UTF-8
 * and is none) with "/" between its parts; a folder's ends in one. FORMAT says what is wrong
 * with a name that is refused. */
imgvec_status iv_zip_name(imgvec_context *ctx, const char *raw, size_t length, bool is_utf8,
                          char **out, imgvec_error *err);

#endif
