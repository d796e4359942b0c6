#include "model/insight_map.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/random.h"

enum { BLOCK = 8, ROUNDS = 6, SWEEPS = 30 };

typedef struct flattening {
    size_t count, width;
    float *centred; /* count x width */
    float *basis;   /* width x BLOCK */
    float *scores;  /* count x BLOCK */
} flattening;

static double centre(flattening *f, const iv_feature_rows *features, const int64_t *rows)
{
    double total = 0;
    for (size_t j = 0; j < f->width; j++) {
        double mean = 0;
        for (size_t i = 0; i < f->count; i++)
            mean += (double)features->values[(size_t)rows[i] * f->width + j];
        mean /= (double)f->count;
        for (size_t i = 0; i < f->count; i++) {
            double value = (double)features->values[(size_t)rows[i] * f->width + j] - mean;
            f->centred[i * f->width + j] = (float)value;
            total += value * value;
        }
    }
    return total;
}

/* scores = centred * basis */
static void project(flattening *f)
{
    memset(f->scores, 0, f->count * BLOCK * sizeof *f->scores);
    for (size_t i = 0; i < f->count; i++)
        for (size_t j = 0; j < f->width; j++)
            for (size_t k = 0; k < BLOCK; k++)
                f->scores[i * BLOCK + k] += f->centred[i * f->width + j] * f->basis[j * BLOCK + k];
}

/* basis = centred transposed * scores */
static void gather(flattening *f)
{
    memset(f->basis, 0, f->width * BLOCK * sizeof *f->basis);
    for (size_t i = 0; i < f->count; i++)
        for (size_t j = 0; j < f->width; j++)
            for (size_t k = 0; k < BLOCK; k++)
                f->basis[j * BLOCK + k] += f->centred[i * f->width + j] * f->scores[i * BLOCK + k];
}

static double dot(const flattening *f, size_t a, size_t b)
{
    double sum = 0;
    for (size_t j = 0; j < f->width; j++)
        sum += (double)f->basis[j * BLOCK + a] * (double)f->basis[j * BLOCK + b];
    return sum;
}

/* Makes the basis orthonormal; a direction that the others hold becomes zero. */
static void orthonormalise(flattening *f)
{
    for (size_t k = 0; k < BLOCK; k++) {
        double before = sqrt(dot(f, k, k));
        for (size_t b = 0; b < 2 * k; b++) { /* twice, for what rounding left */
            double along = dot(f, k, b % k);
            for (size_t j = 0; j < f->width; j++)
                f->basis[j * BLOCK + k] -= (float)along * f->basis[j * BLOCK + b % k];
        }
        double length = sqrt(dot(f, k, k));
        double scale = length > 1e-5 * before && length > 0 ? 1 / length : 0;
        for (size_t j = 0; j < f->width; j++)
            f->basis[j * BLOCK + k] = (float)(scale * (double)f->basis[j * BLOCK + k]);
    }
}

/* Eigenvectors of a symmetric matrix by Jacobi's rotations: a becomes diagonal. */
static void diagonalise(double a[BLOCK][BLOCK], double vectors[BLOCK][BLOCK])
{
    for (size_t i = 0; i < BLOCK; i++)
        for (size_t j = 0; j < BLOCK; j++)
            vectors[i][j] = i == j;
    for (int sweep = 0; sweep < SWEEPS; sweep++)
        for (size_t p = 0; p < BLOCK; p++)
            for (size_t q = p + 1; q < BLOCK; q++) {
                if (fabs(a[p][q]) <= 1e-15 * (fabs(a[p][p]) + fabs(a[q][q])))
                    continue;
                double angle = 0.5 * atan2(2 * a[p][q], a[q][q] - a[p][p]);
                double c = cos(angle), s = sin(angle);
                for (size_t k = 0; k < BLOCK; k++) {
                    double kp = a[k][p], kq = a[k][q];
                    a[k][p] = c * kp - s * kq;
                    a[k][q] = s * kp + c * kq;
                }
                for (size_t k = 0; k < BLOCK; k++) {
                    double pk = a[p][k], qk = a[q][k], vp = vectors[k][p], vq = vectors[k][q];
                    a[p][k] = c * pk - s * qk;
                    a[q][k] = s * pk + c * qk;
                    vectors[k][p] = c * vp - s * vq;
                    vectors[k][q] = s * vp + c * vq;
                }
            }
}

/* The column of the scores' strongest two directions, each with its largest value above 0. */
static void write_out(const flattening *f, double total, float *out, double variance[2])
{
    double a[BLOCK][BLOCK] = {{0}}, vectors[BLOCK][BLOCK];
    for (size_t i = 0; i < f->count; i++)
        for (size_t p = 0; p < BLOCK; p++)
            for (size_t q = 0; q < BLOCK; q++)
                a[p][q] += (double)f->scores[i * BLOCK + p] * (double)f->scores[i * BLOCK + q];
    diagonalise(a, vectors);
    size_t first = 0, second;
    for (size_t k = 1; k < BLOCK; k++)
        first = a[k][k] > a[first][first] ? k : first;
    second = first == 0;
    for (size_t k = 0; k < BLOCK; k++)
        second = k != first && a[k][k] > a[second][second] ? k : second;
    const size_t taken[2] = {first, second};
    for (size_t d = 0; d < 2; d++) {
        double most = 0;
        for (size_t i = 0; i < f->count; i++) {
            double value = 0;
            for (size_t k = 0; k < BLOCK; k++)
                value += (double)f->scores[i * BLOCK + k] * vectors[k][taken[d]];
            out[2 * i + d] = (float)value;
            most = fabs(value) > fabs(most) ? value : most;
        }
        for (size_t i = 0; most < 0 && i < f->count; i++)
            out[2 * i + d] = -out[2 * i + d];
        variance[d] = fmax(a[taken[d]][taken[d]], 0) / total;
    }
}

imgvec_status iv_insight_flatten(imgvec_context *ctx, const iv_feature_rows *features,
                                 const int64_t *rows, size_t count, uint64_t seed, float *out,
                                 double variance[2], imgvec_error *err)
{
    flattening f = {.count = count, .width = (size_t)features->width};
    iv_random random;
    imgvec_status status = IMGVEC_OK;
    f.centred = iv_alloc_n(ctx, count, f.width * sizeof *f.centred);
    f.basis = iv_alloc_n(ctx, f.width, BLOCK * sizeof *f.basis);
    f.scores = iv_alloc_n(ctx, count, BLOCK * sizeof *f.scores);
    if (!f.centred || !f.basis || !f.scores) {
        status = iv_fail_nomem(err);
        goto done;
    }
    memset(out, 0, 2 * count * sizeof *out);
    variance[0] = variance[1] = 0;
    double total = centre(&f, features, rows);
    if (!(total > 0) || !isfinite(total))
        goto done;
    iv_random_seed(&random, seed, "embedding map");
    for (size_t i = 0; i < f.width * BLOCK; i++)
        f.basis[i] = (float)iv_random_normal(&random);
    for (int round = 0; round < ROUNDS; round++) {
        orthonormalise(&f);
        project(&f);
        gather(&f);
    }
    orthonormalise(&f);
    project(&f);
    write_out(&f, total, out, variance);
done:
    iv_free(ctx, f.centred);
    iv_free(ctx, f.basis);
    iv_free(ctx, f.scores);
    return status;
}

double iv_insight_similarity(const iv_feature_rows *features, int64_t a, int64_t b)
{
    const float *x = features->values + (size_t)a * (size_t)features->width;
    const float *y = features->values + (size_t)b * (size_t)features->width;
    double xy = 0, xx = 0, yy = 0;
    for (int32_t j = 0; j < features->width; j++) {
        xy += (double)x[j] * (double)y[j];
        xx += (double)x[j] * (double)x[j];
        yy += (double)y[j] * (double)y[j];
    }
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : 0;
}
