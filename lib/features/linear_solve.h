/* The two solvers behind iv_linear_fit. A problem is one standardised matrix and several parts
 * of its rows, each of which is held out of one fit; the last fit holds nothing out. */
#ifndef IV_FEATURES_LINEAR_SOLVE_H
#define IV_FEATURES_LINEAR_SOLVE_H

#include "features/linear.h"

typedef struct iv_linear_problem {
    imgvec_context *ctx;
    const float *x; /* rows x width, standardised */
    size_t rows, width;
    const float *y;
    size_t outputs;
    int32_t parts;
    const int32_t *part; /* of each row: 0 .. parts - 1 */
    iv_watch *watch;
} iv_linear_problem;

/* Ridge regression, all parts + 1 fits at once. Each penalty goes on from where the one before it
 * left the fits. */
typedef struct iv_ridge iv_ridge;
imgvec_status iv_ridge_new(const iv_linear_problem *p, iv_ridge **out, imgvec_error *err);
/* scores (rows x (parts + 1)): without bias, of every row under every fit; bias: of each fit. */
imgvec_status iv_ridge_solve(iv_ridge *r, double lambda, double *scores, double *bias,
                             imgvec_error *err);
/* weights[width] of the fit that held nothing out. */
void iv_ridge_weights(const iv_ridge *r, double *weights);
void iv_ridge_free(iv_ridge *r); /* NULL is accepted */

/* Logistic regression of one fit by L-BFGS (Liu and Nocedal, 1989), starting from what theta
 * (outputs x width weights, then the biases) holds. held_out: the part that does not count; parts:
 * none. scores (rows x outputs): of all rows, with the bias. tolerance: the gradient's length where
 * it ends, over the square root of rows x outputs x width, which chance alone would give. */
imgvec_status iv_logistic_solve(const iv_linear_problem *p, int32_t held_out, double lambda,
                                double tolerance, double *theta, float *scores, imgvec_error *err);

#endif
