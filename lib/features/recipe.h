/* The recipe: from columns to one row of features, a block for each column, in the order
 * [image blocks | numeric | categorical | the rest]. It is fitted on training rows only and
 * travels with the model. */
#ifndef IV_FEATURES_RECIPE_H
#define IV_FEATURES_RECIPE_H

#include "features/block.h"

typedef struct iv_recipe {
    iv_block *blocks; /* as the inputs */
    size_t count;
    int32_t width;
} iv_recipe;

/* Fits every block. A dim of images above what their usable rows allow is INVALID_ARGUMENT unless
 * it may be lowered. */
imgvec_status iv_recipe_fit(imgvec_context *ctx, const iv_inputs *inputs, const iv_training *t,
                            iv_recipe *out, imgvec_error *err);

/* Features of rows: out[count * width]. Image values come from the inputs' raw features, which may
 * be of a slice of the dataset. unseen may be NULL. */
imgvec_status iv_recipe_apply(const iv_recipe *r, const iv_inputs *inputs, const int64_t *rows,
                              size_t count, float *out, int64_t *unseen, imgvec_error *err);

/* The same for the rows of the fit, as a learner may see them: a block that learned from the
 * target gives what it made without each row's own. rows and count as in the fit. */
imgvec_status iv_recipe_training(const iv_recipe *r, const iv_inputs *inputs, const int64_t *rows,
                                 size_t count, float *out, imgvec_error *err);
/* Whether a block needs the features of a network. */
bool iv_recipe_has_images(const iv_recipe *r);

/* Frees what only iv_recipe_training needs. */
void iv_recipe_settle(imgvec_context *ctx, iv_recipe *r);
void iv_recipe_free(imgvec_context *ctx, iv_recipe *r);

#endif
