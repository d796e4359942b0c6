/* Seeded random numbers: splitmix64 to seed, xoshiro256** to draw (Blackman and Vigna,
 * 2018, "Scrambled linear pseudorandom number generators"). Not for secrets. */
#ifndef IV_BASE_RANDOM_H
#define IV_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

typedef struct iv_random {
    uint64_t state[4];
} iv_random;

/* Streams of one seed are independent: one per use ("folds", "bootstrap"...). */
void iv_random_seed(iv_random *r, uint64_t seed, const char *stream);
uint64_t iv_random_u64(iv_random *r);
uint64_t iv_random_below(iv_random *r, uint64_t n); /* 0 .. n-1 without bias; n > 0 */
double iv_random_unit(iv_random *r);                /* [0, 1) */
double iv_random_normal(iv_random *r);              /* mean 0, deviation 1 */
void iv_random_shuffle(iv_random *r, int64_t *values, size_t count);

#endif
