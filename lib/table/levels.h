/* The different values of a column. */
#ifndef IV_TABLE_LEVELS_H
#define IV_TABLE_LEVELS_H

#include "table/store.h"

typedef struct iv_level {
    int64_t first; /* a row that has it: where its text is */
    int64_t rows;  /* how many have it */
} iv_level;

typedef struct iv_levels {
    imgvec_context *ctx;
    iv_level *items; /* in the order of first appearance, until they are sorted */
    size_t count, capacity;
} iv_levels;

/* of_row (NULL, or one for each row) receives the index of each row's level, -1 where the
 * cell is missing. */
imgvec_status iv_levels_read(const imgvec_dataset *ds, int32_t column, int32_t *of_row,
                             iv_levels *out, imgvec_error *err);
void iv_levels_sort_by_name(const imgvec_dataset *ds, int32_t column, iv_levels *levels);
void iv_levels_sort_by_rows(const imgvec_dataset *ds, int32_t column, iv_levels *levels);
void iv_levels_free(iv_levels *levels);

/* A set of 64-bit hashes, for counting different values where their texts are not needed. */
typedef struct iv_distinct {
    imgvec_context *ctx;
    uint64_t *slots; /* 0: free */
    size_t size, count;
} iv_distinct;

uint64_t iv_text_hash(const char *text, size_t length); /* never 0 */
imgvec_status iv_distinct_add(iv_distinct *set, uint64_t hash, bool *fresh, imgvec_error *err);
void iv_distinct_free(iv_distinct *set);

#endif
