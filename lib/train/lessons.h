/* What a network learns from: images with targets, decoded, augmented and made ready batch by
 * batch, so that pixels never take more memory than one batch. */
#ifndef IV_TRAIN_LESSONS_H
#define IV_TRAIN_LESSONS_H

#include "image/augment.h"
#include "net/network.h"
#include "table/dataset.h"

typedef struct iv_lessons {
    imgvec_context *ctx;
    const imgvec_dataset *ds;
    int32_t column;      /* of images */
    const int64_t *rows; /* of the dataset; each has at least one usable image */
    const float *y;      /* target of each: the index of its class, or a number */
    size_t count;
    int32_t class_count;         /* 0: the target is a number */
    const double *class_weights; /* NULL: all count the same */
    double smoothing;            /* part of a label that is spread over all classes */
    const iv_augment *augment;   /* NULL: none */
    iv_input_spec input;
    uint64_t seed;
} iv_lessons;

int32_t iv_lessons_outputs(const iv_lessons *l); /* 1, or the number of classes */

/* Order of the lessons in an epoch (from 1): a permutation of 0 .. count - 1. */
void iv_lessons_order(const iv_lessons *l, uint64_t epoch, int64_t *order);

/* Loads the lessons which[0 .. count - 1] as they are in this epoch: pixels[count * 3 * crop *
 * crop], targets[count * outputs] for the executor (with class weights, scaled so that a batch's
 * loss is the weighted mean). The same images and targets whatever `threads` is. Of a cell with
 * several images one is taken, another in each epoch. epoch 0: as at scoring, without augmentation,
 * and with the first usable image. Errors: as decoding, naming the row. */
imgvec_status iv_lessons_load(const iv_lessons *l, uint64_t epoch, const int64_t *which,
                              size_t count, int32_t threads, float *pixels, float *targets,
                              imgvec_error *err);

#endif
