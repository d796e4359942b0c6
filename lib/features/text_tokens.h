/* Words of a text, and the character n-grams of a word. Text is folded first (Unicode NFKC with
 * case folding), so that spellings of one word meet. */
#ifndef IV_FEATURES_TEXT_TOKENS_H
#define IV_FEATURES_TEXT_TOKENS_H

#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>
#include <imgvec/error.h>

#define IV_WORD_MAX 64 /* characters; a longer run of letters counts as several words */

typedef struct iv_word {
    size_t start, length; /* in bytes; a blank stands before and behind it */
} iv_word;

/* The words of the text read last. Made once, used for many texts. */
typedef struct iv_tokens {
    imgvec_context *ctx;
    iv_word *words;
    size_t count, capacity;
    char *bytes; /* UTF-8: " word word " */
    size_t length, bytes_capacity;
    int32_t *points;
    size_t points_capacity;
} iv_tokens;

void iv_tokens_init(iv_tokens *t, imgvec_context *ctx);
void iv_tokens_free(iv_tokens *t);

/* A word is a run of letters, marks and digits, or one symbol such as an emoji. What is no UTF-8
 * is taken as no text at all. */
imgvec_status iv_tokens_read(iv_tokens *t, const char *text, size_t length, imgvec_error *err);

/* Runs over the 3-grams of a word and its two blanks, then over the 4-grams. */
typedef struct iv_grams {
    const char *word, *end; /* blanks included */
    const char *at;
    int n;
} iv_grams;

iv_grams iv_grams_of(const iv_tokens *t, size_t word);
/* Next one; its length, 0 at the end. */
size_t iv_grams_next(iv_grams *g, const char **gram);

#endif
