/* Python's pickles, protocol 2, as far as checkpoints use them: about forty operations that
 * build numbers, texts, lists, dictionaries and descriptions of tensors. Globals are looked
 * up in a table of names and never stand for code; any other name is refused. Nothing is run,
 * nothing recurses, and memory is bounded by the bytes that are read. */
#ifndef IV_IO_PICKLE_H
#define IV_IO_PICKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>
#include <imgvec/error.h>

#include "io/names.h"
#include "io/tensors.h"

typedef enum iv_pickle_type {
    IV_PICKLE_NONE,
    IV_PICKLE_BOOL,
    IV_PICKLE_INT,
    IV_PICKLE_FLOAT,
    IV_PICKLE_TEXT,  /* UTF-8 without NUL */
    IV_PICKLE_BYTES, /* other texts, and integers of more than 64 bits */
    IV_PICKLE_TUPLE,
    IV_PICKLE_LIST,
    IV_PICKLE_DICT,
    IV_PICKLE_GLOBAL,
    IV_PICKLE_STORAGE,
    IV_PICKLE_TENSOR,
    IV_PICKLE_OBJECT /* something that only has to be there: a size, a device */
} iv_pickle_type;

/* The bytes that tensors are views of. */
typedef struct iv_pickle_storage {
    const char *key; /* first: iv_names looks for it there */
    const char *dtype;
    uint64_t count; /* elements that the pickle declares */
    uint64_t bytes;
    uint64_t offset; /* of the bytes, for the container that finds them */
    bool found;
} iv_pickle_storage;

/* A storage, or the part of it that a legacy file calls a view. */
typedef struct iv_pickle_part {
    uint32_t storage; /* index */
    uint64_t offset, count;
} iv_pickle_part;

/* Offsets and strides count elements of dtype; they are not checked against the storage. */
typedef struct iv_pickle_tensor {
    const iv_pickle_part *part;
    const char *dtype;
    int rank;
    int64_t offset, shape[IV_MAX_RANK], stride[IV_MAX_RANK];
} iv_pickle_tensor;

typedef struct iv_pickle_value iv_pickle_value;

typedef struct iv_pickle_entry {
    const char *name; /* first, as above; NULL when the key is no text */
    iv_pickle_value *value;
} iv_pickle_entry;

struct iv_pickle_value {
    uint8_t type;
    bool ordered;             /* a dictionary that is an OrderedDict */
    uint32_t count, capacity; /* of a text, tuple, list or dictionary */
    union {
        int64_t integer; /* of BOOL too */
        double number;
        const char *text; /* NUL behind it */
        iv_pickle_value **items;
        iv_pickle_entry *entries;
        const struct iv_torch_name *name;
        iv_pickle_part *part;
        iv_pickle_tensor *tensor;
    } as;
};

typedef struct iv_pickle_block iv_pickle_block;

typedef struct iv_pickle {
    imgvec_context *ctx;
    iv_pickle_value *root;
    size_t used; /* bytes up to the end of the pickle */
    bool cut;    /* parsing failed because the bytes ended: more of them may help */
    iv_pickle_storage *storages;
    size_t storage_count, storage_capacity;
    iv_names storage_names;
    iv_pickle_value **dicts; /* every one, to look for names that occur twice */
    size_t dict_count, dict_capacity;
    iv_pickle_block *blocks;
    size_t block_at, block_size, total;
    bool full; /* the limit of values is met */
} iv_pickle;

/* Reads one pickle from the beginning of the bytes. *p is to be freed in any case. */
imgvec_status iv_pickle_read(imgvec_context *ctx, const void *data, size_t size, iv_pickle *p,
                             imgvec_error *err);
void iv_pickle_free(iv_pickle *p);

iv_pickle_value *iv_pickle_get(const iv_pickle_value *dict, const char *name); /* NULL: absent */
static inline bool iv_pickle_is(const iv_pickle_value *v, iv_pickle_type type)
{
    return v && v->type == type;
}

#endif
