/* Coding styles of a JPEG 2000 codestream (COD and COC segments), and what they make openjpeg
 * allocate and walk through before it reads any data: code blocks, precincts and packets, of which
 * a few hundred bytes can declare hundreds of millions. */
#ifndef IV_IMAGE_JP2_STYLE_H
#define IV_IMAGE_JP2_STYLE_H

#include <stdbool.h>
#include <stdint.h>

#include "image/walk_jp2.h"

enum { IV_JP2_COD = 0xff52, IV_JP2_COC = 0xff53, IV_JP2_RESOLUTIONS = 33 };

typedef struct iv_jp2_style {
    uint8_t levels;           /* of decomposition: resolutions - 1 */
    uint8_t block_w, block_h; /* of code blocks; exponents of 2, as are those of precincts */
    uint8_t precinct_w[IV_JP2_RESOLUTIONS], precinct_h[IV_JP2_RESOLUTIONS];
    bool own; /* by a COC, which a COD beside it does not touch */
} iv_jp2_style;

typedef struct iv_jp2_styles {
    uint32_t layers;
    iv_jp2_style of[IV_JP2_COMPONENTS];
} iv_jp2_styles;

/* A part of the reference grid. */
typedef struct iv_jp2_area {
    uint32_t x0, y0, x1, y1;
} iv_jp2_area;

typedef struct iv_jp2_cost {
    uint64_t packets; /* each takes at least a byte of a sound codestream */
    uint64_t memory;  /* bytes, beside the samples */
} iv_jp2_cost;

/* Takes a COD or COC segment over: p from behind its length, `size` bytes. false: damaged. */
bool iv_jp2_style_read(iv_jp2_styles *s, uint32_t marker, const uint8_t *p, uint32_t size,
                       uint32_t components);

/* Before the segments of a tile's own header: they count for more than all of the main one. */
void iv_jp2_style_enter_tile(iv_jp2_styles *s);

/* Of one tile. step_x, step_y: sampling steps of each component. */
iv_jp2_cost iv_jp2_style_cost(const iv_jp2_styles *s, const iv_jp2_area *tile, uint32_t components,
                              const uint8_t *step_x, const uint8_t *step_y);

#endif
