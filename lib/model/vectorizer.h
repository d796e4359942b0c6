/* What stands behind imgvec_vectorizer. */
#ifndef IV_MODEL_VECTORIZER_H
#define IV_MODEL_VECTORIZER_H

#include <imgvec/vectorizer.h>

#include "features/embed.h"
#include "features/projection.h"
#include "model/model.h"

struct imgvec_vectorizer {
    imgvec_context *ctx;
    const iv_executor *executor;
    iv_networks nets;
    size_t column_count;
    char **columns;
    iv_projection *projections; /* one for each column */
    int32_t width;              /* of one embedding, all columns */
    char *info;
    int32_t threads, batch_size;
};

/* Makes an empty vectorizer of that many columns; its JSON (NEW). */
imgvec_status iv_vectorizer_new(imgvec_context *ctx, const imgvec_options *opts, size_t columns,
                                imgvec_vectorizer **out, imgvec_error *err);
char *iv_vectorizer_json(const imgvec_vectorizer *vz);

imgvec_status iv_vectorizer_fit(imgvec_context *ctx, iv_executor_source executors,
                                const imgvec_dataset *ds, const imgvec_options *opts,
                                const imgvec_watch *watch, imgvec_vectorizer **out,
                                imgvec_error *err);
imgvec_status iv_vectorizer_run(const imgvec_vectorizer *vz, const imgvec_dataset *ds,
                                const imgvec_watch *watch, float *out, int32_t *status,
                                imgvec_error *err);
imgvec_status iv_vectorizer_save(const imgvec_vectorizer *vz, const char *path, imgvec_error *err);
imgvec_status iv_vectorizer_open(imgvec_context *ctx, iv_executor_source executors,
                                 const char *path, const imgvec_options *opts,
                                 imgvec_vectorizer **out, imgvec_error *err);
void iv_vectorizer_free(imgvec_vectorizer *vz);

#endif
