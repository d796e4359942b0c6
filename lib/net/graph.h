/* The graph of a backbone: plain data that says what is computed, with the reference
 * implementation's state_dict names on the nodes that have parameters. Built in C
 * (net/builder.h), measured in C (net/shape.h), rewritten for inference in C (net/fold.h)
 * and run by whatever implements net/executor.h. */
#ifndef IV_NET_GRAPH_H
#define IV_NET_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>
#include <imgvec/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Feature maps are N x C x H x W; GLOBAL_POOL makes N x C x 1 x 1, LINEAR works on that. */
typedef enum iv_op {
    IV_OP_INPUT,
    IV_OP_CONV,       /* weight [, bias]; may carry a residual and an activation, see below */
    IV_OP_BATCH_NORM, /* weight, bias, running_mean, running_var */
    IV_OP_LAYER_NORM, /* over channels at each position; weight, bias */
    IV_OP_ACTIVATION,
    IV_OP_MAX_POOL, /* padding is minus infinity */
    IV_OP_AVG_POOL,
    IV_OP_GLOBAL_POOL, /* mean over H and W */
    IV_OP_LINEAR,      /* weight [, bias] */
    IV_OP_ADD,         /* two maps of one shape */
    IV_OP_MUL,         /* two maps; the second may be N x C x 1 x 1 */
    IV_OP_CONCAT,      /* along channels, any number of maps */
    IV_OP_SCALE,       /* one learned factor for each channel; its name is the parameter's */
    IV_OP_COUNT
} iv_op;

typedef enum iv_activation {
    IV_ACT_NONE,
    IV_ACT_RELU,
    IV_ACT_RELU6,
    IV_ACT_SIGMOID,
    IV_ACT_SILU,
    IV_ACT_HARDSWISH,
    IV_ACT_HARDSIGMOID,
    IV_ACT_GELU, /* exact, by erf */
    IV_ACT_COUNT
} iv_activation;

enum { IV_TOP, IV_LEFT, IV_BOTTOM, IV_RIGHT };

/* What an operation does not use is zero. Pairs are height, width. */
typedef struct iv_node {
    iv_op op;
    char *name;          /* state_dict prefix such as "layer1.0.conv1"; "" without parameters */
    int32_t stage;       /* 0 is the stem; counts up towards the head */
    int32_t first_input; /* into graph->edges */
    int32_t input_count;
    int32_t channels; /* of the output */

    int32_t kernel[2], stride[2], pad[4]; /* conv and pools; pad in the order of IV_TOP... */
    int32_t groups;                       /* conv */
    bool bias;                            /* conv, linear */
    bool same;      /* conv: instead of pad, what TensorFlow calls "same" (iv_same_padding) */
    bool ceil_mode; /* pools: output size rounded up */
    bool count_pad; /* average pool: padding counts as values */

    double eps;      /* norms */
    double momentum; /* batch norm, in training */

    /* In training, the probability that LINEAR takes an input value as zero (dropout), or that
     * ADD leaves its first operand out for a whole image (stochastic depth); what stays is
     * scaled up by 1 / (1 - drop). */
    double drop;

    /* ACTIVATION, or fused: applied last to a conv's output. */
    iv_activation activation;
    /* Fused: the conv's last input (it has two) is added to its output before the activation. */
    bool residual;
} iv_node;

/* Padding of both sides together, for an output of ceil(size / stride): the smaller half
 * goes before, the rest after. */
static inline int32_t iv_same_padding(int32_t size, int32_t kernel, int32_t stride)
{
    int32_t wanted = ((size + stride - 1) / stride - 1) * stride + kernel - size;
    return wanted > 0 ? wanted : 0;
}

/* Nodes are in topological order: inputs of a node come before it. Node 0 is the input. */
typedef struct iv_graph {
    imgvec_context *ctx;
    iv_node *nodes;
    size_t count, capacity;
    int32_t *edges;
    size_t edge_count, edge_capacity;
    int32_t feature;  /* node whose output is the features: the last global pool */
    int32_t saliency; /* last node with a spatial map, for Grad-CAM */
    double dropout;   /* before the classifier in training, where the reference has it */
} iv_graph;

/* One entry of the state_dict that a node needs. */
typedef enum iv_role {
    IV_ROLE_WEIGHT,
    IV_ROLE_BIAS,
    IV_ROLE_RUNNING_MEAN,
    IV_ROLE_RUNNING_VAR
} iv_role;

typedef struct iv_parameter {
    iv_role role;
    const char *leaf; /* "weight": the full name is node->name "." leaf; "": node->name */
    int rank;
    int64_t shape[4];
    size_t count;
} iv_parameter;

#define IV_NODE_PARAMETERS 4 /* the most that one node has */
#define IV_NAME_MAX 160      /* of a full parameter name, with its NUL */

imgvec_status iv_graph_new(imgvec_context *ctx, iv_graph **out, imgvec_error *err);
void iv_graph_free(iv_graph *graph); /* NULL is accepted */

/* Appends a node; name and inputs are COPIED. */
imgvec_status iv_graph_add(iv_graph *graph, const iv_node *node, const int32_t *inputs,
                           int32_t *index, imgvec_error *err);

/* i-th input of a node, as a node index. */
int32_t iv_graph_input(const iv_graph *graph, const iv_node *node, int32_t i);

/* Entries that node `index` needs, in state_dict order; returns how many. */
int iv_node_parameters(const iv_graph *graph, size_t index, iv_parameter out[IV_NODE_PARAMETERS]);

/* Full name of a parameter. false when it is longer than IV_NAME_MAX allows. */
bool iv_parameter_name(const iv_node *node, const char *leaf, char out[IV_NAME_MAX]);

/* Node that has a parameter of this full name; NULL when there is none. *out: which. */
const iv_node *iv_graph_find(const iv_graph *graph, const char *name, iv_parameter *out);

/* How many stages there are: one more than the highest of any node. */
int32_t iv_graph_stages(const iv_graph *graph);

/* Trainable parameters: weights and biases, without running statistics. */
int64_t iv_graph_parameter_count(const iv_graph *graph);

/* Checks what builders and rewrites must keep: order of nodes, counts of inputs, channels
 * that agree, sizes in range. INTERNAL names the first node that is wrong. */
imgvec_status iv_graph_check(const iv_graph *graph, imgvec_error *err);

#ifdef __cplusplus
}
#endif
#endif
