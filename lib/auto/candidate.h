/* One choice of all that the Automatic Image Model decides: architecture and hyperparameters. */
#ifndef IV_AUTO_CANDIDATE_H
#define IV_AUTO_CANDIDATE_H

#include "io/json.h"
#include "train/finetune.h"

typedef struct iv_candidate {
    char backbone[64];
    int32_t input_size; /* side of the network's input, pixels */
    double crop;        /* part of the shorter side that the centre crop keeps, 0.5 to 1 */
    iv_optimizer optimizer;
    double rate;
    int32_t batch_size;
    int32_t epochs; /* 0: the network stays as it came, and has a linear head */
    double warmup;  /* part of the updates; then half a cosine */
    double layer_decay, weight_decay, smoothing;
    double dropout; /* before the head; negative: the reference's */
    char augment[256];
    uint64_t seed; /* of the head, the order of the images and their augmentations */
} iv_candidate;

/* Members of an open object, and back. FORMAT, LIMIT and INVALID_ARGUMENT name the member. What is
 * not there keeps what *out has; other members do not matter. */
void iv_candidate_write(const iv_candidate *c, iv_json_writer *w);
imgvec_status iv_candidate_read(const iv_json *json, iv_candidate *out, imgvec_error *err);

/* How images reach the network, from how its weights want them. */
iv_input_spec iv_candidate_input(const iv_candidate *c, const iv_input_spec *of_weights);

#endif
