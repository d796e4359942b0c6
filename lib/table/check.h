/* Decoding every image of a dataset to find those that cannot be used, and what tells the others
 * apart. */
#ifndef IV_TABLE_CHECK_H
#define IV_TABLE_CHECK_H

#include "base/watch.h"
#include "table/prints.h"
#include "table/store.h"

typedef struct iv_bad_image {
    int64_t row;
    int32_t column, code;
    const char *path, *reason; /* BORROWED from the check */
} iv_bad_image;

typedef struct iv_bad_text iv_bad_text;

typedef struct iv_image_check {
    imgvec_context *ctx;
    int64_t cells;     /* image cells that are not missing */
    iv_bad_image *bad; /* by row, then by column, then by place in the cell */
    size_t count, capacity;
    iv_bad_text *texts; /* where paths and reasons are kept */
} iv_image_check;

/* A text that several rows have is looked at once. Problems also go to the watch. prints (may be
 * NULL) gets what could be decoded. */
imgvec_status iv_images_check(const imgvec_dataset *ds, int threads, iv_watch *watch,
                              iv_prints *prints, iv_image_check *out, imgvec_error *err);
void iv_image_check_free(iv_image_check *check);

#endif
