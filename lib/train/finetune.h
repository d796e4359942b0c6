/* Fine-tuning: a pretrained network with a new head learns a target from images. */
#ifndef IV_TRAIN_FINETUNE_H
#define IV_TRAIN_FINETUNE_H

#include <stdatomic.h>

#include "base/watch.h"
#include "net/executor.h"
#include "net/network.h"
#include "train/lessons.h"

typedef struct iv_finetune_spec {
    const char *device, *precision;
    int32_t top;        /* stages below the head that learn; -1: all */
    int32_t bottleneck; /* values of the layer before the head; 0: none */
    int32_t epochs;
    int32_t batch_size; /* images of one update; the last ones of an epoch are shared out evenly */
    int32_t micro;      /* of them at once through the network; halved when memory runs out */
    double rate;        /* the highest, of the head */
    double stage_decay; /* schedule.h */
    double warmup;      /* part of the steps */
    double weight_decay, momentum, clip;
    iv_optimizer optimizer;
    iv_loss loss;
    bool drop;
    bool freeze_norms; /* batch norms compute as at inference and keep all that they have; measured
                          to be worse (docs/decisions.md), for bench/finetune alone */
    int32_t threads;
    uint64_t seed;
    const char *folder; /* where the state is kept; "": nowhere */
} iv_finetune_spec;

/* First values of the head: outputs x width weights and outputs biases, of a model fitted on the
 * frozen network's features ("linear probing, then fine-tuning", Kumar et al. 2022,
 * arXiv:2202.10054). Only without a bottleneck. */
typedef struct iv_first_head {
    const float *weight, *bias;
} iv_first_head;

typedef struct iv_finetuned {
    /* The network: state_dict with head; metadata as iv_network_tensors, and what makes
     * iv_network_from_tensors put the head on again. */
    iv_tensors *tensors;
    double *losses; /* mean training loss of each epoch */
    int64_t epochs;
    int32_t micro; /* that memory allowed */
    bool resumed;  /* from a kept state */
} iv_finetuned;

/* Trains a copy of `base`. head (may be NULL: random). *done grows by the images of each step, for
 * whoever reports. CANCELLED: asked for by watch; the state is kept where there is a folder, and
 * the same call goes on from there to the same bits as without the break. DATA: training diverged.
 * out is freed with iv_finetuned_free after success only. */
imgvec_status iv_finetune(imgvec_context *ctx, const iv_executor *executor, const iv_network *base,
                          const iv_lessons *lessons, const iv_finetune_spec *spec,
                          const iv_first_head *head, iv_watch *watch, atomic_uint_fast64_t *done,
                          iv_finetuned *out, imgvec_error *err);
void iv_finetuned_free(imgvec_context *ctx, iv_finetuned *f);

#endif
