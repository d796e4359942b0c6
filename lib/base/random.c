#include "base/random.h"

#include <math.h>

static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

void iv_random_seed(iv_random *r, uint64_t seed, const char *stream)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325); /* FNV-1a of the stream's name */
    for (const char *p = stream; *p; p++)
        hash = (hash ^ (unsigned char)*p) * UINT64_C(0x100000001B3);
    uint64_t state = seed ^ hash;
    for (int i = 0; i < 4; i++)
        r->state[i] = splitmix(&state);
}

static uint64_t rotate(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

uint64_t iv_random_u64(iv_random *r)
{
    uint64_t *s = r->state, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

uint64_t iv_random_below(iv_random *r, uint64_t n)
{
    uint64_t skip = (0 - n) % n; /* 2^64 mod n values would come once too often */
    for (;;) {
        uint64_t x = iv_random_u64(r);
        if (x >= skip)
            return x % n;
    }
}

double iv_random_unit(iv_random *r)
{
    return (double)(iv_random_u64(r) >> 11) * 0x1.0p-53;
}

double iv_random_normal(iv_random *r)
{
    double u, v, s; /* the polar method (Marsaglia and Bray, 1964) */
    do {
        u = 2 * iv_random_unit(r) - 1;
        v = 2 * iv_random_unit(r) - 1;
        s = u * u + v * v;
    } while (s >= 1 || s == 0);
    return u * sqrt(-2 * log(s) / s);
}

void iv_random_shuffle(iv_random *r, int64_t *values, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t j = (size_t)iv_random_below(r, i);
        int64_t keep = values[i - 1];
        values[i - 1] = values[j];
        values[j] = keep;
    }
}
