/* Seeded problems for linear models, and ridge regression by the normal equations and Gaussian
 * elimination, all in double: the answer that the library's must come to. */
#ifndef LINEAR_SUPPORT_H
#define LINEAR_SUPPORT_H

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/random.h"
#include "test.h"

/* x standard normal, y = 3 + the sum of (j + 1) / 4 * x[j] over the first four columns + noise. */
static inline void draw_problem(uint64_t seed, size_t n, size_t d, double noise, float *x, float *y)
{
    iv_random r;
    iv_random_seed(&r, seed, "linear");
    for (size_t i = 0; i < n; i++) {
        double sum = 3 + noise * iv_random_normal(&r);
        for (size_t j = 0; j < d; j++) {
            x[i * d + j] = (float)iv_random_normal(&r);
            if (j < 4)
                sum += (double)(j + 1) / 4 * x[i * d + j];
        }
        y[i] = (float)sum;
    }
}

/* Minimises the sum over rows whose part is not `out` of (y - x w - bias)^2, plus lambda w^2. part
 * NULL: of all rows. */
static inline void solve_ridge(const double *x, const float *y, const int32_t *part, int32_t out,
                               size_t n, size_t d, double lambda, double *w, double *bias)
{
    double *mean = calloc(d + 1, sizeof *mean), count = 0, *a = calloc(d, (d + 1) * sizeof *a);
    for (size_t i = 0; i < n; i++) {
        if (part && part[i] == out)
            continue;
        count++;
        mean[d] += y[i];
        for (size_t j = 0; j < d; j++)
            mean[j] += x[i * d + j];
    }
    for (size_t j = 0; j <= d; j++)
        mean[j] /= count;
    for (size_t i = 0; i < n; i++) {
        if (part && part[i] == out)
            continue;
        for (size_t j = 0; j < d; j++) {
            double off = x[i * d + j] - mean[j];
            for (size_t k = 0; k < d; k++)
                a[j * (d + 1) + k] += off * (x[i * d + k] - mean[k]);
            a[j * (d + 1) + d] += off * (y[i] - mean[d]);
        }
    }
    for (size_t j = 0; j < d; j++)
        a[j * (d + 1) + j] += lambda;
    for (size_t p = 0; p < d; p++) /* positive definite: no pivoting is needed */
        for (size_t j = 0; j < d; j++) {
            double factor = a[j * (d + 1) + p] / a[p * (d + 1) + p];
            for (size_t k = p; j != p && k <= d; k++)
                a[j * (d + 1) + k] -= factor * a[p * (d + 1) + k];
        }
    *bias = mean[d];
    for (size_t j = 0; j < d; j++) {
        w[j] = a[j * (d + 1) + d] / a[j * (d + 1) + j];
        *bias -= w[j] * mean[j];
    }
    free(mean);
    free(a);
}

static inline void check_near(double value, double expected, double tolerance, const char *what,
                              size_t at)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%s %zu: %.9g, not %.9g", what, at, value, expected);
}

#endif
