/* What each column of the data adds to a model's answers. */
#ifndef IV_MODEL_EXPLAIN_H
#define IV_MODEL_EXPLAIN_H

#include "model/model.h"

/* The columns that a recipe's features come from, each once, in the order of their first blocks. */
typedef struct iv_sources {
    size_t count;
    size_t *of_block;    /* which of them each block is of */
    const iv_block **of; /* first block of each; BORROWED from the recipe */
} iv_sources;

imgvec_status iv_sources_make(imgvec_context *ctx, const iv_recipe *r, iv_sources *out,
                              imgvec_error *err);
/* Sums what features add (terms of one margin, bias last) by their columns: out[count + 1]. */
void iv_sources_sum(const iv_sources *s, const iv_recipe *r, const float *terms, double *out);
void iv_sources_free(imgvec_context *ctx, iv_sources *s);

/* What the learner's margins are divided by, so that they stand for the calibrated answers. */
double iv_model_temperature(const imgvec_model *m);

/* out: for each row and output one value for each source and, last, the bias; NaN where the row
 * cannot be scored. Their sum is the margin: a number on the learner's scale, log-odds of two
 * classes (the first has those of the second with the sign turned), else the logit of the class
 * less the mean of all logits. status: as iv_model_predict, may be NULL. */
imgvec_status iv_model_contributions(const imgvec_model *m, const imgvec_dataset *ds,
                                     iv_watch *watch, float *out, int32_t *status,
                                     imgvec_error *err);

#endif
