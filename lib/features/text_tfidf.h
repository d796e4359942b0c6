/* TF-IDF of words and character n-grams (Salton and Buckley, 1988): a text's term weighs
 * (1 + ln count) * (ln((1 + rows) / (1 + rows with the term)) + 1); the words' weights together
 * have length sqrt(1/2), those of the n-grams as well. */
#ifndef IV_FEATURES_TEXT_TFIDF_H
#define IV_FEATURES_TEXT_TFIDF_H

#include <imgvec/dataset.h>

#include "features/text_tokens.h"
#include "features/vocabulary.h"

typedef struct iv_tfidf {
    iv_vocabulary words, grams; /* terms: words first; by falling rows, then by bytes */
    float *idf;                 /* of each term */
} iv_tfidf;

/* Terms of a text: rising indices, without repetition. */
typedef struct iv_tfidf_row {
    iv_tokens tokens;
    uint32_t *term;
    float *weight;
    size_t count, capacity, weight_capacity;
} iv_tfidf_row;

static inline size_t iv_tfidf_terms(const iv_tfidf *m)
{
    return m->words.count + m->grams.count;
}

/* Takes the terms of the column's texts that are in min_rows of the rows or more (in one, where
 * none is), at most max_terms words and max_terms n-grams. */
imgvec_status iv_tfidf_fit(imgvec_context *ctx, const imgvec_dataset *ds, int32_t column,
                           const int64_t *rows, size_t count, size_t max_terms, int64_t min_rows,
                           iv_tfidf *out, imgvec_error *err);
void iv_tfidf_free(imgvec_context *ctx, iv_tfidf *m);

void iv_tfidf_row_init(iv_tfidf_row *r, imgvec_context *ctx);
void iv_tfidf_row_free(iv_tfidf_row *r);
imgvec_status iv_tfidf_apply(const iv_tfidf *m, const char *text, size_t length, iv_tfidf_row *r,
                             imgvec_error *err);

#endif
