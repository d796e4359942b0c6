/* What cross-validation, selection and fits share: the labelled rows and how to learn from them. */
#ifndef IV_LEARN_STUDY_H
#define IV_LEARN_STUDY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <imgvec/options.h>

#include "features/block.h"
#include "learn/plan.h"
#include "learn/target.h"

/* The labelled rows that an experiment uses. */
typedef struct iv_cases {
    iv_task task;
    int32_t class_count;
    int32_t outputs; /* 1, or the number of classes */
    size_t count;
    int64_t *row;   /* row of the dataset */
    float *y;       /* number or class index */
    int32_t *group; /* rows of one group stay in one fold; NULL: no groups */
} iv_cases;

typedef struct iv_study {
    const iv_inputs *inputs; /* the columns */
    /* NULL, or the columns as each fold and, last, the final model may see them: where features
     * come from networks that were trained on some of the rows. */
    const iv_inputs *inputs_of;
    bool ablation; /* whether the option may ask for it */
    const iv_units *units;
    const imgvec_options *opts;
    const char *metric;  /* a name of iv_metrics_of */
    const int32_t *dims; /* candidates; 0: all dimensions */
    size_t dim_count;
    bool lower_dim; /* the caller did not ask for that many dimensions: fewer will do */
    int32_t threads;
    const int32_t *fold_of; /* of each case; NULL: cross-validation makes the folds */
} iv_study;

#endif
