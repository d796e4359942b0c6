/* Embeddings and features as Arrow streams. */
#ifndef IV_MODEL_ARROW_EXPORT_H
#define IV_MODEL_ARROW_EXPORT_H

#include <imgvec/arrow.h>

imgvec_status iv_vectorizer_export_arrow(const imgvec_vectorizer *vz, const imgvec_dataset *ds,
                                         const imgvec_watch *watch, struct ArrowArrayStream *out,
                                         imgvec_error *err);
imgvec_status iv_model_export_arrow(const imgvec_model *model, const imgvec_dataset *ds,
                                    const imgvec_watch *watch, struct ArrowArrayStream *out,
                                    imgvec_error *err);

#endif
