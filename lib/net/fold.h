/* Rewriting a graph for inference. */
#ifndef IV_NET_FOLD_H
#define IV_NET_FOLD_H

#include "io/tensors.h"
#include "net/graph.h"

/* New graph and weights that compute the same: batch norm folded into the convolution
 * before it (in double), residual sum and activation fused into the convolution whose
 * output nothing else reads. weights must fit the graph (net/match.h). */
imgvec_status iv_graph_fold(const iv_graph *graph, const iv_tensors *weights, iv_graph **out,
                            iv_tensors **out_weights, imgvec_error *err);

#endif
