/* The networks that fine-tuning trains for an experiment, side by side. */
#ifndef IV_MODEL_TUNE_CREW_H
#define IV_MODEL_TUNE_CREW_H

#include <stdatomic.h>

#include "model/experiment.h"

/* One network: of a tuned input, for a fold (or the final model), of all its rows but those of one
 * part (part = parts: of all). */
typedef struct iv_tune_job {
    size_t input;
    int32_t fold, part;
} iv_tune_job;

typedef struct iv_tune_crew {
    imgvec_context *ctx;
    iv_experiment *x;
    iv_tuned_inputs *t;
    const int32_t *fold_of; /* of each case: BORROWED */
    int32_t **part_of;      /* of each case, for each fold */
    float ***raw;           /* [fold][input]: rows of the dataset x outputs */
    iv_tune_job *jobs;
    size_t job_count;
    int32_t threads;           /* of one job */
    atomic_uint_fast64_t done; /* images that were learned from */
} iv_tune_crew;

/* 1, or the number of classes. */
int32_t iv_tune_outputs(const iv_experiment *x);

/* tune_lessons.c: rows of a job, as its network's lessons and as those to tell of. */
typedef struct iv_tune_rows {
    int64_t *learn, *tell;
    float *y;
    int32_t *group; /* NULL: no groups */
    size_t learn_count, tell_count;
} iv_tune_rows;
imgvec_status iv_tune_rows_choose(const iv_tune_crew *c, const iv_tune_job *j, iv_tune_rows *out,
                                  imgvec_error *err); /* free out in any case */
void iv_tune_rows_free(imgvec_context *ctx, iv_tune_rows *r);

/* tune_lessons.c: trains the job's network on its rows (*out: NEW). */
imgvec_status iv_tune_learn(iv_tune_crew *c, const iv_tune_job *j, iv_tune_rows *r,
                            iv_network **out, imgvec_error *err);

/* Makes the rooms, trains all networks and fills raw. Free the crew in any case; the caller has set
 * ctx, x, t and what iv_tuned_inputs says of the experiment. */
imgvec_status iv_tune_crew_run(iv_tune_crew *c, imgvec_error *err);
void iv_tune_crew_free(iv_tune_crew *c);

#endif
