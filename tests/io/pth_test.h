/* What the tests of torch's checkpoints share. */
#ifndef PTH_TEST_H
#define PTH_TEST_H

#include <sys/mman.h>

#include "io/checkpoint.h"
#include "io_test.h"
#include "make_pth.h"

static imgvec_context *ctx;
static imgvec_error err;

static const float values[8] = {1, -2, 3, -4, 5, -6, 7, -8};
static const pth_storage one_storage = {"0", values, sizeof values, 8};

#define HEAD "\x80\x02"
#define STORAGE "(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0000X\3\0\0\0cpuK\10tQ"
#define TENSOR "ctorch._utils\n_rebuild_tensor_v2\n(" STORAGE "K\0K\10\x85K\1\x85\x89}tR"
#define ONE_TENSOR HEAD "}X\1\0\0\0w" TENSOR "s."

/* A file in memory: thousands of them are made. Its path stays good until the next one. */
static inline const char *memory_file(const void *data, size_t size)
{
    static char path[40];
    static int fd = -1;
    if (fd < 0)
        fd = memfd_create("checkpoint", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(pwrite(fd, data, size, 0), size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return path;
}

static inline imgvec_status open_bytes(const void *data, size_t size, iv_tensors **set)
{
    *set = NULL;
    imgvec_status status = iv_checkpoint_open(ctx, memory_file(data, size), 0, set, &err);
    assert_true((*set != NULL) == (status == IMGVEC_OK));
    return status;
}

static inline int setup(void **state)
{
    (void)state;
    ctx = test_context();
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    unlink(write_temporary("", 0));
    imgvec_context_free(ctx);
    return 0;
}

#endif
