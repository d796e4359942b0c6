/* Shapes and cost of a graph for one input size. */
#ifndef IV_NET_SHAPE_H
#define IV_NET_SHAPE_H

#include "net/graph.h"

/* Output size of each node. sizes: 2 * graph->count values, height and width of node i at
 * 2 i. DATA when the input is too small for some node. */
imgvec_status iv_graph_shapes(const iv_graph *graph, int32_t height, int32_t width, int32_t *sizes,
                              imgvec_error *err);

/* Multiply-adds of convolutions and linear layers for one image. */
imgvec_status iv_graph_macs(const iv_graph *graph, int32_t height, int32_t width, int64_t *macs,
                            imgvec_error *err);

#endif
