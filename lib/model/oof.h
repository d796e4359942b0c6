/* The out-of-fold predictions of an experiment: what two models are compared by, row by row, and
 * which row was in which fold, so that another experiment can have the same folds. */
#ifndef IV_MODEL_OOF_H
#define IV_MODEL_OOF_H

#include <stddef.h>
#include <stdint.h>

#include "learn/target.h"
#include "model/bundle.h"

#define IV_FOLDS_MAX 100 /* bound of option folds */

typedef struct iv_oof {
    size_t count;       /* rows that were used; 0: nothing is known */
    int32_t outputs;    /* of one prediction */
    int64_t *row;       /* of the dataset, rising */
    int32_t *fold;      /* that the row was scored in */
    float *truth;       /* number or class index */
    float *predictions; /* count x outputs */
    size_t held_count;
    int64_t *held; /* rows that option holdout kept apart, rising */
} iv_oof;

void iv_oof_free(imgvec_context *ctx, iv_oof *o);

/* Parts oof/rows, oof/folds, oof/truth, oof/predictions and oof/held_out, little-endian arrays;
 * none of them where nothing is known. */
imgvec_status iv_oof_put(iv_bundle *b, const iv_oof *o, imgvec_error *err);
/* A file without these parts gives count 0. out is freed by iv_oof_free in any case. */
imgvec_status iv_oof_get(const iv_bundle *b, iv_task task, int32_t class_count, iv_oof *out,
                         imgvec_error *err);

#endif
