/* Counting distinct texts: levels of a categorical column, classes of a target. */
#ifndef IV_FEATURES_VOCABULARY_H
#define IV_FEATURES_VOCABULARY_H

#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>
#include <imgvec/error.h>

typedef struct iv_term {
    char *name;
    size_t length;
    int64_t count;
    int64_t first; /* row of the first occurrence */
} iv_term;

/* Levels in the order of their first occurrence, and a hash table over them. */
typedef struct iv_vocabulary {
    imgvec_context *ctx;
    iv_term *items;
    size_t count, capacity;
    uint32_t *slots; /* place + 1, 0: free */
    size_t slot_count;
} iv_vocabulary;

void iv_vocabulary_init(iv_vocabulary *l, imgvec_context *ctx);
/* Counts the text; *index (may be NULL) is its level. */
imgvec_status iv_vocabulary_add(iv_vocabulary *l, const char *text, size_t length, int64_t row,
                                size_t *index, imgvec_error *err);
/* Level of the text, -1 when it is none. */
int64_t iv_vocabulary_find(const iv_vocabulary *l, const char *text, size_t length);
void iv_vocabulary_free(iv_vocabulary *l);

/* Sorts items; the iv_vocabulary that they belong to finds nothing any more. */
void iv_vocabulary_sort(iv_term *items, size_t count,
                        int (*order)(const iv_term *a, const iv_term *b));

/* Order of texts by bytes, a prefix first. */
int iv_compare_bytes(const char *a, size_t a_length, const char *b, size_t b_length);

#endif
