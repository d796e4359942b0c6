#include "fake_executor.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "net/shape.h"

typedef struct fake_node {
    iv_node node;
    int32_t *inputs;
    double *parameters[IV_NODE_PARAMETERS]; /* by role */
} fake_node;

typedef struct fake_network {
    imgvec_context *ctx;
    fake_node *nodes;
    size_t count;
    int32_t feature, saliency;
} fake_network;

typedef struct map {
    int32_t channels, height, width;
    double *data;
} map;

static void network_free(void *network)
{
    fake_network *net = network;
    for (size_t i = 0; net && i < net->count; i++) {
        free(net->nodes[i].inputs);
        for (int k = 0; k < IV_NODE_PARAMETERS; k++)
            free(net->nodes[i].parameters[k]);
    }
    if (net)
        free(net->nodes);
    free(net);
}

static imgvec_status take_parameters(const iv_graph *graph, size_t index, const iv_tensors *weights,
                                     fake_node *out, imgvec_error *err)
{
    iv_parameter list[IV_NODE_PARAMETERS];
    int count = iv_node_parameters(graph, index, list);
    for (int k = 0; k < count; k++) {
        char name[IV_NAME_MAX];
        iv_parameter_name(&graph->nodes[index], list[k].leaf, name);
        const iv_tensor *t = iv_tensors_find(weights, name);
        if (!t || t->count != list[k].count)
            return iv_fail(err, IMGVEC_ERR_INTERNAL, "fake executor: bad tensor %s", name);
        double *values = malloc((t->count + 1) * sizeof *values);
        if (!values)
            return iv_fail_nomem(err);
        for (size_t i = 0; i < t->count; i++)
            values[i] = t->data[i];
        out->parameters[list[k].role] = values;
    }
    return IMGVEC_OK;
}

static imgvec_status network_new(const iv_graph *graph, const iv_tensors *weights,
                                 const char *device, const char *precision, void **out,
                                 imgvec_error *err)
{
    (void)precision;
    if (strcmp(device, "auto") != 0 && strcmp(device, "cpu") != 0)
        return iv_fail(err, IMGVEC_ERR_UNSUPPORTED, "device %s: choose cpu", device);
    fake_network *net = calloc(1, sizeof *net);
    if (!net)
        return iv_fail_nomem(err);
    net->ctx = graph->ctx;
    net->feature = graph->feature;
    net->saliency = graph->saliency;
    net->nodes = calloc(graph->count, sizeof *net->nodes);
    imgvec_status status = net->nodes ? IMGVEC_OK : iv_fail_nomem(err);
    for (size_t i = 0; status == IMGVEC_OK && i < graph->count; i++) {
        fake_node *n = &net->nodes[net->count++];
        n->node = graph->nodes[i];
        n->node.name = NULL;
        n->inputs = malloc(((size_t)n->node.input_count + 1) * sizeof *n->inputs);
        if (!n->inputs)
            status = iv_fail_nomem(err);
        for (int32_t k = 0; status == IMGVEC_OK && k < n->node.input_count; k++)
            n->inputs[k] = iv_graph_input(graph, &graph->nodes[i], k);
        if (status == IMGVEC_OK)
            status = take_parameters(graph, i, weights, n, err);
    }
    if (status == IMGVEC_OK)
        *out = net;
    else
        network_free(net);
    return status;
}

static double activate(iv_activation activation, double x)
{
    switch (activation) {
    case IV_ACT_RELU:
        return x > 0 ? x : 0;
    case IV_ACT_RELU6:
        return fmin(fmax(x, 0), 6);
    case IV_ACT_SIGMOID:
        return 1 / (1 + exp(-x));
    case IV_ACT_SILU:
        return x / (1 + exp(-x));
    case IV_ACT_HARDSWISH:
        return x * fmin(fmax(x + 3, 0), 6) / 6;
    case IV_ACT_HARDSIGMOID:
        return fmin(fmax(x + 3, 0), 6) / 6;
    case IV_ACT_GELU:
        return 0.5 * x * (1 + erf(x * sqrt(0.5)));
    default:
        return x;
    }
}

static double at(const map *m, int32_t c, int32_t y, int32_t x)
{
    return m->data[((size_t)c * (size_t)m->height + (size_t)y) * (size_t)m->width + (size_t)x];
}

static bool inside(const map *m, int32_t y, int32_t x)
{
    return y >= 0 && x >= 0 && y < m->height && x < m->width;
}

static double convolve(const fake_node *n, const map *in, int32_t c, int32_t y, int32_t x)
{
    const iv_node *node = &n->node;
    int32_t each = in->channels / node->groups;
    int32_t first = c / (node->channels / node->groups) * each;
    const double *w = n->parameters[IV_ROLE_WEIGHT] +
                      (size_t)c * (size_t)each * (size_t)(node->kernel[0] * node->kernel[1]);
    double sum = node->bias ? n->parameters[IV_ROLE_BIAS][c] : 0;
    int32_t top = node->pad[IV_TOP], left = node->pad[IV_LEFT];
    if (node->same) {
        top = iv_same_padding(in->height, node->kernel[0], node->stride[0]) / 2;
        left = iv_same_padding(in->width, node->kernel[1], node->stride[1]) / 2;
    }
    for (int32_t k = 0; k < each; k++)
        for (int32_t dy = 0; dy < node->kernel[0]; dy++)
            for (int32_t dx = 0; dx < node->kernel[1]; dx++, w++) {
                int32_t iy = y * node->stride[0] - top + dy;
                int32_t ix = x * node->stride[1] - left + dx;
                if (inside(in, iy, ix))
                    sum += *w * at(in, first + k, iy, ix);
            }
    return sum;
}

static double pool(const iv_node *node, const map *in, int32_t c, int32_t y, int32_t x)
{
    double best = -INFINITY, sum = 0;
    int count = 0;
    for (int32_t dy = 0; dy < node->kernel[0]; dy++)
        for (int32_t dx = 0; dx < node->kernel[1]; dx++) {
            int32_t iy = y * node->stride[0] - node->pad[IV_TOP] + dy;
            int32_t ix = x * node->stride[1] - node->pad[IV_LEFT] + dx;
            bool padding =
                iy < in->height + node->pad[IV_BOTTOM] && ix < in->width + node->pad[IV_RIGHT];
            if (inside(in, iy, ix)) {
                best = fmax(best, at(in, c, iy, ix));
                sum += at(in, c, iy, ix);
                count++;
            } else if (node->count_pad && padding) {
                count++;
            }
        }
    return node->op == IV_OP_MAX_POOL ? best : sum / count;
}

static double global_mean(const map *in, int32_t c)
{
    double sum = 0;
    for (int32_t y = 0; y < in->height; y++)
        for (int32_t x = 0; x < in->width; x++)
            sum += at(in, c, y, x);
    return sum / ((double)in->height * in->width);
}

static double normalise(const fake_node *n, const map *in, int32_t c, int32_t y, int32_t x)
{
    double mean = 0, var = 0;
    if (n->node.op == IV_OP_BATCH_NORM) {
        mean = n->parameters[IV_ROLE_RUNNING_MEAN][c];
        var = n->parameters[IV_ROLE_RUNNING_VAR][c];
    } else {
        for (int32_t k = 0; k < in->channels; k++)
            mean += at(in, k, y, x) / in->channels;
        for (int32_t k = 0; k < in->channels; k++)
            var += pow(at(in, k, y, x) - mean, 2) / in->channels;
    }
    return (at(in, c, y, x) - mean) / sqrt(var + n->node.eps) * n->parameters[IV_ROLE_WEIGHT][c] +
           n->parameters[IV_ROLE_BIAS][c];
}

static double linear(const fake_node *n, const map *in, int32_t c)
{
    double sum = n->node.bias ? n->parameters[IV_ROLE_BIAS][c] : 0;
    for (int32_t k = 0; k < in->channels; k++)
        sum += n->parameters[IV_ROLE_WEIGHT][(size_t)c * (size_t)in->channels + (size_t)k] *
               in->data[k];
    return sum;
}

static double concat(const fake_node *n, const map *maps, int32_t c, int32_t y, int32_t x)
{
    int32_t k = 0;
    for (; c >= maps[n->inputs[k]].channels; k++)
        c -= maps[n->inputs[k]].channels;
    return at(&maps[n->inputs[k]], c, y, x);
}

static double value(const fake_node *n, const map *maps, int32_t c, int32_t y, int32_t x)
{
    const map *in = &maps[n->inputs[0]];
    const map *other = n->node.input_count > 1 ? &maps[n->inputs[1]] : NULL;
    switch (n->node.op) {
    case IV_OP_CONV: {
        double v = convolve(n, in, c, y, x) + (n->node.residual ? at(other, c, y, x) : 0);
        return activate(n->node.activation, v);
    }
    case IV_OP_BATCH_NORM:
    case IV_OP_LAYER_NORM:
        return normalise(n, in, c, y, x);
    case IV_OP_ACTIVATION:
        return activate(n->node.activation, at(in, c, y, x));
    case IV_OP_MAX_POOL:
    case IV_OP_AVG_POOL:
        return pool(&n->node, in, c, y, x);
    case IV_OP_GLOBAL_POOL:
        return global_mean(in, c);
    case IV_OP_LINEAR:
        return linear(n, in, c);
    case IV_OP_ADD:
        return at(in, c, y, x) + at(other, c, y, x);
    case IV_OP_MUL:
        return at(in, c, y, x) * (other->height == 1 ? at(other, c, 0, 0) : at(other, c, y, x));
    case IV_OP_SCALE:
        return at(in, c, y, x) * n->parameters[IV_ROLE_WEIGHT][c];
    case IV_OP_CONCAT:
        return concat(n, maps, c, y, x);
    default:
        return 0;
    }
}

static bool evaluate(const fake_node *n, map *maps, size_t index)
{
    map *out = &maps[index];
    double *p =
        malloc((size_t)out->channels * (size_t)out->height * (size_t)out->width * sizeof *p);
    out->data = p;
    for (int32_t c = 0; p && c < out->channels; c++)
        for (int32_t y = 0; y < out->height; y++)
            for (int32_t x = 0; x < out->width; x++)
                *p++ = value(n, maps, c, y, x);
    return out->data != NULL;
}

static void free_maps(const fake_network *net, map *maps)
{
    for (size_t i = 0; maps && i < net->count; i++)
        free(maps[i].data);
    free(maps);
}

/* Values of the nodes after `first` up to `last`; false: no memory. */
static bool walk(const fake_network *net, map *maps, size_t first, size_t last)
{
    for (size_t i = first + 1; i <= last; i++)
        if (!evaluate(&net->nodes[i], maps, i))
            return false;
    return true;
}

static map *maps_of(const fake_network *net, const float *image, const int32_t *sizes)
{
    map *maps = calloc(net->count, sizeof *maps);
    for (size_t i = 0; maps && i < net->count; i++)
        maps[i] = (map){net->nodes[i].node.channels, sizes[2 * i], sizes[2 * i + 1], NULL};
    size_t count = 3 * (size_t)sizes[0] * (size_t)sizes[1];
    if (maps)
        maps[0].data = malloc(count * sizeof(double));
    for (size_t k = 0; maps && maps[0].data && k < count; k++)
        maps[0].data[k] = image[k];
    return maps;
}

static void take_features(const fake_network *net, const map *maps, float *features)
{
    for (int32_t c = 0; c < net->nodes[net->feature].node.channels; c++)
        features[c] = (float)maps[net->feature].data[c];
}

static imgvec_status run_one(const fake_network *net, const float *image, const int32_t *sizes,
                             float *features, imgvec_error *err)
{
    map *maps = maps_of(net, image, sizes);
    bool ok = maps && maps[0].data && walk(net, maps, 0, (size_t)net->feature);
    if (ok)
        take_features(net, maps, features);
    free_maps(net, maps);
    return ok ? IMGVEC_OK : iv_fail_nomem(err);
}

/* The rest of the network on one place of the saliency map. */
static bool run_place(const fake_network *net, const map *from, size_t place, float *features)
{
    size_t each = (size_t)from->height * (size_t)from->width;
    map *maps = calloc(net->count, sizeof *maps);
    for (size_t i = 0; maps && i < net->count; i++)
        maps[i] = (map){net->nodes[i].node.channels, 1, 1, NULL};
    map *start = maps ? &maps[net->saliency] : NULL;
    if (start)
        start->data = malloc((size_t)from->channels * sizeof *start->data);
    for (int32_t c = 0; start && start->data && c < from->channels; c++)
        start->data[c] = from->data[(size_t)c * each + place];
    bool ok = start && start->data && walk(net, maps, (size_t)net->saliency, (size_t)net->feature);
    if (ok)
        take_features(net, maps, features);
    free_maps(net, maps);
    return ok;
}

static imgvec_status places_of_one(const fake_network *net, const float *image,
                                   const int32_t *sizes, float *places, imgvec_error *err)
{
    map *maps = maps_of(net, image, sizes);
    bool ok = maps && maps[0].data && walk(net, maps, 0, (size_t)net->saliency);
    const map *from = ok ? &maps[net->saliency] : NULL;
    size_t count = from ? (size_t)from->height * (size_t)from->width : 0;
    for (size_t p = 0; ok && p < count; p++)
        ok = run_place(net, from, p, places + p * (size_t)net->nodes[net->feature].node.channels);
    free_maps(net, maps);
    return ok ? IMGVEC_OK : iv_fail_nomem(err);
}

/* The shapes of a network, through a graph that borrows its nodes. */
static imgvec_status shapes(const fake_network *net, int32_t height, int32_t width, int32_t **out,
                            imgvec_error *err)
{
    iv_graph *graph = NULL;
    IV_TRY(iv_graph_new(net->ctx, &graph, err));
    imgvec_status status = IMGVEC_OK;
    for (size_t i = 0; status == IMGVEC_OK && i < net->count; i++) {
        int32_t index;
        status = iv_graph_add(graph, &net->nodes[i].node, net->nodes[i].inputs, &index, err);
    }
    int32_t *sizes = malloc(net->count * 2 * sizeof *sizes);
    if (status == IMGVEC_OK)
        status = sizes ? iv_graph_shapes(graph, height, width, sizes, err) : iv_fail_nomem(err);
    iv_graph_free(graph);
    if (status == IMGVEC_OK)
        *out = sizes;
    else
        free(sizes);
    return status;
}

static imgvec_status network_run(void *network, const float *images, int32_t count, int32_t height,
                                 int32_t width, int32_t threads, float *features, imgvec_error *err)
{
    const fake_network *net = network;
    int32_t *sizes = NULL;
    (void)threads;
    IV_TRY(shapes(net, height, width, &sizes, err));
    imgvec_status status = IMGVEC_OK;
    size_t each = 3 * (size_t)height * (size_t)width;
    size_t wide = (size_t)net->nodes[net->feature].node.channels;
    for (int32_t i = 0; status == IMGVEC_OK && i < count; i++)
        status = run_one(net, images + (size_t)i * each, sizes, features + (size_t)i * wide, err);
    free(sizes);
    return status;
}

static imgvec_status network_places(void *network, const float *images, int32_t count,
                                    int32_t height, int32_t width, int64_t place_count,
                                    int32_t threads, float *places, imgvec_error *err)
{
    const fake_network *net = network;
    int32_t *sizes = NULL;
    (void)threads;
    IV_TRY(shapes(net, height, width, &sizes, err));
    imgvec_status status = IMGVEC_OK;
    if ((int64_t)sizes[2 * net->saliency] * sizes[2 * net->saliency + 1] != place_count)
        status = iv_fail(err, IMGVEC_ERR_INTERNAL, "not so many places");
    size_t each = 3 * (size_t)height * (size_t)width;
    size_t step = (size_t)net->nodes[net->feature].node.channels *
                  (size_t)sizes[2 * net->saliency] * (size_t)sizes[2 * net->saliency + 1];
    for (int32_t i = 0; status == IMGVEC_OK && i < count; i++)
        status =
            places_of_one(net, images + (size_t)i * each, sizes, places + (size_t)i * step, err);
    free(sizes);
    return status;
}

static imgvec_status gram(const float *x, size_t rows, size_t cols, const double *mean,
                          int32_t threads, double *out, imgvec_error *err)
{
    (void)threads, (void)err;
    memset(out, 0, cols * cols * sizeof *out);
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < cols; i++)
            for (size_t j = 0; j < cols; j++)
                out[i * cols + j] += (x[r * cols + i] - mean[i]) * (x[r * cols + j] - mean[j]);
    return IMGVEC_OK;
}

/* One rotation that makes a[p][q] zero, applied to the matrix and to the vectors. */
static void rotate(double *a, double *v, size_t n, size_t p, size_t q)
{
    double theta = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q]);
    double t = (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1));
    double c = 1 / sqrt(t * t + 1), s = t * c;
    for (size_t k = 0; k < n; k++) {
        double x = a[k * n + p], y = a[k * n + q];
        a[k * n + p] = c * x - s * y;
        a[k * n + q] = s * x + c * y;
    }
    for (size_t k = 0; k < n; k++) {
        double x = a[p * n + k], y = a[q * n + k];
        a[p * n + k] = c * x - s * y;
        a[q * n + k] = s * x + c * y;
        x = v[p * n + k];
        y = v[q * n + k];
        v[p * n + k] = c * x - s * y;
        v[q * n + k] = s * x + c * y;
    }
}

static double off_diagonal(const double *a, size_t n)
{
    double sum = 0;
    for (size_t p = 0; p < n; p++)
        for (size_t q = p + 1; q < n; q++)
            sum += a[p * n + q] * a[p * n + q];
    return sum;
}

/* Jacobi's method: slow and sure. */
static imgvec_status eigh(const double *matrix, size_t n, int32_t threads, double *values,
                          double *vectors, imgvec_error *err)
{
    (void)threads;
    double *a = malloc((n * n + 1) * 2 * sizeof *a), *v = a ? a + n * n : NULL, scale = 0;
    if (!a)
        return iv_fail_nomem(err);
    memcpy(a, matrix, n * n * sizeof *a);
    memset(v, 0, n * n * sizeof *v);
    for (size_t i = 0; i < n * n; i++)
        scale += a[i] * a[i];
    for (size_t i = 0; i < n; i++)
        v[i * n + i] = 1;
    for (int sweep = 0; sweep < 60 && off_diagonal(a, n) > 1e-28 * scale; sweep++)
        for (size_t p = 0; p < n; p++)
            for (size_t q = p + 1; q < n; q++)
                if (fabs(a[p * n + q]) > 0)
                    rotate(a, v, n, p, q);
    for (size_t i = 0; i < n; i++) { /* largest first */
        size_t best = SIZE_MAX;
        for (size_t k = 0; k < n; k++)
            if (!isnan(a[k * n + k]) && (best == SIZE_MAX || a[k * n + k] > a[best * n + best]))
                best = k;
        if (best == SIZE_MAX)
            break;
        values[i] = a[best * n + best];
        memcpy(vectors + i * n, v + best * n, n * sizeof *v);
        a[best * n + best] = NAN; /* taken */
    }
    free(a);
    return IMGVEC_OK;
}

/* It cannot train: lib/train must say so. */
const iv_executor fake_executor = {.abi = IV_EXECUTOR_ABI,
                                   .name = "fake",
                                   .version = "1",
                                   .network_new = network_new,
                                   .network_run = network_run,
                                   .network_places = network_places,
                                   .network_free = network_free,
                                   .gram = gram,
                                   .eigh = eigh};

const iv_executor *fake_executor_entry(uint32_t abi)
{
    return abi == IV_EXECUTOR_ABI ? &fake_executor : NULL;
}
