#include "features/text_column.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/random.h"
#include "features/out_of_fold.h"
#include "features/text_ridge.h"
#include "features/text_svd.h"
#include "features/text_tfidf.h"
#include "table/dataset.h"

/* Training rows that the singular vectors are made of, drawn at random where there are more. */
#define MAX_ROWS 20000

typedef struct state {
    iv_tfidf tfidf;
    size_t directions; /* singular ones */
    size_t outputs;    /* linear answers for the target */
    float *components; /* terms x (directions + outputs) */
    float *intercept;  /* outputs */
} state;

static size_t width_of(const state *s)
{
    return s->directions + s->outputs;
}

static state *make_state(imgvec_context *ctx, iv_block *b)
{
    state *s = b->state = iv_zalloc(ctx, sizeof *s);
    if (s) {
        iv_vocabulary_init(&s->tfidf.words, ctx);
        iv_vocabulary_init(&s->tfidf.grams, ctx);
    }
    return s;
}

static void free_state(imgvec_context *ctx, iv_block *b)
{
    state *s = b->state;
    if (!s)
        return;
    iv_tfidf_free(ctx, &s->tfidf);
    iv_free(ctx, s->components);
    iv_free(ctx, s->intercept);
    iv_free(ctx, s);
}

/* TF-IDF weights of up to MAX_ROWS of the training rows. */
typedef struct sample {
    iv_sparse a;
    size_t index_capacity, value_capacity;
    int64_t *place; /* of each of its rows among the training rows */
} sample;

static void sample_free(imgvec_context *ctx, sample *m)
{
    iv_free(ctx, m->a.start);
    iv_free(ctx, m->a.index);
    iv_free(ctx, m->a.value);
    iv_free(ctx, m->place);
}

static imgvec_status add_row(imgvec_context *ctx, const iv_tfidf_row *r, int64_t place, sample *m,
                             imgvec_error *err)
{
    iv_sparse *a = &m->a;
    size_t at = a->start[a->rows], need = at + r->count;
    if (iv_reserve(ctx, &a->index, &m->index_capacity, need, sizeof *a->index) != 0 ||
        iv_reserve(ctx, &a->value, &m->value_capacity, need, sizeof *a->value) != 0)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < r->count; i++) {
        a->index[at + i] = r->term[i];
        a->value[at + i] = r->weight[i];
    }
    m->place[a->rows] = place;
    a->start[++a->rows] = need;
    return IMGVEC_OK;
}

static imgvec_status make_sample(imgvec_context *ctx, const iv_inputs *inputs, const iv_input *in,
                                 const iv_training *t, uint64_t seed, const iv_tfidf *tfidf,
                                 sample *m, imgvec_error *err)
{
    size_t most = t->count < MAX_ROWS ? t->count : MAX_ROWS;
    imgvec_status status = IMGVEC_OK;
    iv_tfidf_row row;
    iv_tfidf_row_init(&row, ctx);
    int64_t *drawn = iv_alloc_n(ctx, t->count + 1, sizeof *drawn);
    *m = (sample){.a = {.cols = iv_tfidf_terms(tfidf)}};
    m->a.start = iv_calloc(ctx, most + 1, sizeof *m->a.start);
    m->place = iv_alloc_n(ctx, most + 1, sizeof *m->place);
    if (!drawn || !m->a.start || !m->place) {
        status = iv_fail_nomem(err);
        goto done;
    }
    for (size_t i = 0; i < t->count; i++)
        drawn[i] = (int64_t)i;
    if (t->count > MAX_ROWS) {
        iv_random random;
        iv_random_seed(&random, seed, "text rows");
        iv_random_shuffle(&random, drawn, t->count);
    }
    for (size_t i = 0; i < most; i++) {
        char buffer[IV_NUMBER_MAX];
        const char *text;
        size_t length;
        if (!iv_dataset_text(inputs->ds, in->column, t->rows[drawn[i]], buffer, &text, &length))
            continue;
        IV_DO(iv_tfidf_apply(tfidf, text, length, &row, err));
        IV_DO(add_row(ctx, &row, drawn[i], m, err));
    }
done:
    iv_tfidf_row_free(&row);
    iv_free(ctx, drawn);
    return status;
}

/* The linear answers for the target, with those for the rows of the sample out of fold. */
static imgvec_status answer(imgvec_context *ctx, const iv_training *t, uint64_t seed,
                            const sample *m, size_t outputs, iv_text_ridge *ridge,
                            imgvec_error *err)
{
    size_t rows = m->a.rows;
    int32_t *fold = iv_alloc_n(ctx, t->count + 1, sizeof *fold);
    int32_t *fold_of = iv_alloc_n(ctx, rows + 1, sizeof *fold_of);
    float *y = iv_alloc_n(ctx, rows + 1, (outputs + 1) * sizeof *y);
    imgvec_status status =
        fold && fold_of && y ? iv_out_of_fold(ctx, t, seed, fold, err) : iv_fail_nomem(err);
    for (size_t i = 0; i < rows && status == IMGVEC_OK; i++) {
        fold_of[i] = fold[m->place[i]];
        for (size_t o = 0; o < outputs; o++)
            y[i * outputs + o] = (float)iv_target_output(t, (size_t)m->place[i], o);
    }
    if (status == IMGVEC_OK)
        status = iv_text_ridge_fit(ctx, &m->a, y, outputs, fold_of, IV_FEATURE_FOLDS, ridge, err);
    iv_free(ctx, fold);
    iv_free(ctx, fold_of);
    iv_free(ctx, y);
    return status;
}

/* Directions and answers side by side. */
static imgvec_status join(imgvec_context *ctx, state *s, const float *directions,
                          iv_text_ridge *ridge, imgvec_error *err)
{
    size_t terms = iv_tfidf_terms(&s->tfidf), width = width_of(s);
    s->components = iv_alloc_n(ctx, terms + 1, (width + 1) * sizeof *s->components);
    if (!s->components)
        return iv_fail_nomem(err);
    for (size_t term = 0; term < terms; term++) {
        memcpy(s->components + term * width, directions + term * s->directions,
               s->directions * sizeof *directions);
        for (size_t o = 0; o < s->outputs; o++)
            s->components[term * width + s->directions + o] = ridge->weights[term * s->outputs + o];
    }
    s->intercept = ridge->intercept;
    ridge->intercept = NULL;
    return IMGVEC_OK;
}

static imgvec_status apply(const iv_block *b, const iv_inputs *inputs, const iv_input *in,
                           const int64_t *rows, size_t count, float *out, size_t stride,
                           int64_t *unseen, imgvec_error *err);

/* Features of the training rows: the answers of those in the sample are out of fold; the others
 * were not learned from. */
static imgvec_status make_training(imgvec_context *ctx, const iv_inputs *inputs, const iv_input *in,
                                   const iv_training *t, const sample *m,
                                   const iv_text_ridge *ridge, iv_block *b, imgvec_error *err)
{
    const state *s = b->state;
    size_t width = width_of(s);
    b->training = iv_alloc_n(ctx, t->count + 1, (width + 1) * sizeof *b->training);
    if (!b->training)
        return iv_fail_nomem(err);
    IV_TRY(apply(b, inputs, in, t->rows, t->count, b->training, width, NULL, err));
    for (size_t i = 0; i < m->a.rows; i++)
        memcpy(b->training + (size_t)m->place[i] * width + s->directions,
               ridge->out + i * s->outputs, s->outputs * sizeof(float));
    return IMGVEC_OK;
}

static imgvec_status fit(imgvec_context *ctx, const iv_inputs *inputs, const iv_input *in,
                         const iv_training *t, iv_block *b, imgvec_error *err)
{
    const imgvec_options *opts = inputs->opts;
    uint64_t seed = (uint64_t)iv_option_i64(opts, IMGVEC_OPT_SEED);
    imgvec_status status = IMGVEC_OK;
    sample m = {.place = NULL};
    iv_text_ridge ridge = {.weights = NULL};
    float *directions = NULL;
    state *s = make_state(ctx, b);
    if (!s)
        return iv_fail_nomem(err);
    IV_DO(iv_tfidf_fit(ctx, inputs->ds, in->column, t->rows, t->count,
                       (size_t)iv_option_i64(opts, IMGVEC_OPT_TEXT_TERMS),
                       iv_option_i64(opts, IMGVEC_OPT_TEXT_MIN_ROWS), &s->tfidf, err));
    IV_DO(make_sample(ctx, inputs, in, t, seed, &s->tfidf, &m, err));
    IV_DO(iv_svd_fit(ctx, &m.a, (size_t)iv_option_i64(opts, IMGVEC_OPT_TEXT_DIM), seed, &directions,
                     &s->directions, err));
    s->outputs = iv_tfidf_terms(&s->tfidf) ? iv_target_outputs(t) : 0;
    IV_DO(answer(ctx, t, seed, &m, s->outputs, &ridge, err));
    IV_DO(join(ctx, s, directions, &ridge, err));
    b->width = (int32_t)width_of(s);
    if (s->outputs > 0)
        status = make_training(ctx, inputs, in, t, &m, &ridge, b, err);
done:
    iv_free(ctx, directions);
    iv_text_ridge_free(ctx, &ridge);
    sample_free(ctx, &m);
    return status;
}

/* A cell's features. */
static imgvec_status project(const state *s, const char *text, size_t length, iv_tfidf_row *row,
                             float *out, imgvec_error *err)
{
    size_t width = width_of(s);
    memset(out, 0, s->directions * sizeof *out);
    memcpy(out + s->directions, s->intercept, s->outputs * sizeof *out);
    IV_TRY(iv_tfidf_apply(&s->tfidf, text, length, row, err));
    for (size_t i = 0; i < row->count; i++) {
        const float *component = s->components + row->term[i] * width;
        for (size_t k = 0; k < width; k++)
            out[k] += row->weight[i] * component[k];
    }
    return IMGVEC_OK;
}

static imgvec_status apply(const iv_block *b, const iv_inputs *inputs, const iv_input *in,
                           const int64_t *rows, size_t count, float *out, size_t stride,
                           int64_t *unseen, imgvec_error *err)
{
    const state *s = b->state;
    imgvec_status status = IMGVEC_OK;
    iv_tfidf_row row;
    iv_tfidf_row_init(&row, iv_dataset_context(inputs->ds));
    for (size_t i = 0; i < count && status == IMGVEC_OK; i++) {
        char buffer[IV_NUMBER_MAX];
        const char *text;
        size_t length;
        float *cell = out + i * stride;
        if (iv_dataset_text(inputs->ds, in->column, rows[i], buffer, &text, &length))
            status = project(s, text, length, &row, cell, err);
        else
            for (size_t k = 0; k < width_of(s); k++)
                cell[k] = NAN;
    }
    iv_tfidf_row_free(&row);
    return status;
}

static void feature_name(const iv_block *b, int32_t i, iv_text *out)
{
    const state *s = b->state;
    size_t at = (size_t)i;
    if (at < s->directions)
        iv_text_addf(out, "%s[%zu]", b->column, at);
    else if (s->outputs == 1)
        iv_text_addf(out, "linear(%s)", b->column);
    else
        iv_text_addf(out, "linear(%s)[%zu]", b->column, at - s->directions);
}

static void describe(const iv_block *b, iv_json_writer *w)
{
    const state *s = b->state;
    iv_json_put_i64(w, "words", (int64_t)s->tfidf.words.count);
    iv_json_put_i64(w, "ngrams", (int64_t)s->tfidf.grams.count);
}

static void write_terms(const iv_vocabulary *terms, iv_json_writer *w, const char *name)
{
    iv_json_put_array(w, name);
    for (size_t i = 0; i < terms->count; i++)
        iv_json_put_text(w, NULL, terms->items[i].name);
    iv_json_put_end(w, ']');
}

static void write(const iv_block *b, iv_json_writer *w)
{
    const state *s = b->state;
    iv_json_put_i64(w, "directions", (int64_t)s->directions);
    iv_json_put_i64(w, "outputs", (int64_t)s->outputs);
    write_terms(&s->tfidf.words, w, "words");
    write_terms(&s->tfidf.grams, w, "ngrams");
}

static imgvec_status to_tensors(imgvec_context *ctx, const iv_block *b, iv_tensors **out,
                                imgvec_error *err)
{
    const state *s = b->state;
    const int64_t shape[2] = {(int64_t)iv_tfidf_terms(&s->tfidf), (int64_t)width_of(s)};
    const int64_t outputs = (int64_t)s->outputs;
    imgvec_status status;
    iv_tensors *set = NULL;
    IV_DO(iv_tensors_new(ctx, &set, err));
    IV_DO(iv_tensors_put(set, "idf", 1, shape, s->tfidf.idf, err));
    IV_DO(iv_tensors_put(set, "components", 2, shape, s->components, err));
    IV_DO(iv_tensors_put(set, "intercept", 1, &outputs, s->intercept, err));
done:
    if (status == IMGVEC_OK)
        *out = set;
    else
        iv_tensors_free(set);
    return status;
}

static imgvec_status read_terms(const iv_json *json, const char *name, iv_vocabulary *out,
                                imgvec_error *err)
{
    const iv_json *list;
    IV_TRY(iv_json_array(json, name, &list, err));
    for (const iv_json *v = list->as.first; v; v = v->next) {
        size_t index, before = out->count;
        if (v->type != IV_JSON_TEXT)
            return iv_fail(err, IMGVEC_ERR_FORMAT, "%s: item %zu is no text", name, before);
        IV_TRY(iv_vocabulary_add(out, v->as.text, v->count, 0, &index, err));
        if (index != before)
            return iv_fail(err, IMGVEC_ERR_FORMAT, "%s: %.60s is there twice", name, v->as.text);
    }
    return IMGVEC_OK;
}

static imgvec_status read(imgvec_context *ctx, const iv_json *json, const iv_tensors *tensors,
                          int32_t raw_width, iv_block *b, imgvec_error *err)
{
    int64_t directions, outputs;
    state *s = make_state(ctx, b);
    if (!s)
        return iv_fail_nomem(err);
    IV_TRY(iv_json_i64(json, "directions", 0, 1 << 20, &directions, err));
    IV_TRY(iv_json_i64(json, "outputs", 0, 1 << 20, &outputs, err));
    IV_TRY(read_terms(json, "words", &s->tfidf.words, err));
    IV_TRY(read_terms(json, "ngrams", &s->tfidf.grams, err));
    s->directions = (size_t)directions;
    s->outputs = (size_t)outputs;
    b->width = (int32_t)width_of(s);
    const int64_t shape[2] = {(int64_t)iv_tfidf_terms(&s->tfidf), b->width};
    IV_TRY(iv_tensors_take(tensors, "idf", 1, shape, &s->tfidf.idf, err));
    IV_TRY(iv_tensors_take(tensors, "components", 2, shape, &s->components, err));
    return iv_tensors_take(tensors, "intercept", 1, &outputs, &s->intercept, err);
}

const iv_block_kind iv_text_kind = {.name = "text",
                                    .type = IMGVEC_COLUMN_TEXT,
                                    .fit = fit,
                                    .apply = apply,
                                    .feature_name = feature_name,
                                    .describe = describe,
                                    .write = write,
                                    .to_tensors = to_tensors,
                                    .read = read,
                                    .free = free_state};
