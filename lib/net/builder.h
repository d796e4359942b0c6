/* Laying out a graph: one call for each node, each returning the node's index. The first
 * failure is kept in b->status and later calls do nothing, so that a builder reads like the
 * architecture and is checked once at its end. */
#ifndef IV_NET_BUILDER_H
#define IV_NET_BUILDER_H

#include "net/graph.h"

/* Whose definition of a network: the names in its state_dict and, now and then, its
 * arithmetic. */
typedef enum iv_variant {
    IV_TORCHVISION,
    IV_TIMM,
    IV_TIMM_TF, /* timm's tf_ networks, weights that come from TensorFlow */
    IV_LEGACY,  /* Cadene's SE networks, timm's legacy_ networks */
    IV_DLI14,   /* d-li14's MobileNetV2 */
    IV_TV_FILE, /* torchvision's published files where their names are not the module's */
    IV_VARIANT_COUNT
} iv_variant;

typedef struct iv_builder {
    iv_graph *graph;
    imgvec_status status;
    imgvec_error *err;
    iv_variant variant;
    double eps, momentum; /* of batch norms */
    int32_t stage;
    char scope[IV_NAME_MAX]; /* put before every name: "layer1.0." */
} iv_builder;

/* A convolution with equal sides. groups 0 means 1; same: see iv_node. */
typedef struct iv_conv_spec {
    int32_t channels, kernel, stride, pad, groups;
    bool bias, same;
} iv_conv_spec;

/* Starts a graph with its input node, which is node 0. Batch norms: eps 1e-5, momentum 0.1. */
void iv_builder_begin(iv_builder *b, iv_graph *graph, imgvec_error *err);

/* The name that timm uses where the graph is one of timm's, else the other. */
const char *iv_name(const iv_builder *b, const char *other, const char *timm);

/* Names of the nodes that follow are prefix "." name; "" for none. */
void iv_builder_scope(iv_builder *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

int32_t iv_add_conv(iv_builder *b, int32_t x, const char *name, iv_conv_spec spec);
int32_t iv_add_batch_norm(iv_builder *b, int32_t x, const char *name);
int32_t iv_add_activation(iv_builder *b, int32_t x, iv_activation activation);
int32_t iv_add_max_pool(iv_builder *b, int32_t x, int32_t kernel, int32_t stride, int32_t pad,
                        bool ceil_mode);
int32_t iv_add_avg_pool(iv_builder *b, int32_t x, int32_t kernel, int32_t stride, int32_t pad,
                        bool count_pad);
int32_t iv_add_global_pool(iv_builder *b, int32_t x);
int32_t iv_add_linear(iv_builder *b, int32_t x, const char *name, int32_t width, bool bias);
int32_t iv_add_layer_norm(iv_builder *b, int32_t x, const char *name, double eps);
int32_t iv_add_sum(iv_builder *b, int32_t x, int32_t y);
/* The same; in training the branch is left out with this probability (iv_node.drop). */
int32_t iv_add_branch(iv_builder *b, int32_t branch, int32_t x, double drop);
int32_t iv_add_scale(iv_builder *b, int32_t x, const char *parameter);
int32_t iv_add_product(iv_builder *b, int32_t x, int32_t gate);
int32_t iv_add_concat(iv_builder *b, const int32_t *maps, int32_t count);

/* Convolution without bias, batch norm, activation (IV_ACT_NONE for none). */
int32_t iv_add_conv_bn(iv_builder *b, int32_t x, const char *conv, const char *norm,
                       iv_conv_spec spec, iv_activation activation);

/* Squeeze and excitation, Hu et al. 2017: x times a gate made of its global means by two
 * 1x1 convolutions with biases. */
typedef struct iv_squeeze {
    const char *reduce, *expand; /* names */
    int32_t width;
    iv_activation inside, gate;
} iv_squeeze;
int32_t iv_add_squeeze(iv_builder *b, int32_t x, iv_squeeze spec);

/* Any node, for what the short forms cannot say; channels 0: those of the first input. */
int32_t iv_add_node(iv_builder *b, iv_node node, const char *name, const int32_t *inputs,
                    int32_t count);

/* Ends a backbone: global pool of the last map, which is also where saliency looks. */
void iv_builder_end(iv_builder *b, int32_t last_map);

/* The nearest multiple of 8 that loses at most a tenth (MobileNet and its children). */
int32_t iv_round_channels(double channels);

#endif
