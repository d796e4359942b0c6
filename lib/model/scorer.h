/* What stands behind imgvec_scorer, and the public functions, which check the handles first. */
#ifndef IV_MODEL_SCORER_H
#define IV_MODEL_SCORER_H

#include <imgvec/scorer.h>

#include "model/score.h"

struct imgvec_scorer {
    imgvec_model *model; /* a reference */
    imgvec_dataset *row; /* a column for each of the model's, with a cell or none */
    iv_slice slice;
};

imgvec_status iv_scorer_new(const imgvec_model *model, const imgvec_options *opts,
                            imgvec_scorer **out, imgvec_error *err);
/* Empties the column's cell, for the dataset's functions to fill it. *name: BORROWED from the row.
 * column NULL: the only image column. */
imgvec_status iv_scorer_cell(imgvec_scorer *s, const char *column, const char **name,
                             imgvec_error *err);
imgvec_status iv_scorer_run(imgvec_scorer *s, iv_watch *watch, float *out, int32_t *status,
                            imgvec_error *err);
void iv_scorer_free(imgvec_scorer *s);

#endif
