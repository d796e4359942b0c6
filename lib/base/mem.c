#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/context.h"

void *iv_alloc(imgvec_context *ctx, size_t bytes)
{
    return ctx->allocator.allocate(ctx->allocator.user, bytes ? bytes : 1);
}

void *iv_zalloc(imgvec_context *ctx, size_t bytes)
{
    void *memory = iv_alloc(ctx, bytes);
    if (memory)
        memset(memory, 0, bytes);
    return memory;
}

void *iv_alloc_n(imgvec_context *ctx, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > PTRDIFF_MAX)
        return NULL;
    return iv_alloc(ctx, bytes);
}

void *iv_calloc(imgvec_context *ctx, size_t count, size_t size)
{
    void *memory = iv_alloc_n(ctx, count, size);
    if (memory)
        memset(memory, 0, count * size);
    return memory;
}

void *iv_realloc(imgvec_context *ctx, void *memory, size_t bytes)
{
    if (!memory)
        return iv_alloc(ctx, bytes);
    return ctx->allocator.reallocate(ctx->allocator.user, memory, bytes ? bytes : 1);
}

void iv_free(imgvec_context *ctx, void *memory)
{
    if (memory)
        ctx->allocator.release(ctx->allocator.user, memory);
}

char *iv_strndup(imgvec_context *ctx, const char *text, size_t length)
{
    char *copy = iv_alloc(ctx, length + 1);
    if (copy) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

char *iv_strdup(imgvec_context *ctx, const char *text)
{
    return iv_strndup(ctx, text, strlen(text));
}

char *iv_format(imgvec_context *ctx, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    char *text = length < 0 ? NULL : iv_alloc(ctx, (size_t)length + 1);
    if (text)
        vsnprintf(text, (size_t)length + 1, fmt, again);
    va_end(again);
    return text;
}

int iv_reserve(imgvec_context *ctx, void *array_pointer, size_t *capacity, size_t need, size_t size)
{
    if (need <= *capacity)
        return 0;
    size_t grown = *capacity < 8 ? 8 : *capacity + *capacity / 2;
    if (grown < need)
        grown = need;
    size_t bytes;
    if (__builtin_mul_overflow(grown, size, &bytes) || bytes > PTRDIFF_MAX)
        return -1;
    void *array;
    memcpy(&array, array_pointer, sizeof array);
    array = iv_realloc(ctx, array, bytes);
    if (!array)
        return -1;
    memcpy(array_pointer, &array, sizeof array);
    *capacity = grown;
    return 0;
}
