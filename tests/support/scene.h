/* Pictures with the smooth structure of photos: the same scene can be drawn at any size. */
#ifndef TEST_SCENE_H
#define TEST_SCENE_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

/* Draws scene number `seed` into width * height RGB pixels. noise: levels of a pattern that changes
 * with the size, as compression leaves one. */
static inline void draw_scene(uint64_t seed, int width, int height, int noise, uint8_t *rgb)
{
    enum { WAVES = 40 };
    double wave[WAVES][6];
    iv_random r;
    iv_random_seed(&r, seed, "scene");
    for (int k = 0; k < WAVES; k++)
        for (int i = 0; i < 6; i++)
            wave[k][i] = iv_random_unit(&r);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            double u = (x + 0.5) / width, v = (y + 0.5) / height, sum[3] = {128, 128, 128};
            for (int k = 0; k < WAVES; k++) {
                double s = cos(6.2832 * (12 * wave[k][0] * u + 12 * wave[k][1] * v + wave[k][2]));
                for (int c = 0; c < 3; c++)
                    sum[c] += 30 * (wave[k][3 + c] - 0.3) * s;
            }
            for (int c = 0; c < 3; c++) {
                double p = sum[c] + noise * ((x * 7 + y * 3 + c) % 5 - 2) / 2.0;
                rgb[3 * (y * width + x) + c] = (uint8_t)(p < 0 ? 0 : p > 255 ? 255 : p + 0.5);
            }
        }
}

/* The scene as a PPM file (free it). */
static inline char *scene_file(uint64_t seed, int width, int height, int noise, size_t *size)
{
    char head[32];
    int n = sprintf(head, "P6\n%d %d\n255\n", width, height);
    size_t pixels = (size_t)width * (size_t)height * 3;
    char *file = malloc((size_t)n + pixels);
    memcpy(file, head, (size_t)n);
    draw_scene(seed, width, height, noise, (uint8_t *)file + n);
    *size = (size_t)n + pixels;
    return file;
}

#endif
