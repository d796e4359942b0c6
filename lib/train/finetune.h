/* Fine-tuning: a pretrained network with a new head learns a target from images. */
#ifndef IV_TRAIN_FINETUNE_H
#define IV_TRAIN_FINETUNE_H

#include <stdatomic.h>

#include "base/watch.h"
#include "net/executor.h"
#include "net/network.h"
#include "train/lessons.h"

#define IV_TRAINING_PART 16 /* images that share batch statistics: measured, docs/decisions.md */

struct iv_epoch;

typedef struct iv_finetune_spec {
    const char *device, *precision;
    int32_t top;        /* stages below the head that learn; -1: all */
    int32_t bottleneck; /* values of the layer before the head; 0: none */
    int32_t epochs;
    int32_t batch_size; /* images of one update; the last ones of an epoch are shared out evenly */
    int32_t micro;      /* of them at once through the network; halved when memory runs out */
    int32_t part;       /* of these the images that share batch statistics (net/executor.h) */
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
    bool own_dropout;   /* `dropout` before the head instead of the reference's */
    double dropout;
    bool soup; /* take the mean of the weights of the last epochs (soup.h), where there are three
                  epochs and more; with rows to check by, only where their loss is lower so */
    int32_t patience; /* early stopping: end after so many epochs without a lower loss on the rows
                         to check by, and take the weights of the best epoch; 0: never */
    double deadline;  /* of iv_now(): ends behind the update that it falls into; 0: none */
    /* NULL, or called in the training thread after each epoch; false ends the training there. */
    bool (*epoch_done)(void *user, const struct iv_epoch *epoch);
    void *user;
} iv_finetune_spec;

/* What an epoch came to. */
typedef struct iv_epoch {
    int64_t epoch; /* from 1 */
    double train_loss;
    double check_loss;    /* NaN without rows to check by */
    const float *outputs; /* of those rows; NULL without */
} iv_epoch;

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
    double *losses;       /* mean training loss of each epoch */
    double *check_losses; /* of the rows to check by, after each epoch; NaN without */
    int64_t epochs;       /* finished ones */
    float *outputs;       /* of the rows to check by, by the tensors above; NULL without */
    double check_loss;    /* of these outputs */
    int64_t best_epoch;   /* with patience: whose weights were taken; else 0 */
    bool soup;            /* the mean of several epochs' weights was taken */
    int32_t micro;        /* that memory allowed */
    bool resumed;         /* from a kept state */
    char *state; /* path of the kept state, NULL without a folder: whoever needs it no more removes
                    the file */
} iv_finetuned;

/* Trains a copy of `base`, on images as lessons->input says. check (may be NULL): rows that nothing
 * is learned from, by which patience and soup decide. head (may be NULL: random). *done grows by
 * the images of each step, for whoever reports. CANCELLED: asked for by watch; the state is kept
 * where there is a folder, and the same call goes on from there to the same bits as without the
 * break. DATA: training diverged. out is freed with iv_finetuned_free after success only. */
imgvec_status iv_finetune(imgvec_context *ctx, const iv_executor *executor, const iv_network *base,
                          const iv_lessons *lessons, const iv_lessons *check,
                          const iv_finetune_spec *spec, const iv_first_head *head, iv_watch *watch,
                          atomic_uint_fast64_t *done, iv_finetuned *out, imgvec_error *err);
void iv_finetuned_free(imgvec_context *ctx, iv_finetuned *f);

#endif
