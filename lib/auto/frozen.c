/* The network as it came with a linear head: a trial of no epochs. On little data, or data that the
 * weights know well, it is hard to beat, and it blends well with what was fine-tuned. */
#include <stdio.h>
#include <string.h>

#include "auto/stages.h"
#include "base/error.h"
#include "base/mem.h"
#include "features/linear.h"
#include "net/head.h"
#include "train/soup.h"

#define MOST_VALUES 1.5e8 /* rows x width that a linear model is fitted to in reasonable time */

bool iv_auto_frozen_suits(const iv_auto_search *s)
{
    return !s->one_trial && (double)s->x->cases.count * s->x->inputs.raw_width <= MOST_VALUES;
}

/* The frozen features of some cases, one row after the other (NEW). */
static float *gather(const iv_auto_search *s, const size_t *at, size_t count)
{
    size_t d = (size_t)s->x->inputs.raw_width;
    const float *raw = s->x->inputs.items[s->input].raw;
    float *out = iv_alloc_n(s->ctx, count + 1, d * sizeof *out);
    for (size_t i = 0; out && i < count; i++)
        memcpy(out + i * d, raw + (size_t)s->x->cases.row[at[i]] * d, d * sizeof *out);
    return out;
}

/* The network with the linear model as its head. */
static imgvec_status make_network(const iv_auto_search *s, const iv_linear *l, iv_tensors **out,
                                  imgvec_error *err)
{
    const iv_network *base = s->x->nets.items[0];
    int32_t k = iv_auto_search_outputs(s);
    iv_graph *graph = NULL;
    iv_tensors *set = NULL;
    imgvec_status status = IMGVEC_OK;
    IV_DO(iv_network_graph(base, &graph, err));
    IV_DO(iv_state_copy(s->ctx, iv_network_tensors(base), &set, err));
    IV_DO(iv_head_add(graph, set, 0, k, 0, err));
    iv_linear_as_layer(l, k, iv_tensors_find(set, IV_HEAD ".weight")->data,
                       iv_tensors_find(set, IV_HEAD ".bias")->data);
    IV_DO(iv_head_describe(set, iv_network_tensors(base), iv_network_input(base), 0, k, err));
    *out = set;
    set = NULL;
done:
    iv_graph_free(graph);
    iv_tensors_free(set);
    return status;
}

/* What the head says of a row's features. */
static void answer(const iv_auto_search *s, const iv_linear *l, const float *x, float *scores,
                   float *out)
{
    int32_t k = iv_auto_search_outputs(s);
    iv_linear_scores(l, x, scores);
    for (int32_t o = 0; o < k; o++)
        out[o] = l->outputs == k ? scores[o] + l->bias[o]
                                 : (o == 0 ? -0.5f : 0.5f) * (scores[0] + l->bias[0]);
}

imgvec_status iv_auto_frozen_train(iv_auto_search *s, const iv_auto_rows *r, iv_watch *watch,
                                   iv_member *out, float *values, imgvec_error *err)
{
    iv_experiment *x = s->x;
    size_t k = (size_t)iv_auto_search_outputs(s);
    iv_linear l = {0};
    imgvec_status status = IMGVEC_OK;
    int32_t *group = NULL;
    float *learn = gather(s, r->at, r->learn), *judge = gather(s, r->at + r->learn, r->judge);
    float *scores = iv_alloc_n(s->ctx, k + 1, sizeof *scores);
    float *outputs = iv_alloc_n(s->ctx, r->judge + 1, k * sizeof *outputs);
    if (x->cases.group)
        group = iv_alloc_n(s->ctx, r->learn + 1, sizeof *group);
    if (!learn || !judge || !scores || !outputs || (x->cases.group && !group)) {
        status = iv_fail_nomem(err);
        goto done;
    }
    for (size_t i = 0; group && i < r->learn; i++)
        group[i] = x->cases.group[r->at[i]];
    const iv_linear_data data = {.x = learn,
                                 .rows = r->learn,
                                 .width = x->inputs.raw_width,
                                 .y = r->y,
                                 .class_count = x->target.class_count,
                                 .group = group,
                                 .seed = s->space.seed,
                                 .watch = watch};
    IV_DO(iv_linear_fit(s->ctx, &data, &l, NULL, err));
    for (size_t i = 0; i < r->judge; i++)
        answer(s, &l, judge + i * (size_t)l.width, scores, outputs + i * k);
    if (values)
        iv_auto_spread(s, r, out, outputs, values);
    status = make_network(s, &l, &out->tensors, err);
done:
    iv_linear_free(s->ctx, &l);
    iv_free(s->ctx, group);
    iv_free(s->ctx, learn);
    iv_free(s->ctx, judge);
    iv_free(s->ctx, scores);
    iv_free(s->ctx, outputs);
    return status;
}

void iv_auto_frozen_candidate(const iv_auto_search *s, iv_candidate *out)
{
    const iv_network *base = s->x->nets.items[0];
    const iv_input_spec *input = iv_network_input(base);
    iv_space_candidate(&s->space, 0, out);
    snprintf(out->backbone, sizeof out->backbone, "%s", iv_network_id(base));
    out->input_size = input->crop;
    out->crop = (double)input->crop / input->resize;
    if (out->crop < 0.5)
        out->crop = 0.5;
    out->epochs = 0;
    snprintf(out->augment, sizeof out->augment, "none");
}
