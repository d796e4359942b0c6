/* What a model costs: how long it took to train, and how long it takes to score. */
#ifndef IV_MODEL_COST_H
#define IV_MODEL_COST_H

#include <imgvec/model.h>

#include "base/watch.h"
#include "model/bundle.h"

typedef struct iv_cost {
    double train_seconds; /* negative: nothing is known */
    /* The first rows of the training data, scored once more by the finished model. */
    int64_t rows, images; /* images: cells that hold some */
    double score_seconds;
} iv_cost;

/* Scores some rows by the clock. watch: for cancellation alone. */
imgvec_status iv_cost_measure(const imgvec_model *m, const imgvec_dataset *ds,
                              const iv_watch *watch, iv_cost *out, imgvec_error *err);

/* Part cost.json. A file without it gives a cost that is not known. */
imgvec_status iv_cost_put(iv_bundle *b, const iv_cost *cost, imgvec_error *err);
imgvec_status iv_cost_get(const iv_bundle *b, iv_cost *out, imgvec_error *err);

#endif
