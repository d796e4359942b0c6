/* Rows of any dataset through a model's recipe and learner. */
#ifndef IV_MODEL_SCORE_H
#define IV_MODEL_SCORE_H

#include "model/model.h"

/* Finds the model's columns in a dataset: NOT_FOUND names the absent one. A model of a single
 * image column takes a dataset's only image column under any name. columns: one for each
 * block of the recipe. */
imgvec_status iv_match_columns(const iv_recipe *recipe, const imgvec_dataset *ds, int32_t *columns,
                               imgvec_error *err);

/* Scores the first rows of a dataset, quietly: out[rows * outputs]. */
imgvec_status iv_model_score_first(const imgvec_model *m, const imgvec_dataset *ds, size_t rows,
                                   iv_watch *watch, float *out, imgvec_error *err);

/* What the learner sees of each row: one column for each feature, each with room for all rows.
 * status: one for each row, as iv_model_predict. */
imgvec_status iv_model_features(const imgvec_model *m, const imgvec_dataset *ds, iv_watch *watch,
                                float *const *columns, int32_t *status, imgvec_error *err);

#endif
