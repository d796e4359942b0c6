/* Two models on the rows that both scored out of fold. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "learn/compare.h"
#include "learn/metrics_json.h"
#include "model/compare.h"
#include "model/data_record.h"

#define SEED 1

typedef struct common {
    size_t count, same_fold;
    float *first, *second, *truth;
    bool same_truth;
} common;

static imgvec_status find_common(imgvec_context *ctx, const iv_oof *a, const iv_oof *b, common *c,
                                 imgvec_error *err)
{
    size_t k = (size_t)a->outputs, most = a->count < b->count ? a->count : b->count;
    *c = (common){.same_truth = true};
    c->first = iv_alloc_n(ctx, most + 1, k * sizeof *c->first);
    c->second = iv_alloc_n(ctx, most + 1, k * sizeof *c->second);
    c->truth = iv_alloc_n(ctx, most + 1, sizeof *c->truth);
    if (!c->first || !c->second || !c->truth)
        return iv_fail_nomem(err);
    for (size_t i = 0, j = 0; i < a->count && j < b->count;) {
        if (a->row[i] != b->row[j]) {
            if (a->row[i] < b->row[j])
                i++;
            else
                j++;
            continue;
        }
        memcpy(c->first + c->count * k, a->predictions + i * k, k * sizeof *c->first);
        memcpy(c->second + c->count * k, b->predictions + j * k, k * sizeof *c->second);
        c->same_truth = c->same_truth && a->truth[i] == b->truth[j];
        c->same_fold += a->fold[i] == b->fold[j];
        c->truth[c->count++] = a->truth[i];
        i++;
        j++;
    }
    return IMGVEC_OK;
}

static bool same_classes(const iv_contender *a, const iv_contender *b)
{
    if (a->task == IV_TASK_REGRESSION)
        return true;
    if (a->class_count != b->class_count)
        return false;
    const iv_json *x = iv_json_get(a->content, "classes")->as.first;
    const iv_json *y = iv_json_get(b->content, "classes")->as.first;
    for (; x && y; x = x->next, y = y->next)
        if (strcmp(x->as.text, y->as.text) != 0)
            return false;
    return true;
}

/* Why the two cannot be compared row by row; "" when they can, as far as this can tell. */
static imgvec_status find_reason(imgvec_context *ctx, const iv_contender *base,
                                 const iv_contender *model, iv_text *why, imgvec_error *err)
{
    char *difference;
    if (base->task != model->task)
        iv_text_addf(why, "its task is %s, and that of %s %s", iv_task_name(model->task),
                     base->path, iv_task_name(base->task));
    else if (strcmp(base->target, model->target) != 0)
        iv_text_addf(why, "it predicts %s, and %s %s", model->target, base->path, base->target);
    else if (base->oof.count == 0 || !base->data || model->oof.count == 0 || !model->data)
        iv_text_addf(why, "%s does not hold its out-of-fold predictions",
                     base->oof.count == 0 || !base->data ? base->path : model->path);
    if (why->length || why->failed)
        return IMGVEC_OK;
    IV_TRY(iv_data_record_compare(ctx, base->data, model->data, &difference, err));
    if (*difference)
        iv_text_addf(why, "it was trained on other data than %s: %s", base->path, difference);
    else if (!same_classes(base, model))
        iv_text_addf(why, "its classes are not those of %s", base->path);
    iv_free(ctx, difference);
    return IMGVEC_OK;
}

static void put_verdicts(iv_json_writer *w, iv_task task, const iv_difference *d)
{
    size_t count;
    const iv_metric *table = iv_metrics_of(task, &count);
    iv_json_put_object(w, "verdict");
    for (size_t m = 0; m < count; m++) {
        double sign = table[m].higher_is_better ? 1 : -1;
        if (isnan(d->value[m]) || isnan(d->low[m]) || isnan(d->high[m]))
            continue;
        bool better = sign * d->low[m] > 0 && sign * d->high[m] > 0;
        bool worse = sign * d->low[m] < 0 && sign * d->high[m] < 0;
        iv_json_put_text(w, table[m].name, better ? "better" : worse ? "worse" : "unclear");
    }
    iv_json_put_end(w, '}');
}

static imgvec_status write_paired(imgvec_context *ctx, iv_task task, int32_t outputs,
                                  const common *c, iv_json_writer *w, imgvec_error *err)
{
    iv_difference d;
    float *variant = c->second;
    IV_TRY(iv_compare_variants(ctx, task, c->count, outputs, c->first, &variant, 1, c->truth, SEED,
                               &d, err));
    iv_json_put_object(w, "paired");
    iv_json_put_i64(w, "rows", (int64_t)c->count);
    iv_json_put_i64(w, "same_fold", (int64_t)c->same_fold);
    iv_metrics_write(w, "difference", task, d.value);
    iv_metrics_write_interval(w, "difference_ci", task, d.low, d.high);
    put_verdicts(w, task, &d);
    iv_json_put_end(w, '}');
    return IMGVEC_OK;
}

imgvec_status iv_compare_pair_write(imgvec_context *ctx, const iv_contender *base,
                                    const iv_contender *model, iv_json_writer *w, imgvec_error *err)
{
    common c = {0};
    iv_text why;
    iv_text_init(&why, ctx);
    imgvec_status status = find_reason(ctx, base, model, &why, err);
    if (status == IMGVEC_OK && !why.length && !why.failed) {
        status = find_common(ctx, &base->oof, &model->oof, &c, err);
        if (status == IMGVEC_OK && c.count < 2)
            iv_text_addf(&why, "%s and it have no rows in common", base->path);
        else if (status == IMGVEC_OK && !c.same_truth)
            iv_text_addf(&why, "its rows have other targets than those of %s", base->path);
    }
    if (status == IMGVEC_OK && why.failed)
        status = iv_fail_nomem(err);
    if (status == IMGVEC_OK && why.length) {
        iv_json_put_null(w, "paired");
        iv_json_put_text(w, "unpaired", why.data);
    } else if (status == IMGVEC_OK) {
        status = write_paired(ctx, base->task, base->oof.outputs, &c, w, err);
    }
    iv_text_free(&why);
    iv_free(ctx, c.first);
    iv_free(ctx, c.second);
    iv_free(ctx, c.truth);
    return status;
}
