#include "features/text_tfidf.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "table/dataset.h"

/* Different words or n-grams that are looked at: past it new ones are not counted. */
#define MAX_DIFFERENT ((size_t)1 << 22)

typedef struct stat {
    int64_t rows; /* that have the term */
    int64_t last; /* of them */
} stat;

typedef struct tally {
    iv_vocabulary terms;
    stat *stats; /* of each term */
    size_t capacity;
} tally;

/* Words of the fit with the n-grams of each, which are looked up once. */
typedef struct counter {
    imgvec_context *ctx;
    tally words, grams;
    size_t
        *first; /* where each word's n-grams begin in pool; the next word's begin where they end */
    size_t first_capacity;
    uint32_t *pool;
    size_t pool_count, pool_capacity;
} counter;

static void counter_free(counter *c)
{
    iv_vocabulary_free(&c->words.terms);
    iv_vocabulary_free(&c->grams.terms);
    iv_free(c->ctx, c->words.stats);
    iv_free(c->ctx, c->grams.stats);
    iv_free(c->ctx, c->first);
    iv_free(c->ctx, c->pool);
}

/* Index of the text among the terms, SIZE_MAX where it is one too many. */
static imgvec_status index_of(counter *c, tally *t, const char *text, size_t length, size_t *out,
                              imgvec_error *err)
{
    size_t known = t->terms.count;
    if (known >= MAX_DIFFERENT) {
        int64_t found = iv_vocabulary_find(&t->terms, text, length);
        *out = found < 0 ? SIZE_MAX : (size_t)found;
        return IMGVEC_OK;
    }
    IV_TRY(iv_vocabulary_add(&t->terms, text, length, 0, out, err));
    if (*out < known)
        return IMGVEC_OK;
    if (iv_reserve(c->ctx, &t->stats, &t->capacity, known + 1, sizeof *t->stats) != 0)
        return iv_fail_nomem(err);
    t->stats[known] = (stat){.last = -1};
    return IMGVEC_OK;
}

static void count_row(tally *t, size_t index, int64_t row)
{
    stat *s = &t->stats[index];
    s->rows += s->last != row;
    s->last = row;
}

static imgvec_status add_grams(counter *c, const iv_tokens *t, size_t word, imgvec_error *err)
{
    iv_grams g = iv_grams_of(t, word);
    const char *gram;
    size_t length, index;
    while ((length = iv_grams_next(&g, &gram)) > 0) {
        IV_TRY(index_of(c, &c->grams, gram, length, &index, err));
        if (index == SIZE_MAX)
            continue;
        if (iv_reserve(c->ctx, &c->pool, &c->pool_capacity, c->pool_count + 1, sizeof *c->pool) !=
            0)
            return iv_fail_nomem(err);
        c->pool[c->pool_count++] = (uint32_t)index;
    }
    return IMGVEC_OK;
}

static imgvec_status count_word(counter *c, const iv_tokens *t, size_t word, int64_t row,
                                imgvec_error *err)
{
    size_t index, known = c->words.terms.count;
    const iv_word *w = &t->words[word];
    IV_TRY(index_of(c, &c->words, t->bytes + w->start, w->length, &index, err));
    if (index == SIZE_MAX)
        return IMGVEC_OK;
    if (index == known) {
        if (iv_reserve(c->ctx, &c->first, &c->first_capacity, index + 2, sizeof *c->first) != 0)
            return iv_fail_nomem(err);
        c->first[index] = c->pool_count;
        IV_TRY(add_grams(c, t, word, err));
        c->first[index + 1] = c->pool_count;
    }
    if (c->words.stats[index].last == row)
        return IMGVEC_OK;
    count_row(&c->words, index, row);
    for (size_t i = c->first[index]; i < c->first[index + 1]; i++)
        count_row(&c->grams, c->pool[i], row);
    return IMGVEC_OK;
}

static int by_rows(const iv_term *x, const iv_term *y)
{
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return iv_compare_bytes(x->name, x->length, y->name, y->length);
}

/* The terms that are kept, with their idf behind those that are there already. */
static imgvec_status keep_terms(imgvec_context *ctx, tally *t, size_t rows, size_t max_terms,
                                int64_t min_rows, iv_vocabulary *out, float **idf, size_t before,
                                imgvec_error *err)
{
    size_t keep = 0;
    for (size_t i = 0; i < t->terms.count; i++)
        t->terms.items[i].count = t->stats[i].rows;
    iv_vocabulary_sort(t->terms.items, t->terms.count, by_rows);
    const iv_term *terms = t->terms.items;
    while (keep < t->terms.count && keep < max_terms && terms[keep].count >= min_rows)
        keep++;
    if (keep == 0) /* few or short texts: take what there is */
        keep = t->terms.count < max_terms ? t->terms.count : max_terms;
    float *longer = iv_realloc(ctx, *idf, (before + keep + 1) * sizeof **idf);
    if (!longer)
        return iv_fail_nomem(err);
    *idf = longer;
    for (size_t i = 0; i < keep; i++) {
        IV_TRY(iv_vocabulary_add(out, terms[i].name, terms[i].length, 0, NULL, err));
        longer[before + i] =
            (float)(log((1.0 + (double)rows) / (1.0 + (double)terms[i].count)) + 1.0);
    }
    return IMGVEC_OK;
}

imgvec_status iv_tfidf_fit(imgvec_context *ctx, const imgvec_dataset *ds, int32_t column,
                           const int64_t *rows, size_t count, size_t max_terms, int64_t min_rows,
                           iv_tfidf *out, imgvec_error *err)
{
    imgvec_status status = IMGVEC_OK;
    counter c = {.ctx = ctx};
    iv_tokens tokens;
    iv_tokens_init(&tokens, ctx);
    iv_vocabulary_init(&c.words.terms, ctx);
    iv_vocabulary_init(&c.grams.terms, ctx);
    iv_vocabulary_init(&out->words, ctx);
    iv_vocabulary_init(&out->grams, ctx);
    out->idf = NULL;
    for (size_t i = 0; i < count; i++) {
        char buffer[IV_NUMBER_MAX];
        const char *text;
        size_t length;
        if (!iv_dataset_text(ds, column, rows[i], buffer, &text, &length))
            continue;
        IV_DO(iv_tokens_read(&tokens, text, length, err));
        for (size_t w = 0; w < tokens.count; w++)
            IV_DO(count_word(&c, &tokens, w, (int64_t)i, err));
    }
    IV_DO(keep_terms(ctx, &c.words, count, max_terms, min_rows, &out->words, &out->idf, 0, err));
    IV_DO(keep_terms(ctx, &c.grams, count, max_terms, min_rows, &out->grams, &out->idf,
                     out->words.count, err));
done:
    iv_tokens_free(&tokens);
    counter_free(&c);
    if (status != IMGVEC_OK)
        iv_tfidf_free(ctx, out);
    return status;
}

void iv_tfidf_free(imgvec_context *ctx, iv_tfidf *m)
{
    iv_vocabulary_free(&m->words);
    iv_vocabulary_free(&m->grams);
    iv_free(ctx, m->idf);
    m->idf = NULL;
}

void iv_tfidf_row_init(iv_tfidf_row *r, imgvec_context *ctx)
{
    memset(r, 0, sizeof *r);
    iv_tokens_init(&r->tokens, ctx);
}

void iv_tfidf_row_free(iv_tfidf_row *r)
{
    imgvec_context *ctx = r->tokens.ctx;
    iv_tokens_free(&r->tokens);
    iv_free(ctx, r->term);
    iv_free(ctx, r->weight);
    iv_tfidf_row_init(r, ctx);
}

static imgvec_status add_term(iv_tfidf_row *r, int64_t term, imgvec_error *err)
{
    if (term < 0)
        return IMGVEC_OK;
    if (iv_reserve(r->tokens.ctx, &r->term, &r->capacity, r->count + 1, sizeof *r->term) != 0)
        return iv_fail_nomem(err);
    r->term[r->count++] = (uint32_t)term;
    return IMGVEC_OK;
}

static int by_index(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* From one entry for each occurrence to weights; terms first..count - 1 of them are one kind. */
static imgvec_status weigh(const iv_tfidf *m, size_t first, iv_tfidf_row *r, imgvec_error *err)
{
    size_t kept = first;
    double squares = 0;
    if (r->count == first)
        return IMGVEC_OK;
    if (iv_reserve(r->tokens.ctx, &r->weight, &r->weight_capacity, r->count, sizeof *r->weight) !=
        0)
        return iv_fail_nomem(err);
    qsort(r->term + first, r->count - first, sizeof *r->term, by_index);
    for (size_t i = first, next; i < r->count; i = next) {
        next = i + 1;
        while (next < r->count && r->term[next] == r->term[i])
            next++;
        double weight = (1 + log((double)(next - i))) * (double)m->idf[r->term[i]];
        squares += weight * weight;
        r->term[kept] = r->term[i];
        r->weight[kept++] = (float)weight;
    }
    r->count = kept;
    for (size_t i = first; i < kept && squares > 0; i++)
        r->weight[i] = (float)(r->weight[i] / sqrt(2 * squares));
    return IMGVEC_OK;
}

imgvec_status iv_tfidf_apply(const iv_tfidf *m, const char *text, size_t length, iv_tfidf_row *r,
                             imgvec_error *err)
{
    r->count = 0;
    IV_TRY(iv_tokens_read(&r->tokens, text, length, err));
    const iv_tokens *t = &r->tokens;
    for (size_t w = 0; w < t->count; w++)
        IV_TRY(add_term(
            r, iv_vocabulary_find(&m->words, t->bytes + t->words[w].start, t->words[w].length),
            err));
    IV_TRY(weigh(m, 0, r, err));
    size_t first = r->count;
    for (size_t w = 0; w < t->count; w++) {
        iv_grams g = iv_grams_of(t, w);
        const char *gram;
        size_t n;
        while ((n = iv_grams_next(&g, &gram)) > 0) {
            int64_t at = iv_vocabulary_find(&m->grams, gram, n);
            IV_TRY(add_term(r, at < 0 ? -1 : at + (int64_t)m->words.count, err));
        }
    }
    return weigh(m, first, r, err);
}
