/* A training session of a small graph for tests, through the torch executor. */
#ifndef TEST_TRAIN_SESSION_H
#define TEST_TRAIN_SESSION_H

#include "../net/every_op.h"
#include "../net/torch_module.h"
#include "train/trainer.h"

enum { MOST_STAGES = 8 };

typedef struct session {
    imgvec_context *ctx;
    iv_graph *graph;
    iv_tensors *weights;
    iv_trainer *trainer;
    double rates[MOST_STAGES]; /* 1 until a test says otherwise */
    iv_trainer_spec training;
    float *images, *targets;
    int32_t count, side, outputs;
} session;

/* Formula weights, pictures and targets of a backbone, its graph ending as the builder left it;
 * then what the test changes, then session_start. */
static inline void session_begin(session *s, const iv_backbone *backbone, int32_t count,
                                 int32_t side)
{
    imgvec_error err;
    *s = (session){.ctx = test_context(), .count = count, .side = side};
    assert_ok(iv_backbone_graph(s->ctx, backbone, &s->graph, &err));
    for (int i = 0; i < MOST_STAGES; i++)
        s->rates[i] = 1;
    s->training = (iv_trainer_spec){.device = "cpu",
                                    .precision = "float64",
                                    .loss = IV_LOSS_MSE,
                                    .optimizer = IV_OPTIMIZER_SGD,
                                    .beta1 = 0.9,
                                    .beta2 = 0.999,
                                    .epsilon = 1e-8};
    s->images = every_op_image(count, side, side);
}

static inline void session_restart(session *s)
{
    imgvec_error err;
    s->training.stage_rates = s->rates;
    s->training.stage_count = MOST_STAGES;
    iv_trainer_free(s->trainer);
    s->trainer = NULL;
    assert_ok(iv_trainer_new(s->ctx, torch, s->graph, s->weights, &s->training, &s->trainer, &err));
}

static inline void session_start(session *s)
{
    s->outputs = s->graph->nodes[s->graph->count - 1].channels;
    s->targets = calloc((size_t)(s->count * s->outputs), sizeof *s->targets);
    for (int32_t i = 0; i < s->count; i++)
        s->targets[i * s->outputs + i % s->outputs] = 1;
    if (!s->weights)
        s->weights = every_op_weights(s->graph);
    session_restart(s);
}

static inline void session_end(session *s)
{
    iv_trainer_free(s->trainer);
    iv_graph_free(s->graph);
    iv_tensors_free(s->weights);
    free(s->images);
    free(s->targets);
    imgvec_context_free(s->ctx);
}

/* Images `first` to `first` + count. */
static inline double session_learn_part(session *s, int32_t first, int32_t count, double share,
                                        uint64_t seed)
{
    double loss = 0;
    imgvec_error err;
    size_t each = 3 * (size_t)s->side * (size_t)s->side;
    iv_batch batch = {s->images + (size_t)first * each, s->targets + first * s->outputs, count,
                      s->side, s->side};
    assert_ok(iv_trainer_learn(s->trainer, &batch, share, seed, 1, &loss, &err));
    return loss;
}

static inline double session_learn(session *s, uint64_t seed)
{
    return session_learn_part(s, 0, s->count, 1, seed);
}

static inline double session_update(session *s, double rate, double clip, int64_t step)
{
    double norm = 0;
    imgvec_error err;
    iv_update update = {rate, clip, step};
    assert_ok(iv_trainer_update(s->trainer, &update, 1, &norm, &err));
    return norm;
}

static inline iv_tensors *session_state(session *s, iv_slot slot)
{
    iv_tensors *set = NULL;
    imgvec_error err;
    assert_ok(iv_trainer_state(s->trainer, slot, &set, &err));
    return set;
}

#endif
