#include "features/text_column.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/random.h"
#include "features/text_svd.h"
#include "features/text_tfidf.h"
#include "table/dataset.h"

/* Training rows that the singular vectors are made of, drawn at random where there are more. */
#define MAX_ROWS 20000

typedef struct state {
    iv_tfidf tfidf;
    float *components; /* terms x width */
    size_t width;
} state;

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
    iv_free(ctx, s);
}

static void free_sparse(imgvec_context *ctx, iv_sparse *a)
{
    iv_free(ctx, a->start);
    iv_free(ctx, a->index);
    iv_free(ctx, a->value);
}

static imgvec_status add_row(imgvec_context *ctx, const iv_tfidf_row *r, iv_sparse *a,
                             size_t capacity[2], imgvec_error *err)
{
    size_t at = a->start[a->rows];
    if (iv_reserve(ctx, &a->index, &capacity[0], at + r->count, sizeof *a->index) != 0 ||
        iv_reserve(ctx, &a->value, &capacity[1], at + r->count, sizeof *a->value) != 0)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < r->count; i++) {
        a->index[at + i] = r->term[i];
        a->value[at + i] = r->weight[i];
    }
    a->start[++a->rows] = at + r->count;
    return IMGVEC_OK;
}

/* Weights of up to MAX_ROWS of the training rows. */
static imgvec_status make_matrix(imgvec_context *ctx, const iv_inputs *inputs, const iv_input *in,
                                 const iv_training *t, uint64_t seed, const iv_tfidf *m,
                                 iv_sparse *a, imgvec_error *err)
{
    size_t capacity[2] = {0}, most = t->count < MAX_ROWS ? t->count : MAX_ROWS;
    imgvec_status status = IMGVEC_OK;
    iv_tfidf_row row;
    iv_tfidf_row_init(&row, ctx);
    int64_t *drawn = iv_alloc_n(ctx, t->count + 1, sizeof *drawn);
    *a = (iv_sparse){.cols = iv_tfidf_terms(m), .start = iv_calloc(ctx, most + 1, sizeof(size_t))};
    if (!drawn || !a->start) {
        status = iv_fail_nomem(err);
        goto done;
    }
    memcpy(drawn, t->rows, t->count * sizeof *drawn);
    if (t->count > MAX_ROWS) {
        iv_random random;
        iv_random_seed(&random, seed, "text rows");
        iv_random_shuffle(&random, drawn, t->count);
    }
    for (size_t i = 0; i < most; i++) {
        char buffer[IV_NUMBER_MAX];
        const char *text;
        size_t length;
        if (!iv_dataset_text(inputs->ds, in->column, drawn[i], buffer, &text, &length))
            continue;
        IV_DO(iv_tfidf_apply(m, text, length, &row, err));
        IV_DO(add_row(ctx, &row, a, capacity, err));
    }
done:
    iv_tfidf_row_free(&row);
    iv_free(ctx, drawn);
    return status;
}

static imgvec_status fit(imgvec_context *ctx, const iv_inputs *inputs, const iv_input *in,
                         const iv_training *t, iv_block *b, imgvec_error *err)
{
    const imgvec_options *opts = inputs->opts;
    uint64_t seed = (uint64_t)iv_option_i64(opts, IMGVEC_OPT_SEED);
    iv_sparse a;
    state *s = make_state(ctx, b);
    if (!s)
        return iv_fail_nomem(err);
    IV_TRY(iv_tfidf_fit(ctx, inputs->ds, in->column, t->rows, t->count,
                        (size_t)iv_option_i64(opts, IMGVEC_OPT_TEXT_TERMS),
                        iv_option_i64(opts, IMGVEC_OPT_TEXT_MIN_ROWS), &s->tfidf, err));
    imgvec_status status = make_matrix(ctx, inputs, in, t, seed, &s->tfidf, &a, err);
    if (status == IMGVEC_OK)
        status = iv_svd_fit(ctx, &a, (size_t)iv_option_i64(opts, IMGVEC_OPT_TEXT_DIM), seed,
                            &s->components, &s->width, err);
    free_sparse(ctx, &a);
    b->width = (int32_t)s->width;
    return status;
}

/* A cell's projection. */
static imgvec_status project(const state *s, const char *text, size_t length, iv_tfidf_row *row,
                             float *out, imgvec_error *err)
{
    memset(out, 0, s->width * sizeof *out);
    IV_TRY(iv_tfidf_apply(&s->tfidf, text, length, row, err));
    for (size_t i = 0; i < row->count; i++) {
        const float *component = s->components + row->term[i] * s->width;
        for (size_t k = 0; k < s->width; k++)
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
            for (size_t k = 0; k < s->width; k++)
                cell[k] = NAN;
    }
    iv_tfidf_row_free(&row);
    return status;
}

static void feature_name(const iv_block *b, int32_t i, iv_text *out)
{
    iv_text_addf(out, "%s[%d]", b->column, (int)i);
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
    iv_json_put_i64(w, "width", (int64_t)s->width);
    write_terms(&s->tfidf.words, w, "words");
    write_terms(&s->tfidf.grams, w, "ngrams");
}

static imgvec_status to_tensors(imgvec_context *ctx, const iv_block *b, iv_tensors **out,
                                imgvec_error *err)
{
    const state *s = b->state;
    const int64_t shape[2] = {(int64_t)iv_tfidf_terms(&s->tfidf), (int64_t)s->width};
    imgvec_status status;
    iv_tensors *set = NULL;
    IV_DO(iv_tensors_new(ctx, &set, err));
    IV_DO(iv_tensors_put(set, "idf", 1, shape, s->tfidf.idf, err));
    IV_DO(iv_tensors_put(set, "components", 2, shape, s->components, err));
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
    int64_t width;
    state *s = make_state(ctx, b);
    if (!s)
        return iv_fail_nomem(err);
    IV_TRY(iv_json_i64(json, "width", 0, 1 << 20, &width, err));
    IV_TRY(read_terms(json, "words", &s->tfidf.words, err));
    IV_TRY(read_terms(json, "ngrams", &s->tfidf.grams, err));
    s->width = (size_t)width;
    b->width = (int32_t)width;
    const int64_t shape[2] = {(int64_t)iv_tfidf_terms(&s->tfidf), width};
    IV_TRY(iv_tensors_take(tensors, "idf", 1, shape, &s->tfidf.idf, err));
    return iv_tensors_take(tensors, "components", 2, shape, &s->components, err);
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
