/* What tells the images of a dataset apart, and which rows use them. */
#ifndef IV_TABLE_PRINTS_H
#define IV_TABLE_PRINTS_H

#include <pthread.h>

#include "base/hash.h"
#include "image/phash.h"

typedef struct iv_print {
    iv_digest digest; /* of the encoded bytes */
    iv_phash hash;    /* of the picture */
} iv_print;

typedef struct iv_print_use {
    int64_t row;
    int32_t column, index; /* index: of the image in its cell */
    size_t print;
} iv_print_use;

typedef struct iv_prints {
    imgvec_context *ctx;
    bool near; /* hashes of pictures are wanted too */
    pthread_mutex_t lock;
    iv_print *items;
    size_t count, capacity;
    iv_print_use *uses;
    size_t use_count, use_capacity;
} iv_prints;

void iv_prints_init(imgvec_context *ctx, bool near, iv_prints *out);
/* Takes a decoded image in, from any thread. *print: its number. */
imgvec_status iv_prints_add(iv_prints *p, const iv_image *image, const iv_digest *digest,
                            size_t *print, imgvec_error *err);
imgvec_status iv_prints_use(iv_prints *p, int64_t row, int32_t column, int32_t index, size_t print,
                            imgvec_error *err);
/* Uses by row, column and index, whichever thread was faster. */
void iv_prints_sort(iv_prints *p);
void iv_prints_free(iv_prints *p);

#endif
