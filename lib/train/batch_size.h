/* How many images a training step can hold in memory. */
#ifndef IV_TRAIN_BATCH_SIZE_H
#define IV_TRAIN_BATCH_SIZE_H

#include "net/network.h"

typedef struct iv_training_memory {
    uint64_t each;  /* bytes for one image at once through the network */
    uint64_t fixed; /* for weights, gradients and moments */
} iv_training_memory;

/* Of a graph on images of side x side. An image: its pixels, and every node's map in float32, once
 * for the backward pass and once more for what torch's operations hold beside it. */
imgvec_status iv_graph_training_memory(const iv_graph *graph, int32_t side, iv_training_memory *out,
                                       imgvec_error *err);
imgvec_status iv_training_memory_of(const iv_network *net, iv_training_memory *out,
                                    imgvec_error *err);

/* Memory that this process may still take: of the machine, of its control group (version 2) and of
 * RLIMIT_AS, the least. */
uint64_t iv_memory_available(void);

/* The part of it that training plans with. */
uint64_t iv_memory_for_training(void);

/* Images of a batch that go through a network at once so that `share` bytes suffice: batch, or the
 * largest half, quarter... of it that fits; at least 1. */
int32_t iv_micro_batch(const iv_training_memory *m, int32_t batch, uint64_t share);

#endif
