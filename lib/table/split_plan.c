#include "table/split_plan.h"

#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "table/folds.h"
#include "table/split_time.h"

#define CLASS_LIKE 20 /* different numbers that are still taken as classes */

static imgvec_status find_column(const imgvec_dataset *ds, const imgvec_options *opts,
                                 int32_t option, int32_t *column, imgvec_error *err)
{
    const char *name = iv_option_text(opts, option);
    *column = *name ? iv_dataset_find(ds, name) : -1;
    if (*name && *column < 0)
        return iv_prefix(err, iv_dataset_no_column(ds, name, err), "option %s",
                         iv_option_name(option));
    if (*column >= 0 && ds->columns[*column].type == IMGVEC_COLUMN_IMAGE)
        return iv_fail(err, IMGVEC_ERR_DATA, "option %s: column %s holds images",
                       iv_option_name(option), name);
    return IMGVEC_OK;
}

static imgvec_status find_columns(iv_split_plan *p, const imgvec_dataset *ds,
                                  const imgvec_options *opts, imgvec_error *err)
{
    IV_TRY(find_column(ds, opts, IMGVEC_OPT_TARGET, &p->target, err));
    if (p->target < 0 && ds->form == IV_FORM_CLASS_FOLDERS)
        p->target = iv_dataset_find(ds, "label");
    IV_TRY(find_column(ds, opts, IMGVEC_OPT_GROUP, &p->group_column, err));
    IV_TRY(find_column(ds, opts, IMGVEC_OPT_TIME, &p->time_column, err));
    if (p->group_column >= 0 && p->group_column == p->target)
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                       "option group: %s is the target; name a column whose equal values belong "
                       "together",
                       ds->columns[p->target].name);
    return IMGVEC_OK;
}

/* Class of each row where the target is one of classes. */
static imgvec_status read_classes(iv_split_plan *p, const imgvec_dataset *ds, imgvec_error *err)
{
    if (p->target < 0)
        return IMGVEC_OK;
    const iv_column *c = &ds->columns[p->target];
    int32_t type = c->type == IMGVEC_COLUMN_IGNORED ? c->natural : c->type;
    IV_TRY(iv_levels_read(ds, p->target, p->class, &p->levels, err));
    p->stratified = type != IMGVEC_COLUMN_NUMERIC || p->levels.count <= CLASS_LIKE;
    return IMGVEC_OK;
}

static imgvec_status find_duplicates(iv_split_plan *p, const imgvec_dataset *ds,
                                     const imgvec_options *opts, iv_watch *watch, imgvec_error *err)
{
    int64_t rows = (int64_t)p->rows;
    bool images = false;
    iv_duplicate_rule rule =
        iv_duplicate_rule_of(opts, rows, iv_dataset_inputs(ds, p->target) == 1);
    for (size_t i = 0; i < ds->count; i++)
        images = images || ds->columns[i].type == IMGVEC_COLUMN_IMAGE;
    if (!images || rule.mode == IV_DUPLICATES_OFF)
        return IMGVEC_OK;
    iv_prints prints;
    iv_prints_init(ds->ctx, rule.mode == IV_DUPLICATES_NEAR, &prints);
    int threads = iv_context_threads(ds->ctx, iv_option_i64(opts, IMGVEC_OPT_THREADS));
    imgvec_status status = iv_images_check(ds, threads, watch, &prints, &p->check, err);
    if (status == IMGVEC_OK)
        status = iv_duplicates_find(&prints, rows, &rule, watch, &p->duplicates, err);
    iv_prints_free(&prints);
    if (status == IMGVEC_OK)
        iv_duplicates_notice(&p->duplicates, ds);
    return status;
}

static imgvec_status read_groups(iv_split_plan *p, const imgvec_dataset *ds, imgvec_error *err)
{
    const int32_t *shared = p->duplicates.groups > 0 ? p->duplicates.group : NULL;
    int32_t *ids = NULL;
    imgvec_status status = IMGVEC_OK;
    if (p->group_column < 0 && !shared)
        return IMGVEC_OK;
    p->group = iv_alloc_n(p->ctx, p->rows, sizeof *p->group);
    if (!p->group)
        return iv_fail_nomem(err);
    if (p->group_column >= 0) {
        iv_levels levels = {0};
        ids = iv_alloc_n(p->ctx, p->rows, sizeof *ids);
        status = ids ? iv_levels_read(ds, p->group_column, ids, &levels, err) : iv_fail_nomem(err);
        iv_levels_free(&levels);
        for (size_t row = 0; status == IMGVEC_OK && row < p->rows; row++)
            if (ids[row] < 0)
                status = iv_fail_at(err, IMGVEC_ERR_DATA, (int64_t)row,
                                    "option group: column %s, row %zu has no value",
                                    ds->columns[p->group_column].name, row);
    }
    if (status == IMGVEC_OK)
        status = iv_groups_join(p->ctx, p->rows, ids, shared, p->group, err);
    iv_free(p->ctx, ids);
    return status;
}

static imgvec_status assign(iv_split_plan *p, const imgvec_dataset *ds, const imgvec_options *opts,
                            imgvec_error *err)
{
    double ratio = iv_option_f64(opts, IMGVEC_OPT_RATIO);
    if (p->time_column >= 0)
        return iv_split_by_time(ds, opts, p->time_column, p->group, ratio, p->part, &p->moved, err);
    imgvec_status status =
        iv_split_assign(p->ctx, p->rows, p->stratified ? p->class : NULL, p->group, ratio,
                        (uint64_t)iv_option_i64(opts, IMGVEC_OPT_SEED), p->part, err);
    if (status == IMGVEC_ERR_DATA && p->group)
        iv_prefix(err, status, "rows of one group stay together (options group and duplicates)");
    return status;
}

imgvec_status iv_split_plan_make(const imgvec_dataset *ds, const imgvec_options *opts,
                                 iv_watch *watch, iv_split_plan *out, imgvec_error *err)
{
    *out = (iv_split_plan){.ctx = ds->ctx, .rows = (size_t)iv_dataset_rows(ds)};
    imgvec_status status = IMGVEC_OK;
    out->part = iv_alloc_n(ds->ctx, out->rows, sizeof *out->part);
    out->class = iv_alloc_n(ds->ctx, out->rows, sizeof *out->class);
    if (!out->part || !out->class)
        IV_DO(iv_fail_nomem(err));
    IV_DO(find_columns(out, ds, opts, err));
    IV_DO(read_classes(out, ds, err));
    IV_DO(find_duplicates(out, ds, opts, watch, err));
    IV_DO(read_groups(out, ds, err));
    IV_DO(assign(out, ds, opts, err));
done:
    if (status != IMGVEC_OK)
        iv_split_plan_free(out);
    return status;
}

void iv_split_plan_free(iv_split_plan *p)
{
    if (!p->ctx)
        return;
    iv_free(p->ctx, p->part);
    iv_free(p->ctx, p->group);
    iv_free(p->ctx, p->class);
    if (p->levels.ctx)
        iv_levels_free(&p->levels);
    iv_image_check_free(&p->check);
    iv_duplicates_free(&p->duplicates);
    *p = (iv_split_plan){0};
}
