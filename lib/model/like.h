/* Options and folds of a model's file, for a training that is to be like it. */
#ifndef IV_MODEL_LIKE_H
#define IV_MODEL_LIKE_H

#include <imgvec/options.h>

/* Behind imgvec_options_set_like. */
imgvec_status iv_options_set_like(imgvec_options *opts, const char *path, imgvec_error *err);

#endif
