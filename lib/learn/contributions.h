/* What features add to a learner's answers, on the scale on which they add up: the margin. */
#ifndef IV_LEARN_CONTRIBUTIONS_H
#define IV_LEARN_CONTRIBUTIONS_H

#include "learn/learner.h"

/* Margins of one row. A number: 1, the answer on the scale that the learner learned. Two classes:
 * 1, the log-odds of the second. More: for each class its logit less the mean of all logits, so
 * that softmax of the margins is the answer and no class moves without another. */
size_t iv_learner_margin_count(const iv_learner *l);

/* out: for each row and margin features + 1 values, whose sum is the margin; the last is that of
 * the average training row. Boosted trees: TreeSHAP. Linear: weight x (value - mean), exact; that a
 * value is missing counts for its feature. */
imgvec_status iv_learner_contributions(const iv_learner *l, const iv_matrix *x, float *out,
                                       imgvec_error *err);

#endif
