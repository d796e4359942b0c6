#include "features/target_encoding.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "features/out_of_fold.h"
#include "features/vocabulary.h"
#include "table/dataset.h"

#define MAX_VALUES ((size_t)1 << 24) /* levels times outputs: 64 MiB */
#define MAX_SHRINKAGE 1000.0         /* rows; also where levels do not differ at all */

typedef struct state {
    iv_vocabulary levels; /* by falling frequency, then by bytes */
    size_t outputs;
    float *values; /* levels x outputs */
    float *prior;  /* outputs */
} state;

/* What a fit works on. */
typedef struct job {
    imgvec_context *ctx;
    const iv_training *t;
    size_t levels, outputs;
    int32_t *level; /* of each training row, -1: missing */
    double *sum, *prior, *shrink;
    int64_t *rows; /* of each level */
} job;

static state *make_state(imgvec_context *ctx, iv_block *b)
{
    state *s = b->state = iv_zalloc(ctx, sizeof *s);
    if (s)
        iv_vocabulary_init(&s->levels, ctx);
    return s;
}

static void free_state(imgvec_context *ctx, iv_block *b)
{
    state *s = b->state;
    if (!s)
        return;
    iv_vocabulary_free(&s->levels);
    iv_free(ctx, s->values);
    iv_free(ctx, s->prior);
    iv_free(ctx, s);
}

static imgvec_status suits(imgvec_context *ctx, const iv_inputs *inputs, const iv_input *in,
                           const iv_training *t, bool *out, imgvec_error *err)
{
    *out = iv_option_is(inputs->opts, IMGVEC_OPT_CATEGORICAL, "target") && t->y;
    if (!t->y || !iv_option_is(inputs->opts, IMGVEC_OPT_CATEGORICAL, "auto"))
        return IMGVEC_OK;
    size_t most = (size_t)iv_option_i64(inputs->opts, IMGVEC_OPT_MAX_ONEHOT);
    imgvec_status status = IMGVEC_OK;
    iv_vocabulary levels;
    iv_vocabulary_init(&levels, ctx);
    for (size_t i = 0; i < t->count && levels.count <= most && status == IMGVEC_OK; i++) {
        char buffer[IV_NUMBER_MAX];
        const char *text;
        size_t length;
        if (iv_dataset_text(inputs->ds, in->column, t->rows[i], buffer, &text, &length))
            status = iv_vocabulary_add(&levels, text, length, t->rows[i], NULL, err);
    }
    *out = levels.count > most;
    iv_vocabulary_free(&levels);
    return status;
}

static int by_frequency(const iv_term *x, const iv_term *y)
{
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return iv_compare_bytes(x->name, x->length, y->name, y->length);
}

static imgvec_status read_levels(job *j, const iv_inputs *inputs, const iv_input *in, state *s,
                                 imgvec_error *err)
{
    imgvec_status status = IMGVEC_OK;
    const iv_training *t = j->t;
    char buffer[IV_NUMBER_MAX];
    const char *text;
    size_t length;
    iv_vocabulary all;
    iv_vocabulary_init(&all, j->ctx);
    for (size_t i = 0; i < t->count; i++)
        if (iv_dataset_text(inputs->ds, in->column, t->rows[i], buffer, &text, &length))
            IV_DO(iv_vocabulary_add(&all, text, length, t->rows[i], NULL, err));
    iv_vocabulary_sort(all.items, all.count, by_frequency);
    size_t keep = MAX_VALUES / j->outputs;
    for (size_t i = 0; i < all.count && i < keep; i++)
        IV_DO(iv_vocabulary_add(&s->levels, all.items[i].name, all.items[i].length, 0, NULL, err));
    j->levels = s->levels.count;
    for (size_t i = 0; i < t->count; i++) {
        bool there = iv_dataset_text(inputs->ds, in->column, t->rows[i], buffer, &text, &length);
        j->level[i] = there ? (int32_t)iv_vocabulary_find(&s->levels, text, length) : -1;
    }
done:
    iv_vocabulary_free(&all);
    return status;
}

/* Rows that the mean of all counts as much as: variance within levels over that between them. sum
 * and squares are of the targets less the prior, over the n rows that have a level. */
static double shrinkage(const job *j, size_t output, double n, double sum, double squares)
{
    double k = 0, within = squares, between = 0, n_squares = 0;
    for (size_t l = 0; l < j->levels; l++) {
        double rows = (double)j->rows[l];
        if (rows == 0)
            continue;
        double mean = j->sum[l * j->outputs + output] / rows;
        k++;
        within -= rows * mean * mean;
        between += rows * (mean - sum / n) * (mean - sum / n);
        n_squares += rows * rows;
    }
    if (k < 2 || n <= k)
        return MAX_SHRINKAGE;
    within = fmax(within, 0) / (n - k);
    between = (between / (k - 1) - within) * (k - 1) / (n - n_squares / n);
    return between * MAX_SHRINKAGE > within ? within / between : MAX_SHRINKAGE;
}

/* Prior, sums and shrinkage of one output over the training rows that are not of fold `without`;
 * sums are of the targets less the prior. */
static void learn_output(job *j, const int32_t *fold, int32_t without, size_t o)
{
    double all = 0, prior = 0, n = 0, sum = 0, squares = 0;
    for (size_t i = 0; i < j->t->count; i++)
        if (fold[i] != without) {
            all++;
            prior += iv_target_output(j->t, i, o);
        }
    j->prior[o] = all > 0 ? prior / all : 0;
    for (size_t i = 0; i < j->t->count; i++) {
        if (fold[i] == without || j->level[i] < 0)
            continue;
        double off = iv_target_output(j->t, i, o) - j->prior[o];
        n++;
        sum += off;
        squares += off * off;
        j->sum[(size_t)j->level[i] * j->outputs + o] += off;
    }
    j->shrink[o] = shrinkage(j, o, n, sum, squares);
}

static void learn(job *j, const int32_t *fold, int32_t without)
{
    memset(j->sum, 0, j->levels * j->outputs * sizeof *j->sum);
    memset(j->rows, 0, j->levels * sizeof *j->rows);
    for (size_t i = 0; i < j->t->count; i++)
        if (j->level[i] >= 0 && fold[i] != without)
            j->rows[j->level[i]]++;
    for (size_t o = 0; o < j->outputs; o++)
        learn_output(j, fold, without, o);
}

static float encode(const job *j, int32_t level, size_t output)
{
    if (level < 0 || j->rows[level] == 0)
        return (float)j->prior[output];
    double sum = j->sum[(size_t)level * j->outputs + output];
    return (float)(j->prior[output] + sum / ((double)j->rows[level] + j->shrink[output]));
}

static imgvec_status make_values(job *j, const iv_inputs *inputs, iv_block *b, imgvec_error *err)
{
    state *s = b->state;
    size_t count = j->t->count, outputs = j->outputs;
    uint64_t seed = (uint64_t)iv_option_i64(inputs->opts, IMGVEC_OPT_SEED);
    int32_t *fold = iv_alloc_n(j->ctx, count + 1, sizeof *fold);
    b->training = iv_alloc_n(j->ctx, count + 1, outputs * sizeof *b->training);
    s->values = iv_alloc_n(j->ctx, j->levels + 1, outputs * sizeof *s->values);
    s->prior = iv_alloc_n(j->ctx, outputs, sizeof *s->prior);
    j->sum = iv_alloc_n(j->ctx, j->levels + 1, outputs * sizeof *j->sum);
    j->rows = iv_alloc_n(j->ctx, j->levels + 1, sizeof *j->rows);
    imgvec_status status = fold && b->training && s->values && s->prior && j->sum && j->rows
                               ? iv_out_of_fold(j->ctx, j->t, seed, fold, err)
                               : iv_fail_nomem(err);
    for (int32_t f = 0; f < IV_FEATURE_FOLDS && status == IMGVEC_OK; f++) {
        learn(j, fold, f);
        for (size_t i = 0; i < count; i++)
            for (size_t o = 0; o < outputs && fold[i] == f; o++)
                b->training[i * outputs + o] = encode(j, j->level[i], o);
    }
    if (status == IMGVEC_OK) {
        learn(j, fold, -1);
        for (size_t o = 0; o < outputs; o++) {
            s->prior[o] = (float)j->prior[o];
            for (size_t l = 0; l < j->levels; l++)
                s->values[l * outputs + o] = encode(j, (int32_t)l, o);
        }
    }
    iv_free(j->ctx, fold);
    return status;
}

/* A missing cell is NaN for the learner, unlike a level that is too rare to be kept. */
static void mark_missing(const iv_inputs *inputs, const iv_input *in, const job *j, float *out)
{
    char buffer[IV_NUMBER_MAX];
    const char *text;
    size_t length;
    for (size_t i = 0; i < j->t->count; i++)
        if (j->level[i] < 0 &&
            !iv_dataset_text(inputs->ds, in->column, j->t->rows[i], buffer, &text, &length))
            for (size_t o = 0; o < j->outputs; o++)
                out[i * j->outputs + o] = NAN;
}

static imgvec_status fit(imgvec_context *ctx, const iv_inputs *inputs, const iv_input *in,
                         const iv_training *t, iv_block *b, imgvec_error *err)
{
    state *s = make_state(ctx, b);
    if (!s)
        return iv_fail_nomem(err);
    if (!t->y)
        return iv_fail(err, IMGVEC_ERR_INTERNAL, "column %s: no target to encode by", b->column);
    job j = {.ctx = ctx, .t = t, .outputs = iv_target_outputs(t)};
    s->outputs = j.outputs;
    b->width = (int32_t)j.outputs;
    j.level = iv_alloc_n(ctx, t->count + 1, sizeof *j.level);
    j.prior = iv_calloc(ctx, j.outputs, sizeof *j.prior);
    j.shrink = iv_calloc(ctx, j.outputs, sizeof *j.shrink);
    imgvec_status status =
        j.level && j.prior && j.shrink ? read_levels(&j, inputs, in, s, err) : iv_fail_nomem(err);
    if (status == IMGVEC_OK)
        status = make_values(&j, inputs, b, err);
    if (status == IMGVEC_OK)
        mark_missing(inputs, in, &j, b->training);
    iv_free(ctx, j.level);
    iv_free(ctx, j.prior);
    iv_free(ctx, j.shrink);
    iv_free(ctx, j.sum);
    iv_free(ctx, j.rows);
    return status;
}

static imgvec_status apply(const iv_block *b, const iv_inputs *inputs, const iv_input *in,
                           const int64_t *rows, size_t count, float *out, size_t stride,
                           int64_t *unseen, imgvec_error *err)
{
    const state *s = b->state;
    for (size_t i = 0; i < count; i++) {
        char buffer[IV_NUMBER_MAX];
        const char *text;
        size_t length;
        bool there = iv_dataset_text(inputs->ds, in->column, rows[i], buffer, &text, &length);
        int64_t level = there ? iv_vocabulary_find(&s->levels, text, length) : -1;
        const float *from = level >= 0 ? s->values + (size_t)level * s->outputs : s->prior;
        for (size_t o = 0; o < s->outputs; o++)
            out[i * stride + o] = there ? from[o] : NAN;
        if (there && level < 0 && unseen)
            ++*unseen;
    }
    return IMGVEC_OK;
}

static void feature_name(const iv_block *b, int32_t i, iv_text *out)
{
    if (b->width == 1)
        iv_text_addf(out, "mean(%s)", b->column);
    else
        iv_text_addf(out, "mean(%s)[%d]", b->column, (int)i);
}

static void describe(const iv_block *b, iv_json_writer *w)
{
    const state *s = b->state;
    iv_json_put_i64(w, "levels", (int64_t)s->levels.count);
}

static void write(const iv_block *b, iv_json_writer *w)
{
    const state *s = b->state;
    iv_json_put_i64(w, "outputs", (int64_t)s->outputs);
    iv_json_put_array(w, "levels");
    for (size_t i = 0; i < s->levels.count; i++)
        iv_json_put_text(w, NULL, s->levels.items[i].name);
    iv_json_put_end(w, ']');
}

static imgvec_status to_tensors(imgvec_context *ctx, const iv_block *b, iv_tensors **out,
                                imgvec_error *err)
{
    const state *s = b->state;
    const int64_t shape[2] = {(int64_t)s->levels.count, (int64_t)s->outputs};
    imgvec_status status;
    iv_tensors *set = NULL;
    IV_DO(iv_tensors_new(ctx, &set, err));
    IV_DO(iv_tensors_put(set, "prior", 1, shape + 1, s->prior, err));
    IV_DO(iv_tensors_put(set, "values", 2, shape, s->values, err));
done:
    if (status == IMGVEC_OK)
        *out = set;
    else
        iv_tensors_free(set);
    return status;
}

static imgvec_status read(imgvec_context *ctx, const iv_json *json, const iv_tensors *tensors,
                          int32_t raw_width, iv_block *b, imgvec_error *err)
{
    const iv_json *list;
    int64_t outputs;
    state *s = make_state(ctx, b);
    if (!s)
        return iv_fail_nomem(err);
    IV_TRY(iv_json_i64(json, "outputs", 1, 1 << 20, &outputs, err));
    IV_TRY(iv_json_array(json, "levels", &list, err));
    s->outputs = (size_t)outputs;
    b->width = (int32_t)outputs;
    for (const iv_json *v = list->as.first; v; v = v->next) {
        size_t index, before = s->levels.count;
        if (v->type != IV_JSON_TEXT)
            return iv_fail(err, IMGVEC_ERR_FORMAT, "level %zu is no text", before);
        IV_TRY(iv_vocabulary_add(&s->levels, v->as.text, v->count, 0, &index, err));
        if (index != before)
            return iv_fail(err, IMGVEC_ERR_FORMAT, "level %.60s is there twice", v->as.text);
    }
    const int64_t shape[2] = {(int64_t)s->levels.count, outputs};
    IV_TRY(iv_tensors_take(tensors, "prior", 1, shape + 1, &s->prior, err));
    return iv_tensors_take(tensors, "values", 2, shape, &s->values, err);
}

const iv_block_kind iv_target_encoding_kind = {.name = "target",
                                               .type = IMGVEC_COLUMN_CATEGORICAL,
                                               .suits = suits,
                                               .fit = fit,
                                               .apply = apply,
                                               .feature_name = feature_name,
                                               .describe = describe,
                                               .write = write,
                                               .to_tensors = to_tensors,
                                               .read = read,
                                               .free = free_state};
