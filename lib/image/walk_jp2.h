/* JPEG 2000 before openjpeg sees it: boxes and codestream markers up to the end. */
#ifndef IV_IMAGE_WALK_JP2_H
#define IV_IMAGE_WALK_JP2_H

#include <stdbool.h>

#include "image/decode.h"

#define IV_JP2_COMPONENTS 16 /* most that are read: colours, alpha and some more */

typedef struct iv_jp2 {
    bool boxed;        /* a JP2 file; else a raw codestream */
    bool palette;      /* has a palette box */
    uint32_t space;    /* enumerated colour space of the first colour box; 0: none or a profile */
    size_t begin, end; /* codestream */
    uint32_t x0, y0, x1, y1; /* the picture on the reference grid */
    uint32_t components;
    uint64_t samples; /* of all components together */
} iv_jp2;

/* FORMAT with the byte for what is damaged or cut, LIMIT for sizes, components or tiles. */
imgvec_status iv_jp2_walk(const iv_image_job *job, iv_jp2 *out, imgvec_error *err);

#endif
