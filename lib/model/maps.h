/* Maps of values over parts of a picture, and their sum over all of it. */
#ifndef IV_MODEL_MAPS_H
#define IV_MODEL_MAPS_H

#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>

/* A map of rows x cols values over a window of a picture: left, top, width and height in pixels of
 * the upright original. */
typedef struct iv_map {
    int32_t rows, cols;
    float *values;
    double window[4];
} iv_map;

/* Maps whose sum is wanted: one for each network that saw the image. */
typedef struct iv_maps {
    imgvec_context *ctx;
    iv_map *items;
    size_t count;
    int32_t width, height; /* of the upright original */
} iv_maps;

/* The sum over the whole picture, scaled to width x height, bilinear between the middles of places;
 * 0 where no network looked. */
void iv_maps_render(const iv_maps *maps, int32_t width, int32_t height, float *out);

/* Mean over all places of the sum. */
double iv_maps_mean(const iv_maps *maps);

/* From a rendered map to what an overlay of a class shows: what speaks for it, and does so more
 * than the average place does. By that much the margin would rise if the pooled mean gave the place
 * more weight. */
void iv_maps_for(const iv_maps *maps, float *map, size_t count);

void iv_maps_free(iv_maps *maps);

#endif
