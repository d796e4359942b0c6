/* Turning pictures upright. */
#ifndef IV_IMAGE_ORIENT_H
#define IV_IMAGE_ORIENT_H

#include "image/image.h"

/* Turns and mirrors *image as an EXIF orientation (1 to 8) asks. On failure the image is
 * as it was. */
imgvec_status iv_orient(imgvec_context *ctx, iv_image *image, int orientation, imgvec_error *err);

#endif
