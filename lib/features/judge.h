/* Whether an image column is worth loading a network for. */
#ifndef IV_FEATURES_JUDGE_H
#define IV_FEATURES_JUDGE_H

#include "base/watch.h"
#include "features/problems.h"

/* Decodes the images of the first cells until those of one can be used: OK then, or where no cell
 * names an image. The error of iv_embed, its problems told to the watch, where more than max_bad
 * cells come before that one. */
imgvec_status iv_judge_column(imgvec_context *ctx, const imgvec_dataset *ds, int32_t column,
                              int64_t max_bad, iv_watch *watch, imgvec_error *err);

#endif
