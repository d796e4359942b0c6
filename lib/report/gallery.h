/* Pictures with captions: on the page, and as a scene. */
#ifndef IV_REPORT_GALLERY_H
#define IV_REPORT_GALLERY_H

#include "report/scene.h"

enum { IV_TILE_PICTURES_MAX = 4, IV_TILE_LINES_MAX = 4 };

typedef struct iv_tile_picture {
    const void *jpeg; /* BORROWED */
    size_t size;
    int32_t width, height;
    char *alt; /* NEW; also its small caption where the tile has several */
} iv_tile_picture;

typedef struct iv_tile {
    iv_tile_picture pictures[IV_TILE_PICTURES_MAX];
    int picture_count;
    char *lines[IV_TILE_LINES_MAX]; /* NEW: the first in bold, the last in small */
    int line_count;
} iv_tile;

typedef struct iv_gallery {
    imgvec_context *ctx;
    const char *title;
    iv_tile *tiles;
    size_t count, room;
    size_t bytes; /* of all pictures */
    bool failed;
} iv_gallery;

void iv_gallery_init(iv_gallery *g, imgvec_context *ctx, const char *title);
void iv_gallery_free(iv_gallery *g);
/* Each adds to the last tile. */
iv_tile *iv_gallery_tile(iv_gallery *g); /* a new one; NULL when out of memory */
void iv_gallery_picture(iv_gallery *g, const void *jpeg, size_t size, int32_t width, int32_t height,
                        const char *fmt, ...) __attribute__((format(printf, 6, 7)));
void iv_gallery_line(iv_gallery *g, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void iv_gallery_html(const iv_gallery *g, iv_text *out);
void iv_gallery_draw(const iv_gallery *g, iv_scene *out); /* *out is initialised by the call */

#endif
