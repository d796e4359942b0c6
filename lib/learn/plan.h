/* A plan: how each column becomes features, what is done to the target, and what learns. */
#ifndef IV_LEARN_PLAN_H
#define IV_LEARN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "features/recipe.h"
#include "learn/learner.h"
#include "learn/transform.h"

/* Units are what a plan takes or leaves: a column, or in tables of many columns all that are
 * narrow and of one type. Wide ones (images) have thousands of values a row. */
enum { IV_UNITS_MAX = 16 };

typedef struct iv_units {
    size_t count;
    const char *name[IV_UNITS_MAX]; /* of its first column: BORROWED from the dataset */
    int32_t type[IV_UNITS_MAX];     /* IMGVEC_COLUMN_* */
    int32_t columns[IV_UNITS_MAX];
    bool wide[IV_UNITS_MAX];
    bool tuned[IV_UNITS_MAX]; /* of fine-tuned networks: wide by their cost, but few values */
    uint8_t *of;              /* unit of each input */
} iv_units;

/* together: narrow columns of a type are one unit however few there are. */
imgvec_status iv_units_make(imgvec_context *ctx, const iv_inputs *inputs, bool together,
                            iv_units *out, imgvec_error *err);
void iv_units_free(imgvec_context *ctx, iv_units *u);

/* How a plan uses a unit; bits. */
enum { IV_UNUSED = 0, IV_PLAIN = 1, IV_STACKED = 2, IV_PLAIN_AND_STACKED = 3 };

/* Plans are compared byte by byte: no padding, unused members zero. */
typedef struct iv_plan {
    int32_t transform; /* iv_transform_kind */
    int32_t learner;   /* iv_learner_kind */
    int32_t dim;       /* of image projections; 0: all */
    uint8_t use[IV_UNITS_MAX];
} iv_plan;

bool iv_plan_same(const iv_plan *a, const iv_plan *b);
/* Whether it uses a wide unit, or a narrow one. */
bool iv_plan_uses(const iv_plan *p, const iv_units *u, bool wide);

#endif
