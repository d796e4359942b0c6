#include "net/graph.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

imgvec_status iv_graph_new(imgvec_context *ctx, iv_graph **out, imgvec_error *err)
{
    iv_graph *g = iv_zalloc(ctx, sizeof *g);
    if (!g)
        return iv_fail_nomem(err);
    g->ctx = ctx;
    g->feature = g->saliency = -1;
    *out = g;
    return IMGVEC_OK;
}

void iv_graph_free(iv_graph *graph)
{
    if (!graph)
        return;
    for (size_t i = 0; i < graph->count; i++)
        iv_free(graph->ctx, graph->nodes[i].name);
    iv_free(graph->ctx, graph->nodes);
    iv_free(graph->ctx, graph->edges);
    iv_free(graph->ctx, graph);
}

imgvec_status iv_graph_add(iv_graph *graph, const iv_node *node, const int32_t *inputs,
                           int32_t *index, imgvec_error *err)
{
    size_t inputs_count = (size_t)node->input_count;
    if (iv_reserve(graph->ctx, &graph->nodes, &graph->capacity, graph->count + 1,
                   sizeof *graph->nodes) ||
        iv_reserve(graph->ctx, &graph->edges, &graph->edge_capacity,
                   graph->edge_count + inputs_count, sizeof *graph->edges))
        return iv_fail_nomem(err);
    char *name = iv_strdup(graph->ctx, node->name ? node->name : "");
    if (!name)
        return iv_fail_nomem(err);
    iv_node *copy = &graph->nodes[graph->count];
    *copy = *node;
    copy->name = name;
    copy->first_input = (int32_t)graph->edge_count;
    for (size_t i = 0; i < inputs_count; i++)
        graph->edges[graph->edge_count++] = inputs[i];
    *index = (int32_t)graph->count++;
    return IMGVEC_OK;
}

int32_t iv_graph_input(const iv_graph *graph, const iv_node *node, int32_t i)
{
    return graph->edges[node->first_input + i];
}

static void put(iv_parameter *p, iv_role role, int rank, const int64_t *shape)
{
    static const char *const leaves[] = {"weight", "bias", "running_mean", "running_var"};
    *p = (iv_parameter){.role = role, .leaf = leaves[role], .rank = rank, .count = 1};
    for (int i = 0; i < rank; i++) {
        p->shape[i] = shape[i];
        p->count *= (size_t)shape[i]; /* iv_graph_check bounds each factor */
    }
}

int iv_node_parameters(const iv_graph *graph, size_t index, iv_parameter out[IV_NODE_PARAMETERS])
{
    const iv_node *n = &graph->nodes[index];
    int64_t one[1] = {n->channels};
    int count = 0;
    switch (n->op) {
    case IV_OP_CONV: {
        int64_t in = graph->nodes[iv_graph_input(graph, n, 0)].channels;
        int64_t shape[4] = {n->channels, in / n->groups, n->kernel[0], n->kernel[1]};
        put(&out[count++], IV_ROLE_WEIGHT, 4, shape);
        break;
    }
    case IV_OP_LINEAR: {
        int64_t shape[2] = {n->channels, graph->nodes[iv_graph_input(graph, n, 0)].channels};
        put(&out[count++], IV_ROLE_WEIGHT, 2, shape);
        break;
    }
    case IV_OP_BATCH_NORM:
    case IV_OP_LAYER_NORM:
        put(&out[count++], IV_ROLE_WEIGHT, 1, one);
        put(&out[count++], IV_ROLE_BIAS, 1, one);
        if (n->op == IV_OP_BATCH_NORM) {
            put(&out[count++], IV_ROLE_RUNNING_MEAN, 1, one);
            put(&out[count++], IV_ROLE_RUNNING_VAR, 1, one);
        }
        return count;
    case IV_OP_SCALE:
        put(&out[count++], IV_ROLE_WEIGHT, 1, one);
        out[0].leaf = "";
        return count;
    default:
        return 0;
    }
    if (n->bias)
        put(&out[count++], IV_ROLE_BIAS, 1, one);
    return count;
}

bool iv_parameter_name(const iv_node *node, const char *leaf, char out[IV_NAME_MAX])
{
    int n = snprintf(out, IV_NAME_MAX, "%s%s%s", node->name, *leaf ? "." : "", leaf);
    return n > 0 && n < IV_NAME_MAX;
}

const iv_node *iv_graph_find(const iv_graph *graph, const char *name, iv_parameter *out)
{
    const char *dot = strrchr(name, '.');
    if (!dot)
        return NULL;
    size_t prefix = (size_t)(dot - name);
    for (size_t i = 0; i < graph->count; i++) {
        const iv_node *n = &graph->nodes[i];
        bool whole = n->op == IV_OP_SCALE;
        if (whole ? strcmp(n->name, name) != 0
                  : strncmp(n->name, name, prefix) != 0 || n->name[prefix] != '\0')
            continue;
        iv_parameter list[IV_NODE_PARAMETERS];
        int count = iv_node_parameters(graph, i, list);
        for (int k = 0; k < count; k++)
            if (strcmp(list[k].leaf, whole ? "" : dot + 1) == 0) {
                *out = list[k];
                return n;
            }
    }
    return NULL;
}

int64_t iv_graph_parameter_count(const iv_graph *graph)
{
    int64_t total = 0;
    for (size_t i = 0; i < graph->count; i++) {
        iv_parameter list[IV_NODE_PARAMETERS];
        int count = iv_node_parameters(graph, i, list);
        for (int k = 0; k < count; k++)
            if (list[k].role == IV_ROLE_WEIGHT || list[k].role == IV_ROLE_BIAS)
                total += (int64_t)list[k].count;
    }
    return total;
}

int32_t iv_graph_stages(const iv_graph *graph)
{
    int32_t highest = -1;
    for (size_t i = 0; i < graph->count; i++)
        if (graph->nodes[i].stage > highest)
            highest = graph->nodes[i].stage;
    return highest + 1;
}

static bool in_range(int64_t value, int64_t low, int64_t high)
{
    return value >= low && value <= high;
}

static bool window_ok(const iv_node *n)
{
    for (int i = 0; i < 2; i++)
        if (!in_range(n->kernel[i], 1, 64) || !in_range(n->stride[i], 1, 64))
            return false;
    for (int i = 0; i < 4; i++)
        if (!in_range(n->pad[i], 0, n->kernel[i % 2] - 1))
            return false;
    return true;
}

/* What is wrong with a node; NULL when nothing is. */
static const char *problem(const iv_graph *g, size_t index)
{
    const iv_node *n = &g->nodes[index];
    static const int8_t inputs[IV_OP_COUNT] = {0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, -1, 1};
    if ((unsigned)n->op >= IV_OP_COUNT || (unsigned)n->activation >= IV_ACT_COUNT)
        return "unknown operation";
    int32_t wanted = inputs[n->op] + (n->op == IV_OP_CONV && n->residual ? 1 : 0);
    if (inputs[n->op] < 0 ? n->input_count < 1 : n->input_count != wanted)
        return "wrong number of inputs";
    if (!in_range(n->channels, 1, 1 << 16))
        return "channels out of range";
    if (!(n->drop >= 0 && n->drop < 1))
        return "drop out of range";
    int64_t sum = 0;
    for (int32_t i = 0; i < n->input_count; i++) {
        int32_t from = iv_graph_input(g, n, i);
        if (from < 0 || (size_t)from >= index)
            return "input that does not come before it";
        sum += g->nodes[from].channels;
    }
    if ((n->op == IV_OP_INPUT) != (index == 0))
        return "input node out of place";
    if (strlen(n->name) > IV_NAME_MAX - 20)
        return "name too long";
    int32_t in = n->input_count > 0 ? g->nodes[iv_graph_input(g, n, 0)].channels : 0;
    switch (n->op) {
    case IV_OP_CONV:
        if (!window_ok(n) || n->groups < 1 || in % n->groups != 0 || n->channels % n->groups != 0)
            return "bad convolution";
        if (n->residual && g->nodes[iv_graph_input(g, n, 1)].channels != n->channels)
            return "residual of other channels";
        return NULL;
    case IV_OP_MAX_POOL:
    case IV_OP_AVG_POOL:
        return window_ok(n) && in == n->channels ? NULL : "bad pool";
    case IV_OP_ADD:
    case IV_OP_MUL:
        return sum == 2 * (int64_t)n->channels && in == n->channels ? NULL : "channels differ";
    case IV_OP_CONCAT:
        return sum == n->channels ? NULL : "channels do not add up";
    case IV_OP_INPUT:
    case IV_OP_LINEAR:
        return NULL;
    default:
        return in == n->channels ? NULL : "channels differ";
    }
}

imgvec_status iv_graph_check(const iv_graph *graph, imgvec_error *err)
{
    for (size_t i = 0; i < graph->count; i++) {
        const char *what = problem(graph, i);
        if (what)
            return iv_fail(err, IMGVEC_ERR_INTERNAL, "graph node %zu (%s): %s", i,
                           graph->nodes[i].name, what);
    }
    if (graph->count == 0 || graph->feature < 0 || (size_t)graph->feature >= graph->count ||
        graph->saliency < 0 || (size_t)graph->saliency >= graph->count)
        return iv_fail(err, IMGVEC_ERR_INTERNAL, "graph without a feature or saliency node");
    return IMGVEC_OK;
}
