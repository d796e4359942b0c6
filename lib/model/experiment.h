/* The whole experiment that imgvec_model_train runs, step by step. */
#ifndef IV_MODEL_EXPERIMENT_H
#define IV_MODEL_EXPERIMENT_H

#include "features/embed.h"
#include "features/recipe.h"
#include "learn/assess.h"
#include "learn/crossval.h"
#include "learn/target.h"
#include "model/average.h"
#include "model/experiment_tune.h"
#include "model/model.h"
#include "table/duplicates.h"

typedef struct iv_experiment {
    imgvec_context *ctx;
    const imgvec_dataset *ds;
    const imgvec_options *opts;
    iv_watch watch;
    const iv_executor *executor;
    iv_networks nets;
    int32_t *widths;
    int32_t target_column, fold_column; /* fold_column -1: none */
    const char *target_name, *metric;
    iv_target target;
    iv_inputs inputs;
    int32_t image_count;
    iv_problems problems;
    int64_t missing_images;   /* empty image cells */
    iv_duplicates duplicates; /* ctx NULL: not looked for */
    int64_t dropped;          /* rows left out for their images */
    int drop_bad;
    int32_t *dims;
    size_t dim_count;
    bool dim_is_default;
    int32_t *fold_of; /* known folds: of each of the cases; NULL: there are none */
    iv_cases cases;   /* what cross-validation and the final fit see */
    iv_cases holdout; /* kept apart; count 0: none */
    iv_crossval cv;
    iv_units units;            /* of the inputs */
    iv_tuned_inputs tuned;     /* items NULL: no fine-tuning */
    iv_crossval frozen;        /* with fine-tuning: without it, on the same folds */
    iv_difference tuned_gain;  /* metrics with fine-tuned networks less those without */
    bool tuned_kept;           /* cv is with fine-tuned networks, frozen without; else the other
                                  way round */
    iv_assessment assessment;  /* of cv.predictions, which it may have calibrated */
    double raw[IV_METRIC_MAX]; /* cv.pooled before that, as differences count it */
    double holdout_metrics[IV_METRIC_MAX];
    size_t used;      /* rows that something was learned from or that were scored */
    char *searched;   /* JSON of the search that found it; NULL: there was none */
    char *importance; /* JSON, as iv_importance_measure */
    iv_average average;
} iv_experiment;

/* NULL where there is no memory. */
iv_experiment *iv_experiment_new(imgvec_context *ctx, const imgvec_dataset *ds,
                                 const imgvec_options *opts);
void iv_experiment_free(iv_experiment *x); /* NULL is accepted */

/* Moves what the model keeps out of the experiment. */
imgvec_status iv_experiment_hand_over(iv_experiment *x, imgvec_model **out, imgvec_error *err);

/* experiment_data.c: target, input columns, dims. */
imgvec_status iv_experiment_columns(iv_experiment *x, imgvec_error *err);
imgvec_status iv_experiment_dims(iv_experiment *x, imgvec_error *err);
/* experiment_images.c: networks (unless there are some), raw features, what becomes of bad images.
 */
imgvec_status iv_experiment_images(iv_experiment *x, iv_executor_source executors,
                                   imgvec_error *err);
/* experiment_data.c: the rows to learn from, and those held out. */
imgvec_status iv_experiment_cases(iv_experiment *x, imgvec_error *err);

/* experiment_groups.c: whether some rows belong in one fold together, by option fold_column or
 * since they share an image; which do; whether each class can still be learned and scored; and
 * what a failed assignment of groups has to do with it. */
bool iv_experiment_has_groups(const iv_experiment *x);
imgvec_status iv_experiment_groups(const iv_experiment *x, iv_cases *all, imgvec_error *err);
imgvec_status iv_experiment_check_classes(const iv_experiment *x, imgvec_error *err);
imgvec_status iv_experiment_explain_groups(const iv_experiment *x, imgvec_status status,
                                           imgvec_error *err);

/* experiment_folds.c: x->fold_of for each case (-1: to be held out), where the options carry folds
 * of another experiment that suit this one. Says in the log what it does. */
imgvec_status iv_experiment_folds(iv_experiment *x, const iv_cases *all, imgvec_error *err);

/* experiment_images.c: the asked dimensions against what the cases allow. */
imgvec_status iv_experiment_check_dims(iv_experiment *x, imgvec_error *err);

/* experiment_assess.c: temperature, threshold and intervals from the out-of-fold predictions;
 * scores anew where these become calibrated. */
imgvec_status iv_experiment_assess(iv_experiment *x, imgvec_error *err);
/* experiment_insights.c: what a report shows beside that, unless option insights is off. */
imgvec_status iv_experiment_insights(iv_experiment *x, iv_insight_data *out, imgvec_error *err);

/* experiment_json.c: what imgvec_model_info shows (NEW). */
char *iv_experiment_json(const iv_experiment *x);

#endif
