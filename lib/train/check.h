/* How a training does on rows that it does not learn from. */
#ifndef IV_TRAIN_CHECK_H
#define IV_TRAIN_CHECK_H

#include "base/watch.h"
#include "train/lessons.h"
#include "train/trainer.h"

typedef struct iv_check {
    const iv_lessons *lessons; /* BORROWED; as at scoring: neither augmented nor smoothed */
    float *pixels, *targets;   /* of `batch` lessons */
    double *raw;
    int32_t batch;
    float *outputs; /* lessons x outputs, of the last run */
    double loss;    /* mean over the lessons, of the last run */
} iv_check;

/* batch: images at once. out is freed with iv_check_free in any case. */
imgvec_status iv_check_init(const iv_lessons *lessons, int32_t batch, iv_check *out,
                            imgvec_error *err);
/* Outputs and loss of the session as it stands. */
imgvec_status iv_check_run(iv_check *c, iv_trainer *trainer, int32_t threads, iv_watch *watch,
                           imgvec_error *err);
void iv_check_free(iv_check *c);

#endif
