#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/text.h"
#include "model/experiment.h"
#include "table/dataset.h"
#include "table/folds.h"

bool iv_experiment_has_groups(const iv_experiment *x)
{
    return x->fold_column >= 0 || x->duplicates.groups > 0;
}

/* Groups of the fold column: an id for each distinct value. */
static imgvec_status read_column(const iv_experiment *x, const iv_cases *all, int32_t *group,
                                 imgvec_error *err)
{
    /* Values are hashed to 32 bits: two that collide share a fold, which harms nothing. */
    for (size_t i = 0; i < all->count; i++) {
        char buffer[IV_NUMBER_MAX];
        const char *text;
        size_t length;
        if (!iv_dataset_text(x->ds, x->fold_column, all->row[i], buffer, &text, &length))
            return iv_fail_at(
                err, IMGVEC_ERR_DATA, all->row[i], "fold_column %s: row %lld has no value",
                iv_dataset_column_name(x->ds, x->fold_column), (long long)all->row[i]);
        uint32_t hash = 2166136261u;
        for (size_t k = 0; k < length; k++)
            hash = (hash ^ (unsigned char)text[k]) * 16777619u;
        group[i] = (int32_t)(hash & 0x7FFFFFFF);
    }
    return IMGVEC_OK;
}

imgvec_status iv_experiment_groups(const iv_experiment *x, iv_cases *all, imgvec_error *err)
{
    size_t n = all->count;
    bool column = x->fold_column >= 0, shared = x->duplicates.groups > 0;
    int32_t *of_column = column ? iv_alloc_n(x->ctx, n, sizeof *of_column) : NULL;
    int32_t *of_images = shared ? iv_alloc_n(x->ctx, n, sizeof *of_images) : NULL;
    imgvec_status status = IMGVEC_OK;
    if ((column && !of_column) || (shared && !of_images))
        status = iv_fail_nomem(err);
    if (status == IMGVEC_OK && column)
        status = read_column(x, all, of_column, err);
    for (size_t i = 0; status == IMGVEC_OK && shared && i < n; i++)
        of_images[i] = x->duplicates.group[all->row[i]];
    if (status == IMGVEC_OK)
        status = iv_groups_join(x->ctx, n, of_column, of_images, all->group, err);
    iv_free(x->ctx, of_column);
    iv_free(x->ctx, of_images);
    return status;
}

imgvec_status iv_experiment_explain_groups(const iv_experiment *x, imgvec_status status,
                                           imgvec_error *err)
{
    if (status != IMGVEC_ERR_DATA)
        return status;
    if (x->fold_column >= 0)
        iv_prefix(err, status, "option fold_column %s (it may have too few different values)",
                  iv_dataset_column_name(x->ds, x->fold_column));
    if (x->duplicates.groups > 0)
        iv_prefix(
            err, status,
            "%lld rows that share images are kept together in %lld groups (option duplicates)",
            (long long)x->duplicates.rows, (long long)x->duplicates.groups);
    return status;
}

/* Rows of one class, and the groups that they are in; seen holds one mark for each group. */
static size_t count_class(const iv_cases *c, int32_t class, int32_t *seen, size_t *groups)
{
    size_t rows = 0;
    *groups = 0;
    for (size_t i = 0; i < c->count; i++) {
        if ((int32_t)c->y[i] != class)
            continue;
        rows++;
        if (!c->group || seen[c->group[i]] != class)
            ++*groups;
        if (c->group)
            seen[c->group[i]] = class;
    }
    return rows;
}

static imgvec_status check_class(const iv_experiment *x, int32_t class, size_t rows, size_t groups,
                                 imgvec_error *err)
{
    const char *name = x->target.classes[class];
    size_t folds = (size_t)iv_option_i64(x->opts, IMGVEC_OPT_FOLDS);
    if (rows < 2)
        return iv_fail(err, IMGVEC_ERR_DATA,
                       "column %s: class %s has %zu usable rows, and at least 2 are needed",
                       x->target_name, name, rows);
    if (groups < 2 && x->duplicates.groups > 0)
        return iv_fail(err, IMGVEC_ERR_DATA,
                       "column %s: the %zu rows of class %s share images and so stay in one fold "
                       "together: no fold can both learn the class and be scored on it. Add other "
                       "images of it, leave it out, or set option duplicates to off",
                       x->target_name, rows, name);
    if (rows < folds)
        iv_log(x->ctx, IMGVEC_LOG_NOTICE,
               "class %s has %zu rows, fewer than folds: some folds are scored without it", name,
               rows);
    else if (groups < folds)
        iv_log(x->ctx, IMGVEC_LOG_NOTICE,
               "class %s has %zu rows in %zu groups that stay together, fewer than folds: some "
               "folds are scored without it",
               name, rows, groups);
    return IMGVEC_OK;
}

imgvec_status iv_experiment_check_classes(const iv_experiment *x, imgvec_error *err)
{
    int32_t *seen = iv_alloc_n(x->ctx, x->target.rows, sizeof *seen);
    if (!seen)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < x->target.rows; i++)
        seen[i] = -1;
    imgvec_status status = IMGVEC_OK;
    for (int32_t k = 0; k < x->target.class_count && status == IMGVEC_OK; k++) {
        size_t groups, rows = count_class(&x->cases, k, seen, &groups);
        status = check_class(x, k, rows, groups, err);
    }
    iv_free(x->ctx, seen);
    return status;
}
