/* Images of a column through one or several backbones: the raw features. */
#ifndef IV_FEATURES_EMBED_H
#define IV_FEATURES_EMBED_H

#include <stddef.h>
#include <stdint.h>

#include <imgvec/dataset.h>
#include <imgvec/options.h>

#include "base/watch.h"
#include "features/problems.h"
#include "image/preprocess.h"
#include "net/network.h"
#include "table/prints.h"

/* The backbones of one vectorizer; features are concatenated in this order. */
typedef struct iv_networks {
    iv_network **items;
    size_t count;
    int32_t width; /* sum of their widths */
} iv_networks;

/* Loads what options backbone, weights, weights_dir, device, precision and seed ask for. */
imgvec_status iv_networks_load(imgvec_context *ctx, const iv_executor *executor,
                               const imgvec_options *opts, iv_networks *out, imgvec_error *err);
/* Id, weights, width and input size of each, as an array. */
void iv_networks_write(const iv_networks *nets, iv_json_writer *w, const char *name);
void iv_networks_free(imgvec_context *ctx, iv_networks *nets);

typedef struct iv_embed_settings {
    int32_t threads;    /* workers */
    int32_t batch_size; /* images a worker gives to a network at once; -1: chosen */
    /* Stop with DATA, naming the first ones, once more cells than this have an image that cannot
     * be used; -1: never. */
    int64_t max_bad;
    iv_prints *prints; /* NULL, or gets what tells the images apart */
    /* For work done in slices: rows of the whole stage and those of earlier slices. total 0
     * means that this call is all there is. */
    uint64_t total, done_before;
    /* NULL, or the rows that are wanted, in this order, instead of first .. first + count - 1. */
    const int64_t *rows;
} iv_embed_settings;

/* Raw features of rows first .. first + count - 1 of an image column: values[count * width],
 * status[count]. A cell of several images has the mean of those that can be used; where there is
 * none, the values are NaN and the status says why: NOT_FOUND for a missing cell, which counts as
 * a missing value and not as a bad one. Each worker takes a few rows at a time from decoding to
 * features, so that only threads * batch_size images are in memory at once and results do not
 * depend on which worker was faster. problems (may be NULL) gets every bad image in order; watch
 * reports them and the progress. Which are listed does not depend on threads: all, or where there
 * were too many, those of the first max_bad + 1 bad cells. */
imgvec_status iv_embed(imgvec_context *ctx, const iv_networks *nets, const imgvec_dataset *ds,
                       int32_t column, int64_t first, size_t count,
                       const iv_embed_settings *settings, iv_watch *watch, iv_problems *problems,
                       float *values, int32_t *status, imgvec_error *err);

/* What an image goes through on its way into the network. */
iv_preprocess iv_embed_preprocess(const iv_network *net);

#endif
