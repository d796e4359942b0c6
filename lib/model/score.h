/* Rows of any dataset through a model's recipe and learner. */
#ifndef IV_MODEL_SCORE_H
#define IV_MODEL_SCORE_H

#include "model/model.h"
#include "model/views.h"

/* Finds the model's columns in a dataset: NOT_FOUND names the absent one. A model of a single
 * image column takes a dataset's only image column under any name. columns: one for each
 * block of the recipe. */
imgvec_status iv_match_columns(const iv_recipe *recipe, const imgvec_dataset *ds, int32_t *columns,
                               imgvec_error *err);

/* Rows of a dataset as a model sees them, so many at once. */
typedef struct iv_slice {
    iv_inputs inputs; /* aligned with the blocks of the recipe */
    iv_views views;
    int64_t *rows;
    float *features; /* rows x the recipe's width */
    int64_t unseen;  /* cells so far with a value that training did not have */
} iv_slice;

imgvec_status iv_slice_make(const imgvec_model *m, const imgvec_dataset *ds, size_t room,
                            iv_slice *out, imgvec_error *err);
/* Features of the rows first .. first + count - 1, count <= room. */
imgvec_status iv_slice_fill(const imgvec_model *m, const imgvec_dataset *ds, iv_slice *s,
                            int64_t first, size_t count, iv_watch *watch, imgvec_error *err);
/* Fills it, and scores the rows: out[count * outputs]. status_out: NULL or one for each row. */
imgvec_status iv_slice_score(const imgvec_model *m, const imgvec_dataset *ds, iv_slice *s,
                             int64_t first, size_t count, iv_watch *watch, float *out,
                             int32_t *status_out, imgvec_error *err);
/* Logs how many cells held a value that training did not have, and begins to count anew. */
void iv_slice_tell_unseen(const imgvec_model *m, iv_slice *s);
/* Status of one of them: an unusable image makes it unscorable where training dropped such rows, or
 * where images are all that the model has and none is usable. */
int32_t iv_slice_status(const imgvec_model *m, const iv_slice *s, size_t at);
void iv_slice_free(imgvec_context *ctx, iv_slice *s);

/* Scores the first rows of a dataset, quietly: out[rows * outputs]. */
imgvec_status iv_model_score_first(const imgvec_model *m, const imgvec_dataset *ds, size_t rows,
                                   iv_watch *watch, float *out, imgvec_error *err);

/* What the learner sees of each row: one column for each feature, each with room for all rows.
 * status: one for each row, as iv_model_predict. */
imgvec_status iv_model_features(const imgvec_model *m, const imgvec_dataset *ds, iv_watch *watch,
                                float *const *columns, int32_t *status, imgvec_error *err);

#endif
