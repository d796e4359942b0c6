/* Which trials answer together: forward selection with replacement on the rows that judge
 * (Caruana et al. 2004, "Ensemble Selection from Libraries of Models"), by the search's metric. */
#ifndef IV_AUTO_BLEND_H
#define IV_AUTO_BLEND_H

#include "auto/search.h"

enum { IV_BLEND_MAX = 16 };

typedef struct iv_blend {
    size_t count;
    size_t trial[IV_BLEND_MAX];  /* index in the search's trials */
    double weight[IV_BLEND_MAX]; /* sum 1 */
    double temperature;          /* of classes: fitted on the rows that judge; else 1 */
} iv_blend;

/* What a blend says of rows that its own choice did not see: the choice is made five times, each
 * time without a fifth of the rows. */
typedef struct iv_blend_judged {
    size_t count; /* rows told of by all of the pool */
    size_t *at;   /* case of each */
    float *truth;
    int32_t *part;      /* of the search: which networks told of it */
    float *predictions; /* count x outputs */
    double metrics[IV_METRIC_MAX];
} iv_blend_judged;

/* Chooses of the trials that are done and were judged by the most parts, and whose networks are
 * there; most: networks. A blend of several is taken only where it is better than the best one
 * alone on rows that neither choice saw. out and judged are freed with iv_blend_judged_free also on
 * failure. NOT_FOUND: no trial is done. */
imgvec_status iv_blend_choose(const iv_auto_search *s, size_t most, iv_blend *out,
                              iv_blend_judged *judged, imgvec_error *err);
void iv_blend_judged_free(imgvec_context *ctx, iv_blend_judged *j);

/* Whether the trial's networks and answers are there. */
bool iv_trial_is_whole(const iv_trial *t);

#endif
