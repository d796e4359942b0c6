#include "features/text_svd.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/random.h"

#define EXTRA 10           /* columns beyond those asked for, so that the last ones are good too */
#define POWER_ITERATIONS 2 /* sharpen a spectrum that falls slowly, as that of texts does */
/* Singular values below these shares of the largest are rounding: while the range is looked for,
 * and in the result. */
#define RANGE_SHARE 1e-6
#define RANK_SHARE 1e-5

/* Rotation of rows and columns p and q that makes matrix[p][q] zero. */
static void rotate(double *m, size_t n, size_t p, size_t q, double *vectors)
{
    double apq = m[p * n + q];
    double theta = (m[q * n + q] - m[p * n + p]) / (2 * apq);
    double t = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1));
    double c = 1 / sqrt(t * t + 1), s = t * c;
    for (size_t k = 0; k < n; k++) {
        double a = m[k * n + p], b = m[k * n + q];
        m[k * n + p] = c * a - s * b;
        m[k * n + q] = s * a + c * b;
    }
    for (size_t k = 0; k < n; k++) {
        double a = m[p * n + k], b = m[q * n + k];
        m[p * n + k] = c * a - s * b;
        m[q * n + k] = s * a + c * b;
        a = vectors[p * n + k];
        b = vectors[q * n + k];
        vectors[p * n + k] = c * a - s * b;
        vectors[q * n + k] = s * a + c * b;
    }
}

static void swap_rows(double *vectors, size_t n, size_t a, size_t b)
{
    for (size_t k = 0; k < n; k++) {
        double t = vectors[a * n + k];
        vectors[a * n + k] = vectors[b * n + k];
        vectors[b * n + k] = t;
    }
}

void iv_jacobi_eigen(double *matrix, size_t n, double *values, double *vectors)
{
    enum { SWEEPS = 60 };
    double trace = 0;
    memset(vectors, 0, n * n * sizeof *vectors);
    for (size_t i = 0; i < n; i++) {
        vectors[i * n + i] = 1;
        trace += fabs(matrix[i * n + i]);
    }
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        double off = 0;
        for (size_t p = 0; p < n; p++)
            for (size_t q = p + 1; q < n; q++)
                off = fmax(off, fabs(matrix[p * n + q]));
        if (off <= 1e-15 * trace)
            break;
        for (size_t p = 0; p < n; p++)
            for (size_t q = p + 1; q < n; q++)
                if (fabs(matrix[p * n + q]) > 1e-17 * trace)
                    rotate(matrix, n, p, q, vectors);
    }
    for (size_t i = 0; i < n; i++)
        values[i] = matrix[i * n + i];
    for (size_t i = 0; i < n; i++) {
        size_t best = i;
        for (size_t k = i + 1; k < n; k++)
            if (values[k] > values[best])
                best = k;
        if (best == i)
            continue;
        double t = values[i];
        values[i] = values[best];
        values[best] = t;
        swap_rows(vectors, n, i, best);
    }
}

/* What the decomposition works with; width is a multiple of IV_LANE, unused columns are zero. */
typedef struct desk {
    imgvec_context *ctx;
    const iv_sparse *a;
    size_t width;
    float *tall;  /* rows x width */
    float *wide;  /* cols x width */
    double *gram; /* width x width each of these */
    double *vectors;
    double *values; /* width */
} desk;

/* Inner products of the columns of x (n x width). */
static void make_gram(const float *x, size_t n, size_t width, double *gram)
{
    memset(gram, 0, width * width * sizeof *gram);
    for (size_t row = 0; row < n; row++) {
        const float *v = x + row * width;
        for (size_t p = 0; p < width; p++)
            for (size_t q = p / IV_LANE * IV_LANE; q < width; q += IV_LANE)
                for (size_t i = 0; i < IV_LANE; i++)
                    gram[p * width + q + i] += (double)v[p] * (double)v[q + i];
    }
    for (size_t p = 0; p < width; p++)
        for (size_t q = p + 1; q < width; q++)
            gram[q * width + p] = gram[p * width + q];
}

/* x (n x width) times the transposed rows of `vectors`, each scaled. */
static imgvec_status turn(imgvec_context *ctx, float *x, size_t n, size_t width,
                          const double *vectors, const double *scale, imgvec_error *err)
{
    float *matrix = iv_alloc_n(ctx, width * width, sizeof *matrix); /* its rows are inputs */
    float *row = iv_alloc_n(ctx, width, sizeof *row);
    imgvec_status status = matrix && row ? IMGVEC_OK : iv_fail_nomem(err);
    for (size_t p = 0; p < width && status == IMGVEC_OK; p++)
        for (size_t q = 0; q < width; q++)
            matrix[q * width + p] = (float)(vectors[p * width + q] * scale[p]);
    for (size_t i = 0; i < n && status == IMGVEC_OK; i++) {
        memset(row, 0, width * sizeof *row);
        for (size_t q = 0; q < width; q++)
            iv_axpy(x[i * width + q], matrix + q * width, row, width);
        memcpy(x + i * width, row, width * sizeof *row);
    }
    iv_free(ctx, matrix);
    iv_free(ctx, row);
    return status;
}

/* 1 / singular value of each direction, 0 where there is none. */
static size_t inverse_roots(double *values, size_t width, double share)
{
    size_t rank = 0;
    double least = values[0] * share * share;
    for (size_t k = 0; k < width; k++) {
        bool there = values[k] > 0 && values[k] >= least;
        values[k] = there ? 1 / sqrt(values[k]) : 0;
        rank += there;
    }
    return rank;
}

/* Makes the columns of tall orthonormal. */
static imgvec_status orthonormalise(desk *d, imgvec_error *err)
{
    make_gram(d->tall, d->a->rows, d->width, d->gram);
    iv_jacobi_eigen(d->gram, d->width, d->values, d->vectors);
    inverse_roots(d->values, d->width, RANGE_SHARE);
    return turn(d->ctx, d->tall, d->a->rows, d->width, d->vectors, d->values, err);
}

static imgvec_status take(desk *d, size_t dim, float **components, size_t *found, imgvec_error *err)
{
    size_t cols = d->a->cols, width = d->width;
    make_gram(d->wide, cols, width, d->gram);
    iv_jacobi_eigen(d->gram, width, d->values, d->vectors);
    size_t rank = inverse_roots(d->values, width, RANK_SHARE);
    IV_TRY(turn(d->ctx, d->wide, cols, width, d->vectors, d->values, err));
    *found = rank < dim ? rank : dim;
    *components = iv_alloc_n(d->ctx, cols + 1, (*found + 1) * sizeof **components);
    if (!*components)
        return iv_fail_nomem(err);
    for (size_t k = 0; k < *found; k++) {
        float best = 0;
        for (size_t c = 0; c < cols; c++)
            if (fabsf(d->wide[c * width + k]) > fabsf(best))
                best = d->wide[c * width + k];
        for (size_t c = 0; c < cols; c++)
            (*components)[c * *found + k] =
                best < 0 ? -d->wide[c * width + k] : d->wide[c * width + k];
    }
    return IMGVEC_OK;
}

imgvec_status iv_svd_fit(imgvec_context *ctx, const iv_sparse *a, size_t dim, uint64_t seed,
                         float **components, size_t *found, imgvec_error *err)
{
    imgvec_status status = IMGVEC_OK;
    size_t used = dim + EXTRA;
    size_t least = a->rows < a->cols ? a->rows : a->cols;
    *components = NULL;
    *found = 0;
    used = used < least ? used : least;
    desk d = {.ctx = ctx, .a = a, .width = iv_lanes(used)};
    if (used == 0)
        return IMGVEC_OK;
    d.tall = iv_alloc_n(ctx, a->rows, d.width * sizeof *d.tall);
    d.wide = iv_calloc(ctx, a->cols, d.width * sizeof *d.wide);
    d.gram = iv_alloc_n(ctx, d.width, d.width * sizeof *d.gram);
    d.vectors = iv_alloc_n(ctx, d.width, d.width * sizeof *d.vectors);
    d.values = iv_alloc_n(ctx, d.width, sizeof *d.values);
    if (!d.tall || !d.wide || !d.gram || !d.vectors || !d.values) {
        status = iv_fail_nomem(err);
        goto done;
    }
    iv_random random;
    iv_random_seed(&random, seed, "text");
    for (size_t c = 0; c < a->cols; c++)
        for (size_t k = 0; k < used; k++)
            d.wide[c * d.width + k] = (float)iv_random_normal(&random);
    for (int i = 0; i <= POWER_ITERATIONS; i++) {
        iv_sparse_multiply(a, d.wide, d.width, d.tall);
        IV_DO(orthonormalise(&d, err));
        iv_sparse_multiply_transposed(a, d.tall, d.width, d.wide);
    }
    status = take(&d, dim, components, found, err);
done:
    iv_free(ctx, d.tall);
    iv_free(ctx, d.wide);
    iv_free(ctx, d.gram);
    iv_free(ctx, d.vectors);
    iv_free(ctx, d.values);
    return status;
}
