/* The pieces of one fit, shared by cross-validation and the final model. */
#ifndef IV_LEARN_FIT_H
#define IV_LEARN_FIT_H

#include "learn/crossval.h"

/* A recipe fitted on the cases `which` alone. */
imgvec_status iv_fit_recipe(imgvec_context *ctx, const iv_study *study, const iv_cases *cases,
                            const int64_t *which, size_t count, int32_t dim, bool lower_dim,
                            iv_recipe *out, imgvec_error *err);

/* Features and targets of the cases `which`. of_fit: they are the cases that the recipe was fitted
 * on, in the same order, and a learner is to learn from them. */
imgvec_status iv_fit_matrix(imgvec_context *ctx, const iv_study *study, const iv_cases *cases,
                            const int64_t *which, size_t count, const iv_recipe *recipe,
                            bool of_fit, iv_matrix *out, imgvec_error *err);
void iv_fit_matrix_free(imgvec_context *ctx, iv_matrix *m);

iv_booster_request iv_fit_request(const iv_study *study, const iv_cases *cases, int32_t rounds,
                                  int32_t early_stopping);

#endif
