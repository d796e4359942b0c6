/* The state of a training in a file, so that a killed one goes on where it was. */
#ifndef IV_TRAIN_CHECKPOINT_H
#define IV_TRAIN_CHECKPOINT_H

#include "base/hash.h"
#include "train/trainer.h"

/* Where a training stands: behind `step` updates. Sums are of the epoch at hand. */
typedef struct iv_progress {
    int64_t step;
    int64_t epochs; /* finished ones */
    double loss_sum;
    int64_t loss_count;
    int64_t micro;      /* images at once */
    int64_t best_epoch; /* 0: none */
    int64_t soup_count; /* epochs whose weights are in the mean */
    /* Of the finished epochs: room for the most that there may be. */
    double *losses, *check_losses;
    /* The weights of the best epoch and the mean of several; NULL where there are none. */
    iv_tensors *best, *soup;
} iv_progress;

/* Path of a training's file in `folder` (NEW): its name is the digest of all that the training
 * depends on, so that a file under this name is of this very training. */
char *iv_checkpoint_path(imgvec_context *ctx, const char *folder, const iv_digest *digest);

/* Writes values, moments and squares of the session and all of the progress, whole or not at all.
 * The folder is made where it is not there yet. */
imgvec_status iv_training_save(const iv_trainer *trainer, const iv_progress *progress,
                               const char *path, imgvec_error *err);

/* Puts what iv_training_save wrote back: *found is false where there is no file. most: epochs that
 * there may be. best and soup become NEW, also on failure. FORMAT, DATA: the file is damaged or not
 * of such a session, whose state may have changed then. */
imgvec_status iv_training_resume(imgvec_context *ctx, iv_trainer *trainer, iv_progress *progress,
                                 int64_t most, const char *path, bool *found, imgvec_error *err);

#endif
