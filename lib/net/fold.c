#include "net/fold.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

/* One rewrite: where each old node went, and how many nodes read it. */
typedef struct folding {
    const iv_graph *from;
    const iv_tensors *weights;
    iv_graph *graph;
    iv_tensors *out;
    int32_t *alias;   /* new index of the node that computes an old one; -1 before */
    int32_t *readers; /* the feature and saliency nodes have one more */
    int32_t *reader;  /* the last node that reads it */
} folding;

static void count_readers(folding *f)
{
    for (size_t i = 0; i < f->from->count; i++) {
        const iv_node *n = &f->from->nodes[i];
        f->alias[i] = -1;
        for (int32_t k = 0; k < n->input_count; k++) {
            int32_t input = iv_graph_input(f->from, n, k);
            f->readers[input]++;
            f->reader[input] = (int32_t)i;
        }
    }
    f->readers[f->from->feature]++;
    f->readers[f->from->saliency]++;
}

/* The only node that reads `index`, when there is just one and it does `op`; else -1. */
static int32_t only_reader(const folding *f, int32_t index, iv_op op)
{
    if (f->readers[index] != 1 || f->from->nodes[f->reader[index]].op != op)
        return -1;
    return f->reader[index];
}

static imgvec_status tensor(const folding *f, const iv_node *node, const char *leaf,
                            const float **out, imgvec_error *err)
{
    char name[IV_NAME_MAX];
    iv_tensor *t = iv_parameter_name(node, leaf, name) ? iv_tensors_find(f->weights, name) : NULL;
    if (!t)
        return iv_fail(err, IMGVEC_ERR_INTERNAL, "fold: no tensor %s.%s", node->name, leaf);
    *out = t->data;
    return IMGVEC_OK;
}

static imgvec_status add(folding *f, const iv_node *node, const iv_parameter *p, float **out,
                         imgvec_error *err)
{
    char name[IV_NAME_MAX];
    iv_tensor *t = NULL;
    if (!iv_parameter_name(node, p->leaf, name))
        return iv_fail(err, IMGVEC_ERR_INTERNAL, "fold: name too long: %s", node->name);
    IV_TRY(iv_tensors_add(f->out, name, p->rank, p->shape, &t, err));
    *out = t->data;
    return IMGVEC_OK;
}

static imgvec_status copy_parameters(folding *f, size_t index, imgvec_error *err)
{
    iv_parameter list[IV_NODE_PARAMETERS];
    const iv_node *n = &f->from->nodes[index];
    int count = iv_node_parameters(f->from, index, list);
    for (int k = 0; k < count; k++) {
        const float *src = NULL;
        float *dst = NULL;
        IV_TRY(tensor(f, n, list[k].leaf, &src, err));
        IV_TRY(add(f, n, &list[k], &dst, err));
        memcpy(dst, src, list[k].count * sizeof *dst);
    }
    return IMGVEC_OK;
}

/* y = (conv(x) + b - mean) * gamma / sqrt(var + eps) + beta, as one convolution. */
static imgvec_status fold_norm(folding *f, int32_t conv, int32_t norm, imgvec_error *err)
{
    const iv_node *c = &f->from->nodes[conv], *n = &f->from->nodes[norm];
    const float *weight, *bias = NULL, *gamma, *beta, *mean, *var;
    float *new_weight = NULL, *new_bias = NULL;
    iv_parameter list[IV_NODE_PARAMETERS];
    size_t channels = (size_t)c->channels;
    iv_parameter bias_slot = {
        .role = IV_ROLE_BIAS, .leaf = "bias", .rank = 1, .shape = {c->channels}, .count = channels};
    iv_node_parameters(f->from, (size_t)conv, list);
    IV_TRY(tensor(f, c, "weight", &weight, err));
    if (c->bias)
        IV_TRY(tensor(f, c, "bias", &bias, err));
    IV_TRY(tensor(f, n, "weight", &gamma, err));
    IV_TRY(tensor(f, n, "bias", &beta, err));
    IV_TRY(tensor(f, n, "running_mean", &mean, err));
    IV_TRY(tensor(f, n, "running_var", &var, err));
    IV_TRY(add(f, c, &list[0], &new_weight, err));
    IV_TRY(add(f, c, &bias_slot, &new_bias, err));
    size_t each = list[0].count / channels;
    for (size_t k = 0; k < channels; k++) {
        double spread = (double)var[k] + n->eps;
        if (!(spread > 0))
            return iv_fail(err, IMGVEC_ERR_DATA, "weights: %s.running_var[%zu] is negative",
                           n->name, k);
        double scale = gamma[k] / sqrt(spread);
        for (size_t i = 0; i < each; i++)
            new_weight[k * each + i] = (float)(weight[k * each + i] * scale);
        new_bias[k] = (float)(beta[k] + ((bias ? bias[k] : 0.0) - mean[k]) * scale);
    }
    return IMGVEC_OK;
}

/* The factors of `scale` into what has been written for a convolution already. */
static imgvec_status fold_scale(folding *f, int32_t conv, int32_t scale, imgvec_error *err)
{
    const iv_node *c = &f->from->nodes[conv];
    const float *factor = NULL;
    IV_TRY(tensor(f, &f->from->nodes[scale], "", &factor, err));
    const char *const leaves[2] = {"weight", "bias"};
    for (int k = 0; k < 2; k++) {
        char name[IV_NAME_MAX];
        iv_tensor *t = iv_parameter_name(c, leaves[k], name) ? iv_tensors_find(f->out, name) : NULL;
        size_t each = t ? t->count / (size_t)c->channels : 0;
        for (size_t i = 0; t && i < t->count; i++)
            t->data[i] *= factor[i / each];
    }
    return IMGVEC_OK;
}

/* The operand of a sum that is not `index`, when it is computed before node `before`. */
static int32_t earlier_operand(const folding *f, int32_t sum, int32_t index, int32_t before)
{
    const iv_node *n = &f->from->nodes[sum];
    int32_t a = iv_graph_input(f->from, n, 0), b = iv_graph_input(f->from, n, 1);
    int32_t other = a == index ? b : a;
    return other != index && other < before ? other : -1;
}

static imgvec_status emit(folding *f, const iv_node *node, const int32_t *inputs, int32_t *index,
                          imgvec_error *err)
{
    for (int32_t i = 0; i < node->input_count; i++)
        if (inputs[i] < 0)
            return iv_fail(err, IMGVEC_ERR_INTERNAL, "fold: node %s before its input", node->name);
    return iv_graph_add(f->graph, node, inputs, index, err);
}

/* A convolution and whatever can ride on it: norm, scale, sum, activation, in this order. */
static imgvec_status fold_conv(folding *f, int32_t index, imgvec_error *err)
{
    iv_node node = f->from->nodes[index];
    int32_t inputs[2] = {f->alias[iv_graph_input(f->from, &node, 0)], 0};
    int32_t taken[4], count = 0, last = index, next, other;
    if ((next = only_reader(f, last, IV_OP_BATCH_NORM)) >= 0) {
        IV_TRY(fold_norm(f, index, next, err));
        node.bias = true;
        taken[count++] = last = next;
    } else {
        IV_TRY(copy_parameters(f, (size_t)index, err));
    }
    if ((next = only_reader(f, last, IV_OP_SCALE)) >= 0) {
        IV_TRY(fold_scale(f, index, next, err));
        taken[count++] = last = next;
    }
    if ((next = only_reader(f, last, IV_OP_ADD)) >= 0 &&
        (other = earlier_operand(f, next, last, index)) >= 0) {
        inputs[node.input_count++] = f->alias[other];
        node.residual = true;
        taken[count++] = last = next;
    }
    if ((next = only_reader(f, last, IV_OP_ACTIVATION)) >= 0) {
        node.activation = f->from->nodes[next].activation;
        taken[count++] = next;
    }
    int32_t made = 0;
    IV_TRY(emit(f, &node, inputs, &made, err));
    f->alias[index] = made;
    for (int32_t i = 0; i < count; i++)
        f->alias[taken[i]] = made;
    return IMGVEC_OK;
}

static imgvec_status fold_other(folding *f, int32_t index, imgvec_error *err)
{
    iv_node node = f->from->nodes[index];
    int32_t *inputs = iv_calloc(f->from->ctx, (size_t)node.input_count + 1, sizeof *inputs);
    if (!inputs)
        return iv_fail_nomem(err);
    for (int32_t i = 0; i < node.input_count; i++)
        inputs[i] = f->alias[iv_graph_input(f->from, &node, i)];
    imgvec_status status = emit(f, &node, inputs, &f->alias[index], err);
    iv_free(f->from->ctx, inputs);
    return status == IMGVEC_OK ? copy_parameters(f, (size_t)index, err) : status;
}

static imgvec_status fold_all(folding *f, imgvec_error *err)
{
    count_readers(f);
    for (int32_t i = 0; i < (int32_t)f->from->count; i++) {
        if (f->alias[i] >= 0)
            continue;
        if (f->from->nodes[i].op == IV_OP_CONV && !f->from->nodes[i].residual &&
            f->from->nodes[i].activation == IV_ACT_NONE)
            IV_TRY(fold_conv(f, i, err));
        else
            IV_TRY(fold_other(f, i, err));
    }
    f->graph->feature = f->alias[f->from->feature];
    f->graph->saliency = f->alias[f->from->saliency];
    return iv_graph_check(f->graph, err);
}

imgvec_status iv_graph_fold(const iv_graph *graph, const iv_tensors *weights, iv_graph **out,
                            iv_tensors **out_weights, imgvec_error *err)
{
    imgvec_context *ctx = graph->ctx;
    folding f = {.from = graph, .weights = weights};
    imgvec_status status = IMGVEC_OK;
    int32_t *room = iv_calloc(ctx, graph->count, 3 * sizeof *room);
    if (!room)
        return iv_fail_nomem(err);
    f.alias = room;
    f.readers = room + graph->count;
    f.reader = room + 2 * graph->count;
    IV_DO(iv_graph_new(ctx, &f.graph, err));
    IV_DO(iv_tensors_new(ctx, &f.out, err));
    IV_DO(fold_all(&f, err));
    *out = f.graph;
    *out_weights = f.out;
    f.graph = NULL;
    f.out = NULL;
done:
    iv_graph_free(f.graph);
    iv_tensors_free(f.out);
    iv_free(ctx, room);
    return status;
}
