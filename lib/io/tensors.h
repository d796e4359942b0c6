/* A named set of float32 tensors with text metadata: a state_dict in memory. */
#ifndef IV_IO_TENSORS_H
#define IV_IO_TENSORS_H

#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>
#include <imgvec/error.h>

#include "io/names.h"

#define IV_MAX_RANK 8

typedef struct iv_tensor {
    char *name;    /* first: iv_names looks for it there */
    char dtype[8]; /* as stored in the file: "F32", "F16", "BF16", "I64"... */
    int rank;
    int64_t shape[IV_MAX_RANK];
    size_t count; /* product of the shape; 1 for rank 0 */
    float *data;  /* row-major */
} iv_tensor;

typedef struct iv_tensors {
    imgvec_context *ctx;
    iv_tensor *items;
    size_t count, capacity;
    char **meta;                      /* name, value, name, value... */
    size_t meta_count, meta_capacity; /* of entries in meta: twice the pairs */
    iv_names names;                   /* of items */
} iv_tensors;

imgvec_status iv_tensors_new(imgvec_context *ctx, iv_tensors **out, imgvec_error *err);
/* Adds a tensor of the shape, data uninitialised. Duplicate names: FORMAT. */
imgvec_status iv_tensors_add(iv_tensors *set, const char *name, int rank, const int64_t *shape,
                             iv_tensor **out, imgvec_error *err);
/* Adds a tensor of these values. */
imgvec_status iv_tensors_put(iv_tensors *set, const char *name, int rank, const int64_t *shape,
                             const float *values, imgvec_error *err);
/* Values of the tensor (NEW), which must be there, of that shape and finite: FORMAT otherwise. */
imgvec_status iv_tensors_take(const iv_tensors *set, const char *name, int rank,
                              const int64_t *shape, float **out, imgvec_error *err);
/* FORMAT, naming the tensor, when a value is NaN or infinite. */
imgvec_status iv_tensor_check_finite(const iv_tensor *t, imgvec_error *err);
imgvec_status iv_tensors_set_meta(iv_tensors *set, const char *name, const char *value,
                                  imgvec_error *err);
const char *iv_tensors_meta(const iv_tensors *set, const char *name); /* NULL when absent */
iv_tensor *iv_tensors_find(const iv_tensors *set, const char *name);  /* NULL when absent */
void iv_tensors_free(iv_tensors *set);                                /* NULL is accepted */

/* "[64, 3, 7, 7]" for texts. */
void iv_shape_text(int rank, const int64_t *shape, char *out, size_t size);

#endif
