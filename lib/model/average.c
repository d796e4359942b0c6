#include "model/average.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "io/safetensors.h"

#define PART "average.safetensors"

void iv_average_free(imgvec_context *ctx, iv_average *a)
{
    iv_free(ctx, a->mean);
    iv_free(ctx, a->deviation);
    memset(a, 0, sizeof *a);
}

static void measure(const float *x, size_t rows, size_t width, float *mean, float *deviation)
{
    double sum = 0, squares = 0;
    size_t there = 0;
    for (size_t i = 0; i < rows; i++)
        if (!isnan(x[i * width])) {
            sum += x[i * width];
            there++;
        }
    double middle = there ? sum / (double)there : 0;
    for (size_t i = 0; i < rows; i++)
        if (!isnan(x[i * width]))
            squares += (x[i * width] - middle) * (x[i * width] - middle);
    *mean = (float)middle;
    *deviation = (float)(there ? sqrt(squares / (double)there) : 0);
}

imgvec_status iv_average_make(imgvec_context *ctx, const float *x, size_t rows, size_t width,
                              iv_average *out, imgvec_error *err)
{
    *out = (iv_average){.width = width};
    out->mean = iv_alloc_n(ctx, width + 1, sizeof *out->mean);
    out->deviation = iv_alloc_n(ctx, width + 1, sizeof *out->deviation);
    if (!out->mean || !out->deviation) {
        iv_average_free(ctx, out);
        return iv_fail_nomem(err);
    }
    for (size_t j = 0; j < width; j++)
        measure(x + j, rows, width, &out->mean[j], &out->deviation[j]);
    return IMGVEC_OK;
}

imgvec_status iv_average_put(iv_bundle *b, const iv_average *a, imgvec_error *err)
{
    iv_tensors *set;
    void *data = NULL;
    size_t size;
    imgvec_status status = IMGVEC_OK;
    const int64_t shape = (int64_t)a->width;
    if (a->width == 0)
        return IMGVEC_OK;
    IV_TRY(iv_tensors_new(b->ctx, &set, err));
    IV_DO(iv_tensors_put(set, "mean", 1, &shape, a->mean, err));
    IV_DO(iv_tensors_put(set, "deviation", 1, &shape, a->deviation, err));
    IV_DO(iv_safetensors_bytes(b->ctx, set, &data, &size, err));
    status = iv_bundle_add(b, PART, data, size, err);
done:
    iv_tensors_free(set);
    return status;
}

imgvec_status iv_average_get(const iv_bundle *b, size_t width, iv_average *out, imgvec_error *err)
{
    const iv_part *part = iv_bundle_find(b, PART);
    const int64_t shape = (int64_t)width;
    iv_tensors *set;
    imgvec_status status = IMGVEC_OK;
    *out = (iv_average){0};
    if (!part)
        return IMGVEC_OK;
    IV_TRY(iv_safetensors_parse(b->ctx, PART, part->data, part->size, 0, &set, err));
    IV_DO(iv_tensors_take(set, "mean", 1, &shape, &out->mean, err));
    IV_DO(iv_tensors_take(set, "deviation", 1, &shape, &out->deviation, err));
    out->width = width;
    for (size_t j = 0; j < width && status == IMGVEC_OK; j++)
        if (!(out->deviation[j] >= 0))
            status = iv_fail(err, IMGVEC_ERR_FORMAT, "tensor deviation: value %zu is negative", j);
done:
    iv_tensors_free(set);
    if (status != IMGVEC_OK)
        iv_average_free(b->ctx, out);
    return iv_prefix(err, status, "part %s", PART);
}
