/* The final learner: boosted trees or a linear model, behind one face. */
#ifndef IV_LEARN_LEARNER_H
#define IV_LEARN_LEARNER_H

#include "features/linear.h"
#include "io/tensors.h"
#include "learn/booster.h"

typedef enum iv_learner_kind { IV_XGBOOST, IV_LINEAR, IV_LEARNERS } iv_learner_kind;

/* A linear learner takes each feature to mean 0 and deviation 1; a missing value counts as the
 * mean, and a column of 0 and 1 tells where values were missing, one for each different pattern. */
typedef struct iv_learner {
    iv_learner_kind kind;
    iv_task task;
    int32_t class_count;
    size_t features;
    iv_booster *booster;
    iv_linear linear;
    float *missing; /* linear: features whose absence is a column, missing_count of them */
    size_t missing_count;
} iv_learner;

const char *iv_learner_name(iv_learner_kind kind);                /* "xgboost", "linear" */
int iv_learner_from_name(const char *name, iv_learner_kind *out); /* 0 on success */

/* Fits. request: as for a booster. group (one for each row of train; may be NULL) and seed: of the
 * folds in which a linear learner finds its penalty. */
imgvec_status iv_learner_train(imgvec_context *ctx, iv_learner_kind kind,
                               const iv_booster_request *request, const iv_matrix *train,
                               const int32_t *group, uint64_t seed, const iv_matrix *valid,
                               iv_watch *watch, int32_t *best_rounds, iv_learner *out,
                               imgvec_error *err);

/* out: rows x k, as of a booster. Many threads at once on one learner are fine. */
imgvec_status iv_learner_predict(imgvec_context *ctx, const iv_learner *l, const iv_matrix *x,
                                 int32_t threads, float *out, imgvec_error *err);

/* A linear learner as tensors, and back: FORMAT unless all is sound. */
imgvec_status iv_learner_to_tensors(imgvec_context *ctx, const iv_learner *l, iv_tensors **out,
                                    imgvec_error *err);
imgvec_status iv_learner_from_tensors(imgvec_context *ctx, const iv_tensors *set, iv_task task,
                                      int32_t class_count, size_t features, iv_learner *out,
                                      imgvec_error *err);
void iv_learner_free(imgvec_context *ctx, iv_learner *l);

#endif
