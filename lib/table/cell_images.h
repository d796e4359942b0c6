/* The images of one cell, one after the other: none for a missing cell, several where its text
 * names several paths. */
#ifndef IV_TABLE_CELL_IMAGES_H
#define IV_TABLE_CELL_IMAGES_H

#include "base/hash.h"
#include "table/cell_paths.h"

typedef struct iv_cell_images {
    const imgvec_dataset *ds;
    const struct iv_picture *picture; /* in memory; NULL: paths */
    iv_cell_paths paths;
    const char *path;
    size_t length;
    int32_t index; /* of the current one, from 0 */
} iv_cell_images;

/* DATA for a column of numbers. */
imgvec_status iv_cell_images_begin(const imgvec_dataset *ds, int32_t column, int64_t row,
                                   iv_cell_images *out, imgvec_error *err);
/* Goes to the first or next image; false behind the last one. */
bool iv_cell_images_next(iv_cell_images *images);
/* The current one, decoded. digest (may be NULL): of the encoded bytes, or of the pixels where the
 * caller handed over pixels; it is set once the bytes could be read, decodable or not. Errors as
 * iv_dataset_image. */
imgvec_status iv_cell_images_decode(const iv_cell_images *images, iv_image *out, iv_digest *digest,
                                    imgvec_error *err);
/* Path of the current one for people, appended to out: nothing for one in memory. */
void iv_cell_images_path(const iv_cell_images *images, iv_text *out);

#endif
