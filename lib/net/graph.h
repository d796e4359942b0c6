/* placeholder, replaced by the network room: the graph of a backbone */
#ifndef IV_NET_GRAPH_H
#define IV_NET_GRAPH_H
typedef struct iv_graph iv_graph;
#endif
