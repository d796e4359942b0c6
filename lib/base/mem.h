/* The one door to the heap. Every allocation in C goes through these, so that a host's
 * allocator is honoured and a test can fail each one. NULL means failure; a size of 0
 * gives a valid pointer. Safe from any thread. */
#ifndef IV_BASE_MEM_H
#define IV_BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>

#include <imgvec/context.h>

void *iv_alloc(imgvec_context *ctx, size_t bytes);
void *iv_zalloc(imgvec_context *ctx, size_t bytes);
/* count * size bytes, NULL where the product overflows; zeroed for iv_calloc. */
void *iv_alloc_n(imgvec_context *ctx, size_t count, size_t size);
void *iv_calloc(imgvec_context *ctx, size_t count, size_t size);
void *iv_realloc(imgvec_context *ctx, void *memory, size_t bytes);
void iv_free(imgvec_context *ctx, void *memory); /* NULL is accepted */

char *iv_strdup(imgvec_context *ctx, const char *text);
char *iv_strndup(imgvec_context *ctx, const char *text, size_t length);
char *iv_format(imgvec_context *ctx, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Makes *array (elements of `size` bytes, *capacity of them) hold at least `need`,
 * growing geometrically. 0 on success; on failure the array is as it was. */
int iv_reserve(imgvec_context *ctx, void *array_pointer, size_t *capacity, size_t need,
               size_t size);

#endif
