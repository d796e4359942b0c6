/* A scene as pixels, in the colours of light. */
#ifndef IV_REPORT_SCENE_PNG_H
#define IV_REPORT_SCENE_PNG_H

#include "image/image.h"
#include "report/scene.h"

enum { IV_SCENE_SCALE = 2 }; /* pixels of the picture for one of the scene */

/* NEW pixels. A picture of the scene that cannot be decoded becomes a grey field.
 * Errors: NO_MEMORY. */
imgvec_status iv_scene_draw(const iv_scene *s, iv_image *out, imgvec_error *err);
/* The same as a PNG file: *out is NEW, iv_free. */
imgvec_status iv_scene_png(const iv_scene *s, uint8_t **out, size_t *size, imgvec_error *err);

#endif
