/* What stands behind imgvec_model, and the jobs on it. */
#ifndef IV_MODEL_MODEL_H
#define IV_MODEL_MODEL_H

#include <stdatomic.h>

#include <imgvec/model.h>

#include "features/embed.h"
#include "features/recipe.h"
#include "learn/assess.h"
#include "learn/learner.h"
#include "learn/target.h"
#include "learn/transform.h"
#include "model/average.h"
#include "model/cost.h"
#include "model/insight_data.h"
#include "model/oof.h"
#include "net/executor.h"

struct imgvec_model {
    atomic_int references; /* the caller's one and one for each scorer */
    imgvec_context *ctx;
    const iv_executor *executor; /* NULL when there is no image column */
    iv_task task;
    char *target;
    char **classes;
    int32_t class_count, outputs;
    iv_networks nets;
    int32_t *widths;   /* of the networks' features */
    iv_networks tuned; /* fine-tuned ones: one for each block of their outputs, in order */
    iv_recipe recipe;  /* its blocks are the input columns, in order */
    iv_learner learner;
    iv_transform transform; /* of the target */
    iv_decision decision;   /* temperature, threshold, intervals */
    int drop_bad;           /* a row with an unusable image is not scored (on_bad = drop) */
    char *info;             /* JSON */
    iv_oof oof;             /* of its experiment */
    iv_cost cost;
    iv_average average;       /* of the training rows' features */
    iv_insight_data insights; /* what a report shows beside it */
    char *data;               /* JSON: what it was trained on (data_record.h); NULL: not known */
    int32_t threads, batch_size;
};

/* Gives an executor when a network is first needed; lib/api has the one that loads torch. */
typedef imgvec_status (*iv_executor_source)(imgvec_context *ctx, const iv_executor **out,
                                            imgvec_error *err);

imgvec_status iv_model_train(imgvec_context *ctx, iv_executor_source executors,
                             const imgvec_dataset *ds, const imgvec_options *opts,
                             const imgvec_watch *watch, imgvec_model **out, imgvec_error *err);
imgvec_status iv_model_predict(const imgvec_model *model, const imgvec_dataset *ds, iv_watch *watch,
                               float *out, int32_t *status, imgvec_error *err);
imgvec_status iv_model_evaluate(const imgvec_model *model, const imgvec_dataset *ds,
                                const imgvec_watch *watch, char **out, imgvec_error *err);
imgvec_status iv_model_save(const imgvec_model *model, const char *path, imgvec_error *err);
imgvec_status iv_model_open(imgvec_context *ctx, iv_executor_source executors, const char *path,
                            const imgvec_options *opts, imgvec_model **out, imgvec_error *err);
/* Another reference, to be given back with iv_model_free. */
imgvec_model *iv_model_ref(const imgvec_model *model);
void iv_model_free(imgvec_model *model);

/* Makes an empty model with a context reference and the settings of opts. */
imgvec_status iv_model_new(imgvec_context *ctx, const imgvec_options *opts, imgvec_model **out,
                           imgvec_error *err);

/* Widths of the networks' features, for the projection's blocks (NEW). */
imgvec_status iv_networks_widths(imgvec_context *ctx, const iv_networks *nets, int32_t **out,
                                 imgvec_error *err);

/* Versions of the engines that run, as a JSON object (NEW). executor may be NULL. */
char *iv_engines_json(imgvec_context *ctx, const iv_executor *executor);

#endif
