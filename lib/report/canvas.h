/* A canvas of white, pictures and text on it. */
#ifndef IV_REPORT_CANVAS_H
#define IV_REPORT_CANVAS_H

#include "image/image.h"

enum { IV_CANVAS_DOT = 2 }; /* side of a letter's dot in pixels: a letter takes 12 x 18 */

/* NEW white pixels. */
imgvec_status iv_canvas_new(imgvec_context *ctx, int32_t width, int32_t height, iv_image *out,
                            imgvec_error *err);

enum { IV_GLYPH_WIDTH = 5, IV_GLYPH_HEIGHT = 9 };
/* Dots of a letter, a row each, the leftmost being 16; an empty box for what is not ASCII. */
const uint8_t *iv_canvas_glyph(char c);

/* ASCII text in black, from its upper left corner; what lies outside is cut off, and what is not
 * ASCII becomes an empty box. */
void iv_canvas_text(iv_image *canvas, int32_t x, int32_t y, const char *text);

/* Size of a picture that is scaled to touch a square of `side`. */
void iv_canvas_fit(int32_t width, int32_t height, int32_t side, int32_t *fit_width,
                   int32_t *fit_height);

/* A picture in the middle of such a square, which lies on the canvas. */
imgvec_status iv_canvas_picture(imgvec_context *ctx, iv_image *canvas, int32_t x, int32_t y,
                                int32_t side, const iv_image *picture, imgvec_error *err);

#endif
