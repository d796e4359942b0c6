/* Sets that are joined, never parted (union-find, with path halving). */
#ifndef IV_BASE_SETS_H
#define IV_BASE_SETS_H

#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>

typedef struct iv_sets {
    int32_t *parent;
    size_t count;
} iv_sets;

/* 0 .. count-1, each a set of its own; -1 when out of memory or past what an int32_t numbers. */
int iv_sets_make(imgvec_context *ctx, size_t count, iv_sets *out);
int32_t iv_sets_find(iv_sets *s, int32_t item); /* the smallest item of its set */
void iv_sets_join(iv_sets *s, int32_t a, int32_t b);
void iv_sets_free(imgvec_context *ctx, iv_sets *s);

#endif
