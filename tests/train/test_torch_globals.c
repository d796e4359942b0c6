/* The network module leaves torch as it finds it, and does not care how that is. */
#include "test.h"

#include <math.h>
#include <stdlib.h>

#include "net/head.h"
#include "session.h"
#include "tiny_backbone.h"
#include "torch_globals.h"

/* Everything that the module offers, once. Returns a number that it all goes into. */
static double use_all(void)
{
    session s;
    imgvec_error err;
    void *net = NULL;
    float features[2 * TINY_WIDTH];
    double mean[2] = {0}, gram[4], values[2], vectors[4], outputs[6], loss = 0, sum = 0;
    session_begin(&s, &tiny_backbone, 2, 16);
    s.weights = every_op_weights(s.graph);
    assert_ok(torch->network_new(s.graph, s.weights, "cpu", "float32", &net, &err));
    assert_ok(torch->network_run(net, s.images, 2, 16, 16, 2, features, &err));
    torch->network_free(net);
    assert_ok(torch->gram(features, 4, 2, mean, 2, gram, &err));
    assert_ok(torch->eigh(gram, 2, 2, values, vectors, &err));
    assert_ok(iv_head_add(s.graph, s.weights, 0, 3, 1, &err));
    s.graph->nodes[s.graph->count - 1].drop = 0.5;
    s.training.drop = true;
    s.training.optimizer = IV_OPTIMIZER_ADAMW;
    session_start(&s);
    for (int step = 1; step <= 2; step++) {
        sum += session_learn(&s, (uint64_t)step);
        session_update(&s, 0.01, 1, step);
    }
    iv_batch batch = {s.images, s.targets, 2, 16, 16};
    assert_ok(iv_trainer_run(s.trainer, &batch, 2, outputs, &loss, &err));
    iv_tensors *state = session_state(&s, IV_SLOT_MOMENT);
    assert_ok(iv_trainer_restore(s.trainer, IV_SLOT_MOMENT, state, &err));
    batch.count = 0; /* failures too */
    assert_fails(iv_trainer_learn(s.trainer, &batch, 1, 1, 2, &loss, &err),
                 IMGVEC_ERR_INVALID_ARGUMENT, "");
    iv_tensors_free(state);
    session_end(&s);
    for (int i = 0; i < 2 * TINY_WIDTH; i++)
        sum += features[i];
    return sum + outputs[0] + values[0];
}

static void torch_is_left_as_found(void **state)
{
    double first = use_all();
    (void)state;
    assert_true(isfinite(first));
    for (int how = 0; how < 4; how++) {
        bool gradients = how & 1, inference = how & 2;
        torch_globals_set(gradients, inference);
        torch_globals before = torch_globals_get();
        assert_true(before.gradients == gradients && before.inference == inference &&
                    before.threads == 3);
        assert_true(use_all() == first);
        torch_globals after = torch_globals_get();
        assert_true(after.gradients == gradients && after.inference == inference);
        assert_int_equal(after.threads, 3);
        assert_true(after.random == before.random);
    }
    torch_globals_set(true, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(torch_is_left_as_found),
    };
    return cmocka_run_group_tests(tests, load_torch, NULL);
}
