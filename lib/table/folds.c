/* Without groups, the rows of each class are shuffled and dealt to the folds in turn, going
 * on where the class before stopped: counts differ by at most one in each class and overall.
 * With groups, the largest goes first, each to the fold that it brings least out of balance
 * (the sum over classes of squared counts over the wanted counts). */
#include "table/folds.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/sets.h"

/* Equal ids side by side: rows sorted by id, and where each run starts. */
typedef struct runs {
    int64_t *rows;
    size_t *start; /* count + 1 of them */
    size_t count;
} runs;

static int by_id(const void *a, const void *b, void *user)
{
    const int32_t *id = user;
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    if (id && id[x] != id[y])
        return id[x] < id[y] ? -1 : 1;
    return (x > y) - (x < y);
}

static void free_runs(imgvec_context *ctx, runs *r)
{
    iv_free(ctx, r->rows);
    iv_free(ctx, r->start);
    memset(r, 0, sizeof *r);
}

/* ids NULL: one run of all rows. */
static imgvec_status make_runs(imgvec_context *ctx, size_t n, const int32_t *ids, runs *out,
                               imgvec_error *err)
{
    memset(out, 0, sizeof *out);
    out->rows = iv_alloc_n(ctx, n, sizeof *out->rows);
    out->start = iv_alloc_n(ctx, n + 1, sizeof *out->start);
    if (!out->rows || !out->start) {
        free_runs(ctx, out);
        return iv_fail_nomem(err);
    }
    for (size_t i = 0; i < n; i++)
        out->rows[i] = (int64_t)i;
    if (ids && n > 1) {
        union { /* qsort_r wants a pointer that may be written through */
            const int32_t *in;
            void *user;
        } view = {ids};
        qsort_r(out->rows, n, sizeof *out->rows, by_id, view.user);
    }
    for (size_t i = 0; i < n; i++)
        if (i == 0 || (ids && ids[out->rows[i]] != ids[out->rows[i - 1]]))
            out->start[out->count++] = i;
    out->start[out->count] = n;
    return IMGVEC_OK;
}

static imgvec_status join_equal(imgvec_context *ctx, size_t n, const int32_t *ids, iv_sets *sets,
                                imgvec_error *err)
{
    runs r;
    if (!ids)
        return IMGVEC_OK;
    IV_TRY(make_runs(ctx, n, ids, &r, err));
    for (size_t k = 0; k < r.count; k++)
        for (size_t i = r.start[k]; i < r.start[k + 1]; i++)
            iv_sets_join(sets, (int32_t)r.rows[r.start[k]], (int32_t)r.rows[i]);
    free_runs(ctx, &r);
    return IMGVEC_OK;
}

imgvec_status iv_groups_join(imgvec_context *ctx, size_t n, const int32_t *a, const int32_t *b,
                             int32_t *out, imgvec_error *err)
{
    iv_sets sets;
    if (iv_sets_make(ctx, n, &sets) != 0)
        return iv_fail_nomem(err);
    imgvec_status status = join_equal(ctx, n, a, &sets, err);
    if (status == IMGVEC_OK)
        status = join_equal(ctx, n, b, &sets, err);
    for (size_t i = 0; i < n && status == IMGVEC_OK; i++)
        out[i] = iv_sets_find(&sets, (int32_t)i);
    iv_sets_free(ctx, &sets);
    return status;
}

/* Class of each row as 0 .. classes-1. */
static imgvec_status dense(imgvec_context *ctx, size_t n, const int32_t *labels, int32_t *out,
                           size_t *classes, imgvec_error *err)
{
    runs r;
    IV_TRY(make_runs(ctx, n, labels, &r, err));
    for (size_t c = 0; c < r.count; c++)
        for (size_t i = r.start[c]; i < r.start[c + 1]; i++)
            out[r.rows[i]] = (int32_t)c;
    *classes = r.count;
    free_runs(ctx, &r);
    return IMGVEC_OK;
}

typedef struct sized {
    size_t run, size, order; /* order: from the shuffle, so that ties are random */
} sized;

static int larger_first(const void *a, const void *b)
{
    const sized *x = a, *y = b;
    if (x->size != y->size)
        return x->size < y->size ? 1 : -1;
    return (x->order > y->order) - (x->order < y->order);
}

/* The groups from large to small. */
static imgvec_status order_groups(imgvec_context *ctx, const runs *groups, iv_random *random,
                                  sized **out, imgvec_error *err)
{
    size_t n = groups->count;
    int64_t *order = iv_alloc_n(ctx, n, sizeof *order);
    sized *list = iv_alloc_n(ctx, n, sizeof *list);
    if (!order || !list) {
        iv_free(ctx, order);
        iv_free(ctx, list);
        return iv_fail_nomem(err);
    }
    for (size_t i = 0; i < n; i++)
        order[i] = (int64_t)i;
    iv_random_shuffle(random, order, n);
    for (size_t i = 0; i < n; i++) {
        size_t run = (size_t)order[i];
        list[i] = (sized){run, groups->start[run + 1] - groups->start[run], i};
    }
    iv_free(ctx, order);
    if (n > 1)
        qsort(list, n, sizeof *list, larger_first);
    *out = list;
    return IMGVEC_OK;
}

/* What a fold that is to have share[f] of every class costs more with the group in it. */
static double cost(const double *have, const double *group, const double *total, double share,
                   size_t classes)
{
    double sum = 0;
    for (size_t c = 0; c < classes; c++)
        if (group[c] > 0)
            sum += (2 * have[c] + group[c]) * group[c] / (share * total[c]);
    return sum;
}

static imgvec_status assign_groups(imgvec_context *ctx, size_t n, const int32_t *labels,
                                   const int32_t *ids, const double *share, size_t k,
                                   iv_random *random, int32_t *fold, imgvec_error *err)
{
    runs groups = {0};
    sized *list = NULL;
    double *total = NULL, *group = NULL, *have = NULL;
    size_t classes;
    imgvec_status status;
    /* `fold` holds the dense classes until each row gets its fold. */
    IV_DO(dense(ctx, n, labels, fold, &classes, err));
    IV_DO(make_runs(ctx, n, ids, &groups, err));
    if (groups.count < k)
        IV_DO(iv_fail(err, IMGVEC_ERR_DATA, "%zu groups cannot fill %zu parts", groups.count, k));
    IV_DO(order_groups(ctx, &groups, random, &list, err));
    total = iv_calloc(ctx, classes, sizeof *total);
    group = iv_calloc(ctx, classes, sizeof *group);
    have = iv_calloc(ctx, classes, k * sizeof *have); /* k is at most an int32_t */
    if (!total || !group || !have)
        IV_DO(iv_fail_nomem(err));
    for (size_t i = 0; i < n; i++)
        total[fold[i]]++;
    for (size_t g = 0; g < groups.count; g++) {
        const runs *r = &groups;
        size_t run = list[g].run, best = 0;
        memset(group, 0, classes * sizeof *group);
        for (size_t i = r->start[run]; i < r->start[run + 1]; i++)
            group[fold[r->rows[i]]]++;
        double least = INFINITY;
        for (size_t f = 0; f < k; f++) {
            double c = cost(have + f * classes, group, total, share[f], classes);
            if (c < least) {
                least = c;
                best = f;
            }
        }
        for (size_t c = 0; c < classes; c++)
            have[best * classes + c] += group[c];
        for (size_t i = r->start[run]; i < r->start[run + 1]; i++)
            fold[r->rows[i]] = (int32_t)best;
    }
done:
    free_runs(ctx, &groups);
    iv_free(ctx, list);
    iv_free(ctx, total);
    iv_free(ctx, group);
    iv_free(ctx, have);
    return status;
}

static imgvec_status check_filled(imgvec_context *ctx, size_t n, const int32_t *fold, size_t k,
                                  imgvec_error *err)
{
    size_t *count = iv_calloc(ctx, k, sizeof *count);
    if (!count)
        return iv_fail_nomem(err);
    imgvec_status status = IMGVEC_OK;
    for (size_t i = 0; i < n; i++)
        count[fold[i]]++;
    for (size_t f = 0; f < k && status == IMGVEC_OK; f++)
        if (count[f] == 0)
            status = iv_fail_at(err, IMGVEC_ERR_DATA, (int64_t)f,
                                "part %zu of %zu would be empty; there are %zu rows", f + 1, k, n);
    iv_free(ctx, count);
    return status;
}

imgvec_status iv_folds_assign(imgvec_context *ctx, size_t n, const int32_t *labels,
                              const int32_t *groups, int32_t k, uint64_t seed, int32_t *fold,
                              imgvec_error *err)
{
    if (k < 1)
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "%d folds", (int)k);
    if (n < (size_t)k)
        return iv_fail_at(err, IMGVEC_ERR_DATA, (int64_t)n, "%zu rows cannot fill %d folds", n,
                          (int)k);
    iv_random random;
    iv_random_seed(&random, seed, "folds");
    if (groups) {
        double *share = iv_alloc_n(ctx, (size_t)k, sizeof *share);
        if (!share)
            return iv_fail_nomem(err);
        for (int32_t f = 0; f < k; f++)
            share[f] = 1.0 / k;
        imgvec_status status =
            assign_groups(ctx, n, labels, groups, share, (size_t)k, &random, fold, err);
        iv_free(ctx, share);
        return status == IMGVEC_OK ? check_filled(ctx, n, fold, (size_t)k, err) : status;
    }
    runs classes;
    IV_TRY(make_runs(ctx, n, labels, &classes, err));
    size_t next = 0;
    for (size_t c = 0; c < classes.count; c++)
        iv_random_shuffle(&random, classes.rows + classes.start[c],
                          classes.start[c + 1] - classes.start[c]);
    for (size_t i = 0; i < n; i++, next++)
        fold[classes.rows[i]] = (int32_t)(next % (size_t)k);
    free_runs(ctx, &classes);
    return IMGVEC_OK;
}

/* How many rows of each class go into part 0: the whole part of its share, then one more for
 * the largest fractions until the total is met; both parts get one of every class that has
 * two rows. */
static imgvec_status quotas(imgvec_context *ctx, const runs *classes, size_t n, double ratio,
                            size_t *take, imgvec_error *err)
{
    double *rest = iv_alloc_n(ctx, classes->count, sizeof *rest);
    if (!rest)
        return iv_fail_nomem(err);
    size_t wanted = (size_t)floor(ratio * (double)n + 0.5), taken = 0;
    for (size_t c = 0; c < classes->count; c++) {
        double exact = ratio * (double)(classes->start[c + 1] - classes->start[c]);
        take[c] = (size_t)floor(exact);
        rest[c] = exact - floor(exact);
        taken += take[c];
    }
    while (taken < wanted) { /* at most one more for each class: n - floor sums are below that */
        size_t best = 0;
        for (size_t c = 1; c < classes->count; c++)
            if (rest[c] > rest[best])
                best = c;
        if (rest[best] < 0)
            break;
        rest[best] = -1;
        take[best]++;
        taken++;
    }
    for (size_t c = 0; c < classes->count; c++) {
        size_t size = classes->start[c + 1] - classes->start[c];
        if (size >= 2 && take[c] == 0)
            take[c] = 1;
        if (size >= 2 && take[c] == size)
            take[c] = size - 1;
    }
    iv_free(ctx, rest);
    return IMGVEC_OK;
}

imgvec_status iv_split_assign(imgvec_context *ctx, size_t n, const int32_t *labels,
                              const int32_t *groups, double ratio, uint64_t seed, int32_t *part,
                              imgvec_error *err)
{
    if (!(ratio > 0 && ratio < 1))
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "ratio %g is not between 0 and 1", ratio);
    if (n < 2)
        return iv_fail_at(err, IMGVEC_ERR_DATA, (int64_t)n,
                          "%zu row%s cannot be split into two parts", n, n == 1 ? "" : "s");
    iv_random random;
    iv_random_seed(&random, seed, "split");
    if (groups) {
        double share[2] = {ratio, 1 - ratio};
        IV_TRY(assign_groups(ctx, n, labels, groups, share, 2, &random, part, err));
        return check_filled(ctx, n, part, 2, err);
    }
    runs classes;
    IV_TRY(make_runs(ctx, n, labels, &classes, err));
    size_t *take = iv_alloc_n(ctx, classes.count, sizeof *take);
    imgvec_status status = take ? quotas(ctx, &classes, n, ratio, take, err) : iv_fail_nomem(err);
    for (size_t c = 0; c < classes.count && status == IMGVEC_OK; c++) {
        size_t start = classes.start[c], size = classes.start[c + 1] - start;
        iv_random_shuffle(&random, classes.rows + start, size);
        for (size_t i = 0; i < size; i++)
            part[classes.rows[start + i]] = i < take[c] ? 0 : 1;
    }
    iv_free(ctx, take);
    free_runs(ctx, &classes);
    return status == IMGVEC_OK ? check_filled(ctx, n, part, 2, err) : status;
}
