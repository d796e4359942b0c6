/* Charts without two axes of numbers: a matrix of shares, bars with names. And scenes in a pile. */
#ifndef IV_REPORT_TILES_H
#define IV_REPORT_TILES_H

#include "report/scene.h"

/* counts[row * size + column]; each row is coloured by its shares. names: of rows and columns. */
void iv_matrix_draw(imgvec_context *ctx, const char *title, const char *rows, const char *columns,
                    const char *const *names, const int64_t *counts, int size, iv_scene *out);

/* Bars to the right, one for each name; texts: what stands behind each. low and high (may be NULL):
 * a line over the bar. Values may be negative. */
typedef struct iv_bar {
    const char *name, *text;
    double value, low, high; /* low > high: no line */
} iv_bar;
void iv_bars_draw(imgvec_context *ctx, const char *title, const iv_bar *bars, size_t count,
                  iv_scene *out);

/* Puts a scene below what is there. */
void iv_scene_append(iv_scene *s, const iv_scene *below);

/* The first text of a scene is its title. */
const char *iv_scene_title(const iv_scene *s);

#endif
