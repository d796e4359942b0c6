#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/random.h"
#include "net/match.h"

/* Sum of four 16-bit uniforms, centred: close to normal, and made of integers, so that no
 * machine's logarithm or fused arithmetic can change a bit. */
static double bell(iv_random *r)
{
    uint64_t word = iv_random_u64(r);
    int64_t sum = -2 * INT64_C(65535);
    for (int i = 0; i < 4; i++)
        sum += (int64_t)((word >> (16 * i)) & 0xFFFF);
    return (double)sum;
}

static void fill_weight(const iv_node *node, const iv_parameter *p, iv_random *r, float *out)
{
    /* Fan out of one group: counting all groups would shrink depthwise outputs to nothing. */
    double fan_out = (double)p->shape[0];
    for (int i = 2; i < p->rank; i++)
        fan_out *= (double)p->shape[i];
    if (node->op == IV_OP_CONV)
        fan_out /= node->groups;
    double deviation_of_sum = sqrt(4.0 * (65536.0 * 65536.0 - 1.0) / 12.0);
    double scale = sqrt(2.0 / fan_out) / deviation_of_sum;
    for (size_t i = 0; i < p->count; i++)
        out[i] = (float)(bell(r) * scale);
}

static void fill(const iv_node *node, const iv_parameter *p, const char *name, uint64_t seed,
                 float *out)
{
    iv_random r;
    bool norm =
        node->op == IV_OP_BATCH_NORM || node->op == IV_OP_LAYER_NORM || node->op == IV_OP_SCALE;
    if (p->role == IV_ROLE_WEIGHT && !norm) {
        iv_random_seed(&r, seed, name); /* one stream for each tensor */
        fill_weight(node, p, &r, out);
        return;
    }
    bool one = p->role == IV_ROLE_WEIGHT || p->role == IV_ROLE_RUNNING_VAR;
    for (size_t i = 0; i < p->count; i++)
        out[i] = one ? 1.0f : 0.0f;
}

imgvec_status iv_weights_random(const iv_graph *graph, uint64_t seed, iv_tensors **out,
                                imgvec_error *err)
{
    iv_tensors *set = NULL;
    imgvec_status status = iv_tensors_new(graph->ctx, &set, err);
    for (size_t i = 0; status == IMGVEC_OK && i < graph->count; i++) {
        iv_parameter list[IV_NODE_PARAMETERS];
        int count = iv_node_parameters(graph, i, list);
        for (int k = 0; status == IMGVEC_OK && k < count; k++) {
            char name[IV_NAME_MAX];
            iv_tensor *t = NULL;
            iv_parameter_name(&graph->nodes[i], list[k].leaf, name);
            status = iv_tensors_add(set, name, list[k].rank, list[k].shape, &t, err);
            if (status == IMGVEC_OK)
                fill(&graph->nodes[i], &list[k], name, seed, t->data);
        }
    }
    if (status == IMGVEC_OK)
        *out = set;
    else
        iv_tensors_free(set);
    return status;
}
