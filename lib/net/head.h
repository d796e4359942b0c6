/* What training puts behind a backbone's features. */
#ifndef IV_NET_HEAD_H
#define IV_NET_HEAD_H

#include "io/tensors.h"
#include "net/graph.h"
#include "net/network.h"

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

/* Sets the metadata of a network with such a head, by which iv_network_from_tensors puts it on
 * again: that of the base, the input that it learned with, and the head's own. */
imgvec_status iv_head_describe(iv_tensors *weights, const iv_tensors *base,
                               const iv_input_spec *input, int32_t bottleneck, int32_t outputs,
                               imgvec_error *err);

#endif
