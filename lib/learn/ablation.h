/* What each unit of columns is worth: the same folds without it, and with it alone. */
#ifndef IV_LEARN_ABLATION_H
#define IV_LEARN_ABLATION_H

#include "learn/compare.h"
#include "learn/fitter.h"
#include "learn/search.h"

/* One unit's two variants; predictions NULL: there is no such variant (nothing would be left). */
enum { IV_WITHOUT, IV_ALONE, IV_VARIANTS };

typedef struct iv_ablation {
    size_t units; /* 0: no ablation */
    float
        *predictions[IV_VARIANTS * IV_UNITS_MAX]; /* variant of a unit: 2 * unit + IV_WITHOUT... */
    double pooled[IV_VARIANTS * IV_UNITS_MAX][IV_METRIC_MAX]; /* of all out-of-fold rows */
    iv_difference differences[IV_VARIANTS * IV_UNITS_MAX];    /* to the full model */
    int32_t kept[IV_UNITS_MAX];                               /* folds whose plan uses the unit */
} iv_ablation;

imgvec_status iv_ablation_make(imgvec_context *ctx, const iv_study *study, const iv_cases *cases,
                               iv_ablation *out, imgvec_error *err);
void iv_ablation_free(imgvec_context *ctx, iv_ablation *a);

/* A fold's part: its plan with each unit left out and alone, fitted on its training cases. Folds
 * write different rows. full: the fold's own predictions of the cases `valid`, on the target's
 * scale. */
imgvec_status iv_ablation_fold(iv_ablation *a, iv_search *search, iv_fitter *fitter,
                               const iv_plan *plan, int32_t rounds, const int64_t *valid,
                               const float *full, imgvec_error *err);

/* Scores, once all folds are done. full: out-of-fold predictions of all cases. */
imgvec_status iv_ablation_finish(iv_ablation *a, imgvec_context *ctx, const iv_cases *cases,
                                 const float *full, uint64_t seed, imgvec_error *err);

#endif
