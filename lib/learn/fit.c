/* One fit: a recipe, its feature matrix and a booster on it. */
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "learn/crossval.h"
#include "learn/fit.h"

imgvec_status iv_fit_recipe(imgvec_context *ctx, const iv_study *study, const iv_cases *cases,
                            const int64_t *which, size_t count, int32_t dim, bool lower_dim,
                            iv_recipe *out, imgvec_error *err)
{
    imgvec_status status = IMGVEC_OK;
    size_t room = count ? count : 1;
    int64_t *rows = iv_alloc_n(ctx, room, sizeof *rows);
    float *y = iv_alloc_n(ctx, room, sizeof *y);
    int32_t *group = cases->group ? iv_alloc_n(ctx, room, sizeof *group) : NULL;
    if (!rows || !y || (cases->group && !group)) {
        status = iv_fail_nomem(err);
        goto done;
    }
    for (size_t i = 0; i < count; i++) {
        rows[i] = cases->row[which[i]];
        y[i] = cases->y[which[i]];
        if (group)
            group[i] = cases->group[which[i]];
    }
    const iv_training training = {.rows = rows,
                                  .count = count,
                                  .y = y,
                                  .group = group,
                                  .class_count = cases->class_count,
                                  .dim = dim,
                                  .lower_dim = lower_dim};
    status = iv_recipe_fit(ctx, study->inputs, &training, out, err);
done:
    iv_free(ctx, rows);
    iv_free(ctx, y);
    iv_free(ctx, group);
    return status;
}

imgvec_status iv_fit_matrix(imgvec_context *ctx, const iv_study *study, const iv_cases *cases,
                            const int64_t *which, size_t count, const iv_recipe *recipe,
                            bool of_fit, iv_matrix *out, imgvec_error *err)
{
    size_t cols = (size_t)recipe->width;
    float *x = iv_alloc_n(ctx, count ? count : 1, (cols ? cols : 1) * sizeof *x);
    float *y = iv_alloc_n(ctx, count ? count : 1, sizeof *y);
    int64_t *rows = iv_alloc_n(ctx, count ? count : 1, sizeof *rows);
    imgvec_status status = IMGVEC_OK;
    if (!x || !y || !rows) {
        status = iv_fail_nomem(err);
        goto done;
    }
    for (size_t i = 0; i < count; i++) {
        rows[i] = cases->row[which[i]];
        y[i] = cases->y[which[i]];
    }
    IV_DO(of_fit ? iv_recipe_training(recipe, study->inputs, rows, count, x, err)
                 : iv_recipe_apply(recipe, study->inputs, rows, count, x, NULL, err));
    *out = (iv_matrix){.x = x, .rows = count, .cols = cols, .y = y};
done:
    iv_free(ctx, rows);
    if (status != IMGVEC_OK) {
        iv_free(ctx, x);
        iv_free(ctx, y);
    }
    return status;
}

void iv_fit_matrix_free(imgvec_context *ctx, iv_matrix *m)
{
    iv_free(ctx, (void *)m->x);
    iv_free(ctx, (void *)m->y);
    memset(m, 0, sizeof *m);
}

iv_booster_request iv_fit_request(const iv_study *study, const iv_cases *cases, int32_t rounds,
                                  int32_t early_stopping)
{
    return (iv_booster_request){.task = cases->task,
                                .class_count = cases->class_count,
                                .opts = study->opts,
                                .metric = study->metric,
                                .threads = study->threads,
                                .rounds = rounds,
                                .early_stopping = early_stopping};
}

imgvec_status iv_fit(imgvec_context *ctx, const iv_study *study, const iv_cases *cases,
                     const int64_t *which, size_t count, int32_t dim, int32_t rounds,
                     iv_watch *watch, iv_recipe *recipe, iv_booster **booster, imgvec_error *err)
{
    imgvec_status status = IMGVEC_OK;
    iv_matrix matrix = {0};
    memset(recipe, 0, sizeof *recipe);
    iv_booster_request request = iv_fit_request(study, cases, rounds, 0);
    IV_DO(iv_fit_recipe(ctx, study, cases, which, count, dim, study->lower_dim, recipe, err));
    IV_DO(iv_fit_matrix(ctx, study, cases, which, count, recipe, true, &matrix, err));
    iv_recipe_settle(ctx, recipe);
    IV_DO(iv_booster_train(ctx, &request, &matrix, NULL, watch, NULL, NULL, booster, err));
done:
    iv_fit_matrix_free(ctx, &matrix);
    if (status != IMGVEC_OK)
        iv_recipe_free(ctx, recipe);
    return status;
}

imgvec_status iv_fit_predict(imgvec_context *ctx, const iv_study *study, const iv_cases *cases,
                             const int64_t *which, size_t count, const iv_recipe *recipe,
                             const iv_booster *booster, float *out, imgvec_error *err)
{
    iv_matrix matrix;
    IV_TRY(iv_fit_matrix(ctx, study, cases, which, count, recipe, false, &matrix, err));
    imgvec_status status = iv_booster_predict(booster, &matrix, study->threads, out, err);
    iv_fit_matrix_free(ctx, &matrix);
    return status;
}
