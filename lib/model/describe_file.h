/* What a file is, without the engines that using it takes. */
#ifndef IV_MODEL_DESCRIBE_FILE_H
#define IV_MODEL_DESCRIBE_FILE_H

#include <imgvec/context.h>
#include <imgvec/error.h>

/* Checks every byte of a model's or vectorizer's file; *out: NEW, the JSON that it was saved with.
 */
imgvec_status iv_describe_file(imgvec_context *ctx, const char *path, char **out,
                               imgvec_error *err);

#endif
