#include "learn/learner.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

static const char *const names[IV_LEARNERS] = {"xgboost", "linear"};

const char *iv_learner_name(iv_learner_kind kind)
{
    return names[kind];
}

int iv_learner_from_name(const char *name, iv_learner_kind *out)
{
    for (int i = 0; i < IV_LEARNERS; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (iv_learner_kind)i;
            return 0;
        }
    return -1;
}

void iv_learner_free(imgvec_context *ctx, iv_learner *l)
{
    iv_booster_free(l->booster);
    iv_linear_free(ctx, &l->linear);
    iv_free(ctx, l->missing);
    memset(l, 0, sizeof *l);
}

/* Whether the two features are missing in the same rows. */
static bool same_pattern(const iv_matrix *m, size_t a, size_t b)
{
    for (size_t i = 0; i < m->rows; i++)
        if (isnan(m->x[i * m->cols + a]) != isnan(m->x[i * m->cols + b]))
            return false;
    return true;
}

/* Finds the features that get a column for their absence. Those of one block are missing together
 * and lie side by side: only neighbours are compared. */
static imgvec_status find_missing(imgvec_context *ctx, const iv_matrix *m, iv_learner *l,
                                  imgvec_error *err)
{
    l->missing = iv_alloc_n(ctx, m->cols, sizeof *l->missing);
    if (!l->missing)
        return iv_fail_nomem(err);
    for (size_t j = 0; j < m->cols; j++) {
        size_t gone = 0;
        for (size_t i = 0; i < m->rows; i++)
            gone += isnan(m->x[i * m->cols + j]);
        if (gone == 0 || gone == m->rows || (j > 0 && same_pattern(m, j - 1, j)))
            continue;
        l->missing[l->missing_count++] = (float)j;
    }
    return IMGVEC_OK;
}

/* One row with its columns of absence. */
static void widen(const iv_learner *l, const float *x, float *out)
{
    memcpy(out, x, l->features * sizeof *out);
    for (size_t j = 0; j < l->missing_count; j++)
        out[l->features + j] = isnan(x[(size_t)l->missing[j]]) ? 1.0f : 0.0f;
}

/* Missing values to the mean of the others. */
static void fill(float *x, size_t rows, size_t width)
{
    for (size_t j = 0; j < width; j++) {
        double sum = 0;
        size_t there = 0;
        for (size_t i = 0; i < rows; i++)
            if (!isnan(x[i * width + j])) {
                sum += x[i * width + j];
                there++;
            }
        if (there == rows)
            continue;
        float mean = there ? (float)(sum / (double)there) : 0;
        for (size_t i = 0; i < rows; i++)
            if (isnan(x[i * width + j]))
                x[i * width + j] = mean;
    }
}

static imgvec_status train_linear(imgvec_context *ctx, const iv_matrix *train, const int32_t *group,
                                  uint64_t seed, iv_watch *watch, iv_learner *l, imgvec_error *err)
{
    IV_TRY(find_missing(ctx, train, l, err));
    size_t width = train->cols + l->missing_count;
    float *x = iv_alloc_n(ctx, train->rows + 1, width * sizeof *x);
    if (!x)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < train->rows; i++)
        widen(l, train->x + i * train->cols, x + i * width);
    fill(x, train->rows, width);
    const iv_linear_data data = {.x = x,
                                 .rows = train->rows,
                                 .width = (int32_t)width,
                                 .y = train->y,
                                 .class_count = l->class_count,
                                 .group = group,
                                 .seed = seed,
                                 .watch = watch};
    imgvec_status status = iv_linear_fit(ctx, &data, &l->linear, NULL, err);
    iv_free(ctx, x);
    return status;
}

imgvec_status iv_learner_train(imgvec_context *ctx, iv_learner_kind kind,
                               const iv_booster_request *request, const iv_matrix *train,
                               const int32_t *group, uint64_t seed, const iv_matrix *valid,
                               iv_watch *watch, int32_t *best_rounds, iv_learner *out,
                               imgvec_error *err)
{
    *out = (iv_learner){.kind = kind,
                        .task = request->task,
                        .class_count = request->class_count,
                        .features = train->cols};
    imgvec_status status;
    if (kind == IV_LINEAR)
        status = train_linear(ctx, train, group, seed, watch, out, err);
    else
        status = iv_booster_train(ctx, request, train, valid, watch, best_rounds, NULL,
                                  &out->booster, err);
    if (status != IMGVEC_OK)
        iv_learner_free(ctx, out);
    return status;
}

imgvec_status iv_learner_predict(imgvec_context *ctx, const iv_learner *l, const iv_matrix *x,
                                 int32_t threads, float *out, imgvec_error *err)
{
    if (l->kind == IV_XGBOOST)
        return iv_booster_predict(l->booster, x, threads, out, err);
    size_t k = l->class_count ? (size_t)l->class_count : 1;
    float *wide = iv_alloc_n(ctx, (size_t)l->linear.width, sizeof *wide);
    float *scores = iv_alloc_n(ctx, k, sizeof *scores);
    imgvec_status status = wide && scores ? IMGVEC_OK : iv_fail_nomem(err);
    for (size_t i = 0; status == IMGVEC_OK && i < x->rows; i++) {
        widen(l, x->x + i * x->cols, wide);
        iv_linear_scores(&l->linear, wide, scores);
        iv_linear_answer(&l->linear, l->class_count, scores, out + i * k);
    }
    iv_free(ctx, wide);
    iv_free(ctx, scores);
    return status;
}

imgvec_status iv_learner_to_tensors(imgvec_context *ctx, const iv_learner *l, iv_tensors **out,
                                    imgvec_error *err)
{
    iv_tensors *set;
    iv_tensor *t;
    int64_t count = (int64_t)l->missing_count;
    IV_TRY(iv_linear_to_tensors(ctx, &l->linear, &set, err));
    imgvec_status status = count ? iv_tensors_add(set, "missing", 1, &count, &t, err) : IMGVEC_OK;
    if (status != IMGVEC_OK) {
        iv_tensors_free(set);
        return status;
    }
    if (count)
        memcpy(t->data, l->missing, l->missing_count * sizeof *l->missing);
    *out = set;
    return IMGVEC_OK;
}

/* Features by rising number, each a whole one below the features of the model. */
static imgvec_status read_missing(imgvec_context *ctx, const iv_tensors *set, iv_learner *l,
                                  imgvec_error *err)
{
    const iv_tensor *t = iv_tensors_find(set, "missing");
    if (!t)
        return IMGVEC_OK;
    float last = -1;
    for (size_t j = 0; j < t->count; j++) {
        if (!(t->data[j] > last) || !(t->data[j] < (float)l->features) ||
            t->data[j] != floorf(t->data[j]))
            return iv_fail(err, IMGVEC_ERR_FORMAT, "tensor missing: value %zu is no feature", j);
        last = t->data[j];
    }
    l->missing = iv_alloc_n(ctx, t->count, sizeof *l->missing);
    if (!l->missing)
        return iv_fail_nomem(err);
    memcpy(l->missing, t->data, t->count * sizeof *l->missing);
    l->missing_count = t->count;
    return IMGVEC_OK;
}

imgvec_status iv_learner_from_tensors(imgvec_context *ctx, const iv_tensors *set, iv_task task,
                                      int32_t class_count, size_t features, iv_learner *out,
                                      imgvec_error *err)
{
    imgvec_status status = IMGVEC_OK;
    *out = (iv_learner){
        .kind = IV_LINEAR, .task = task, .class_count = class_count, .features = features};
    IV_DO(iv_linear_from_tensors(ctx, set, &out->linear, err));
    IV_DO(read_missing(ctx, set, out, err));
    int32_t outputs = class_count > 2 ? class_count : 1;
    if (out->linear.outputs != outputs ||
        (size_t)out->linear.width != features + out->missing_count)
        status = iv_fail(err, IMGVEC_ERR_FORMAT,
                         "a linear model of %d features and %d outputs; %zu and %d are needed",
                         (int)out->linear.width, (int)out->linear.outputs,
                         features + out->missing_count, (int)outputs);
done:
    if (status != IMGVEC_OK)
        iv_learner_free(ctx, out);
    return status;
}
