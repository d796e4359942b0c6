/* torch's checkpoint files for tests: pickles put together piece by piece, and the two
 * containers around them. */
#ifndef MAKE_PTH_H
#define MAKE_PTH_H

#include <stddef.h>
#include <stdint.h>

typedef struct pth_bytes { /* all zero: empty */
    unsigned char *data;
    size_t size, capacity;
} pth_bytes;

void pth_put(pth_bytes *b, const void *data, size_t size);
/* The operations as text, without its NUL: PTH("}.") */
#define PTH(b, literal) pth_put((b), (literal), sizeof(literal) - 1)
void pth_put_text(pth_bytes *b, const char *text);
void pth_put_int(pth_bytes *b, int64_t value);
void pth_put_ints(pth_bytes *b, int count, const int64_t *values); /* a tuple */
void pth_put_global(pth_bytes *b, const char *module, const char *name);

typedef struct pth_view {
    const char *storage; /* "FloatStorage"... */
    const char *key;
    int64_t count, offset;
    int rank;
    int64_t shape[8], stride[8];
    int legacy; /* its persistent id has a sixth part */
} pth_view;

/* A call of _rebuild_tensor_v2. */
void pth_put_tensor(pth_bytes *b, const pth_view *v);
/* A contiguous float tensor in a storage of its own. */
void pth_put_floats(pth_bytes *b, const char *key, int64_t count, int legacy);

typedef struct pth_storage {
    const char *key;
    const void *data;
    size_t size; /* bytes */
    int64_t count;
} pth_storage;

/* Files (free their data). byteorder may be NULL. */
pth_bytes make_pth_zip(const pth_bytes *pickle, const pth_storage *storages, size_t count,
                       const char *byteorder);
pth_bytes make_pth_legacy(const pth_bytes *pickle, const pth_storage *storages, size_t count);

#endif
