/* Fine-tuning of a vectorizer's networks. */
#ifndef IV_MODEL_VECTORIZER_TUNE_H
#define IV_MODEL_VECTORIZER_TUNE_H

#include "model/vectorizer.h"

/* Where option fine_tune asks for it: trains each network of vz on all rows that have a target and
 * a usable image, and puts the fine-tuned one in its place, which gives out a bottleneck of `dim`
 * values, or with 0 its pooled features. INVALID_ARGUMENT: fine_tune=auto, no target, more than one
 * image column. column: the image column. */
imgvec_status iv_vectorizer_tune(imgvec_vectorizer *vz, const imgvec_dataset *ds,
                                 const imgvec_options *opts, int32_t column, int32_t dim,
                                 iv_watch *watch, imgvec_error *err);

#endif
