/* What iv_model_train_auto does, step by step. */
#ifndef IV_AUTO_STAGES_H
#define IV_AUTO_STAGES_H

#include "auto/blend.h"

/* plan.c: which backbones, input sizes and epochs the time allows; the parts that judge. The
 * experiment has its cases. */
imgvec_status iv_auto_search_backbones(iv_auto_search *s, imgvec_error *err);
imgvec_status iv_auto_search_plan(iv_auto_search *s, double time_budget, imgvec_error *err);
/* "20m" in seconds. INVALID_ARGUMENT: no such time. */
imgvec_status iv_time_budget(const char *text, double *seconds, imgvec_error *err);
/* Two places in the list of backbones. */
void iv_auto_swap_backbones(iv_auto_search *s, int32_t a, int32_t b);

/* run.c: trials until the time is over. CANCELLED only where not one was finished. */
imgvec_status iv_auto_search_run(iv_auto_search *s, imgvec_error *err);

/* refit.c: trains the blend's networks once more on all rows, as far as the time allows; of those
 * that were trained networks[m].tensors is not NULL. What fails leaves the trials' networks.
 * Returns the epochs. */
int32_t iv_auto_search_refit(iv_auto_search *s, const iv_blend *b, iv_member *networks);

/* assemble.c: the blend as the experiment's result, which iv_experiment_hand_over makes a model
 * of. networks: one for each of the blend, tensors NULL where the trial's own are to be taken. */
imgvec_status iv_auto_search_assemble(iv_auto_search *s, const iv_blend *b, iv_blend_judged *judged,
                                      iv_member *networks, int32_t refit_epochs, double time_budget,
                                      imgvec_error *err);

#endif
