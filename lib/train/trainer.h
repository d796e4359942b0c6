/* A training session of a network: forward, backward and updates through an executor, and
 * everything that it learned as tensors, in and out. */
#ifndef IV_TRAIN_TRAINER_H
#define IV_TRAIN_TRAINER_H

#include "io/tensors.h"
#include "net/executor.h"

typedef struct iv_trainer iv_trainer;

/* graph: unfolded, with a head as its last node (net/head.h); BORROWED until the trainer is
 * freed. weights and training are used during the call only. UNSUPPORTED: an executor that
 * cannot train. */
imgvec_status iv_trainer_new(imgvec_context *ctx, const iv_executor *executor,
                             const iv_graph *graph, const iv_tensors *weights,
                             const iv_trainer_spec *training, iv_trainer **out, imgvec_error *err);

/* As the executor's functions of these names (net/executor.h). */
imgvec_status iv_trainer_learn(iv_trainer *trainer, const iv_batch *batch, double share,
                               uint64_t seed, int32_t threads, double *loss, imgvec_error *err);
imgvec_status iv_trainer_update(iv_trainer *trainer, const iv_update *update, int32_t threads,
                                double *norm, imgvec_error *err);
imgvec_status iv_trainer_run(iv_trainer *trainer, const iv_batch *batch, int32_t threads,
                             double *outputs, double *loss, imgvec_error *err);

/* A slot of all parameters as NEW tensors with the graph's names, in its order: IV_SLOT_VALUE
 * is the state_dict, statistics of batch norms included. Exact but for float64 sessions. */
imgvec_status iv_trainer_state(const iv_trainer *trainer, iv_slot slot, iv_tensors **out,
                               imgvec_error *err);

/* Puts values of iv_trainer_state back. A tensor that is missing or of another size is DATA. Going
 * on from the values, the moments and the squares of a session gives the same bits as the session
 * itself. After a failure some tensors may have been put back already. */
imgvec_status iv_trainer_restore(iv_trainer *trainer, iv_slot slot, const iv_tensors *from,
                                 imgvec_error *err);

imgvec_context *iv_trainer_context(const iv_trainer *trainer); /* BORROWED */
void iv_trainer_free(iv_trainer *trainer);                     /* NULL is accepted */

#endif
