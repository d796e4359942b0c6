/* Our own look at a booster's JSON before XGBoost sees it. XGBoost trusts its input: a wrong
 * child index is a crash and a cycle an endless loop. */
#ifndef IV_LEARN_TREE_CHECK_H
#define IV_LEARN_TREE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>
#include <imgvec/error.h>

#include "learn/target.h"

/* What attributing predictions to features (TreeSHAP) asks of trees: XGBoost recurses as deep as a
 * tree and divides by the cover of its nodes. */
typedef struct iv_tree_facts {
    int32_t depth; /* splits on the longest way from a root to a leaf */
    bool covered;  /* every node has a cover (sum_hessian) above 0 */
} iv_tree_facts;

/* OK when the text is a model of XGBoost 1.7 to 3 (or the running version) that walks safely
 * and gives finite predictions for every input. FORMAT names the tree, UNSUPPORTED a
 * version that is too new. facts may be NULL; set on success. */
imgvec_status iv_tree_check(imgvec_context *ctx, const char *data, size_t size, iv_task task,
                            int32_t class_count, size_t features, iv_tree_facts *facts,
                            imgvec_error *err);

#endif
