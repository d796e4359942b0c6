/* Logistic regression by L-BFGS (Liu and Nocedal, 1989). The loss is the sum over rows of minus the
 * log of the true class's probability, plus lambda / 2 times the squares of the weights. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "features/dense.h"
#include "features/linear_solve.h"

#define HISTORY 8 /* pairs of step and change of gradient */
#define MOST_ITERATIONS 200
#define MOST_HALVINGS 12

typedef struct fit {
    const iv_linear_problem *p;
    int32_t held_out;
    double lambda;
    size_t size;          /* of theta */
    float *w, *scratch;   /* outputs x width */
    float *scores, *rest; /* rows x outputs: rest is probability less truth */
    double *theta, *trial, *gradient, *before, *direction; /* size each */
    double *step[HISTORY], *change[HISTORY];
    double rho[HISTORY];
    int used, newest;
} fit;

static double dot(const double *a, const double *b, size_t n)
{
    double part[4] = {0};
    size_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (size_t j = 0; j < 4; j++)
            part[j] += a[i + j] * b[i + j];
    for (; i < n; i++)
        part[0] += a[i] * b[i];
    return (part[0] + part[1]) + (part[2] + part[3]);
}

/* Loss of one row, and what its scores pull at. */
static double row_loss(const float *s, size_t k, size_t label, float *rest)
{
    if (k == 1) {
        double z = label ? s[0] : -(double)s[0];
        double p = 1 / (1 + exp(-fabs(z)));
        rest[0] = (float)((z >= 0 ? 1 - p : p) * (label ? -1 : 1));
        return z >= 0 ? -log(p) : -z - log(p);
    }
    double top = s[0], sum = 0;
    for (size_t c = 1; c < k; c++)
        top = fmax(top, s[c]);
    for (size_t c = 0; c < k; c++)
        sum += exp(s[c] - top);
    for (size_t c = 0; c < k; c++)
        rest[c] = (float)(exp(s[c] - top) / sum - (c == label));
    return log(sum) + top - s[label];
}

/* Loss at theta; its gradient. */
static double evaluate(fit *f, const double *theta, double *gradient)
{
    const iv_linear_problem *p = f->p;
    size_t n = p->rows, d = p->width, k = p->outputs;
    double loss = 0;
    for (size_t j = 0; j < k * d; j++)
        f->w[j] = (float)theta[j];
    iv_dense_scores(p->x, n, d, f->w, k, f->scores);
    for (size_t i = 0; i < n; i++) {
        for (size_t c = 0; c < k; c++)
            f->scores[i * k + c] += (float)theta[k * d + c];
        if (p->part[i] == f->held_out)
            memset(f->rest + i * k, 0, k * sizeof *f->rest);
        else
            loss += row_loss(f->scores + i * k, k, (size_t)p->y[i], f->rest + i * k);
    }
    iv_dense_outer(p->x, n, d, f->rest, k, f->scratch, gradient);
    for (size_t j = 0; j < k * d; j++) {
        loss += 0.5 * f->lambda * theta[j] * theta[j];
        gradient[j] += f->lambda * theta[j];
    }
    for (size_t c = 0; c < k; c++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += f->rest[i * k + c];
        gradient[k * d + c] = sum;
    }
    return loss;
}

/* Minus the gradient times the approximate inverse of the Hessian: the two loops. */
static void find_direction(fit *f)
{
    double alpha[HISTORY];
    size_t n = f->size;
    for (size_t j = 0; j < n; j++)
        f->direction[j] = -f->gradient[j];
    for (int i = 0; i < f->used; i++) {
        int at = (f->newest - i + HISTORY) % HISTORY;
        alpha[at] = f->rho[at] * dot(f->step[at], f->direction, n);
        for (size_t j = 0; j < n; j++)
            f->direction[j] -= alpha[at] * f->change[at][j];
    }
    double scale = 1 / fmax(1, sqrt(dot(f->gradient, f->gradient, n)));
    if (f->used) {
        const double *y = f->change[f->newest];
        scale = 1 / (f->rho[f->newest] * dot(y, y, n));
    }
    for (size_t j = 0; j < n; j++)
        f->direction[j] *= scale;
    for (int i = f->used - 1; i >= 0; i--) {
        int at = (f->newest - i + HISTORY) % HISTORY;
        double beta = f->rho[at] * dot(f->change[at], f->direction, n);
        for (size_t j = 0; j < n; j++)
            f->direction[j] += (alpha[at] - beta) * f->step[at][j];
    }
}

/* Remembers a step, unless rounding took its curvature. */
static void remember(fit *f)
{
    int at = f->used ? (f->newest + 1) % HISTORY : 0;
    double *s = f->step[at], *y = f->change[at];
    for (size_t j = 0; j < f->size; j++) {
        s[j] = f->trial[j] - f->theta[j];
        y[j] = f->gradient[j] - f->before[j];
    }
    double curvature = dot(s, y, f->size);
    if (!(curvature > 1e-12 * dot(y, y, f->size)))
        return;
    f->rho[at] = 1 / curvature;
    f->newest = at;
    if (f->used < HISTORY)
        f->used++;
}

static imgvec_status minimise(fit *f, double tolerance, imgvec_error *err)
{
    const iv_linear_problem *p = f->p;
    size_t bytes = f->size * sizeof(double);
    double enough = tolerance * sqrt((double)p->rows * (double)p->outputs * (double)p->width);
    double loss = evaluate(f, f->theta, f->gradient);
    for (int i = 0; i < MOST_ITERATIONS; i++) {
        if (p->watch)
            IV_TRY(iv_watch_check(p->watch, err));
        if (dot(f->gradient, f->gradient, f->size) <= enough * enough)
            break;
        find_direction(f);
        double slope = dot(f->gradient, f->direction, f->size), length = 1, next = INFINITY;
        memcpy(f->before, f->gradient, bytes);
        int halvings = 0;
        for (; halvings < MOST_HALVINGS; halvings++, length *= 0.5) {
            for (size_t j = 0; j < f->size; j++)
                f->trial[j] = f->theta[j] + length * f->direction[j];
            next = evaluate(f, f->trial, f->gradient);
            if (next <= loss + 1e-4 * length * slope)
                break;
        }
        if (halvings == MOST_HALVINGS)
            break; /* as far as float32 can tell, this is the bottom */
        remember(f);
        memcpy(f->theta, f->trial, bytes);
        loss = next;
    }
    return IMGVEC_OK;
}

imgvec_status iv_logistic_solve(const iv_linear_problem *p, int32_t held_out, double lambda,
                                double tolerance, double *theta, float *scores, imgvec_error *err)
{
    enum { VECTORS = 4 + 2 * HISTORY };
    size_t k = p->outputs, weights = k * p->width, size = weights + k;
    fit f = {.p = p, .held_out = held_out, .lambda = lambda, .size = size};
    imgvec_status status = IMGVEC_OK;
    f.theta = theta;
    f.scores = scores;
    f.w = iv_alloc_n(p->ctx, weights, sizeof *f.w);
    f.scratch = iv_alloc_n(p->ctx, weights, sizeof *f.scratch);
    f.rest = iv_alloc_n(p->ctx, p->rows, k * sizeof *f.rest);
    double *room = iv_alloc_n(p->ctx, size, VECTORS * sizeof *room);
    if (!f.w || !f.scratch || !f.rest || !room) {
        status = iv_fail_nomem(err);
        goto done;
    }
    f.trial = room;
    f.gradient = room + size;
    f.before = room + 2 * size;
    f.direction = room + 3 * size;
    for (size_t i = 0; i < HISTORY; i++) {
        f.step[i] = room + (4 + 2 * i) * size;
        f.change[i] = room + (5 + 2 * i) * size;
    }
    IV_DO(minimise(&f, tolerance, err));
    /* The last trial may be another point than the last that was accepted. */
    evaluate(&f, theta, f.gradient);
done:
    iv_free(p->ctx, f.w);
    iv_free(p->ctx, f.scratch);
    iv_free(p->ctx, f.rest);
    iv_free(p->ctx, room);
    return status;
}
