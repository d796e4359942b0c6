/* Folds that another experiment had (imgvec_options_set_like), taken over as far as they fit. */
#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "model/data_record.h"
#include "model/experiment.h"

enum { UNKNOWN = -2 }; /* beside -1, held out */

/* Why the folds cannot be those of the model; "" when nothing speaks against it. */
static imgvec_status find_reason(const iv_experiment *x, const iv_known_folds *k, iv_text *why,
                                 imgvec_error *err)
{
    const char *column = iv_option_text(x->opts, IMGVEC_OPT_FOLD_COLUMN);
    const char *task = iv_task_name(x->target.task);
    if (strcmp(x->target_name, k->target) != 0)
        iv_text_addf(why, "the target is %.100s and was %.100s", x->target_name, k->target);
    else if (strcmp(task, k->task) != 0)
        iv_text_addf(why, "the task is %s and was %.20s", task, k->task);
    else if (iv_option_i64(x->opts, IMGVEC_OPT_FOLDS) != k->folds)
        iv_text_addf(why, "option folds is %lld and was %d",
                     (long long)iv_option_i64(x->opts, IMGVEC_OPT_FOLDS), (int)k->folds);
    else if (iv_option_f64(x->opts, IMGVEC_OPT_HOLDOUT) != k->holdout)
        iv_text_addf(why, "option holdout is %g and was %g",
                     iv_option_f64(x->opts, IMGVEC_OPT_HOLDOUT), k->holdout);
    else if (strcmp(column, k->fold_column) != 0)
        iv_text_addf(why, "option fold_column is \"%.100s\" and was \"%.100s\"", column,
                     k->fold_column);
    if (why->length || why->failed)
        return IMGVEC_OK;
    char *record = iv_data_record(x->ctx, x->ds), *difference = NULL;
    imgvec_status status = record ? IMGVEC_OK : iv_fail_nomem(err);
    if (status == IMGVEC_OK)
        status = iv_data_record_compare(x->ctx, k->record, record, &difference, err);
    if (status == IMGVEC_OK && *difference)
        iv_text_addf(why, "the data are not the same: %s", difference);
    iv_free(x->ctx, difference);
    iv_free(x->ctx, record);
    return status;
}

static int32_t look_up(const iv_known_folds *k, int64_t row)
{
    size_t low = 0, high = k->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (k->row[middle] < row)
            low = middle + 1;
        else
            high = middle;
    }
    return low < k->count && k->row[low] == row ? k->fold[low] : UNKNOWN;
}

/* The cases, the fold of each group by its number, and the rows of each class in each fold. */
typedef struct placing {
    const iv_cases *all;
    int32_t folds;
    int32_t *fold;  /* of each case */
    int32_t *group; /* fold of each group */
    int64_t *counts;
    size_t taken, moved, added;
} placing;

static size_t group_of(const iv_cases *all, size_t i)
{
    return all->group ? (size_t)all->group[i] : i;
}

static int64_t *counts_of(const placing *p, size_t i)
{
    size_t class = p->all->class_count ? (size_t)p->all->y[i] : 0;
    return p->counts + class * (size_t)p->folds;
}

/* The fold with the fewest rows of the case's class. */
static int32_t emptiest(const placing *p, size_t i)
{
    const int64_t *counts = counts_of(p, i);
    int32_t best = 0;
    for (int32_t f = 1; f < p->folds; f++)
        if (counts[f] < counts[best])
            best = f;
    return best;
}

/* Rows of a group that the model had in several folds, since it did not look at the images that
 * tie them, follow the first of them; rows that it did not use fill the emptiest folds. */
static void place(placing *p, const iv_known_folds *k)
{
    size_t n = p->all->count;
    for (size_t i = 0; i < n; i++)
        p->group[i] = UNKNOWN;
    for (size_t i = 0; i < n; i++) {
        int32_t *group = &p->group[group_of(p->all, i)];
        p->fold[i] = look_up(k, p->all->row[i]);
        if (*group == UNKNOWN)
            *group = p->fold[i];
    }
    for (size_t i = 0; i < n; i++)
        if (p->group[group_of(p->all, i)] >= 0)
            counts_of(p, i)[p->group[group_of(p->all, i)]]++;
    for (size_t i = 0; i < n; i++) {
        int32_t *group = &p->group[group_of(p->all, i)];
        if (*group != UNKNOWN)
            continue;
        *group = emptiest(p, i);
        counts_of(p, i)[*group]++;
    }
    for (size_t i = 0; i < n; i++) {
        int32_t group = p->group[group_of(p->all, i)];
        p->added += p->fold[i] == UNKNOWN;
        p->moved += p->fold[i] != UNKNOWN && p->fold[i] != group;
        p->taken += p->fold[i] == group;
        p->fold[i] = group;
    }
}

/* Whether every fold has rows, and every class rows in two folds, so that it is learned by each. */
static void check(const iv_experiment *x, placing *p, iv_text *why)
{
    size_t folds = (size_t)p->folds,
           classes = p->all->class_count ? (size_t)p->all->class_count : 1;
    memset(p->counts, 0, classes * folds * sizeof *p->counts);
    for (size_t i = 0; i < p->all->count; i++)
        if (p->fold[i] >= 0)
            counts_of(p, i)[p->fold[i]]++;
    for (size_t f = 0; f < folds && !why->length; f++) {
        int64_t rows = 0;
        for (size_t c = 0; c < classes; c++)
            rows += p->counts[c * folds + f];
        if (rows == 0)
            iv_text_addf(why, "fold %zu would be empty", f);
    }
    for (size_t c = 0; c < classes && !why->length && p->all->class_count; c++) {
        size_t in = 0;
        for (size_t f = 0; f < folds; f++)
            in += p->counts[c * folds + f] > 0;
        if (in < 2)
            iv_text_addf(why, "class %.100s would be in a single fold", x->target.classes[c]);
    }
}

static void tell(const iv_experiment *x, const placing *p, const char *path)
{
    iv_log(x->ctx, IMGVEC_LOG_NOTICE, "folds as in %s: %zu rows", path, p->taken);
    if (p->moved)
        iv_log(x->ctx, IMGVEC_LOG_NOTICE,
               "%zu rows are in another fold than there, since they share images with rows of it",
               p->moved);
    if (p->added)
        iv_log(x->ctx, IMGVEC_LOG_NOTICE, "%zu rows were not used there and are added to the folds",
               p->added);
}

imgvec_status iv_experiment_folds(iv_experiment *x, const iv_cases *all, imgvec_error *err)
{
    const iv_known_folds *k = iv_options_known_folds(x->opts);
    size_t n = all->count, classes = all->class_count ? (size_t)all->class_count : 1;
    iv_text why;
    if (!k)
        return IMGVEC_OK;
    placing p = {.all = all, .folds = k->folds};
    iv_text_init(&why, x->ctx);
    imgvec_status status = find_reason(x, k, &why, err);
    if (status != IMGVEC_OK || why.length || why.failed)
        goto done;
    p.fold = iv_alloc_n(x->ctx, n + 1, sizeof *p.fold);
    p.group = iv_alloc_n(x->ctx, n + 1, sizeof *p.group);
    p.counts = iv_calloc(x->ctx, classes * (size_t)k->folds, sizeof *p.counts);
    if (!p.fold || !p.group || !p.counts) {
        status = iv_fail_nomem(err);
        goto done;
    }
    place(&p, k);
    check(x, &p, &why);
    if (why.length || why.failed)
        goto done;
    tell(x, &p, k->path);
    x->fold_of = p.fold;
    p.fold = NULL;
done:
    if (status == IMGVEC_OK && why.failed)
        status = iv_fail_nomem(err);
    if (status == IMGVEC_OK && why.length)
        iv_log(x->ctx, IMGVEC_LOG_NOTICE, "folds are not those of %s, since %s", k->path, why.data);
    iv_text_free(&why);
    iv_free(x->ctx, p.fold);
    iv_free(x->ctx, p.group);
    iv_free(x->ctx, p.counts);
    return status;
}
