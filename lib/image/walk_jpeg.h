/* Reading a JPEG's structure before any decoder sees it. */
#ifndef IV_IMAGE_WALK_JPEG_H
#define IV_IMAGE_WALK_JPEG_H

#include "image/decode.h"

typedef struct iv_jpeg {
    uint32_t width, height;
    int components;
    bool progressive, arithmetic;
    bool adobe; /* has Adobe's marker */
    int scans;
    int orientation; /* of its EXIF block, 1 for none */
    size_t end;      /* behind the end marker: what follows is no part of the picture */
} iv_jpeg;

/* Checks the markers from SOI to EOI, their lengths, the frame, the tables, what the scans
 * refer to, sizes against the limits, the number of scans, and that the coded data can be
 * data of that size. */
imgvec_status iv_jpeg_walk(const iv_image_job *job, iv_jpeg *out, imgvec_error *err);

#endif
