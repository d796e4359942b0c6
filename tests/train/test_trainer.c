/* Training sessions: updates against their definitions written out, frozen stages, gathered
 * gradients, going on from a saved state, learning, and what can go wrong. */
#include "allocations.h"

#include <math.h>
#include <stdlib.h>

#include "net/head.h"
#include "session.h"
#include "tiny_backbone.h"

/* tiny_backbone (stages 0, 1, 2) with a head of three outputs (stage 3). */
static void begin_tiny(session *s, int32_t count)
{
    imgvec_error err;
    session_begin(s, &tiny_backbone, count, 16);
    s->weights = every_op_weights(s->graph);
    assert_ok(iv_head_add(s->graph, s->weights, 0, 3, 1, &err));
}

static bool decays(const iv_tensor *t)
{
    return t->rank > 1;
}

/* What five updates of one tensor's values should come to. */
typedef struct history {
    double value[512], moment[512], squares[512];
} history;

static void step_by_hand(const iv_trainer_spec *t, history *h, const iv_tensor *gradient,
                         double scale, double rate, int step)
{
    double decay = decays(gradient) ? t->weight_decay : 0;
    for (size_t i = 0; i < gradient->count; i++) {
        double g = gradient->data[i] * scale;
        if (t->optimizer == IV_OPTIMIZER_SGD) {
            g += decay * h->value[i];
            h->moment[i] = t->momentum * h->moment[i] + g;
            h->value[i] -= rate * h->moment[i];
            continue;
        }
        h->value[i] -= rate * decay * h->value[i];
        h->moment[i] = t->beta1 * h->moment[i] + (1 - t->beta1) * g;
        h->squares[i] = t->beta2 * h->squares[i] + (1 - t->beta2) * g * g;
        h->value[i] -= rate * (h->moment[i] / (1 - pow(t->beta1, step))) /
                       (sqrt(h->squares[i] / (1 - pow(t->beta2, step))) + t->epsilon);
    }
}

static double norm_of(const iv_tensors *set)
{
    double sum = 0;
    for (size_t k = 0; k < set->count; k++)
        for (size_t i = 0; i < set->items[k].count; i++)
            sum += pow(set->items[k].data[i], 2);
    return sqrt(sum);
}

static void check_updates(iv_optimizer optimizer, double momentum, double clip, double weight_decay)
{
    session s;
    double worst = 0;
    begin_tiny(&s, 3);
    s.training.optimizer = optimizer;
    s.training.momentum = momentum;
    s.training.weight_decay = weight_decay;
    s.rates[1] = 0.5;
    s.rates[2] = 0.25;
    session_start(&s);
    iv_tensors *state = session_state(&s, IV_SLOT_GRADIENT);
    history *all = calloc(state->count, sizeof *all);
    for (size_t k = 0; k < state->count; k++) {
        const iv_tensor *w = iv_tensors_find(s.weights, state->items[k].name);
        assert_true(w->count <= 512);
        for (size_t i = 0; i < w->count; i++)
            all[k].value[i] = w->data[i];
    }
    iv_tensors_free(state);
    for (int step = 1; step <= 5; step++) {
        session_learn(&s, 1);
        iv_tensors *gradients = session_state(&s, IV_SLOT_GRADIENT);
        double norm = norm_of(gradients);
        assert_true(fabs(session_update(&s, 0.01, clip, step) / norm - 1) < 1e-6);
        double scale = clip > 0 && norm > clip ? clip / norm : 1;
        assert_true(clip == 0 || scale < 1);
        for (size_t k = 0; k < gradients->count; k++) {
            iv_parameter p;
            const iv_node *node = iv_graph_find(s.graph, gradients->items[k].name, &p);
            step_by_hand(&s.training, &all[k], &gradients->items[k], scale,
                         0.01 * s.rates[node->stage], step);
        }
        iv_tensors_free(gradients);
        assert_true(norm_of(gradients = session_state(&s, IV_SLOT_GRADIENT)) == 0); /* dropped */
        iv_tensors_free(gradients);
    }
    iv_tensors *end = session_state(&s, IV_SLOT_VALUE);
    state = session_state(&s, IV_SLOT_MOMENT);
    for (size_t k = 0; k < state->count; k++) {
        const iv_tensor *w = iv_tensors_find(end, state->items[k].name);
        for (size_t i = 0; i < w->count; i++)
            worst = fmax(worst, fabs(w->data[i] - all[k].value[i]));
    }
    print_message("optimizer %d, momentum %g, clip %g, decay %g: at most %.1e off\n",
                  (int)optimizer, momentum, clip, weight_decay, worst);
    assert_true(worst < 1e-6);
    assert_true(momentum > 0 || optimizer != IV_OPTIMIZER_SGD || norm_of(state) == 0);
    iv_tensors_free(end);
    iv_tensors_free(state);
    free(all);
    session_end(&s);
}

static void updates_are_as_defined(void **state)
{
    (void)state;
    check_updates(IV_OPTIMIZER_SGD, 0, 0, 0);
    check_updates(IV_OPTIMIZER_SGD, 0.9, 0, 0);
    check_updates(IV_OPTIMIZER_SGD, 0.9, 0.01, 0.1);
    check_updates(IV_OPTIMIZER_ADAMW, 0, 0, 0);
    check_updates(IV_OPTIMIZER_ADAMW, 0, 0.01, 0.1);
}

static void frozen_stages_stay(void **state)
{
    session s;
    int moved = 0, kept = 0;
    (void)state;
    begin_tiny(&s, 3);
    s.rates[0] = s.rates[1] = 0;
    session_start(&s);
    for (int step = 1; step <= 3; step++) {
        session_learn(&s, 1);
        session_update(&s, 0.1, 0, step);
    }
    iv_tensors *now = session_state(&s, IV_SLOT_VALUE);
    for (size_t k = 0; k < now->count; k++) {
        iv_parameter p;
        const iv_tensor *t = &now->items[k], *before = iv_tensors_find(s.weights, t->name);
        bool same = memcmp(t->data, before->data, t->count * sizeof *t->data) == 0;
        bool frozen = iv_graph_find(s.graph, t->name, &p)->stage < 2;
        if (same != frozen)
            fail_msg("%s %s", t->name, same ? "stayed" : "moved");
        moved += !same;
        kept += same;
    }
    assert_true(moved == 7 && kept == 10); /* statistics included */
    iv_tensors_free(now);
    session_end(&s);
}

/* Parts of a batch, each with its share, come to the gradient of the whole; norms that are frozen
 * do not mix images. */
static void gradients_gather(void **state)
{
    session s;
    (void)state;
    begin_tiny(&s, 4);
    s.rates[0] = s.rates[1] = s.rates[2] = 0;
    session_start(&s);
    double whole = session_learn(&s, 1);
    iv_tensors *once = session_state(&s, IV_SLOT_GRADIENT);
    session_update(&s, 0, 0, 1);
    double parts = session_learn_part(&s, 0, 3, 0.75, 1) * 0.75;
    parts += session_learn_part(&s, 3, 1, 0.25, 1) * 0.25;
    iv_tensors *twice = session_state(&s, IV_SLOT_GRADIENT);
    assert_true(fabs(whole - parts) < 1e-12);
    assert_true(norm_of(once) > 0.01);
    for (size_t k = 0; k < once->count; k++)
        for (size_t i = 0; i < once->items[k].count; i++)
            assert_true(fabs(once->items[k].data[i] - twice->items[k].data[i]) < 1e-6);
    iv_tensors_free(once);
    iv_tensors_free(twice);
    session_end(&s);
}

static void steps(session *s, int from, int to)
{
    for (int step = from; step <= to; step++) {
        session_learn(s, (uint64_t)step);
        session_update(s, 0.01, 1, step);
    }
}

/* A session that ended after two steps and went on in another gives the bits of one that did
 * not end. */
static void going_on_gives_the_same_bits(void **state)
{
    (void)state;
    for (int optimizer = 0; optimizer < IV_OPTIMIZER_COUNT; optimizer++) {
        session s;
        imgvec_error err;
        iv_tensors *saved[IV_SLOT_COUNT] = {NULL};
        static const iv_slot slots[] = {IV_SLOT_VALUE, IV_SLOT_MOMENT, IV_SLOT_SQUARES};
        begin_tiny(&s, 4);
        s.training.optimizer = (iv_optimizer)optimizer;
        s.training.momentum = 0.9;
        s.training.precision = "float32";
        s.training.drop = true;
        s.graph->nodes[s.graph->count - 1].drop = 0.5;
        session_start(&s);
        steps(&s, 1, 2);
        for (int i = 0; i < 3; i++)
            saved[slots[i]] = session_state(&s, slots[i]);
        steps(&s, 3, 4);
        iv_tensors *whole = session_state(&s, IV_SLOT_VALUE);
        session_restart(&s);
        for (int i = 0; i < 3; i++) {
            assert_ok(iv_trainer_restore(s.trainer, slots[i], saved[slots[i]], &err));
            iv_tensors_free(saved[slots[i]]);
        }
        steps(&s, 3, 4);
        iv_tensors *again = session_state(&s, IV_SLOT_VALUE);
        for (size_t k = 0; k < whole->count; k++)
            assert_memory_equal(whole->items[k].data, again->items[k].data,
                                whole->items[k].count * sizeof(float));
        iv_tensors_free(whole);
        iv_tensors_free(again);
        session_end(&s);
    }
}

/* From random weights, with AdamW, on noise: the loss goes down to what can be learned by
 * heart, at inference too. */
static void it_learns(void **state)
{
    session s;
    imgvec_error err;
    double outputs[6 * 3], first, last = 0;
    (void)state;
    session_begin(&s, &tiny_backbone, 6, 16);
    s.weights = every_op_weights(s.graph);
    assert_ok(iv_head_add(s.graph, s.weights, 4, 3, 1, &err));
    s.training.precision = "float32";
    s.training.loss = IV_LOSS_CROSS_ENTROPY;
    s.training.optimizer = IV_OPTIMIZER_ADAMW;
    session_start(&s);
    first = session_learn(&s, 1);
    for (int step = 1; step <= 200; step++) {
        session_update(&s, 0.02, 1, step);
        session_learn(&s, 1);
    }
    iv_batch batch = {s.images, s.targets, 6, 16, 16};
    assert_ok(iv_trainer_run(s.trainer, &batch, 1, outputs, &last, &err));
    print_message("loss %.3f before, %.3f after 200 steps\n", first, last);
    assert_true(first > 0.9 && last < 0.1);
    for (int i = 0; i < 6; i++)
        for (int c = 0; c < 3; c++)
            assert_true(outputs[3 * i + c] <= outputs[3 * i + i % 3]);
    session_end(&s);
}

static void what_can_go_wrong(void **state)
{
    session s;
    imgvec_error err;
    iv_trainer *none = NULL;
    iv_tensors *empty = NULL;
    double loss = 0, norm;
    (void)state;
    begin_tiny(&s, 3);
    session_start(&s);
    iv_trainer_spec bad = s.training;
    double frozen[MOST_STAGES] = {0};
    bad.device = "tpu";
    assert_fails(iv_trainer_new(s.ctx, torch, s.graph, s.weights, &bad, &none, &err),
                 IMGVEC_ERR_INVALID_ARGUMENT, "device tpu");
    bad = s.training;
    bad.stage_rates = frozen;
    assert_fails(iv_trainer_new(s.ctx, torch, s.graph, s.weights, &bad, &none, &err),
                 IMGVEC_ERR_INVALID_ARGUMENT, "every stage is frozen");
    bad = s.training;
    bad.stage_count = 2;
    assert_fails(iv_trainer_new(s.ctx, torch, s.graph, s.weights, &bad, &none, &err),
                 IMGVEC_ERR_INTERNAL, "no rate for the stage of");
    assert_null(none);

    /* A loss that is not finite moves nothing. */
    iv_tensors *before = session_state(&s, IV_SLOT_VALUE);
    s.targets[1] = NAN;
    assert_true(isnan(session_learn(&s, 1)));
    norm = session_update(&s, 0.1, 1, 1);
    assert_true(!isfinite(norm));
    s.targets[1] = 0;
    iv_tensors *after = session_state(&s, IV_SLOT_VALUE);
    for (size_t k = 0; k < before->count; k++)
        if (!strstr(before->items[k].name, "running_"))
            assert_memory_equal(before->items[k].data, after->items[k].data,
                                before->items[k].count * sizeof(float));
    iv_tensors_free(before);
    iv_tensors_free(after);

    /* A call that fails drops what was gathered. */
    session_learn(&s, 1);
    iv_batch batch = {s.images, s.targets, 3, 1, 1};
    assert_fails(iv_trainer_learn(s.trainer, &batch, 1, 1, 1, &loss, &err), IMGVEC_ERR_ENGINE, "");
    assert_true(session_update(&s, 0.1, 0, 1) == 0);
    batch = (iv_batch){s.images, s.targets, 1, 2, 2}; /* one value for each channel */
    assert_fails(iv_trainer_learn(s.trainer, &batch, 1, 1, 1, &loss, &err),
                 IMGVEC_ERR_INVALID_ARGUMENT, "batch norm of one value");
    batch.count = 0;
    assert_fails(iv_trainer_learn(s.trainer, &batch, 1, 1, 1, &loss, &err),
                 IMGVEC_ERR_INVALID_ARGUMENT, "without images");

    assert_ok(iv_tensors_new(s.ctx, &empty, &err));
    assert_fails(iv_trainer_restore(s.trainer, IV_SLOT_VALUE, empty, &err), IMGVEC_ERR_DATA,
                 "stem.weight is missing");
    iv_tensors_free(empty);
    iv_tensors *gradients = session_state(&s, IV_SLOT_GRADIENT);
    assert_fails(iv_trainer_restore(s.trainer, IV_SLOT_GRADIENT, gradients, &err),
                 IMGVEC_ERR_INVALID_ARGUMENT, "read only");
    iv_tensors_free(gradients);
    session_end(&s);
}

static imgvec_status state_job(imgvec_context *ctx, void *user, imgvec_error *err)
{
    const session *s = user;
    iv_trainer *trainer = NULL;
    iv_tensors *set = NULL;
    imgvec_status status =
        iv_trainer_new(ctx, torch, s->graph, s->weights, &s->training, &trainer, err);
    if (!status)
        status = iv_trainer_state(trainer, IV_SLOT_VALUE, &set, err);
    if (!status)
        status = iv_trainer_restore(trainer, IV_SLOT_VALUE, set, err);
    iv_tensors_free(set);
    iv_trainer_free(trainer);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    session s;
    (void)state;
    begin_tiny(&s, 3);
    session_start(&s);
    assert_true(fail_each_allocation(state_job, &s) > 20);
    session_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(updates_are_as_defined),
        cmocka_unit_test(frozen_stages_stay),
        cmocka_unit_test(gradients_gather),
        cmocka_unit_test(going_on_gives_the_same_bits),
        cmocka_unit_test(it_learns),
        cmocka_unit_test(what_can_go_wrong),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, load_torch, NULL);
}
