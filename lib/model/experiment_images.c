#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "features/judge.h"
#include "model/experiment.h"
#include "table/dataset.h"

imgvec_status iv_networks_widths(imgvec_context *ctx, const iv_networks *nets, int32_t **out,
                                 imgvec_error *err)
{
    int32_t *widths = iv_alloc_n(ctx, nets->count + 1, sizeof *widths);
    if (!widths)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < nets->count; i++)
        widths[i] = iv_network_width(nets->items[i]);
    *out = widths;
    return IMGVEC_OK;
}

static int64_t count_missing(const iv_experiment *x, int32_t column)
{
    int64_t missing = 0;
    for (int64_t row = 0; row < iv_dataset_rows(x->ds); row++)
        missing += iv_dataset_missing(x->ds, column, row);
    return missing;
}

/* So many cells of a column may have an image that cannot be used. */
static int64_t max_bad(const iv_experiment *x)
{
    if (iv_option_is(x->opts, IMGVEC_OPT_ON_BAD, "error"))
        return 0;
    double share = iv_option_f64(x->opts, IMGVEC_OPT_MAX_BAD_FRACTION);
    return (int64_t)floor(share * (double)iv_dataset_rows(x->ds) + 1e-9);
}

/* Images none of which is there or can be read need no network to say so. */
static imgvec_status judge(iv_experiment *x, imgvec_error *err)
{
    IV_TRY(iv_dataset_fetch(x->ds, -1, &x->watch, err));
    for (size_t i = 0; i < x->inputs.count; i++) {
        const iv_input *in = &x->inputs.items[i];
        if (in->type != IMGVEC_COLUMN_IMAGE)
            continue;
        IV_TRY(iv_dataset_fetch(x->ds, in->column, &x->watch, err));
        IV_TRY(iv_judge_column(x->ctx, x->ds, in->column, max_bad(x), &x->watch, err));
    }
    return IMGVEC_OK;
}

/* Raw features of every image column, within what on_bad and max_bad_fraction allow. prints NULL:
 * not wanted. */
static imgvec_status embed_all(iv_experiment *x, iv_prints *prints, imgvec_error *err)
{
    size_t rows = (size_t)iv_dataset_rows(x->ds);
    bool only_input = x->inputs.count == 1;
    x->drop_bad = iv_option_is(x->opts, IMGVEC_OPT_ON_BAD, "drop") ||
                  (iv_option_is(x->opts, IMGVEC_OPT_ON_BAD, "auto") && only_input);
    iv_embed_settings settings = {.threads = x->inputs.threads,
                                  .batch_size =
                                      (int32_t)iv_option_i64(x->opts, IMGVEC_OPT_BATCH_SIZE),
                                  .max_bad = max_bad(x),
                                  .prints = prints};
    for (size_t i = 0; i < x->inputs.count; i++) {
        iv_input *in = &x->inputs.items[i];
        if (in->type != IMGVEC_COLUMN_IMAGE)
            continue;
        in->raw = iv_alloc_n(x->ctx, rows, (size_t)x->nets.width * sizeof *in->raw);
        in->status = iv_calloc(x->ctx, rows, sizeof *in->status);
        if (!in->raw || !in->status)
            return iv_fail_nomem(err);
        x->missing_images += count_missing(x, in->column);
        iv_problems found = {0}; /* of this column, so that an error names its own */
        imgvec_status status = iv_embed(x->ctx, &x->nets, x->ds, in->column, 0, rows, &settings,
                                        &x->watch, &found, in->raw, in->status, err);
        for (size_t k = 0; k < found.count && status == IMGVEC_OK; k++) {
            imgvec_error why = {.code = found.items[k].code};
            strncpy(why.text, found.items[k].reason, sizeof why.text - 1);
            status = iv_problems_add(x->ctx, &x->problems, found.items[k].row,
                                     found.items[k].column, found.items[k].path, &why, err);
        }
        iv_problems_free(x->ctx, &found);
        IV_TRY(status);
    }
    return IMGVEC_OK;
}

/* Embeds the images, and finds the rows that share some in the same pass. */
static imgvec_status look_at_images(iv_experiment *x, imgvec_error *err)
{
    int64_t rows = iv_dataset_rows(x->ds);
    iv_duplicate_rule rule = iv_duplicate_rule_of(x->opts, rows, x->inputs.count == 1);
    if (rule.mode == IV_DUPLICATES_OFF)
        return embed_all(x, NULL, err);
    iv_prints prints;
    iv_prints_init(x->ctx, rule.mode == IV_DUPLICATES_NEAR, &prints);
    imgvec_status status = embed_all(x, &prints, err);
    if (status == IMGVEC_OK)
        status = iv_duplicates_find(&prints, rows, &rule, &x->watch, &x->duplicates, err);
    iv_prints_free(&prints);
    if (status == IMGVEC_OK)
        iv_duplicates_notice(&x->duplicates, x->ds);
    return status;
}

/* Holds the asked dimensions against what the smallest training fold will allow. */
imgvec_status iv_experiment_check_dims(iv_experiment *x, imgvec_error *err)
{
    size_t n = x->cases.count, folds = (size_t)iv_option_i64(x->opts, IMGVEC_OPT_FOLDS);
    int32_t limit = x->nets.width;
    for (size_t i = 0; i < x->inputs.count; i++) {
        const iv_input *in = &x->inputs.items[i];
        size_t usable = 0, fold = (n + folds - 1) / folds;
        if (in->type != IMGVEC_COLUMN_IMAGE)
            continue;
        for (size_t k = 0; k < n; k++)
            usable += in->status[x->cases.row[k]] == IMGVEC_OK;
        int32_t most = usable > fold + 1 ? (int32_t)(usable - fold - 1) : 1;
        if (most < limit)
            limit = most;
    }
    for (size_t d = 0; x->image_count && d < x->dim_count; d++) {
        if (x->dims[d] <= limit)
            continue;
        if (!x->dim_is_default)
            return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                           "option dim: %d is above the limit of %d, the smaller of the "
                           "backbone's %d features and the rows of the smallest training fold "
                           "less one",
                           (int)x->dims[d], (int)limit, (int)x->nets.width);
        iv_log(x->ctx, IMGVEC_LOG_NOTICE, "dim lowered from %d to %d, the most that the rows allow",
               (int)x->dims[d], (int)limit);
        x->dims[d] = limit;
    }
    return IMGVEC_OK;
}

imgvec_status iv_experiment_images(iv_experiment *x, iv_executor_source executors,
                                   imgvec_error *err)
{
    x->inputs.threads = iv_context_threads(x->ctx, iv_option_i64(x->opts, IMGVEC_OPT_THREADS));
    if (x->image_count == 0)
        return IMGVEC_OK;
    IV_TRY(judge(x, err));
    IV_TRY(executors(x->ctx, &x->executor, err));
    if (x->nets.count == 0)
        IV_TRY(iv_networks_load(x->ctx, x->executor, x->opts, &x->nets, err));
    IV_TRY(iv_networks_widths(x->ctx, &x->nets, &x->widths, err));
    x->inputs.executor = x->executor;
    x->inputs.raw_width = x->nets.width;
    x->inputs.blocks = x->widths;
    x->inputs.block_count = x->nets.count;
    return look_at_images(x, err);
}
