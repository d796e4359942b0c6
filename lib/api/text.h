/* Text that callers own. */
#ifndef IV_API_TEXT_H
#define IV_API_TEXT_H

#include <stddef.h>

#include <imgvec/context.h>
#include <imgvec/error.h>

/* Makes text of iv_alloc (MOVED in any case, NULL is NO_MEMORY) into one that
 * imgvec_text_free takes: it remembers its context. */
imgvec_status iv_text_export(imgvec_context *ctx, char *text, char **out, imgvec_error *err);

/* The same for bytes (MOVED in any case), which may hold NULs, and imgvec_bytes_free; one NUL
 * stands behind them. */
imgvec_status iv_bytes_export(imgvec_context *ctx, void *bytes, size_t size, void **out,
                              imgvec_error *err);

#endif
