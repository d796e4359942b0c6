/* A small graph that has every operation and every activation, with what is hard about
 * them: uneven padding, groups, maps read twice, norms that cannot be folded. */
#ifndef TEST_NET_EVERY_OP_H
#define TEST_NET_EVERY_OP_H

#include "net/backbones.h"

extern const iv_backbone every_op_backbone;
/* The same without layer norms and learned factors; and one with what is hard about blocked
 * layouts. Both have ten features, and oneDNN computes all of them. */
extern const iv_backbone usual_op_backbone, common_op_backbone;

/* Formula weights for any graph; formula pictures as count x 3 x height x width (free()). */
iv_tensors *every_op_weights(const iv_graph *graph);
float *every_op_image(int32_t count, int32_t height, int32_t width);

#endif
