/* What the fuzz targets share. A target is LLVMFuzzerTestOneInput in a file of its own; it is
 * linked with libFuzzer, or with replay.c that feeds it the kept inputs in the normal tests. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <imgvec/context.h>
#include <imgvec/error.h>

#include "io/tensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_MEMORY_MAX ((size_t)32 << 20) /* of one allocation: more is refused, not tried */

static inline void *fuzz_allocate(void *user, size_t bytes)
{
    (void)user;
    return bytes > FUZZ_MEMORY_MAX ? NULL : malloc(bytes);
}

static inline void *fuzz_reallocate(void *user, void *memory, size_t bytes)
{
    (void)user;
    return bytes > FUZZ_MEMORY_MAX ? NULL : realloc(memory, bytes);
}

static inline void fuzz_release(void *user, void *memory)
{
    (void)user;
    free(memory);
}

static inline imgvec_context *fuzz_context(void)
{
    const imgvec_allocator allocator = {sizeof allocator, NULL, fuzz_allocate, fuzz_reallocate,
                                        fuzz_release};
    imgvec_context *ctx = NULL;
    imgvec_error err;
    if (imgvec_context_new_with(&allocator, &ctx, &err) != IMGVEC_OK)
        abort();
    return ctx;
}

/* A reader's promise: tensors whose values are all finite, or an error with a text. */
static inline void fuzz_check_tensors(imgvec_status status, const iv_tensors *set,
                                      const imgvec_error *err)
{
    if ((status == IMGVEC_OK) != (set != NULL))
        abort();
    if (status != IMGVEC_OK && (err->code != status || !err->text[0]))
        abort();
    for (size_t i = 0; set && i < set->count; i++) {
        const iv_tensor *t = &set->items[i];
        if (iv_tensors_find(set, t->name) != t)
            abort();
        for (size_t k = 0; k < t->count; k++)
            if (!(t->data[k] - t->data[k] == 0))
                abort();
    }
}

#endif
