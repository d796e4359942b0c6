/* How much each column matters to a model: the mean size of its contributions. */
#ifndef IV_MODEL_IMPORTANCE_H
#define IV_MODEL_IMPORTANCE_H

#include "base/watch.h"
#include "features/recipe.h"
#include "learn/learner.h"
#include "model/average.h"

/* importance: a JSON array (NEW) of {name, type, share}, largest first: the mean over some of the
 * rows (and over the classes) of the absolute contribution of a column, as a share of all columns';
 * all 0 where nothing adds anything. NULL where predictions cannot be attributed to features, or
 * not within the time that is spent on it. average: of up to 1,000 rows. inputs: aligned with the
 * blocks of the recipe. rounds: of boosting, 0 without; the more trees, the fewer rows are looked
 * at. */
imgvec_status iv_importance_measure(imgvec_context *ctx, const iv_inputs *inputs,
                                    const iv_recipe *r, const iv_learner *l, int32_t rounds,
                                    const int64_t *rows, size_t count, iv_watch *watch,
                                    char **importance, iv_average *average, imgvec_error *err);

#endif
