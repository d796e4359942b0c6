/* Plans tried on the inner folds of one set of training cases: each is fitted once and its
 * predictions of the rows that were held out are kept. */
#ifndef IV_LEARN_TRIALS_H
#define IV_LEARN_TRIALS_H

#include "learn/compare.h"
#include "learn/fitter.h"

typedef struct iv_trial {
    iv_plan plan;
    int32_t rounds;     /* median over the inner folds */
    double score;       /* of what is compared; NaN: not defined */
    float *predictions; /* held-out rows x outputs, on the target's own scale */
    float *z;           /* regression: on the scale of the transform */
} iv_trial;

enum { IV_INNER_MAX = 5, IV_CHEAP_CASES = 2000 };

/* Whether so many training cases are few enough for all of them to be held out in turn. */
bool iv_trials_cheap(const iv_cases *c, size_t count);

typedef struct iv_trials {
    imgvec_context *ctx;
    const iv_study *study;
    const iv_cases *cases;
    iv_fitter fitters[IV_INNER_MAX];
    int32_t parts;
    size_t count;   /* rows that are held out in all */
    float *truth;   /* of these */
    int metric;     /* index */
    bool own_scale; /* plans are compared on the target's own scale, not the transform's */
    iv_trial *items;
    size_t used, capacity;
} iv_trials;

imgvec_status iv_trials_make(imgvec_context *ctx, const iv_study *study, const iv_cases *cases,
                             const int64_t *which, size_t count, uint64_t seed, iv_watch *watch,
                             iv_trials *out, imgvec_error *err);
void iv_trials_free(iv_trials *t);

/* Whether the transform is defined in every inner fold. */
imgvec_status iv_trials_suits(iv_trials *t, int32_t transform, bool *out, imgvec_error *err);

/* Tries the plan, unless it was tried before; *out: its place in items. */
imgvec_status iv_trials_try(iv_trials *t, const iv_plan *plan, size_t *out, imgvec_error *err);
bool iv_trials_known(const iv_trials *t, const iv_plan *plan);

/* By how much the second plan is better than the first, both of one transform. */
imgvec_status iv_trials_gain(iv_trials *t, size_t first, size_t second, iv_gain *out,
                             imgvec_error *err);
/* The same for plans of two transforms: by the metric on the target's own scale, and by the
 * likelihood of the held-out values, the errors taken as normal on each transform's scale. */
imgvec_status iv_trials_gain_transform(iv_trials *t, size_t first, size_t second, iv_gain *metric,
                                       iv_gain *likelihood, imgvec_error *err);

#endif
