/* Drawing the demo's photos: a car seen from the side, before some background. */
#ifndef CLI_DRAW_H
#define CLI_DRAW_H

#include <stdint.h>

#define DRAW_SIDE 128

typedef struct draw_car {
    double length;    /* 0.45 to 0.85 of the picture's width */
    int32_t colour;   /* 0 to DRAW_COLOURS - 1 */
    int32_t rust;     /* spots */
    uint64_t scatter; /* seed of everything that has no meaning: place, light, background */
} draw_car;

#define DRAW_COLOURS 6

/* RGB, top row first. */
void draw_car_picture(const draw_car *car, unsigned char rgb[DRAW_SIDE * DRAW_SIDE * 3]);

/* SplitMix64: the next number of the sequence; uniform in [0, 1). */
double draw_random(uint64_t *state);

#endif
