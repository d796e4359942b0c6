/* How many images a training step can hold in memory. */
#ifndef IV_TRAIN_BATCH_SIZE_H
#define IV_TRAIN_BATCH_SIZE_H

#include "net/graph.h"

/* Bytes that training keeps of one image of side x side: every node's map, float32, once for the
 * backward pass and once more for what torch's operations hold beside it. */
imgvec_status iv_training_bytes(const iv_graph *graph, int32_t side, uint64_t *bytes,
                                imgvec_error *err);

/* Memory that this process may still take: of the machine, of its control group (version 2) and of
 * RLIMIT_AS, the least. */
uint64_t iv_memory_available(void);

/* Images of a batch that go through a network at once so that `share` bytes suffice: batch, or the
 * largest half, quarter... of it that fits; at least 1. */
int32_t iv_micro_batch(uint64_t bytes_each, int32_t batch, uint64_t share);

#endif
