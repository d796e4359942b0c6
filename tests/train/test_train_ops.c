/* Operations in training: gradients against finite differences, what dropout and stochastic
 * depth leave out, bfloat16 against float32. */
#include "test.h"

#include <math.h>
#include <stdlib.h>

#include "session.h"

/* The loss with one value of a parameter moved by `by`. */
static double loss_with(session *s, const char *name, size_t index, double by)
{
    imgvec_error err;
    float *value = &iv_tensors_find(s->weights, name)->data[index], before = *value;
    *value += (float)by;
    assert_ok(iv_trainer_restore(s->trainer, IV_SLOT_VALUE, s->weights, &err));
    *value = before;
    return session_learn(s, 1);
}

static void check_gradients(iv_loss kind)
{
    session s;
    session_begin(&s, &every_op_backbone, 3, 31);
    s.training.loss = kind;
    session_start(&s);
    session_learn(&s, 1);
    iv_tensors *gradients = session_state(&s, IV_SLOT_GRADIENT);
    double worst = 0, largest = 0;
    size_t checked = 0;
    for (size_t k = 0; k < gradients->count; k++) {
        const iv_tensor *g = &gradients->items[k];
        size_t picks[3] = {0, g->count / 2, g->count - 1};
        for (int i = 0; i < 3; i++) {
            double by = ldexp(1, -12), mine = g->data[picks[i]];
            double slope =
                (loss_with(&s, g->name, picks[i], by) - loss_with(&s, g->name, picks[i], -by)) /
                (2 * by);
            worst = fmax(worst, fabs(slope - mine));
            largest = fmax(largest, fabs(mine));
            if (!(fabs(slope - mine) <= 1e-3 * fabs(mine) + 1e-5))
                fail_msg("%s[%zu]: gradient %g, by differences %g", g->name, picks[i], mine, slope);
            checked++;
        }
    }
    print_message("loss %d: %zu gradients, the largest %.2g, at most %.1e off\n", (int)kind,
                  checked, largest, worst);
    assert_true(checked > 60 && largest > 0.01);
    iv_tensors_free(gradients);
    session_end(&s);
}

static void gradients_are_slopes(void **state)
{
    (void)state;
    check_gradients(IV_LOSS_CROSS_ENTROPY);
    check_gradients(IV_LOSS_MSE);
    check_gradients(IV_LOSS_HUBER);
}

/* The means of the three colours, through a sum whose branch is the same means times 2, and a
 * linear layer that copies. */
static void build_drops(iv_builder *b)
{
    int32_t x = iv_add_global_pool(b, 0);
    x = iv_add_branch(b, iv_add_scale(b, x, "factor"), x, 0.5);
    iv_builder_end(b, x);
    iv_add_linear(b, b->graph->feature, "fc", 3, false);
    b->graph->nodes[b->graph->count - 1].drop = 0.75;
}

static const iv_backbone drops_backbone = {.id = "drops", .build = build_drops, .width = 3};

static void start_drops(session *s, bool drop)
{
    session_begin(s, &drops_backbone, 1, 8);
    s->weights = every_op_weights(s->graph);
    for (int i = 0; i < 3; i++) {
        iv_tensors_find(s->weights, "factor")->data[i] = 2;
        for (int k = 0; k < 3; k++)
            iv_tensors_find(s->weights, "fc.weight")->data[3 * i + k] = i == k;
    }
    s->training.drop = drop;
    session_start(s);
    memset(s->targets, 0, 3 * sizeof *s->targets);
}

static void what_is_dropped(void **state)
{
    enum { SEEDS = 2000 };
    session s;
    double mean[3] = {0}, whole = 0, loss;
    int dropped = 0, values = 0, zeros = 0;
    (void)state;
    start_drops(&s, true);
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < 64; i++)
            mean[c] += (double)s.images[c * 64 + i] / 64;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        loss = 3 * session_learn(&s, seed);
        assert_true(loss == 3 * session_learn(&s, seed)); /* a seed says it all */
        /* The branch is left out or doubled: 1 or 5 times the means. Each of the three is left
         * out or four times as large. */
        bool found = false;
        for (int branch = 0; branch < 2 && !found; branch++)
            for (int left = 0; left < 8 && !found; left++) {
                double wanted = 0;
                for (int c = 0; c < 3; c++)
                    if (left >> c & 1)
                        wanted += pow(mean[c] * (branch ? 5 : 1) * 4, 2);
                found = fabs(wanted - loss) <= 1e-9 * (1 + wanted);
                if (!found)
                    continue;
                dropped += !branch && left;
                values += left != 0;
                zeros += 3 - ((left & 1) + (left >> 1 & 1) + (left >> 2 & 1));
            }
        assert_true(found);
    }
    print_message("branches left out: %.3f (0.5), values left out: %.3f (0.75)\n",
                  (double)dropped / values, zeros / (3.0 * SEEDS));
    assert_true(fabs((double)dropped / values - 0.5) < 0.06);
    assert_true(fabs(zeros / (3.0 * SEEDS) - 0.75) < 0.03);
    session_end(&s);

    start_drops(&s, false); /* the switch */
    for (int c = 0; c < 3; c++)
        whole += pow(3 * mean[c], 2);
    for (uint64_t seed = 0; seed < 5; seed++)
        assert_true(fabs(3 * session_learn(&s, seed) - whole) < 1e-9 * (1 + whole));
    session_end(&s);
}

static void at_inference_nothing_is_dropped(void **state)
{
    session s;
    double outputs[3], loss = 0, mean = 0;
    imgvec_error err;
    (void)state;
    start_drops(&s, true);
    iv_batch batch = {.images = s.images, .count = 1, .height = 8, .width = 8};
    assert_ok(iv_trainer_run(s.trainer, &batch, 1, outputs, &loss, &err));
    for (int i = 0; i < 64; i++)
        mean += (double)s.images[i] / 64;
    assert_true(fabs(outputs[0] - 3 * mean) < 1e-9);
    assert_true(loss == 0); /* no targets, no loss */
    session_end(&s);
}

/* In software where the processor lacks it: the numbers are the same kind. */
static void bfloat16_learns_much_the_same(void **state)
{
    static const char *const precisions[2] = {"float32", "bfloat16-software"};
    session s;
    iv_tensors *gradients[2] = {NULL};
    double loss[2], dot = 0, norms[2] = {0};
    (void)state;
    session_begin(&s, &every_op_backbone, 8, 31);
    session_start(&s);
    for (int p = 0; p < 2; p++) {
        s.training.precision = precisions[p];
        session_restart(&s);
        loss[p] = session_learn(&s, 1);
        gradients[p] = session_state(&s, IV_SLOT_GRADIENT);
    }
    for (size_t k = 0; k < gradients[0]->count; k++)
        for (size_t i = 0; i < gradients[0]->items[k].count; i++) {
            double a = gradients[0]->items[k].data[i], b = gradients[1]->items[k].data[i];
            dot += a * b;
            norms[0] += a * a;
            norms[1] += b * b;
        }
    double cosine = dot / sqrt(norms[0] * norms[1]);
    print_message("loss %.5f in float32, %.5f in bfloat16; cosine of gradients %.5f\n", loss[0],
                  loss[1], cosine);
    assert_true(loss[0] != loss[1] && fabs(loss[1] / loss[0] - 1) < 0.02);
    assert_true(cosine > 0.95);
    for (int p = 0; p < 2; p++)
        iv_tensors_free(gradients[p]);
    session_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_slopes),
        cmocka_unit_test(what_is_dropped),
        cmocka_unit_test(at_inference_nothing_is_dropped),
        cmocka_unit_test(bfloat16_learns_much_the_same),
    };
    return cmocka_run_group_tests(tests, load_torch, NULL);
}
