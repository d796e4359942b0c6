/* The recipe: from columns to one row of features, [image blocks | numeric | categorical].
 * It is fitted on training rows only and travels with the model. */
#ifndef IV_FEATURES_RECIPE_H
#define IV_FEATURES_RECIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <imgvec/dataset.h>

#include "features/projection.h"
#include "features/tabular.h"

/* One input column as a job sees it. For an image column: its raw features of all rows. */
typedef struct iv_input {
    int32_t column;  /* of the dataset */
    int32_t type;    /* IMGVEC_COLUMN_IMAGE, _NUMERIC or _CATEGORICAL */
    float *raw;      /* image: rows x raw_width */
    int32_t *status; /* image: one for each row */
} iv_input;

typedef struct iv_inputs {
    const imgvec_dataset *ds;
    iv_input *items; /* images first, then numeric, then categorical */
    size_t count;
    int32_t raw_width;     /* of an image column */
    const int32_t *blocks; /* widths of the backbones, block_count of them */
    size_t block_count;
    int32_t max_categories;
    int32_t threads;
} iv_inputs;

typedef struct iv_block {
    int32_t type;
    char *column;
    iv_projection projection; /* image */
    iv_encoder encoder;       /* the others */
    int32_t width;
} iv_block;

typedef struct iv_recipe {
    iv_block *blocks; /* as the inputs */
    size_t count;
    int32_t width;
} iv_recipe;

/* Fits every block on the rows. dim 0: all dimensions of the images; lower: a dim above what
 * a column's usable rows allow becomes the highest that they do, else it is INVALID_ARGUMENT. */
imgvec_status iv_recipe_fit(imgvec_context *ctx, const iv_executor *executor,
                            const iv_inputs *inputs, const int64_t *rows, size_t count, int32_t dim,
                            bool lower, iv_recipe *out, imgvec_error *err);

/* Features of rows: out[count * width]. Image values come from the inputs' raw features, row
 * `rows[i] - first_raw` of them, so that a slice of a dataset can be scored. unseen may be NULL. */
imgvec_status iv_recipe_apply(const iv_recipe *r, const iv_inputs *inputs, int64_t first_raw,
                              const int64_t *rows, size_t count, float *out, int64_t *unseen,
                              imgvec_error *err);
void iv_recipe_free(imgvec_context *ctx, iv_recipe *r);

#endif
