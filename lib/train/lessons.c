#include "train/lessons.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/jobs.h"
#include "base/mem.h"
#include "image/mix.h"
#include "image/preprocess.h"
#include "table/cell_images.h"
#include "train/targets.h"

int32_t iv_lessons_outputs(const iv_lessons *l)
{
    return l->class_count > 0 ? l->class_count : 1;
}

void iv_lessons_order(const iv_lessons *l, uint64_t epoch, int64_t *order)
{
    iv_random r;
    char stream[40];
    snprintf(stream, sizeof stream, "epoch %llu", (unsigned long long)epoch);
    for (size_t i = 0; i < l->count; i++)
        order[i] = (int64_t)i;
    iv_random_seed(&r, l->seed, stream);
    iv_random_shuffle(&r, order, l->count);
}

static imgvec_status count_images(const iv_lessons *l, int64_t row, uint64_t *out,
                                  imgvec_error *err)
{
    iv_cell_images images;
    *out = 0;
    IV_TRY(iv_cell_images_begin(l->ds, l->column, row, &images, err));
    while (iv_cell_images_next(&images))
        ++*out;
    return IMGVEC_OK;
}

/* The image of a cell whose turn it is, or where that one cannot be used the next that can. */
static imgvec_status decode(const iv_lessons *l, int64_t row, uint64_t epoch, iv_image *out,
                            imgvec_error *err)
{
    uint64_t count;
    IV_TRY(count_images(l, row, &count, err));
    imgvec_status status = IMGVEC_ERR_NOT_FOUND;
    iv_fail(err, status, "no image");
    for (uint64_t k = 0; k < count && status != IMGVEC_OK; k++) {
        uint64_t wanted = (epoch + (uint64_t)row + k) % count;
        iv_cell_images images;
        IV_TRY(iv_cell_images_begin(l->ds, l->column, row, &images, err));
        for (uint64_t i = 0; iv_cell_images_next(&images); i++)
            if (i == (epoch ? wanted : k)) {
                status = iv_cell_images_decode(&images, out, NULL, err);
                break;
            }
        if (status == IMGVEC_ERR_NO_MEMORY || status == IMGVEC_ERR_CANCELLED)
            return status;
    }
    return status;
}

/* Augmentations see an image whose shorter side is what the network's preprocessing makes it:
 * their cost does not grow with the camera, and their sizes mean the same for every image. */
static imgvec_status shrink(const iv_lessons *l, iv_image *image, imgvec_error *err)
{
    int32_t side = image->width < image->height ? image->width : image->height;
    int32_t to = l->input.resize;
    iv_image small;
    if (side <= to)
        return IMGVEC_OK;
    int32_t width = (int32_t)((int64_t)image->width * to / side);
    int32_t height = (int32_t)((int64_t)image->height * to / side);
    IV_TRY(iv_resize(l->ctx, image, width, height,
                     l->input.bicubic ? IV_FILTER_BICUBIC : IV_FILTER_BILINEAR, &small, err));
    iv_image_free(l->ctx, image);
    *image = small;
    return IMGVEC_OK;
}

static imgvec_status augment(const iv_lessons *l, int64_t row, uint64_t epoch, iv_image *image,
                             imgvec_error *err)
{
    iv_image changed;
    if (!l->augment || l->augment->count == 0 || epoch == 0)
        return IMGVEC_OK;
    IV_TRY(shrink(l, image, err));
    IV_TRY(
        iv_augment_apply(l->ctx, l->augment, image, l->seed, epoch, (uint64_t)row, &changed, err));
    iv_image_free(l->ctx, image);
    *image = changed;
    return IMGVEC_OK;
}

static imgvec_status load_one(const iv_lessons *l, uint64_t epoch, int64_t which, float *pixels,
                              imgvec_error *err)
{
    int64_t row = l->rows[which];
    iv_image image = {0};
    imgvec_status status = decode(l, row, epoch, &image, err);
    if (status != IMGVEC_OK) {
        const char *name = iv_dataset_column_name(l->ds, l->column);
        iv_prefix(err, status, "column %.60s, row %lld", name, (long long)row);
        if (err)
            err->detail = row;
        return status;
    }
    status = augment(l, row, epoch, &image, err);
    if (status == IMGVEC_OK) {
        iv_preprocess p = {.resize = l->input.resize,
                           .crop = l->input.crop,
                           .filter = l->input.bicubic ? IV_FILTER_BICUBIC : IV_FILTER_BILINEAR};
        memcpy(p.mean, l->input.mean, sizeof p.mean);
        memcpy(p.std, l->input.std, sizeof p.std);
        status = iv_preprocess_run(l->ctx, &image, &p, pixels, err);
    }
    iv_image_free(l->ctx, &image);
    return status;
}

typedef struct batch {
    const iv_lessons *lessons;
    uint64_t epoch;
    const int64_t *which;
    float *pixels;
    size_t values; /* of one image */
} batch;

static imgvec_status load_numbered(void *user, size_t i, imgvec_error *err)
{
    const batch *b = user;
    return load_one(b->lessons, b->epoch, b->which[i], b->pixels + i * b->values, err);
}

static void set_targets(const iv_lessons *l, const int64_t *which, size_t count, float *targets,
                        int32_t *labels)
{
    for (size_t i = 0; i < count; i++)
        if (l->class_count > 0)
            labels[i] = (int32_t)l->y[which[i]];
        else
            targets[i] = l->y[which[i]];
    if (l->class_count > 0)
        iv_targets_of_labels(labels, count, l->class_count, l->smoothing, l->class_weights,
                             targets);
}

/* MixUp and CutMix: each image with the next one of the batch, as both were before. */
static imgvec_status mix(const iv_lessons *l, uint64_t epoch, const int64_t *which, size_t count,
                         float *pixels, float *targets, imgvec_error *err)
{
    int32_t crop = l->input.crop, outputs = iv_lessons_outputs(l);
    size_t values = 3 * (size_t)crop * (size_t)crop;
    if (!l->augment || epoch == 0 || count < 2)
        return IMGVEC_OK;
    float *first = iv_alloc_n(l->ctx, values + (size_t)outputs, sizeof *first);
    if (!first)
        return iv_fail_nomem(err);
    memcpy(first, pixels, values * sizeof *first);
    memcpy(first + values, targets, (size_t)outputs * sizeof *first);
    for (size_t i = 0; i < count; i++) {
        bool last = i + 1 == count;
        iv_mix m;
        iv_mix_draw(l->augment, crop, crop, l->seed, epoch, (uint64_t)l->rows[which[i]], &m);
        if (m.weight >= 1)
            continue;
        iv_mix_images(&m, 3, crop, crop, pixels + i * values,
                      last ? first : pixels + (i + 1) * values);
        iv_mix_labels(&m, (size_t)outputs, targets + i * (size_t)outputs,
                      last ? first + values : targets + (i + 1) * (size_t)outputs);
    }
    iv_free(l->ctx, first);
    return IMGVEC_OK;
}

imgvec_status iv_lessons_load(const iv_lessons *l, uint64_t epoch, const int64_t *which,
                              size_t count, int32_t threads, float *pixels, float *targets,
                              imgvec_error *err)
{
    size_t crop = (size_t)l->input.crop;
    batch b = {l, epoch, which, pixels, 3 * crop * crop};
    const iv_jobs jobs = {.count = count,
                          .workers = (size_t)threads < count ? threads : (int)count,
                          .run = load_numbered,
                          .user = &b};
    int32_t *labels = iv_alloc_n(l->ctx, count + 1, sizeof *labels);
    if (!labels)
        return iv_fail_nomem(err);
    set_targets(l, which, count, targets, labels);
    iv_free(l->ctx, labels);
    IV_TRY(iv_jobs_run(l->ctx, &jobs, err));
    return mix(l, epoch, which, count, pixels, targets, err);
}
