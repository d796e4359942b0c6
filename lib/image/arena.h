/* Memory for decoding libraries whose allocation hooks take no user pointer (stb_image,
 * libspng): between begin and end, the calling thread's hook calls draw on the context's
 * allocator, are cleared, are counted against a budget and are freed at the end whatever
 * the library forgot. */
#ifndef IV_IMAGE_ARENA_H
#define IV_IMAGE_ARENA_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>

typedef struct iv_arena_block iv_arena_block;

typedef struct iv_arena {
    imgvec_context *ctx;
    uint64_t budget; /* bytes left */
    bool over;       /* a request was refused because of the budget */
    bool failed;     /* the context's allocator gave NULL */
    iv_arena_block *blocks;
    jmp_buf bail; /* set by the caller before the library runs */
} iv_arena;

void iv_arena_begin(iv_arena *arena, imgvec_context *ctx, uint64_t budget);
void iv_arena_end(iv_arena *arena); /* frees what is left */

/* Takes a block out, so that it outlives the arena: memory for iv_free that begins with
 * `bytes` bytes of the block. */
void *iv_arena_take(iv_arena *arena, void *memory, size_t bytes);

/* The hooks. */
void *iv_arena_malloc(size_t bytes);
void *iv_arena_calloc(size_t count, size_t size);
void *iv_arena_realloc(void *memory, size_t bytes);
void iv_arena_release(void *memory);
/* For a library's assertion that does not hold: leaves it through `bail`. */
_Noreturn void iv_arena_bail(void);

#endif
