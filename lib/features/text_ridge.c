#include "features/text_ridge.h"

#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

#define PENALTY 1.0f
#define ITERATIONS 40
#define ENOUGH 1e-8 /* of the squared residual at the start */
#define AT_ONCE 8   /* outputs: what bounds the memory for many classes */

/* Problems that are solved side by side, one in each lane: for each output one for each fold, which
 * leaves the fold's rows out, and one for all rows. */
typedef struct desk {
    imgvec_context *ctx;
    const iv_sparse *a;
    const float *y;
    size_t outputs, first, count; /* outputs first..first + count - 1 of all */
    const int32_t *fold;
    size_t folds, width;
    float *tall;                         /* rows x width */
    float *weights, *residual;           /* cols x width each */
    float *direction, *image;            /* likewise */
    double *mean, *old, *fresh, *factor; /* width each */
} desk;

static size_t lane_of(const desk *d, size_t output, size_t fold)
{
    return output * (d->folds + 1) + fold;
}

static bool left_out(const desk *d, size_t row, size_t lane)
{
    return lane % (d->folds + 1) == (size_t)d->fold[row];
}

/* What the rows that a lane leaves out have in tall is taken away. */
static void mask(const desk *d)
{
    for (size_t row = 0; row < d->a->rows; row++)
        for (size_t o = 0; o < d->count; o++)
            d->tall[row * d->width + lane_of(d, o, (size_t)d->fold[row])] = 0;
}

/* out[lane] = sum of x * y over the columns */
static void dots(const desk *d, const float *x, const float *y, double *out)
{
    memset(out, 0, d->width * sizeof *out);
    for (size_t c = 0; c < d->a->cols; c++)
        for (size_t k = 0; k < d->width; k++)
            out[k] += (double)x[c * d->width + k] * (double)y[c * d->width + k];
}

static void start(desk *d)
{
    size_t rows = d->a->rows, lanes = d->count * (d->folds + 1);
    memset(d->mean, 0, d->width * sizeof *d->mean);
    memset(d->tall, 0, rows * d->width * sizeof *d->tall);
    for (size_t lane = 0; lane < lanes; lane++) {
        size_t output = d->first + lane / (d->folds + 1), n = 0;
        for (size_t row = 0; row < rows; row++)
            if (!left_out(d, row, lane)) {
                d->mean[lane] += (double)d->y[row * d->outputs + output];
                n++;
            }
        d->mean[lane] /= n ? (double)n : 1;
        for (size_t row = 0; row < rows; row++)
            if (!left_out(d, row, lane))
                d->tall[row * d->width + lane] =
                    (float)((double)d->y[row * d->outputs + output] - d->mean[lane]);
    }
    size_t size = d->a->cols * d->width * sizeof(float);
    iv_sparse_multiply_transposed(d->a, d->tall, d->width, d->residual);
    memcpy(d->direction, d->residual, size);
    memset(d->weights, 0, size);
    dots(d, d->residual, d->residual, d->old);
}

/* One step along the direction; the next one into it. */
static void advance(desk *d)
{
    size_t width = d->width, cols = d->a->cols;
    iv_sparse_multiply(d->a, d->direction, width, d->tall);
    mask(d);
    iv_sparse_multiply_transposed(d->a, d->tall, width, d->image);
    iv_axpy(PENALTY, d->direction, d->image, cols * width);
    dots(d, d->direction, d->image, d->factor);
    for (size_t k = 0; k < width; k++)
        d->factor[k] = d->factor[k] > 0 ? d->old[k] / d->factor[k] : 0;
    for (size_t c = 0; c < cols; c++)
        for (size_t k = 0; k < width; k++) {
            d->weights[c * width + k] += (float)d->factor[k] * d->direction[c * width + k];
            d->residual[c * width + k] -= (float)d->factor[k] * d->image[c * width + k];
        }
    dots(d, d->residual, d->residual, d->fresh);
    for (size_t k = 0; k < width; k++) {
        d->factor[k] = d->old[k] > 0 ? d->fresh[k] / d->old[k] : 0;
        d->old[k] = d->fresh[k];
    }
    for (size_t c = 0; c < cols; c++)
        for (size_t k = 0; k < width; k++)
            d->direction[c * width + k] =
                d->residual[c * width + k] + (float)d->factor[k] * d->direction[c * width + k];
}

static void solve(desk *d)
{
    double most = 0, left;
    start(d);
    for (size_t k = 0; k < d->width; k++)
        most = d->old[k] > most ? d->old[k] : most;
    left = most;
    for (int i = 0; i < ITERATIONS && left > ENOUGH * most; i++) {
        advance(d);
        left = 0;
        for (size_t k = 0; k < d->width; k++)
            left = d->old[k] > left ? d->old[k] : left;
    }
}

static void take(desk *d, iv_text_ridge *out)
{
    iv_sparse_multiply(d->a, d->weights, d->width, d->tall);
    for (size_t o = 0; o < d->count; o++) {
        size_t whole = lane_of(d, o, d->folds), output = d->first + o;
        out->intercept[output] = (float)d->mean[whole];
        for (size_t c = 0; c < d->a->cols; c++)
            out->weights[c * d->outputs + output] = d->weights[c * d->width + whole];
        for (size_t row = 0; row < d->a->rows; row++) {
            size_t lane = lane_of(d, o, (size_t)d->fold[row]);
            out->out[row * d->outputs + output] =
                (float)(d->mean[lane] + (double)d->tall[row * d->width + lane]);
        }
    }
}

static void desk_free(desk *d)
{
    float *const floats[] = {d->tall, d->weights, d->residual, d->direction, d->image};
    double *const doubles[] = {d->mean, d->old, d->fresh, d->factor};
    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++)
        iv_free(d->ctx, floats[i]);
    for (size_t i = 0; i < sizeof doubles / sizeof *doubles; i++)
        iv_free(d->ctx, doubles[i]);
}

static imgvec_status desk_make(desk *d, imgvec_error *err)
{
    size_t most = d->outputs < AT_ONCE ? d->outputs : AT_ONCE;
    size_t width = iv_lanes(most * (d->folds + 1)), cols = d->a->cols;
    d->tall = iv_alloc_n(d->ctx, d->a->rows + 1, width * sizeof(float));
    d->weights = iv_alloc_n(d->ctx, cols + 1, width * sizeof(float));
    d->residual = iv_alloc_n(d->ctx, cols + 1, width * sizeof(float));
    d->direction = iv_alloc_n(d->ctx, cols + 1, width * sizeof(float));
    d->image = iv_alloc_n(d->ctx, cols + 1, width * sizeof(float));
    d->mean = iv_alloc_n(d->ctx, width, sizeof(double));
    d->old = iv_alloc_n(d->ctx, width, sizeof(double));
    d->fresh = iv_alloc_n(d->ctx, width, sizeof(double));
    d->factor = iv_alloc_n(d->ctx, width, sizeof(double));
    bool ok = d->tall && d->weights && d->residual && d->direction && d->image && d->mean &&
              d->old && d->fresh && d->factor;
    return ok ? IMGVEC_OK : iv_fail_nomem(err);
}

void iv_text_ridge_free(imgvec_context *ctx, iv_text_ridge *r)
{
    iv_free(ctx, r->weights);
    iv_free(ctx, r->intercept);
    iv_free(ctx, r->out);
    memset(r, 0, sizeof *r);
}

imgvec_status iv_text_ridge_fit(imgvec_context *ctx, const iv_sparse *a, const float *y,
                                size_t outputs, const int32_t *fold, int32_t folds,
                                iv_text_ridge *out, imgvec_error *err)
{
    desk d = {.ctx = ctx, .a = a, .y = y, .outputs = outputs, .fold = fold, .folds = (size_t)folds};
    out->weights = iv_alloc_n(ctx, a->cols + 1, (outputs + 1) * sizeof(float));
    out->intercept = iv_alloc_n(ctx, outputs + 1, sizeof(float));
    out->out = iv_alloc_n(ctx, a->rows + 1, (outputs + 1) * sizeof(float));
    imgvec_status status =
        out->weights && out->intercept && out->out ? desk_make(&d, err) : iv_fail_nomem(err);
    for (d.first = 0; d.first < outputs && status == IMGVEC_OK; d.first += d.count) {
        d.count = outputs - d.first < AT_ONCE ? outputs - d.first : AT_ONCE;
        d.width = iv_lanes(d.count * (d.folds + 1));
        solve(&d);
        take(&d, out);
    }
    desk_free(&d);
    if (status != IMGVEC_OK)
        iv_text_ridge_free(ctx, out);
    return status;
}
