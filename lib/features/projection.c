#include "features/projection.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

void iv_projection_free(imgvec_context *ctx, iv_projection *p)
{
    iv_free(ctx, p->mean);
    iv_free(ctx, p->scale);
    iv_free(ctx, p->components);
    iv_free(ctx, p->variance);
    memset(p, 0, sizeof *p);
}

void iv_projection_identity(iv_projection *p, int32_t width)
{
    memset(p, 0, sizeof *p);
    p->width = p->dim = width;
}

static imgvec_status allocate(imgvec_context *ctx, iv_projection *p, int32_t width, int32_t dim,
                              imgvec_error *err)
{
    memset(p, 0, sizeof *p);
    p->width = width;
    p->dim = dim;
    p->mean = iv_calloc(ctx, (size_t)width, sizeof(float));
    p->scale = iv_calloc(ctx, (size_t)width, sizeof(float));
    p->components = iv_calloc(ctx, (size_t)dim * (size_t)width, sizeof(float));
    p->variance = iv_calloc(ctx, (size_t)dim, sizeof(float));
    if (p->mean && p->scale && p->components && p->variance)
        return IMGVEC_OK;
    iv_projection_free(ctx, p);
    return iv_fail_nomem(err);
}

int32_t iv_projection_limit(const float *values, int32_t width, const int64_t *rows, size_t count)
{
    size_t usable = 0;
    for (size_t i = 0; i < count; i++)
        usable += !isnan(values[(size_t)rows[i] * (size_t)width]);
    if (usable < 2)
        return 0;
    return usable - 1 < (size_t)width ? (int32_t)(usable - 1) : width;
}

/* Copies the usable rows together; returns how many. */
static size_t gather(const float *values, const int64_t *rows, size_t count, size_t width,
                     float *out)
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        const float *row = values + (size_t)rows[i] * width;
        if (!isnan(row[0]))
            memcpy(out + used++ * width, row, width * sizeof *row);
    }
    return used;
}

/* Centres and scales x in place; fills mean and scale. */
static void standardise(float *x, size_t n, const int32_t *blocks, size_t block_count, double *sums,
                        iv_projection *p)
{
    size_t width = (size_t)p->width;
    memset(sums, 0, width * sizeof *sums);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < width; k++)
            sums[k] += x[i * width + k];
    for (size_t k = 0; k < width; k++)
        p->mean[k] = (float)(sums[k] / (double)n);
    memset(sums, 0, width * sizeof *sums);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < width; k++) {
            float centred = x[i * width + k] - p->mean[k];
            x[i * width + k] = centred;
            sums[k] += (double)centred * centred;
        }
    size_t at = 0;
    for (size_t b = 0; b < block_count; b++) {
        double total = 0;
        for (int32_t k = 0; k < blocks[b]; k++)
            total += sums[at + (size_t)k] / (double)(n - 1);
        float scale = block_count > 1 && total > 0 ? (float)(1 / sqrt(total)) : 1.0f;
        for (int32_t k = 0; k < blocks[b]; k++)
            p->scale[at++] = scale;
        p->total_variance += total * scale * scale;
    }
    if (block_count > 1)
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < width; k++)
                x[i * width + k] *= p->scale[k];
}

/* Eigenvectors of the covariance of x itself: for more rows than columns. */
static imgvec_status primal(imgvec_context *ctx, const iv_executor *executor, const float *x,
                            size_t n, int32_t threads, iv_projection *p, imgvec_error *err)
{
    size_t width = (size_t)p->width;
    imgvec_status status = IMGVEC_OK;
    double *zero = iv_calloc(ctx, width, sizeof *zero);
    double *matrix = iv_alloc_n(ctx, width * width, sizeof *matrix);
    double *vectors = iv_alloc_n(ctx, width * width, sizeof *vectors);
    double *values = iv_alloc_n(ctx, width, sizeof *values);
    if (!zero || !matrix || !vectors || !values) {
        status = iv_fail_nomem(err);
        goto done;
    }
    IV_DO(executor->gram(x, n, width, zero, threads, matrix, err));
    IV_DO(executor->eigh(matrix, width, threads, values, vectors, err));
    for (int32_t d = 0; d < p->dim; d++) {
        p->variance[d] = (float)(fmax(values[d], 0) / (double)(n - 1));
        for (size_t k = 0; k < width; k++)
            p->components[(size_t)d * width + k] = (float)vectors[(size_t)d * width + k];
    }
done:
    iv_free(ctx, zero);
    iv_free(ctx, matrix);
    iv_free(ctx, vectors);
    iv_free(ctx, values);
    return status;
}

/* The same through the n x n matrix of inner products, which is smaller when there are fewer
 * rows than columns: v = X^T u / sqrt(lambda). */
static imgvec_status dual(imgvec_context *ctx, const iv_executor *executor, const float *x,
                          size_t n, int32_t threads, iv_projection *p, imgvec_error *err)
{
    size_t width = (size_t)p->width;
    imgvec_status status = IMGVEC_OK;
    float *turned = iv_alloc_n(ctx, width * n, sizeof *turned);
    double *zero = iv_calloc(ctx, n, sizeof *zero);
    double *matrix = iv_alloc_n(ctx, n * n, sizeof *matrix);
    double *vectors = iv_alloc_n(ctx, n * n, sizeof *vectors);
    double *values = iv_alloc_n(ctx, n, sizeof *values);
    double *sum = iv_alloc_n(ctx, width, sizeof *sum);
    if (!turned || !zero || !matrix || !vectors || !values || !sum) {
        status = iv_fail_nomem(err);
        goto done;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < width; k++)
            turned[k * n + i] = x[i * width + k];
    IV_DO(executor->gram(turned, width, n, zero, threads, matrix, err));
    IV_DO(executor->eigh(matrix, n, threads, values, vectors, err));
    for (int32_t d = 0; d < p->dim; d++) {
        double lambda = fmax(values[d], 0), length = 0;
        p->variance[d] = (float)(lambda / (double)(n - 1));
        memset(sum, 0, width * sizeof *sum);
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < width; k++)
                sum[k] += vectors[(size_t)d * n + i] * x[i * width + k];
        for (size_t k = 0; k < width; k++)
            length += sum[k] * sum[k];
        /* A direction without variance has no defined vector: leave it at zero. */
        double factor = length > 0 && lambda > 1e-12 * values[0] ? 1 / sqrt(length) : 0;
        for (size_t k = 0; k < width; k++)
            p->components[(size_t)d * width + k] = (float)(sum[k] * factor);
    }
done:
    iv_free(ctx, turned);
    iv_free(ctx, zero);
    iv_free(ctx, matrix);
    iv_free(ctx, vectors);
    iv_free(ctx, values);
    iv_free(ctx, sum);
    return status;
}

static void fix_signs(iv_projection *p)
{
    size_t width = (size_t)p->width;
    for (int32_t d = 0; d < p->dim; d++) {
        float *row = p->components + (size_t)d * width, best = 0;
        for (size_t k = 0; k < width; k++)
            if (fabsf(row[k]) > fabsf(best))
                best = row[k];
        for (size_t k = 0; best < 0 && k < width; k++)
            row[k] = -row[k];
    }
}

imgvec_status iv_projection_fit(imgvec_context *ctx, const iv_executor *executor,
                                const float *values, const int64_t *rows, size_t count,
                                const int32_t *blocks, size_t block_count, int32_t dim,
                                int32_t threads, iv_projection *out, imgvec_error *err)
{
    int32_t width = 0;
    for (size_t b = 0; b < block_count; b++)
        width += blocks[b];
    imgvec_status status = IMGVEC_OK;
    float *x = iv_alloc_n(ctx, count ? count : 1, (size_t)width * sizeof *x);
    double *sums = iv_alloc_n(ctx, (size_t)width, sizeof *sums);
    memset(out, 0, sizeof *out);
    if (!x || !sums) {
        status = iv_fail_nomem(err);
        goto done;
    }
    int32_t limit = iv_projection_limit(values, width, rows, count);
    if (dim > limit) {
        status = iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                         "option dim: %d is above the limit of %d (the smaller of the features of "
                         "the backbone and the usable training images less one)",
                         (int)dim, (int)limit);
        goto done;
    }
    size_t n = gather(values, rows, count, (size_t)width, x);
    IV_DO(allocate(ctx, out, width, dim, err));
    standardise(x, n, blocks, block_count, sums, out);
    IV_DO(n > (size_t)width ? primal(ctx, executor, x, n, threads, out, err)
                            : dual(ctx, executor, x, n, threads, out, err));
    fix_signs(out);
done:
    iv_free(ctx, x);
    iv_free(ctx, sums);
    if (status != IMGVEC_OK)
        iv_projection_free(ctx, out);
    return status;
}

void iv_projection_apply(const iv_projection *p, const float *values, float *out)
{
    size_t width = (size_t)p->width;
    if (!p->components) {
        memcpy(out, values, width * sizeof *out);
        return;
    }
    for (int32_t d = 0; d < p->dim; d++) {
        const float *row = p->components + (size_t)d * width;
        /* Eight partial sums: fast, and the same order for every row. */
        float part[8] = {0};
        size_t k = 0;
        for (; k + 8 <= width; k += 8)
            for (size_t i = 0; i < 8; i++)
                part[i] += (values[k + i] - p->mean[k + i]) * p->scale[k + i] * row[k + i];
        for (; k < width; k++)
            part[k & 7] += (values[k] - p->mean[k]) * p->scale[k] * row[k];
        out[d] = ((part[0] + part[1]) + (part[2] + part[3])) +
                 ((part[4] + part[5]) + (part[6] + part[7]));
    }
}

imgvec_status iv_projection_to_tensors(imgvec_context *ctx, const iv_projection *p,
                                       iv_tensors **out, imgvec_error *err)
{
    iv_tensors *set = NULL;
    imgvec_status status = iv_tensors_new(ctx, &set, err);
    char *width = iv_format(ctx, "%d", (int)p->width);
    if (status == IMGVEC_OK && !width)
        status = iv_fail_nomem(err);
    if (status != IMGVEC_OK)
        goto done;
    IV_DO(iv_tensors_set_meta(set, "kind", p->components ? "pca" : "identity", err));
    IV_DO(iv_tensors_set_meta(set, "width", width, err));
    if (p->components) {
        const int64_t shape[2] = {p->dim, p->width};
        IV_DO(iv_tensors_put(set, "mean", 1, shape + 1, p->mean, err));
        IV_DO(iv_tensors_put(set, "scale", 1, shape + 1, p->scale, err));
        IV_DO(iv_tensors_put(set, "components", 2, shape, p->components, err));
        IV_DO(iv_tensors_put(set, "variance", 1, shape, p->variance, err));
    }
done:
    iv_free(ctx, width);
    if (status == IMGVEC_OK)
        *out = set;
    else
        iv_tensors_free(set);
    return status;
}

imgvec_status iv_projection_from_tensors(imgvec_context *ctx, const iv_tensors *set,
                                         iv_projection *out, imgvec_error *err)
{
    const char *kind = iv_tensors_meta(set, "kind"), *text = iv_tensors_meta(set, "width");
    const iv_tensor *components = iv_tensors_find(set, "components");
    int64_t width = 0;
    if (!kind || !text || !iv_parse_i64(text, strlen(text), &width) || width < 1 ||
        width > INT32_MAX)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "no sound kind and width");
    if (strcmp(kind, "identity") == 0) {
        iv_projection_identity(out, (int32_t)width);
        return IMGVEC_OK;
    }
    if (strcmp(kind, "pca") != 0 || !components || components->rank != 2 ||
        components->shape[0] < 1 || components->shape[0] > width)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "tensor components is missing or misshapen");
    const int64_t shape[2] = {components->shape[0], width};
    memset(out, 0, sizeof *out);
    out->width = (int32_t)width;
    out->dim = (int32_t)shape[0];
    imgvec_status status = IMGVEC_OK;
    IV_DO(iv_tensors_take(set, "mean", 1, shape + 1, &out->mean, err));
    IV_DO(iv_tensors_take(set, "scale", 1, shape + 1, &out->scale, err));
    IV_DO(iv_tensors_take(set, "components", 2, shape, &out->components, err));
    IV_DO(iv_tensors_take(set, "variance", 1, shape, &out->variance, err));
done:
    if (status != IMGVEC_OK)
        iv_projection_free(ctx, out);
    return status;
}
