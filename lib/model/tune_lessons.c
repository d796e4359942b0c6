#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"
#include "features/linear.h"
#include "model/tune_crew.h"
#include "table/dataset.h"
#include "table/folds.h"

void iv_tune_rows_free(imgvec_context *ctx, iv_tune_rows *r)
{
    iv_free(ctx, r->learn);
    iv_free(ctx, r->tell);
    iv_free(ctx, r->y);
    iv_free(ctx, r->group);
}

imgvec_status iv_tune_rows_choose(const iv_tune_crew *c, const iv_tune_job *j, iv_tune_rows *r,
                                  imgvec_error *err)
{
    const iv_experiment *x = c->x;
    const iv_cases *cases = &x->cases;
    const int32_t *status = x->inputs.items[c->t->items[j->input].from].status;
    size_t n = cases->count;
    bool whole = j->part == c->t->tuning.parts, final = j->fold == c->t->jobs - 1;
    memset(r, 0, sizeof *r);
    r->learn = iv_alloc_n(c->ctx, n + 1, sizeof *r->learn);
    r->tell = iv_alloc_n(c->ctx, n + x->holdout.count + 1, sizeof *r->tell);
    r->y = iv_alloc_n(c->ctx, n + 1, sizeof *r->y);
    r->group = cases->group ? iv_alloc_n(c->ctx, n + 1, sizeof *r->group) : NULL;
    if (!r->learn || !r->tell || !r->y || (cases->group && !r->group))
        return iv_fail_nomem(err);
    for (size_t i = 0; i < n; i++) {
        bool held_out = !final && c->fold_of[i] == j->fold;
        bool apart = !held_out && !whole && c->part_of[j->fold][i] == j->part;
        if (status[cases->row[i]] != IMGVEC_OK)
            continue;
        if (whole ? held_out || c->t->tuning.fast : apart)
            r->tell[r->tell_count++] = cases->row[i];
        if (held_out || apart)
            continue;
        r->learn[r->learn_count] = cases->row[i];
        r->y[r->learn_count] = cases->y[i];
        if (r->group)
            r->group[r->learn_count] = cases->group[i];
        r->learn_count++;
    }
    for (size_t i = 0; whole && final && i < x->holdout.count; i++)
        if (status[x->holdout.row[i]] == IMGVEC_OK)
            r->tell[r->tell_count++] = x->holdout.row[i];
    if (r->learn_count < 2)
        return iv_fail(
            err, IMGVEC_ERR_DATA, "column %s: too few usable images to fine-tune on",
            iv_dataset_column_name(x->ds, x->inputs.items[c->t->items[j->input].from].column));
    return IMGVEC_OK;
}

/* Features of the job's rows by its backbone, frozen, one row after the other (NEW). */
static float *frozen_features(const iv_tune_crew *c, const iv_tune_job *j, const iv_tune_rows *r,
                              int32_t *width)
{
    const iv_experiment *x = c->x;
    const iv_tuned_input *in = &c->t->items[j->input];
    const float *raw = x->inputs.items[in->from].raw;
    size_t offset = 0;
    for (size_t i = 0; i < in->net; i++)
        offset += (size_t)x->widths[i];
    *width = x->widths[in->net];
    size_t d = (size_t)*width;
    float *out = iv_alloc_n(c->ctx, r->learn_count, d * sizeof *out);
    for (size_t i = 0; out && i < r->learn_count; i++)
        memcpy(out + i * d, raw + (size_t)r->learn[i] * (size_t)x->inputs.raw_width + offset,
               d * sizeof *out);
    return out;
}

/* First values of the head: the linear model on the frozen features. weight, bias: NEW. */
static imgvec_status probe(const iv_tune_crew *c, const iv_tune_job *j, const iv_tune_rows *r,
                           float **weight, float **bias, imgvec_error *err)
{
    int32_t width, k = iv_tune_outputs(c->x);
    iv_linear m = {0};
    imgvec_status status = IMGVEC_OK;
    float *features = frozen_features(c, j, r, &width);
    size_t d = (size_t)width;
    *weight = iv_calloc(c->ctx, (size_t)k, d * sizeof **weight);
    *bias = iv_calloc(c->ctx, (size_t)k, sizeof **bias);
    if (!features || !*weight || !*bias) {
        status = iv_fail_nomem(err);
        goto done;
    }
    const iv_linear_data data = {.x = features,
                                 .rows = r->learn_count,
                                 .width = width,
                                 .y = r->y,
                                 .class_count = c->x->cases.class_count,
                                 .group = r->group,
                                 .seed = c->t->tuning.spec.seed,
                                 .watch = &c->x->watch};
    IV_DO(iv_linear_fit(c->ctx, &data, &m, NULL, err));
    iv_linear_as_layer(&m, k, *weight, *bias);
done:
    iv_free(c->ctx, features);
    iv_linear_free(c->ctx, &m);
    return status;
}

/* Each network by the mean and deviation of its own rows: as in stacking, what it says must not
 * tell the mean of the others. Whether by logarithms, all of a fold alike: their answers are one
 * feature. */
static imgvec_status scale_numbers(const iv_tune_crew *c, const iv_tune_job *j, iv_tune_rows *r,
                                   imgvec_error *err)
{
    const iv_cases *cases = &c->x->cases;
    size_t n = 0;
    float *y = iv_alloc_n(c->ctx, cases->count + 1, sizeof *y);
    if (!y)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < cases->count; i++)
        if (j->fold == c->t->jobs - 1 || c->fold_of[i] != j->fold)
            y[n++] = cases->y[i];
    iv_tune_scale_numbers(r->y, r->learn_count, iv_tune_by_logarithm(y, n));
    iv_free(c->ctx, y);
    return IMGVEC_OK;
}

/* Moves a tenth of the lessons behind the others, where `check` has them: what early stopping goes
 * by. Where the rows cannot be parted, none. */
static imgvec_status keep_aside(const iv_tune_crew *c, iv_tune_rows *r, iv_lessons *lessons,
                                iv_lessons *check, imgvec_error *err)
{
    size_t n = r->learn_count, kept = 0, aside = 0;
    imgvec_status status = IMGVEC_OK;
    int32_t *part = iv_alloc_n(c->ctx, n + 1, sizeof *part);
    int32_t *labels = iv_alloc_n(c->ctx, n + 1, sizeof *labels);
    int64_t *rows = iv_alloc_n(c->ctx, n + 1, sizeof *rows);
    float *y = iv_alloc_n(c->ctx, n + 1, sizeof *y);
    if (!part || !labels || !rows || !y) {
        status = iv_fail_nomem(err);
        goto done;
    }
    for (size_t i = 0; i < n; i++)
        labels[i] = lessons->class_count ? (int32_t)r->y[i] : 0;
    status = iv_split_assign(c->ctx, n, lessons->class_count ? labels : NULL, r->group, 0.9,
                             c->t->tuning.spec.seed, part, err);
    if (status == IMGVEC_ERR_DATA) {
        iv_log(c->ctx, IMGVEC_LOG_NOTICE,
               "option patience: too few rows to keep some aside; all epochs are trained");
        status = IMGVEC_OK;
        goto done;
    }
    if (status != IMGVEC_OK)
        goto done;
    memcpy(rows, r->learn, n * sizeof *rows);
    memcpy(y, r->y, n * sizeof *y);
    for (size_t i = 0; i < n; i++)
        kept += part[i] == 0;
    lessons->count = kept;
    for (size_t i = 0, at = 0; i < n; i++) {
        size_t to = part[i] == 0 ? at++ : kept + aside++;
        r->learn[to] = rows[i];
        r->y[to] = y[i];
    }
    check->rows = r->learn + kept;
    check->y = r->y + kept;
    check->count = aside;
done:
    iv_free(c->ctx, part);
    iv_free(c->ctx, labels);
    iv_free(c->ctx, rows);
    iv_free(c->ctx, y);
    return status;
}

imgvec_status iv_tune_learn(iv_tune_crew *c, const iv_tune_job *j, iv_tune_rows *r,
                            iv_network **out, imgvec_error *err)
{
    iv_experiment *x = c->x;
    iv_tuned_inputs *t = c->t;
    iv_tuned_input *in = &t->items[j->input];
    const iv_network *base = x->nets.items[in->net];
    float *weight = NULL, *bias = NULL;
    double *weights = NULL;
    iv_finetuned tuned = {0};
    iv_finetune_spec spec = t->tuning.spec;
    iv_lessons lessons = {.ctx = c->ctx,
                          .ds = x->ds,
                          .column = x->inputs.items[in->from].column,
                          .rows = r->learn,
                          .y = r->y,
                          .count = r->learn_count,
                          .class_count = x->cases.class_count,
                          .input = *iv_network_input(base)};
    imgvec_status status = IMGVEC_OK;
    spec.threads = c->threads;
    if (!lessons.class_count)
        IV_DO(scale_numbers(c, j, r, err));
    if (t->tuning.probed)
        IV_DO(probe(c, j, r, &weight, &bias, err));
    iv_lessons check = lessons;
    check.count = 0;
    if (spec.patience > 0)
        IV_DO(keep_aside(c, r, &lessons, &check, err));
    IV_DO(iv_tuning_teach(&t->tuning, &lessons, &spec, &weights, err));
    const iv_first_head head = {weight, bias};
    IV_DO(iv_finetune(c->ctx, x->executor, base, &lessons, &check, &spec,
                      t->tuning.probed ? &head : NULL, &x->watch, &c->done, &tuned, err));
    IV_DO(iv_network_from_tensors(c->ctx, x->executor, tuned.tensors, spec.device, spec.precision,
                                  out, err));
    tuned.tensors = NULL;
    if (j->fold == t->jobs - 1 && j->part == t->tuning.parts) { /* one job writes here */
        in->losses = tuned.losses;
        in->epochs = tuned.epochs;
        in->micro = tuned.micro;
        in->check_losses = tuned.check_losses;
        in->best_epoch = tuned.best_epoch;
        tuned.losses = tuned.check_losses = NULL;
    }
done:
    iv_free(c->ctx, weight);
    iv_free(c->ctx, bias);
    iv_free(c->ctx, weights);
    iv_finetuned_free(c->ctx, &tuned);
    return status;
}
