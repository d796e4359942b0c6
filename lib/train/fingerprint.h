/* What a training depends on, in one digest. */
#ifndef IV_TRAIN_FINGERPRINT_H
#define IV_TRAIN_FINGERPRINT_H

#include "base/hash.h"
#include "train/finetune.h"

/* Of the engine, the first weights, the settings, and of each lesson its target and its image's
 * path with size and time of the file, or the image itself where it is in memory. Threads, parts of
 * a batch and where the state is kept are left out. */
imgvec_status iv_training_fingerprint(imgvec_context *ctx, const iv_executor *executor,
                                      const iv_tensors *weights, const iv_lessons *lessons,
                                      const iv_lessons *check, const iv_finetune_spec *spec,
                                      iv_digest *out, imgvec_error *err);

#endif
