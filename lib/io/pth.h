/* torch's .pth files: a pickle that describes tensors, and the bytes of their storages. */
#ifndef IV_IO_PTH_H
#define IV_IO_PTH_H

#include <stdbool.h>
#include <stdint.h>

#include <imgvec/context.h>
#include <imgvec/error.h>

#include "io/pickle.h"
#include "io/tensors.h"

imgvec_status iv_pth_zip_open(imgvec_context *ctx, const char *path, uint64_t max_pickle,
                              iv_tensors **out, imgvec_error *err);
imgvec_status iv_pth_legacy_open(imgvec_context *ctx, const char *path, uint64_t max_pickle,
                                 iv_tensors **out, imgvec_error *err);

/* Where the bytes of storages come from. */
typedef struct iv_pth_container {
    imgvec_context *ctx;
    uint64_t file_size;
    const void *user;
    /* All bytes of the storage; dst has room for them. */
    imgvec_status (*read)(const void *user, const iv_pickle_storage *storage, void *dst,
                          imgvec_error *err);
} iv_pth_container;

/* The tensors of the state_dict that the pickle's value is or holds (NEW). Each storage is
 * read once. */
imgvec_status iv_pth_load(const iv_pth_container *c, const iv_pickle *p, iv_tensors **out,
                          imgvec_error *err);

/* The dictionary with the tensors, whatever it is wrapped in; FORMAT when there is none. */
imgvec_status iv_pth_state_dict(const iv_pickle *p, const iv_pickle_value **out, imgvec_error *err);
/* The name without what wrappers of modules put before it. */
const char *iv_pth_plain_name(const char *name);

/* Whether the tensor is a sound view of a storage; its number of elements. */
imgvec_status iv_pth_check_view(const iv_pickle *p, const iv_pickle_tensor *t, const char *name,
                                size_t *count, imgvec_error *err);
/* Row-major and without gaps: as it lies in the storage. */
bool iv_pth_is_contiguous(const iv_pickle_tensor *t);
/* The elements as float32. `bytes`: of the storage. */
void iv_pth_copy_view(const iv_pickle *p, const iv_pickle_tensor *t, const unsigned char *bytes,
                      size_t count, float *dst);

#endif
