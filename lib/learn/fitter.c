#include "learn/fitter.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "features/stacked.h"
#include "learn/metrics.h"

void iv_fitter_free(iv_fitter *f)
{
    for (size_t i = 0; i < f->count; i++) {
        iv_piece *p = &f->pieces[i];
        if (p->train != p->block.training)
            iv_free(f->ctx, p->train);
        iv_free(f->ctx, p->valid);
        iv_block_free(f->ctx, &p->block);
    }
    iv_free(f->ctx, f->pieces);
    for (int t = 0; t < IV_TRANSFORMS; t++)
        iv_free(f->ctx, f->z[t]);
    iv_free(f->ctx, f->train_rows);
    iv_free(f->ctx, f->valid_rows);
    iv_free(f->ctx, f->train_y);
    iv_free(f->ctx, f->valid_y);
    iv_free(f->ctx, f->group);
    memset(f, 0, sizeof *f);
}

imgvec_status iv_fitter_make(imgvec_context *ctx, const iv_study *study, const iv_cases *cases,
                             const int64_t *train, size_t train_count, const int64_t *valid,
                             size_t valid_count, bool lower_dim, iv_watch *watch, iv_fitter *out,
                             imgvec_error *err)
{
    *out = (iv_fitter){.ctx = ctx,
                       .study = study,
                       .cases = cases,
                       .lower_dim = lower_dim,
                       .watch = watch,
                       .train_count = train_count,
                       .valid_count = valid_count};
    out->train_rows = iv_alloc_n(ctx, train_count, sizeof *out->train_rows);
    out->train_y = iv_alloc_n(ctx, train_count, sizeof *out->train_y);
    out->valid_rows = iv_alloc_n(ctx, valid_count, sizeof *out->valid_rows);
    out->valid_y = iv_alloc_n(ctx, valid_count, sizeof *out->valid_y);
    if (cases->group)
        out->group = iv_alloc_n(ctx, train_count, sizeof *out->group);
    if (!out->train_rows || !out->train_y || !out->valid_rows || !out->valid_y ||
        (cases->group && !out->group))
        return iv_fail_nomem(err);
    for (size_t i = 0; i < train_count; i++) {
        out->train_rows[i] = cases->row[train[i]];
        out->train_y[i] = cases->y[train[i]];
        if (out->group)
            out->group[i] = cases->group[train[i]];
    }
    for (size_t i = 0; i < valid_count; i++) {
        out->valid_rows[i] = cases->row[valid[i]];
        out->valid_y[i] = cases->y[valid[i]];
    }
    return IMGVEC_OK;
}

imgvec_status iv_fitter_transform(iv_fitter *f, int32_t kind, bool *suits, imgvec_error *err)
{
    iv_transform *t = &f->transforms[kind];
    *suits = true;
    if (f->z[kind])
        return IMGVEC_OK;
    if (!iv_transform_suits((iv_transform_kind)kind, f->train_y, f->train_count)) {
        *suits = false;
        return IMGVEC_OK;
    }
    float *z = iv_alloc_n(f->ctx, f->train_count, sizeof *z);
    if (!z)
        return iv_fail_nomem(err);
    iv_transform_fit((iv_transform_kind)kind, f->train_y, f->train_count, t);
    for (size_t i = 0; i < f->train_count; i++)
        z[i] = (float)iv_transform_apply(t, f->train_y[i]);
    f->z[kind] = z;
    return IMGVEC_OK;
}

static imgvec_status fit_piece(iv_fitter *f, iv_piece *p, const float *z, imgvec_error *err)
{
    const iv_inputs *inputs = f->study->inputs;
    iv_input in = inputs->items[p->input];
    const iv_training training = {.rows = f->train_rows,
                                  .count = f->train_count,
                                  .y = z,
                                  .group = f->group,
                                  .class_count = f->cases->class_count,
                                  .dim = p->dim,
                                  .lower_dim = f->lower_dim,
                                  .watch = f->watch};
    if (p->stacked)
        in.kind = iv_stacked_kind_of(in.type);
    IV_TRY(iv_block_fit(f->ctx, inputs, &in, &training, &p->block, err));
    size_t width = (size_t)p->block.width;
    p->valid = iv_alloc_n(f->ctx, f->valid_count, (width + 1) * sizeof *p->valid);
    p->train = p->block.training;
    if (!p->train)
        p->train = iv_alloc_n(f->ctx, f->train_count, (width + 1) * sizeof *p->train);
    if (!p->train || !p->valid)
        return iv_fail_nomem(err);
    if (!p->block.training) {
        p->transform = -1;
        IV_TRY(iv_block_apply(&p->block, inputs, &in, f->train_rows, f->train_count, p->train,
                              width, NULL, err));
    }
    return iv_block_apply(&p->block, inputs, &in, f->valid_rows, f->valid_count, p->valid, width,
                          NULL, err);
}

static iv_piece *find_piece(const iv_fitter *f, size_t input, bool stacked, const iv_plan *plan)
{
    bool image = f->study->inputs->items[input].type == IMGVEC_COLUMN_IMAGE;
    for (size_t i = 0; i < f->count; i++) {
        iv_piece *p = &f->pieces[i];
        if (p->input == input && p->stacked == stacked &&
            (p->transform < 0 || p->transform == plan->transform) &&
            (stacked || !image || p->dim == plan->dim))
            return p;
    }
    return NULL;
}

/* Fits what the plan needs and is not there yet; *width of the feature table. */
static imgvec_status prepare(iv_fitter *f, const iv_plan *plan, size_t *width, imgvec_error *err)
{
    bool suits;
    IV_TRY(iv_fitter_transform(f, plan->transform, &suits, err));
    if (!suits)
        return iv_fail(err, IMGVEC_ERR_DATA,
                       "option target_transform: %s is not defined on every "
                       "value of the target",
                       iv_transform_name((iv_transform_kind)plan->transform));
    *width = 0;
    for (size_t i = 0; i < f->study->inputs->count; i++)
        for (int stacked = 0; stacked < 2; stacked++) {
            if (!(plan->use[f->study->units->of[i]] & (stacked ? IV_STACKED : IV_PLAIN)))
                continue;
            iv_piece *p = find_piece(f, i, stacked, plan);
            if (!p) {
                if (iv_reserve(f->ctx, &f->pieces, &f->capacity, f->count + 1, sizeof *p) != 0)
                    return iv_fail_nomem(err);
                p = &f->pieces[f->count++];
                *p = (iv_piece){i, stacked, plan->dim, plan->transform, {0}, NULL, NULL};
                imgvec_status status = fit_piece(f, p, f->z[plan->transform], err);
                if (status != IMGVEC_OK) { /* what is half made must not be found again */
                    if (p->train != p->block.training)
                        iv_free(f->ctx, p->train);
                    iv_free(f->ctx, p->valid);
                    iv_block_free(f->ctx, &p->block);
                    f->count--;
                    return status;
                }
            }
            *width += (size_t)p->block.width;
        }
    return IMGVEC_OK;
}

/* The feature table of the training or validation cases. */
static float *assemble(iv_fitter *f, const iv_plan *plan, size_t width, bool training)
{
    size_t n = training ? f->train_count : f->valid_count, at = 0;
    float *x = iv_alloc_n(f->ctx, n, (width + 1) * sizeof *x);
    for (size_t i = 0; x && i < f->study->inputs->count; i++)
        for (int stacked = 0; stacked < 2; stacked++) {
            if (!(plan->use[f->study->units->of[i]] & (stacked ? IV_STACKED : IV_PLAIN)))
                continue;
            const iv_piece *p = find_piece(f, i, stacked, plan);
            const float *from = training ? p->train : p->valid;
            size_t part = (size_t)p->block.width;
            for (size_t r = 0; r < n; r++)
                memcpy(x + r * width + at, from + r * part, part * sizeof *x);
            at += part;
        }
    return x;
}

/* Whether the metric needs both classes, and the validation cases have one only. */
static bool one_class(const iv_fitter *f)
{
    for (size_t i = 1; i < f->valid_count; i++)
        if (f->valid_y[i] != f->valid_y[0])
            return false;
    return f->cases->class_count > 0;
}

static imgvec_status run(iv_fitter *f, const iv_plan *plan, size_t width, const float *x,
                         const float *valid_x, float *valid_z, int32_t *rounds, float *predictions,
                         iv_learner *learner, imgvec_error *err)
{
    const iv_study *s = f->study;
    int32_t most = (int32_t)iv_option_i64(s->opts, IMGVEC_OPT_ROUNDS);
    int32_t patience = (int32_t)iv_option_i64(s->opts, IMGVEC_OPT_EARLY_STOPPING_ROUNDS);
    bool stop = *rounds == 0 && patience > 0 && f->valid_count > 0;
    bool plain = plan->transform == IV_NO_TRANSFORM && !one_class(f);
    iv_booster_request request = {.task = f->cases->task,
                                  .class_count = f->cases->class_count,
                                  .opts = s->opts,
                                  .metric = plain                   ? s->metric
                                            : f->cases->class_count ? "log_loss"
                                                                    : "rmse",
                                  .threads = s->threads,
                                  .rounds = *rounds ? *rounds : most,
                                  .early_stopping = stop ? patience : 0};
    iv_matrix train = {x, f->train_count, width, f->z[plan->transform]};
    iv_matrix valid = {valid_x, f->valid_count, width, valid_z};
    uint64_t seed = (uint64_t)iv_option_i64(s->opts, IMGVEC_OPT_SEED);
    for (size_t i = 0; i < f->valid_count; i++)
        valid_z[i] = (float)iv_transform_label(&f->transforms[plan->transform], f->valid_y[i]);
    IV_TRY(iv_learner_train(f->ctx, (iv_learner_kind)plan->learner, &request, &train, f->group,
                            seed, stop ? &valid : NULL, f->watch, rounds, learner, err));
    if (!predictions || f->valid_count == 0)
        return IMGVEC_OK;
    valid.y = NULL;
    imgvec_status status =
        iv_learner_predict(f->ctx, learner, &valid, s->threads, predictions, err);
    if (status != IMGVEC_OK)
        iv_learner_free(f->ctx, learner);
    return status;
}

imgvec_status iv_fitter_run(iv_fitter *f, const iv_plan *plan, int32_t *rounds, float *predictions,
                            iv_learner *learner, imgvec_error *err)
{
    size_t width = 0;
    IV_TRY(prepare(f, plan, &width, err));
    iv_learner own;
    float *x = assemble(f, plan, width, true), *valid = assemble(f, plan, width, false);
    float *z = iv_alloc_n(f->ctx, f->valid_count, sizeof *z);
    imgvec_status status = x && valid && z ? IMGVEC_OK : iv_fail_nomem(err);
    if (status == IMGVEC_OK)
        status =
            run(f, plan, width, x, valid, z, rounds, predictions, learner ? learner : &own, err);
    if (status == IMGVEC_OK && !learner)
        iv_learner_free(f->ctx, &own);
    iv_free(f->ctx, x);
    iv_free(f->ctx, valid);
    iv_free(f->ctx, z);
    return status;
}

imgvec_status iv_fitter_take_recipe(iv_fitter *f, const iv_plan *plan, iv_recipe *out,
                                    imgvec_error *err)
{
    *out = (iv_recipe){.blocks = iv_calloc(f->ctx, f->count + 1, sizeof *out->blocks)};
    if (!out->blocks)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < f->study->inputs->count; i++)
        for (int stacked = 0; stacked < 2; stacked++) {
            if (!(plan->use[f->study->units->of[i]] & (stacked ? IV_STACKED : IV_PLAIN)))
                continue;
            iv_piece *p = find_piece(f, i, stacked, plan);
            if (p->train != p->block.training)
                iv_free(f->ctx, p->train);
            p->train = NULL;
            out->width += p->block.width;
            out->blocks[out->count++] = p->block;
            memset(&p->block, 0, sizeof p->block);
        }
    iv_recipe_settle(f->ctx, out);
    return IMGVEC_OK;
}

imgvec_status iv_predict_rows(imgvec_context *ctx, const iv_inputs *inputs, const iv_recipe *recipe,
                              const iv_learner *learner, const iv_transform *transform,
                              const int64_t *rows, size_t count, float *out, imgvec_error *err)
{
    size_t cols = (size_t)recipe->width;
    float *x = iv_alloc_n(ctx, count, (cols + 1) * sizeof *x);
    if (!x)
        return iv_fail_nomem(err);
    iv_matrix m = {.x = x, .rows = count, .cols = cols};
    imgvec_status status = IMGVEC_OK;
    IV_DO(iv_recipe_apply(recipe, inputs, rows, count, x, NULL, err));
    IV_DO(iv_learner_predict(ctx, learner, &m, inputs->threads, out, err));
    for (size_t i = 0; transform->kind != IV_NO_TRANSFORM && i < count; i++)
        out[i] = (float)iv_transform_invert(transform, out[i]);
done:
    iv_free(ctx, x);
    return status;
}
