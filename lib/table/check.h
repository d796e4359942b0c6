/* Decoding every image of a dataset to find those that cannot be used. */
#ifndef IV_TABLE_CHECK_H
#define IV_TABLE_CHECK_H

#include "base/watch.h"
#include "table/store.h"

typedef struct iv_bad_image {
    int64_t row;
    int32_t column, code;
    char *reason;
} iv_bad_image;

typedef struct iv_image_check {
    imgvec_context *ctx;
    int64_t cells;     /* image cells that are not missing */
    iv_bad_image *bad; /* by row, then by column */
    size_t count, capacity;
} iv_image_check;

/* A path that several rows name is decoded once. Problems also go to the watch. */
imgvec_status iv_images_check(const imgvec_dataset *ds, int threads, iv_watch *watch,
                              iv_image_check *out, imgvec_error *err);
void iv_image_check_free(iv_image_check *check);

#endif
