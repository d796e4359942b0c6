/* The choice of a plan by cross-validation inside a set of training cases: the transform of the
 * target, then how wide columns become features and what learns, then which columns earn their
 * place. A simpler plan wins where the difference is within one standard error (Breiman et al.,
 * 1984). */
#ifndef IV_LEARN_SEARCH_H
#define IV_LEARN_SEARCH_H

#include "learn/study.h"

typedef struct iv_search iv_search;

/* Parts the training cases `which` into inner folds. seed: of these folds. */
imgvec_status iv_search_new(imgvec_context *ctx, const iv_study *study, const iv_cases *cases,
                            const int64_t *which, size_t count, uint64_t seed, iv_watch *watch,
                            iv_search **out, imgvec_error *err);

/* Chooses. rounds: of boosting, the median over the inner folds; as the options say where there
 * is no choice to make. */
imgvec_status iv_search_run(iv_search *s, iv_plan *plan, int32_t *rounds, imgvec_error *err);

/* Rounds for a plan that differs from the one that was chosen by a unit: found by the inner folds
 * where that is cheap or was done already, else those of the chosen plan. */
imgvec_status iv_search_rounds(iv_search *s, const iv_plan *plan, int32_t chosen, int32_t *rounds,
                               imgvec_error *err);

/* What the options allow a unit to be: its use in a plan that has not chosen yet. */
uint8_t iv_search_first_use(const iv_study *study, size_t unit);

void iv_search_free(iv_search *s); /* NULL is accepted */

#endif
