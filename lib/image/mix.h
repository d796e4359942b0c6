/* MixUp and CutMix: two images of a batch and their labels in one. */
#ifndef IV_IMAGE_MIX_H
#define IV_IMAGE_MIX_H

#include "image/augment.h"

/* How a pair is mixed. */
typedef struct iv_mix {
    double weight; /* of the first image and its label; 1: nothing is mixed */
    bool cut;      /* the rectangle is taken from the second image, else all is blended */
    int32_t left, top, width, height;
} iv_mix;

/* Draws for images of width x height. Where the list has several steps for pairs, one of those
 * that their p lets through is chosen by even chance; where none is, the weight is 1. A function
 * of the steps, the size, seed, epoch and row (the first image's) alone. */
void iv_mix_draw(const iv_augment *a, int32_t width, int32_t height, uint64_t seed, uint64_t epoch,
                 uint64_t row, iv_mix *out);

/* first becomes the mixture; both are channels x height x width floats of the size that was
 * drawn for. */
void iv_mix_images(const iv_mix *mix, int32_t channels, int32_t width, int32_t height, float *first,
                   const float *second);

/* The same for the labels: shares of `count` classes, or one target number. */
void iv_mix_labels(const iv_mix *mix, size_t count, float *first, const float *second);

#endif
