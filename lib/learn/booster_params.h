/* What XGBoost is told: our defaults, the caller's xgb.<name>, and what is not his to set. */
#ifndef IV_LEARN_BOOSTER_PARAMS_H
#define IV_LEARN_BOOSTER_PARAMS_H

#include "learn/booster.h"
#include "learn/xgb.h"

/* Refuses parameters that the library sets itself, sets all the others, lets XGBoost
 * configure itself and refuses names that it does not know. base_score: in units of the prediction.
 * INVALID_ARGUMENT. */
imgvec_status iv_booster_set_params(imgvec_context *ctx, const iv_booster_request *request,
                                    const iv_matrix *train, double base_score, BoosterHandle handle,
                                    imgvec_error *err);

const char *iv_booster_objective(iv_task task);

#endif
