/* Parts of a batch that go through the network side by side: what they come to, whatever the
 * number of threads, and what is left when one of them fails. */
#include "test.h"

#include <math.h>

#include "net/head.h"
#include "session.h"
#include "tiny_backbone.h"

enum { IMAGES = 10, PARTS = 3, PART = 3 }; /* parts of 3, 3 and 4 images */

static const int32_t first_of[PARTS + 1] = {0, 3, 6, IMAGES};

static void begin(session *s, int32_t part)
{
    imgvec_error err;
    session_begin(s, &tiny_backbone, IMAGES, 16);
    s->weights = every_op_weights(s->graph);
    assert_ok(iv_head_add(s->graph, s->weights, 0, 3, 1, &err));
    s->training.part = part;
}

static double learn(session *s, int32_t threads)
{
    double loss = 0;
    imgvec_error err;
    iv_batch batch = {s->images, s->targets, s->count, s->side, s->side};
    assert_ok(iv_trainer_learn(s->trainer, &batch, 1, 7, threads, &loss, &err));
    return loss;
}

static bool is_statistic(const iv_tensor *t)
{
    return strstr(t->name, "running_") != NULL;
}

static double largest_difference(const iv_tensors *a, const iv_tensors *b, bool statistics)
{
    double worst = 0;
    assert_true(a->count == b->count && a->count > 0);
    for (size_t k = 0; k < a->count; k++)
        for (size_t i = 0; is_statistic(&a->items[k]) == statistics && i < a->items[k].count; i++)
            worst = fmax(worst, fabs((double)a->items[k].data[i] - b->items[k].data[i]));
    return worst;
}

/* Gradients are those of separate calls, each with its share; the batch norms' statistics are the
 * mean of what each part alone makes of them, by the number of its images. */
static void parts_are_separate_calls(void **state)
{
    session apart, together;
    iv_tensors *mean = NULL;
    double loss = 0;
    (void)state;
    begin(&apart, 0);
    begin(&together, PART);
    session_start(&apart);
    session_start(&together);
    for (int i = 0; i < PARTS; i++) {
        int32_t n = first_of[i + 1] - first_of[i];
        double share = (double)n / IMAGES;
        session_restart(&apart);
        session_learn_part(&apart, first_of[i], n, share, 7);
        iv_tensors *own = session_state(&apart, IV_SLOT_VALUE);
        for (size_t k = 0; k < own->count; k++)
            for (size_t j = 0; j < own->items[k].count; j++)
                own->items[k].data[j] =
                    (float)(share * own->items[k].data[j] + (mean ? mean->items[k].data[j] : 0));
        iv_tensors_free(mean);
        mean = own;
    }
    session_restart(&apart);
    for (int i = 0; i < PARTS; i++) {
        int32_t n = first_of[i + 1] - first_of[i];
        double share = (double)n / IMAGES;
        loss += share * session_learn_part(&apart, first_of[i], n, share, 7);
    }
    assert_true(fabs(learn(&together, 2) - loss) < 1e-12);
    iv_tensors *sums = session_state(&apart, IV_SLOT_GRADIENT);
    iv_tensors *gradients = session_state(&together, IV_SLOT_GRADIENT);
    iv_tensors *now = session_state(&together, IV_SLOT_VALUE);
    assert_true(largest_difference(sums, gradients, false) < 1e-7);
    assert_true(largest_difference(mean, now, true) < 1e-6);
    assert_true(largest_difference(together.weights, now, true) > 1e-3); /* they did move */
    iv_tensors_free(mean);
    iv_tensors_free(sums);
    iv_tensors_free(gradients);
    iv_tensors_free(now);
    session_end(&apart);
    session_end(&together);
}

static void assert_same(iv_tensors *a, iv_tensors *b)
{
    assert_true(a->count == b->count);
    for (size_t k = 0; k < a->count; k++)
        assert_memory_equal(a->items[k].data, b->items[k].data, a->items[k].count * sizeof(float));
    iv_tensors_free(a);
    iv_tensors_free(b);
}

static void threads_change_no_bit(void **state)
{
    static const int32_t counts[] = {2, 3}; /* with more than parts, torch itself adds in threads */
    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        session one, many;
        session *both[2] = {&one, &many};
        double losses[2] = {0, 0};
        for (int k = 0; k < 2; k++) {
            begin(both[k], PART);
            both[k]->training.precision = "float32";
            both[k]->training.drop = true;
            both[k]->graph->nodes[both[k]->graph->count - 1].drop = 0.5;
            session_start(both[k]);
            for (int step = 1; step <= 3; step++) {
                losses[k] += learn(both[k], k ? counts[i] : 1);
                session_update(both[k], 0.01, 1, step);
            }
        }
        assert_true(losses[0] == losses[1] && losses[0] > 0);
        assert_same(session_state(&one, IV_SLOT_VALUE), session_state(&many, IV_SLOT_VALUE));
        session_end(&one);
        session_end(&many);
    }
}

static void outputs_are_those_of_the_whole(void **state)
{
    session s;
    imgvec_error err;
    double whole[IMAGES * 3], parts[IMAGES * 3], loss[2];
    (void)state;
    begin(&s, 0);
    session_start(&s);
    iv_batch batch = {s.images, s.targets, IMAGES, s.side, s.side};
    assert_ok(iv_trainer_run(s.trainer, &batch, 2, whole, &loss[0], &err));
    s.training.part = PART;
    session_restart(&s);
    assert_ok(iv_trainer_run(s.trainer, &batch, 2, parts, &loss[1], &err));
    for (int i = 0; i < IMAGES * 3; i++)
        assert_true(fabs(whole[i] - parts[i]) < 1e-12);
    assert_true(fabs(loss[0] - loss[1]) < 1e-12 && loss[0] > 0);
    session_end(&s);
}

static void frozen_statistics_keep_their_bits(void **state)
{
    session s;
    (void)state;
    begin(&s, PART);
    s.training.precision = "float32";
    s.training.freeze_norms = true;
    session_start(&s);
    learn(&s, 2);
    iv_tensors *now = session_state(&s, IV_SLOT_VALUE);
    assert_true(largest_difference(s.weights, now, true) == 0);
    iv_tensors_free(now);
    session_end(&s);
}

/* Three images in two parts: one of a single value for each channel, which fails, and one of two.
 */
static void a_part_that_fails_drops_all(void **state)
{
    session s;
    imgvec_error err;
    double loss;
    (void)state;
    begin(&s, 2);
    session_start(&s);
    learn(&s, 2);
    iv_batch batch = {s.images, s.targets, 3, 2, 2};
    assert_fails(iv_trainer_learn(s.trainer, &batch, 1, 1, 2, &loss, &err),
                 IMGVEC_ERR_INVALID_ARGUMENT, "batch norm of one value");
    assert_true(session_update(&s, 0.1, 0, 1) == 0);
    double before = learn(&s, 2); /* and the session goes on */
    assert_true(session_update(&s, 0.1, 0, 1) > 0 && isfinite(before));
    session_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_separate_calls),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(outputs_are_those_of_the_whole),
        cmocka_unit_test(frozen_statistics_keep_their_bits),
        cmocka_unit_test(a_part_that_fails_drops_all),
    };
    return cmocka_run_group_tests(tests, load_torch, NULL);
}
