/* Whole files where the input begins like one; else a pickle whose storages are all zero, so
 * that the fuzzer needs to find no checksums. */
#include "fuzz.h"
#include "io/checkpoint.h"
#include "io/pth.h"
#include "io/zip_reader.h"

static imgvec_status open_file(imgvec_context *ctx, const uint8_t *data, size_t size,
                               iv_tensors **set, imgvec_error *err)
{
    char path[40];
    int fd = fuzz_file(data, size, path);
    imgvec_status status = iv_checkpoint_open(ctx, path, 0, set, err);
    close(fd);
    return status;
}

static imgvec_status zeros(const void *user, const iv_pickle_storage *storage, void *dst,
                           imgvec_error *err)
{
    (void)user;
    (void)err;
    if (storage->bytes)
        memset(dst, 0, (size_t)storage->bytes);
    return IMGVEC_OK;
}

static imgvec_status read_pickle(imgvec_context *ctx, const uint8_t *data, size_t size,
                                 iv_tensors **set, imgvec_error *err)
{
    iv_pickle p;
    const iv_pth_container c = {ctx, size, NULL, zeros};
    imgvec_status status = iv_pickle_read(ctx, data, size, &p, err);
    if (status == IMGVEC_OK)
        status = iv_pth_load(&c, &p, set, err);
    iv_pickle_free(&p);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    imgvec_context *ctx = fuzz_context();
    imgvec_error err = {0};
    iv_tensors *set = NULL;
    bool file = iv_zip_looks(data, size) || (size > 2 && data[2] == 0x8A);
    imgvec_status status =
        file ? open_file(ctx, data, size, &set, &err) : read_pickle(ctx, data, size, &set, &err);
    fuzz_check_tensors(status, set, &err);
    iv_tensors_free(set);
    fuzz_end(ctx);
    return 0;
}
