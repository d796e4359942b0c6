/* Fine-tuned networks of an experiment.
 *
 * What a network says of rows that it learned from is too good: a learner would trust it too much.
 * And embeddings of networks that learned apart share no basis. So what a fine-tuned network gives
 * to the learner are its outputs, which mean the same in every network, and a training fold is cut
 * into parts: the outputs for the rows of a part come from a network that learned from the other
 * parts, those for the held-out rows from one that learned from the whole training fold. The final
 * model's rows are treated likewise. */
#ifndef IV_MODEL_EXPERIMENT_TUNE_H
#define IV_MODEL_EXPERIMENT_TUNE_H

#include "learn/study.h"
#include "model/tuning.h"

struct iv_experiment;

typedef struct iv_tuned_input {
    size_t from;          /* input whose images it sees */
    size_t net;           /* backbone that it starts from */
    iv_network *network;  /* that of the final model; NEW */
    double *losses;       /* its mean loss of each epoch */
    double *check_losses; /* of the rows that early stopping kept aside; NULL: none */
    int64_t best_epoch;   /* early stopping's; 0: none */
    int64_t epochs;
    int32_t micro;
} iv_tuned_input;

typedef struct iv_tuned_inputs {
    bool wanted; /* option fine_tune, and there is an image column */
    iv_tuned_input *items;
    size_t count;
    iv_tuning tuning;
    iv_inputs *inputs_of; /* of each fold and of the final model */
    int32_t jobs;         /* folds + 1 */
    size_t trained;       /* networks */
    double seconds;
    int64_t images; /* that were learned from, counted each time */
} iv_tuned_inputs;

/* Option fine_tune and its settings, before anything else takes time. */
imgvec_status iv_experiment_read_tuning(struct iv_experiment *x, imgvec_error *err);
/* What is to be fine-tuned: each image column with enough usable images, from each backbone. */
imgvec_status iv_experiment_list_tuned(struct iv_experiment *x, imgvec_error *err);

/* Trains the networks of every image column and backbone, and makes the inputs that hold their
 * outputs beside those of the experiment. skill: of frozen features, for the strategy. */
imgvec_status iv_experiment_tune(struct iv_experiment *x, double skill, imgvec_error *err);
void iv_tuned_inputs_free(imgvec_context *ctx, iv_tuned_inputs *t);

#endif
