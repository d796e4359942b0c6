/* Budgeted memory for decoding libraries. */
#include "image/arena.h"

#include <stdalign.h>
#include <string.h>

#include "base/mem.h"

struct iv_arena_block {
    alignas(max_align_t) iv_arena_block *next;
    iv_arena_block *previous;
    size_t bytes;
};

static _Thread_local iv_arena *current;

void iv_arena_begin(iv_arena *arena, imgvec_context *ctx, uint64_t budget)
{
    memset(arena, 0, sizeof *arena);
    arena->ctx = ctx;
    arena->budget = budget;
    current = arena;
}

static void unlink_block(iv_arena *arena, iv_arena_block *b)
{
    if (b->previous)
        b->previous->next = b->next;
    else
        arena->blocks = b->next;
    if (b->next)
        b->next->previous = b->previous;
}

void iv_arena_end(iv_arena *arena)
{
    while (arena->blocks) {
        iv_arena_block *b = arena->blocks;
        unlink_block(arena, b);
        iv_free(arena->ctx, b);
    }
    current = NULL;
}

void *iv_arena_take(iv_arena *arena, void *memory, size_t bytes)
{
    iv_arena_block *b = (iv_arena_block *)memory - 1;
    unlink_block(arena, b);
    memmove(b, memory, bytes);
    return b;
}

void *iv_arena_malloc(size_t bytes)
{
    iv_arena *arena = current;
    if (!arena)
        return NULL;
    if (bytes > arena->budget || bytes > PTRDIFF_MAX - sizeof(iv_arena_block)) {
        arena->over = true;
        return NULL;
    }
    iv_arena_block *b = iv_zalloc(arena->ctx, sizeof *b + bytes);
    if (!b) {
        arena->failed = true;
        return NULL;
    }
    arena->budget -= bytes;
    b->bytes = bytes;
    b->next = arena->blocks;
    if (b->next)
        b->next->previous = b;
    arena->blocks = b;
    return b + 1;
}

void *iv_arena_calloc(size_t count, size_t size)
{
    size_t bytes;
    return __builtin_mul_overflow(count, size, &bytes) ? NULL : iv_arena_malloc(bytes);
}

void iv_arena_release(void *memory)
{
    iv_arena *arena = current;
    if (!memory || !arena)
        return;
    iv_arena_block *b = (iv_arena_block *)memory - 1;
    unlink_block(arena, b);
    arena->budget += b->bytes;
    iv_free(arena->ctx, b);
}

void *iv_arena_realloc(void *memory, size_t bytes)
{
    void *moved = iv_arena_malloc(bytes);
    if (moved && memory) {
        size_t old = ((iv_arena_block *)memory - 1)->bytes;
        memcpy(moved, memory, old < bytes ? old : bytes);
        iv_arena_release(memory);
    }
    return moved;
}

_Noreturn void iv_arena_bail(void)
{
    longjmp(current->bail, 1);
}
