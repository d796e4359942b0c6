/* The executor: whatever runs a graph. torch is one (shim/); a fake in plain C serves the
 * tests. The only arrow into shim/ is the symbol iv_torch_executor, looked up by lib/api.
 *
 * Every function returns a status and fills err; none throws, prints or exits, and none
 * leaves a global of torch changed (threads, grad mode, device, random state). */
#ifndef IV_NET_EXECUTOR_H
#define IV_NET_EXECUTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <imgvec/error.h>

#include "io/tensors.h"
#include "net/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

#define IV_EXECUTOR_ABI 7u

typedef enum iv_loss {
    /* Mean over images of -sum over outputs of target x log softmax(output). */
    IV_LOSS_CROSS_ENTROPY,
    /* Mean over images and outputs of (output - target)^2. */
    IV_LOSS_MSE,
    /* The same of d^2 / 2 where |d| <= 1, else of |d| - 1/2. */
    IV_LOSS_HUBER,
    IV_LOSS_COUNT
} iv_loss;

typedef enum iv_optimizer {
    IV_OPTIMIZER_SGD,   /* v = momentum v + g; p -= rate v */
    IV_OPTIMIZER_ADAMW, /* Loshchilov and Hutter 2019, with bias correction */
    IV_OPTIMIZER_COUNT
} iv_optimizer;

/* What a training session keeps fixed. */
typedef struct iv_trainer_spec {
    const char *device;    /* as network_new */
    const char *precision; /* "float32"; "bfloat16": convolutions and maps in bfloat16, parameters,
                              norms' statistics, head and loss in float32; "float64" (tests) */
    iv_loss loss;
    bool drop; /* dropout and stochastic depth where nodes have them */
    iv_optimizer optimizer;
    double momentum;              /* SGD */
    double beta1, beta2, epsilon; /* AdamW */
    double weight_decay;          /* rate x decay x p off each weight of two or more dimensions:
                                     not off biases and norms */
    /* Factor of the learning rate for each stage of the graph. 0 freezes a stage: its parameters
     * stay, and its batch norms compute as at inference and keep their statistics. */
    const double *stage_rates;
    int32_t stage_count; /* iv_graph_stages */
    bool freeze_norms;   /* batch norms of every stage are as those of a frozen one */
    /* On a CPU a batch goes through the network in equal parts of about so many images, four at
     * most, side by side where threads allow; each has batch statistics of its own (ghost batch
     * norm: Hoffer et al. 2017, arXiv:1705.08741), whatever the number of threads. 0: whole. */
    int32_t part;
} iv_trainer_spec;

/* Images with what the outputs should be. */
typedef struct iv_batch {
    const float *images;  /* count x 3 x height x width */
    const float *targets; /* count x outputs; cross-entropy: probabilities, or any weights */
    int32_t count, height, width;
} iv_batch;

/* One update of the parameters. */
typedef struct iv_update {
    double rate;  /* learning rate */
    double clip;  /* longest gradient, in L2 norm over all parameters; 0: no limit */
    int64_t step; /* number of this update, from 1 (AdamW's bias correction) */
} iv_update;

/* Values that a session holds for each parameter. */
typedef enum iv_slot {
    IV_SLOT_VALUE,    /* batch norms' statistics have this one alone */
    IV_SLOT_GRADIENT, /* gathered since the last update; read only */
    IV_SLOT_MOMENT,   /* SGD's v, AdamW's mean of gradients */
    IV_SLOT_SQUARES,  /* AdamW's mean of squared gradients */
    IV_SLOT_COUNT
} iv_slot;

typedef struct iv_executor {
    uint32_t abi;        /* IV_EXECUTOR_ABI */
    const char *name;    /* "torch" */
    const char *version; /* "1.13.1" */

    /* Prepares a graph with its weights for repeated runs. graph and weights are used
     * during the call only. device: "auto", "cpu", "cuda", "cuda:N"; precision:
     * "float32", "bfloat16", "float64" (tests). UNSUPPORTED names a device or precision
     * that is not there. */
    imgvec_status (*network_new)(const iv_graph *graph, const iv_tensors *weights,
                                 const char *device, const char *precision, void **out,
                                 imgvec_error *err);
    /* images: count x 3 x height x width, float32. features: count x width of the graph's
     * feature node. threads: how many threads this call may use. Many calls at once on
     * one network are fine. */
    imgvec_status (*network_run)(void *network, const float *images, int32_t count, int32_t height,
                                 int32_t width, int32_t threads, float *features,
                                 imgvec_error *err);
    /* The same for each place of the graph's saliency map as if the map were nothing but that
     * place: places are count x place_count x width, place_count is rows x columns of the map
     * (INTERNAL where it is not). Where all behind the pool of the map is affine, their mean over
     * the map is what network_run gives. UNSUPPORTED when the features do not come from a global
     * pool of the saliency node. */
    imgvec_status (*network_places)(void *network, const float *images, int32_t count,
                                    int32_t height, int32_t width, int64_t place_count,
                                    int32_t threads, float *places, imgvec_error *err);
    void (*network_free)(void *network);

    /* Training, one thread at a time for each trainer; NULL in an executor that cannot train.
     * The graph is unfolded, its outputs are those of its last node. graph, weights and training
     * are used during the call only. */
    imgvec_status (*trainer_new)(const iv_graph *graph, const iv_tensors *weights,
                                 const iv_trainer_spec *training, void **out, imgvec_error *err);
    /* Forward in training mode and backward: adds `share` times the gradients of the batch's loss
     * to those gathered, and moves the statistics of batch norms. seed: of dropout and stochastic
     * depth; image i of the batch may use seed + i, so calls keep a batch's length apart. *loss: of
     * this batch, which may not be finite. A failed call drops all that was gathered; statistics
     * may have moved. */
    imgvec_status (*trainer_learn)(void *trainer, const iv_batch *batch, double share,
                                   uint64_t seed, int32_t threads, double *loss, imgvec_error *err);
    /* Moves the parameters by what was gathered, which is then dropped. *norm (NULL is fine): of
     * the gradients before clipping; when it is not finite, nothing was moved. */
    imgvec_status (*trainer_update)(void *trainer, const iv_update *update, int32_t threads,
                                    double *norm, imgvec_error *err);
    /* Forward as at inference: count x outputs. batch->targets may be NULL; with them *loss is
     * the mean over the batch. */
    imgvec_status (*trainer_run)(void *trainer, const iv_batch *batch, int32_t threads,
                                 double *outputs, double *loss, imgvec_error *err);
    /* Copies the values of a slot of the parameter `name` (its state_dict name) out or in; zeros
     * where there are none yet. INVALID_ARGUMENT: no such parameter, slot, or count of values. */
    imgvec_status (*trainer_read)(void *trainer, iv_slot slot, const char *name, double *values,
                                  size_t count, imgvec_error *err);
    imgvec_status (*trainer_write)(void *trainer, iv_slot slot, const char *name,
                                   const double *values, size_t count, imgvec_error *err);
    void (*trainer_free)(void *trainer);

    /* out[cols * cols] = sum over rows of (x - mean)^T (x - mean); x row-major float32. */
    imgvec_status (*gram)(const float *x, size_t rows, size_t cols, const double *mean,
                          int32_t threads, double *out, imgvec_error *err);
    /* Eigenvalues (descending) and eigenvectors (row i belongs to value i) of a symmetric
     * n x n matrix. */
    imgvec_status (*eigh)(const double *matrix, size_t n, int32_t threads, double *values,
                          double *vectors, imgvec_error *err);
} iv_executor;

/* Exported by the shim. NULL when abi is not the one it was built for. */
const iv_executor *iv_torch_executor(uint32_t abi);
typedef const iv_executor *(*iv_executor_entry)(uint32_t abi);

#ifdef __cplusplus
}
#endif
#endif
