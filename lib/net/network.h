/* A backbone with its weights, ready to turn images into features. */
#ifndef IV_NET_NETWORK_H
#define IV_NET_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>
#include <imgvec/error.h>

#include "io/tensors.h"
#include "net/executor.h"
#include "net/graph.h"

/* How the weights want their images. */
typedef struct iv_input_spec {
    int32_t resize;  /* shorter side before the centre crop, pixels */
    int32_t crop;    /* side of the network's input, pixels */
    int32_t bicubic; /* 0: bilinear */
    float mean[3], std[3];
} iv_input_spec;

typedef struct iv_network iv_network;

typedef struct iv_network_request {
    const char *backbone;    /* id */
    const char *weights;     /* "": look up; "random": random initialisation; else a file */
    const char *weights_dir; /* "" for none */
    const char *device, *precision;
    uint64_t seed; /* of random initialisation */
} iv_network_request;

/* Builds the graph, finds and loads the weights (every tensor that is missing, left over or
 * of the wrong shape is named; a classifier that is there is left out), folds batch norm
 * and hands it to the executor. */
imgvec_status iv_network_load(imgvec_context *ctx, const iv_executor *executor,
                              const iv_network_request *request, iv_network **out,
                              imgvec_error *err);

/* The same from tensors in memory, such as a model file's part, whose metadata carries what
 * iv_network_tensors wrote. Where it has "head", the network is a fine-tuned one and its features
 * are what its head gives out, so many, or with "bottleneck" what that layer does. tensors: MOVED
 * on success. */
imgvec_status iv_network_from_tensors(imgvec_context *ctx, const iv_executor *executor,
                                      iv_tensors *tensors, const char *device,
                                      const char *precision, iv_network **out, imgvec_error *err);

/* The unfolded graph up to the features, or to the head of a fine-tuned network (NEW). */
imgvec_status iv_network_graph(const iv_network *net, iv_graph **out, imgvec_error *err);

const char *iv_network_id(const iv_network *net);
const char *iv_network_source(const iv_network *net); /* weights file's name, or "random" */
bool iv_network_is_tuned(const iv_network *net);      /* fine-tuned by this library */
int32_t iv_network_width(const iv_network *net);      /* of one image's features */
const iv_input_spec *iv_network_input(const iv_network *net);
/* Unfolded state_dict without classifier; metadata: architecture, variant (where the backbone
 * has several), input_size, resize, crop,
 * interpolation, mean, std, source. BORROWED. */
const iv_tensors *iv_network_tensors(const iv_network *net);

/* images: count x 3 x crop x crop; features: count x width. Many threads at once. */
imgvec_status iv_network_run(const iv_network *net, const float *images, int32_t count,
                             int32_t threads, float *features, imgvec_error *err);

/* Rows and columns of the last map, which iv_network_places looks at. */
imgvec_status iv_network_grid(const iv_network *net, int32_t grid[2], imgvec_error *err);

/* The features of each place of that map as if the map were that place alone:
 * rows * columns (grid) * width values for one image of 3 x crop x crop. The features of the image
 * are their mean, since all that follows the map is its global pool and linear layers. Weighted by
 * what a linear model makes of features, they are the class activation map (Zhou et al., 2016),
 * which for such networks is what Grad-CAM gives (Selvaraju et al., 2017, appendix A). Many
 * threads at once. */
imgvec_status iv_network_places(const iv_network *net, const float *image, const int32_t grid[2],
                                int32_t threads, float *places, imgvec_error *err);
void iv_network_free(iv_network *net); /* NULL is accepted */

#endif
