/* Plans and the ablation as JSON members. */
#ifndef IV_MODEL_PLAN_JSON_H
#define IV_MODEL_PLAN_JSON_H

#include "io/json.h"
#include "learn/crossval.h"

/* Members of an open object: learner, rounds, image_features, dim, target_transform, left_out. */
void iv_plan_write(iv_json_writer *w, const iv_plan *plan, int32_t rounds, const iv_units *units,
                   bool regression);
/* Nothing when there was none. */
void iv_ablation_write(iv_json_writer *w, const char *name, const iv_ablation *a,
                       const iv_units *units, iv_task task);

#endif
