/* A matrix of results as an Arrow stream. */
#ifndef IV_MODEL_ARROW_EXPORT_H
#define IV_MODEL_ARROW_EXPORT_H

#include <imgvec/arrow.h>

/* Stream of record batches with the columns "row", "status" and `name`, the last a fixed-size list
 * of `width` floats. values (rows x width) and status (rows) are MOVED; name lives for ever. out
 * keeps the context. */
imgvec_status iv_arrow_export(imgvec_context *ctx, const char *name, float *values, int32_t *status,
                              int64_t rows, int32_t width, struct ArrowArrayStream *out,
                              imgvec_error *err);

imgvec_status iv_vectorizer_export_arrow(const imgvec_vectorizer *vz, const imgvec_dataset *ds,
                                         const imgvec_watch *watch, struct ArrowArrayStream *out,
                                         imgvec_error *err);

#endif
