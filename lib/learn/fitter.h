/* Fits plans on one set of training cases and scores another set. The blocks of columns, their
 * features and the transforms of the target are fitted on the training cases alone, once each,
 * however many plans use them. */
#ifndef IV_LEARN_FITTER_H
#define IV_LEARN_FITTER_H

#include "learn/plan.h"
#include "learn/study.h"

/* A column in one of its uses, fitted. */
typedef struct iv_piece {
    size_t input;
    bool stacked;
    int32_t dim, transform; /* transform: -1 where the block knows nothing of the target */
    iv_block block;
    float *train, *valid; /* features of the cases */
} iv_piece;

typedef struct iv_fitter {
    imgvec_context *ctx;
    const iv_study *study;
    const iv_cases *cases;
    bool lower_dim; /* a dim above what the rows allow becomes the highest that they do */
    iv_watch *watch;
    size_t train_count, valid_count;
    int64_t *train_rows, *valid_rows; /* of the dataset */
    float *train_y, *valid_y;         /* as in the cases */
    int32_t *group;                   /* of the training cases; NULL: no groups */
    float *z[IV_TRANSFORMS];          /* the training cases' target, transformed; NULL: not yet */
    iv_transform transforms[IV_TRANSFORMS];
    iv_piece *pieces;
    size_t count, capacity;
} iv_fitter;

/* Cases by their numbers. out is freed with iv_fitter_free also on failure. */
imgvec_status iv_fitter_make(imgvec_context *ctx, const iv_study *study, const iv_cases *cases,
                             const int64_t *train, size_t train_count, const int64_t *valid,
                             size_t valid_count, bool lower_dim, iv_watch *watch, iv_fitter *out,
                             imgvec_error *err);
void iv_fitter_free(iv_fitter *f);

/* Whether the transform is defined on the training cases' target; fits it. */
imgvec_status iv_fitter_transform(iv_fitter *f, int32_t kind, bool *suits, imgvec_error *err);

/* Fits the plan. *rounds > 0: so many; 0: the validation cases end boosting early where the options
 * say so, and *rounds becomes what they chose. predictions (valid_count x outputs; NULL: not
 * wanted): of the validation cases, for a number on the scale of the transform. learner: NEW; NULL:
 * not wanted. */
imgvec_status iv_fitter_run(iv_fitter *f, const iv_plan *plan, int32_t *rounds, float *predictions,
                            iv_learner *learner, imgvec_error *err);

/* Moves the blocks of a plan that was run out of the fitter, which is of no more use. */
imgvec_status iv_fitter_take_recipe(iv_fitter *f, const iv_plan *plan, iv_recipe *out,
                                    imgvec_error *err);

/* Answers of a learner on rows of the dataset, on the target's own scale: out[count * outputs].
 * inputs: aligned with the blocks of the recipe. */
imgvec_status iv_predict_rows(imgvec_context *ctx, const iv_inputs *inputs, const iv_recipe *recipe,
                              const iv_learner *learner, const iv_transform *transform,
                              const int64_t *rows, size_t count, float *out, imgvec_error *err);

#endif
