/* What the fuzz targets share. A target is LLVMFuzzerTestOneInput in a file of its own; it is
 * linked with libFuzzer, or with replay.c that feeds it the kept inputs in the normal tests. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <imgvec/context.h>
#include <imgvec/error.h>

#include "base/text.h"
#include "io/tensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_MEMORY_MAX ((size_t)32 << 20) /* of one allocation: more is refused, not tried */

static atomic_long fuzz_live; /* blocks that are not freed yet */

static inline void *fuzz_allocate(void *user, size_t bytes)
{
    void *memory = bytes > FUZZ_MEMORY_MAX ? NULL : malloc(bytes);
    (void)user;
    if (memory)
        atomic_fetch_add(&fuzz_live, 1);
    return memory;
}

static inline void *fuzz_reallocate(void *user, void *memory, size_t bytes)
{
    (void)user;
    return bytes > FUZZ_MEMORY_MAX ? NULL : realloc(memory, bytes);
}

static inline void fuzz_release(void *user, void *memory)
{
    (void)user;
    atomic_fetch_sub(&fuzz_live, 1);
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

/* A found fault, which must show in a build without assertions too. */
static inline void fuzz_need(int condition)
{
    if (!condition)
        abort();
}

/* Nothing is left over, whatever the input did. */
static inline void fuzz_end(imgvec_context *ctx)
{
    imgvec_context_free(ctx);
    fuzz_need(atomic_load(&fuzz_live) == 0);
}

/* A failure carries its code and one line of sound text. */
static inline void fuzz_check_error(imgvec_status status, const imgvec_error *err)
{
    if (status == IMGVEC_OK)
        return;
    size_t length = strlen(err->text);
    fuzz_need(err->code == status && length > 0);
    fuzz_need(iv_utf8_valid(err->text, length) == length);
    for (size_t i = 0; i < length; i++)
        fuzz_need((unsigned char)err->text[i] >= 0x20 && err->text[i] != 0x7F);
}

/* The input as a file without a place on disk: its descriptor, and its path. */
static inline int fuzz_file(const uint8_t *data, size_t size, char path[40])
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    fuzz_need(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, 40, "/proc/self/fd/%d", fd);
    return fd;
}

/* A file of this process's own in memory, for readers that look at names or replace files:
 * removed at the end. One at a time. */
static inline const char *fuzz_path(const char *ending)
{
    static char path[64];
    snprintf(path, sizeof path, "/dev/shm/imgvec-fuzz-%ld.%s", (long)getpid(), ending);
    return path;
}

static inline void fuzz_put(const char *path, const uint8_t *data, size_t size)
{
    FILE *f = fopen(path, "wb");
    fuzz_need(f && fwrite(data, 1, size, f) == size && fclose(f) == 0);
}

/* A reader's promise: tensors whose values are all finite, or an error with a text. */
static inline void fuzz_check_tensors(imgvec_status status, const iv_tensors *set,
                                      const imgvec_error *err)
{
    fuzz_check_error(status, err);
    fuzz_need((status == IMGVEC_OK) == (set != NULL));
    for (size_t i = 0; set && i < set->count; i++) {
        const iv_tensor *t = &set->items[i];
        fuzz_need(iv_tensors_find(set, t->name) == t);
        for (size_t k = 0; k < t->count; k++)
            fuzz_need(t->data[k] - t->data[k] == 0);
    }
}

#endif
