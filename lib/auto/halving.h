/* Asynchronous successive halving (Li et al. 2020, "A System for Massively Parallel Hyperparameter
 * Tuning", arXiv:1810.05934): many candidates are tried for a few epochs, and of those that were
 * tried on a rung the best third is tried for longer on the next. No worker waits for another. */
#ifndef IV_AUTO_HALVING_H
#define IV_AUTO_HALVING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { IV_RUNGS_MAX = 8, IV_HALVING_ETA = 3 };

typedef struct iv_halving {
    int32_t rungs;
    int32_t epochs[IV_RUNGS_MAX]; /* of each, rising; the last is the highest */
} iv_halving;

/* A trial that was begun. */
typedef struct iv_attempt {
    int32_t candidate, rung;
    bool done;
    double score; /* higher is better; -INFINITY for one that failed */
} iv_attempt;

/* Rungs up to `most` epochs, each with a third of the one above, down to 1. */
void iv_halving_plan(int32_t most, iv_halving *out);

/* What to try next: a candidate that earned its promotion, of the highest rung that has one, else
 * the first one that was never begun. allowed (may be NULL: all): whether there is time for it.
 * false: nothing. */
bool iv_halving_next(const iv_halving *h, const iv_attempt *attempts, size_t count,
                     bool (*allowed)(void *user, int32_t candidate, int32_t rung), void *user,
                     int32_t *candidate, int32_t *rung);

#endif
