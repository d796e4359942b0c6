#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/text.h"
#include "model/experiment.h"
#include "table/dataset.h"
#include "table/folds.h"

/* The order of the feature table. */
static const int32_t kinds[] = {IMGVEC_COLUMN_IMAGE,       IMGVEC_COLUMN_NUMERIC,
                                IMGVEC_COLUMN_CATEGORICAL, IMGVEC_COLUMN_BOOLEAN,
                                IMGVEC_COLUMN_DATE,        IMGVEC_COLUMN_TEXT};

static imgvec_status find_target(iv_experiment *x, imgvec_error *err)
{
    const char *name = iv_option_text(x->opts, IMGVEC_OPT_TARGET);
    x->target_column = iv_dataset_find(x->ds, *name ? name : "label");
    if (x->target_column < 0 && *name)
        return iv_prefix(err, iv_dataset_no_column(x->ds, name, err), "option target");
    if (x->target_column < 0)
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                       "option target is not set, and the data has no class folders to take "
                       "labels from: name the column to be predicted");
    x->target_name = iv_dataset_column_name(x->ds, x->target_column);
    name = iv_option_text(x->opts, IMGVEC_OPT_FOLD_COLUMN);
    x->fold_column = *name ? iv_dataset_find(x->ds, name) : -1;
    if (*name && x->fold_column < 0)
        return iv_prefix(err, iv_dataset_no_column(x->ds, name, err), "option fold_column");
    if (*name && x->fold_column == x->target_column)
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                       "option fold_column: %s is the target; name a column whose equal values "
                       "belong together",
                       name);
    return IMGVEC_OK;
}

/* Columns that inference left out, which nobody asked for. */
static void tell_left_out(const iv_experiment *x)
{
    for (int32_t c = 0; c < iv_dataset_columns(x->ds); c++) {
        imgvec_column_info info = {.size = sizeof info};
        if (c != x->target_column && c != x->fold_column &&
            iv_dataset_column_type(x->ds, c) == IMGVEC_COLUMN_IGNORED &&
            iv_dataset_effective_type(x->ds, x->opts, c) == IMGVEC_COLUMN_IGNORED &&
            iv_dataset_column_info(x->ds, c, &info, NULL) == IMGVEC_OK &&
            strcmp(info.reason, "by option ignore") != 0)
            iv_log(x->ctx, IMGVEC_LOG_NOTICE, "column %s is left out: %s", info.name, info.reason);
    }
}

imgvec_status iv_experiment_columns(iv_experiment *x, imgvec_error *err)
{
    int32_t columns = iv_dataset_columns(x->ds);
    IV_TRY(iv_dataset_check(x->ds, err));
    IV_TRY(iv_dataset_check_types(x->ds, x->opts, err));
    IV_TRY(find_target(x, err));
    IV_TRY(iv_target_read(x->ctx, x->ds, x->opts, x->target_column, &x->target, err));
    x->metric = iv_option_text(x->opts, IMGVEC_OPT_METRIC);
    int at = iv_metric_find(x->target.task, x->metric);
    if (at < 0)
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "option metric: %s is no metric of a %s",
                       x->metric, iv_task_name(x->target.task));
    size_t count;
    x->metric = iv_metrics_of(x->target.task, &count)[at].name;

    x->inputs.items = iv_calloc(x->ctx, (size_t)columns + 1, sizeof *x->inputs.items);
    if (!x->inputs.items)
        return iv_fail_nomem(err);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (int32_t c = 0; c < columns; c++)
            if (c != x->target_column && c != x->fold_column &&
                iv_dataset_effective_type(x->ds, x->opts, c) == kinds[k]) {
                x->inputs.items[x->inputs.count++] = (iv_input){.column = c, .type = kinds[k]};
                x->image_count += kinds[k] == IMGVEC_COLUMN_IMAGE;
            }
    tell_left_out(x);
    if (x->inputs.count == 0)
        return iv_fail(err, IMGVEC_ERR_DATA,
                       "no column is left to learn %s from: inspect shows why each was left out",
                       x->target_name);
    x->inputs.ds = x->ds;
    x->inputs.opts = x->opts;
    return IMGVEC_OK;
}

imgvec_status iv_experiment_dims(iv_experiment *x, imgvec_error *err)
{
    enum { ROOM = 64 };
    const char *list = iv_option_text(x->opts, IMGVEC_OPT_DIM), *item;
    size_t length;
    x->dim_is_default = *list == '\0';
    if (x->dim_is_default)
        list = "100";
    x->dims = iv_alloc_n(x->ctx, ROOM, sizeof *x->dims);
    if (!x->dims)
        return iv_fail_nomem(err);
    while (iv_list_next(&list, &item, &length)) {
        int64_t dim = 0;
        bool all = length == 3 && memcmp(item, "all", 3) == 0;
        if (!all && (!iv_parse_i64(item, length, &dim) || dim < 1 || dim > INT32_MAX))
            return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                           "option dim: \"%.*s\" is neither a number of 1 or more nor all",
                           (int)(length < 64 ? length : 64), item);
        if (x->dim_count == ROOM)
            return iv_fail(err, IMGVEC_ERR_LIMIT, "option dim: more than %d candidates", ROOM);
        x->dims[x->dim_count++] = (int32_t)dim;
    }
    if (x->image_count == 0) { /* nothing to project */
        x->dims[0] = 0;
        x->dim_count = 1;
    }
    return x->dim_count ? IMGVEC_OK
                        : iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "option dim is an empty list");
}

static imgvec_status make_cases(iv_experiment *x, size_t room, iv_cases *c, imgvec_error *err)
{
    *c = (iv_cases){.task = x->target.task, .class_count = x->target.class_count};
    c->outputs = c->class_count ? c->class_count : 1;
    c->row = iv_alloc_n(x->ctx, room + 1, sizeof *c->row);
    c->y = iv_alloc_n(x->ctx, room + 1, sizeof *c->y);
    bool grouped = iv_experiment_has_groups(x);
    c->group = grouped ? iv_alloc_n(x->ctx, room + 1, sizeof *c->group) : NULL;
    if (!c->row || !c->y || (grouped && !c->group))
        return iv_fail_nomem(err);
    return IMGVEC_OK;
}

static bool row_is_bad(const iv_experiment *x, int64_t row)
{
    for (size_t i = 0; i < x->inputs.count; i++)
        if (x->inputs.items[i].type == IMGVEC_COLUMN_IMAGE &&
            x->inputs.items[i].status[row] != IMGVEC_OK)
            return true;
    return false;
}

static imgvec_status part_holdout(iv_experiment *x, const iv_cases *all, imgvec_error *err)
{
    double share = iv_option_f64(x->opts, IMGVEC_OPT_HOLDOUT);
    int32_t *part = iv_calloc(x->ctx, all->count + 1, sizeof *part);
    int32_t *labels = iv_alloc_n(x->ctx, all->count + 1, sizeof *labels);
    imgvec_status status = part && labels ? IMGVEC_OK : iv_fail_nomem(err);
    for (size_t i = 0; status == IMGVEC_OK && i < all->count; i++)
        labels[i] = all->class_count ? (int32_t)all->y[i] : 0;
    for (size_t i = 0; status == IMGVEC_OK && x->fold_of && i < all->count; i++)
        part[i] = x->fold_of[i] < 0;
    if (status == IMGVEC_OK && share > 0 && !x->fold_of)
        status = iv_split_assign(x->ctx, all->count, all->class_count ? labels : NULL, all->group,
                                 1 - share, (uint64_t)iv_option_i64(x->opts, IMGVEC_OPT_SEED), part,
                                 err);
    if (all->group)
        iv_experiment_explain_groups(x, status, err);
    for (size_t i = 0; status == IMGVEC_OK && i < all->count; i++) {
        iv_cases *c = part[i] ? &x->holdout : &x->cases;
        if (x->fold_of && !part[i])
            x->fold_of[c->count] = x->fold_of[i];
        c->row[c->count] = all->row[i];
        c->y[c->count] = all->y[i];
        if (c->group)
            c->group[c->count] = all->group[i];
        c->count++;
    }
    iv_free(x->ctx, part);
    iv_free(x->ctx, labels);
    return status;
}

imgvec_status iv_experiment_cases(iv_experiment *x, imgvec_error *err)
{
    iv_cases all = {0};
    imgvec_status status = IMGVEC_OK;
    size_t n = x->target.rows;
    IV_DO(make_cases(x, n, &all, err));
    IV_DO(make_cases(x, n, &x->cases, err));
    IV_DO(make_cases(x, n, &x->holdout, err));
    for (size_t i = 0; i < n; i++) {
        if (x->drop_bad && row_is_bad(x, x->target.row[i])) {
            x->dropped++;
            continue;
        }
        all.row[all.count] = x->target.row[i];
        all.y[all.count++] = x->target.value[i];
    }
    if (all.group)
        IV_DO(iv_experiment_groups(x, &all, err));
    IV_DO(iv_experiment_folds(x, &all, err));
    IV_DO(part_holdout(x, &all, err));
    x->used = x->cases.count;
    int64_t folds = iv_option_i64(x->opts, IMGVEC_OPT_FOLDS);
    if (x->cases.count < (size_t)(2 * folds))
        status = iv_fail(err, IMGVEC_ERR_DATA,
                         "%zu usable rows are too few for %lld folds: at least %lld are needed",
                         x->cases.count, (long long)folds, (long long)(2 * folds));
    else
        status = iv_experiment_check_classes(x, err);
done:
    iv_free(x->ctx, all.row);
    iv_free(x->ctx, all.y);
    iv_free(x->ctx, all.group);
    return status;
}
