/* Ridge regression by conjugate gradients (Hestenes and Stiefel, 1952), all folds at once so that
 * the matrix is read once for all of them. With no more rows than columns the unknowns are the
 * rows' coefficients and the matrix is that of inner products, which is smaller. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "features/dense.h"
#include "features/linear_solve.h"

#define MOST_ITERATIONS 300
#define TOLERANCE 1e-6 /* of the residual, relative to the right side */

struct iv_ridge {
    const iv_linear_problem *p;
    size_t fits, size; /* size: unknowns of a fit */
    float *gram;       /* rows x rows; NULL: the unknowns are the weights */
    double *count;     /* rows of each fit */
    double *right, *solution, *residual, *direction, *image; /* fits x size */
    float *vectors;                                          /* fits x size */
    float *rows, *scratch;                                   /* rows x fits; fits x size */
};

static bool in_fit(const iv_ridge *r, size_t row, size_t f)
{
    return r->p->part[row] != (int32_t)f;
}

/* Values of rows (rows x fits): to mean 0 over the rows of each fit, and 0 elsewhere. */
static void centre(iv_ridge *r, float *values)
{
    for (size_t f = 0; f < r->fits; f++) {
        double sum = 0;
        for (size_t i = 0; i < r->p->rows; i++)
            if (in_fit(r, i, f))
                sum += values[i * r->fits + f];
        float mean = (float)(sum / r->count[f]);
        for (size_t i = 0; i < r->p->rows; i++)
            values[i * r->fits + f] = in_fit(r, i, f) ? values[i * r->fits + f] - mean : 0.0f;
    }
}

/* From values of rows to values of unknowns. */
static void gather(iv_ridge *r, double *out)
{
    const iv_linear_problem *p = r->p;
    if (!r->gram) {
        iv_dense_outer(p->x, p->rows, p->width, r->rows, r->fits, r->scratch, out);
        return;
    }
    for (size_t f = 0; f < r->fits; f++)
        for (size_t i = 0; i < p->rows; i++)
            out[f * r->size + i] = r->rows[i * r->fits + f];
}

/* Scores of all rows under the unknowns v, into r->rows. */
static void score_rows(iv_ridge *r, const double *v)
{
    const iv_linear_problem *p = r->p;
    for (size_t j = 0; j < r->fits * r->size; j++)
        r->vectors[j] = (float)v[j];
    iv_dense_scores(r->gram ? r->gram : p->x, p->rows, r->size, r->vectors, r->fits, r->rows);
}

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* out = (A + lambda) v */
static void apply(iv_ridge *r, double lambda, const double *v, double *out)
{
    score_rows(r, v);
    centre(r, r->rows);
    gather(r, out);
    for (size_t j = 0; j < r->fits * r->size; j++)
        out[j] += lambda * v[j];
}

static imgvec_status conjugate_gradients(iv_ridge *r, double lambda, imgvec_error *err)
{
    size_t n = r->size, all = r->fits * n;
    apply(r, lambda, r->solution, r->image);
    for (size_t j = 0; j < all; j++) {
        r->residual[j] = r->right[j] - r->image[j];
        r->direction[j] = r->residual[j];
    }
    for (int i = 0; i < MOST_ITERATIONS; i++) {
        bool busy = false;
        if (r->p->watch)
            IV_TRY(iv_watch_check(r->p->watch, err));
        for (size_t f = 0; f < r->fits && !busy; f++)
            busy = dot(r->residual + f * n, r->residual + f * n, n) >
                   TOLERANCE * TOLERANCE * dot(r->right + f * n, r->right + f * n, n);
        if (!busy)
            break;
        apply(r, lambda, r->direction, r->image);
        for (size_t f = 0; f < r->fits; f++) {
            double *x = r->solution + f * n, *g = r->residual + f * n, *d = r->direction + f * n;
            double *a = r->image + f * n, square = dot(g, g, n), curve = dot(d, a, n);
            if (!(square > 0) || !(curve > 0))
                continue; /* this fit is exact already */
            double step = square / curve;
            for (size_t j = 0; j < n; j++) {
                x[j] += step * d[j];
                g[j] -= step * a[j];
            }
            double turn = dot(g, g, n) / square;
            for (size_t j = 0; j < n; j++)
                d[j] = g[j] + turn * d[j];
        }
    }
    return IMGVEC_OK;
}

imgvec_status iv_ridge_solve(iv_ridge *r, double lambda, double *scores, double *bias,
                             imgvec_error *err)
{
    const iv_linear_problem *p = r->p;
    IV_TRY(conjugate_gradients(r, lambda, err));
    score_rows(r, r->solution);
    for (size_t f = 0; f < r->fits; f++) {
        double sum = 0;
        for (size_t i = 0; i < p->rows; i++)
            if (in_fit(r, i, f))
                sum += (double)p->y[i] - r->rows[i * r->fits + f];
        bias[f] = sum / r->count[f];
    }
    for (size_t j = 0; j < p->rows * r->fits; j++)
        scores[j] = r->rows[j];
    return IMGVEC_OK;
}

void iv_ridge_weights(const iv_ridge *r, double *weights)
{
    const iv_linear_problem *p = r->p;
    const double *v = r->solution + (r->fits - 1) * r->size;
    if (!r->gram) {
        memcpy(weights, v, p->width * sizeof *weights);
        return;
    }
    memset(weights, 0, p->width * sizeof *weights);
    for (size_t i = 0; i < p->rows; i++)
        for (size_t j = 0; j < p->width; j++)
            weights[j] += v[i] * p->x[i * p->width + j];
}

void iv_ridge_free(iv_ridge *r)
{
    if (!r)
        return;
    imgvec_context *ctx = r->p->ctx;
    iv_free(ctx, r->gram);
    iv_free(ctx, r->count);
    iv_free(ctx, r->right);
    iv_free(ctx, r->vectors);
    iv_free(ctx, r->rows);
    iv_free(ctx, r->scratch);
    iv_free(ctx, r);
}

static bool allocate(iv_ridge *r, bool dual)
{
    enum { VECTORS = 5 };
    const iv_linear_problem *p = r->p;
    size_t all = r->fits * r->size;
    r->gram = dual ? iv_alloc_n(p->ctx, p->rows, p->rows * sizeof *r->gram) : NULL;
    r->count = iv_calloc(p->ctx, r->fits, sizeof *r->count);
    r->right = iv_calloc(p->ctx, all, VECTORS * sizeof *r->right);
    r->vectors = iv_alloc_n(p->ctx, all, sizeof *r->vectors);
    r->rows = iv_alloc_n(p->ctx, p->rows, r->fits * sizeof *r->rows);
    r->scratch = iv_alloc_n(p->ctx, all, sizeof *r->scratch);
    if ((dual && !r->gram) || !r->count || !r->right || !r->vectors || !r->rows || !r->scratch)
        return false;
    r->solution = r->right + all;
    r->residual = r->right + 2 * all;
    r->direction = r->right + 3 * all;
    r->image = r->right + 4 * all;
    return true;
}

imgvec_status iv_ridge_new(const iv_linear_problem *p, iv_ridge **out, imgvec_error *err)
{
    bool dual = p->rows <= p->width;
    iv_ridge *r = iv_zalloc(p->ctx, sizeof *r);
    if (!r)
        return iv_fail_nomem(err);
    r->p = p;
    r->fits = (size_t)p->parts + 1;
    r->size = dual ? p->rows : p->width;
    if (!allocate(r, dual)) {
        iv_ridge_free(r);
        return iv_fail_nomem(err);
    }
    if (dual)
        iv_dense_scores(p->x, p->rows, p->width, p->x, p->rows, r->gram);
    double mean = 0; /* taken off first: float keeps the small differences of large targets */
    for (size_t i = 0; i < p->rows; i++)
        mean += p->y[i] / (double)p->rows;
    for (size_t i = 0; i < p->rows; i++)
        for (size_t f = 0; f < r->fits; f++) {
            r->count[f] += in_fit(r, i, f);
            r->rows[i * r->fits + f] = (float)(p->y[i] - mean);
        }
    centre(r, r->rows);
    gather(r, r->right);
    *out = r;
    return IMGVEC_OK;
}
