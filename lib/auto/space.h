/* Which candidates there are: strong defaults first, then drawn at random, by a seed. What an
 * option was set to is the same in all. */
#ifndef IV_AUTO_SPACE_H
#define IV_AUTO_SPACE_H

#include <imgvec/options.h>

#include "auto/candidate.h"
#include "learn/target.h"

enum { IV_SPACE_BACKBONES = 32 };

typedef struct iv_space {
    const imgvec_options *opts;
    iv_task task;
    int64_t rows; /* to learn from */
    uint64_t seed;
    bool few_epochs; /* the longest trial has at most four */
    /* Best first. */
    const char *backbones[IV_SPACE_BACKBONES];
    int32_t native[IV_SPACE_BACKBONES];       /* input size that the weights are for */
    int32_t default_size[IV_SPACE_BACKBONES]; /* that the time allows; at most native */
    int32_t backbone_count;
} iv_space;

/* Candidate number `index`, of any number; epochs are left to the caller. The same index gives the
 * same candidate. */
void iv_space_candidate(const iv_space *s, int32_t index, iv_candidate *out);

/* The input sizes that are tried: multiples of 32, from 64 to native. */
int32_t iv_space_size_below(int32_t native, double scale);

#endif
