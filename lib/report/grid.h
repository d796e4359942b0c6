/* Tables of text: on the page, and as a scene. */
#ifndef IV_REPORT_GRID_H
#define IV_REPORT_GRID_H

#include "report/scene.h"

enum { IV_GRID_COLUMNS_MAX = 16 };

typedef struct iv_grid {
    const char *title;
    int columns;
    const char *heads[IV_GRID_COLUMNS_MAX]; /* NULL: no head in any */
    bool numbers[IV_GRID_COLUMNS_MAX];      /* set to the right */
    iv_text cells;                          /* row by row, each closed by NUL */
    size_t count;                           /* cells */
    size_t shown;                           /* rows that the page shows at once, 0: all; the rest
                                               opens by a click */
} iv_grid;

void iv_grid_init(iv_grid *g, imgvec_context *ctx, const char *title, int columns);
void iv_grid_free(iv_grid *g);
void iv_grid_cell(iv_grid *g, const char *text);
void iv_grid_number(iv_grid *g, double value); /* as iv_show_number */
void iv_grid_count(iv_grid *g, int64_t value);

void iv_grid_html(const iv_grid *g, iv_text *out);
/* *out is initialised by the call. */
void iv_grid_draw(const iv_grid *g, imgvec_context *ctx, iv_scene *out);

#endif
