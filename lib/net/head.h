/* What training puts behind a backbone's features. */
#ifndef IV_NET_HEAD_H
#define IV_NET_HEAD_H

#include "io/tensors.h"
#include "net/graph.h"

#define IV_HEAD "head"             /* linear: its outputs are the network's */
#define IV_BOTTLENECK "bottleneck" /* linear, before it */

/* Appends a linear layer of `outputs`, over a linear layer of `bottleneck` values where that is
 * not 0, to a graph that ends with its features, and their first weights to `weights` (NULL: they
 * are there already): uniform in +-1 / sqrt(inputs), biases 0, the same bits everywhere for one
 * seed. Both are in a stage of their own behind the last. The reference's dropout stands before
 * the first of them. With a bottleneck, its values become the graph's features. After a failure
 * graph and weights are fit for freeing only. */
imgvec_status iv_head_add(iv_graph *graph, iv_tensors *weights, int32_t bottleneck, int32_t outputs,
                          uint64_t seed, imgvec_error *err);

#endif
