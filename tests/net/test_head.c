/* The head behind a backbone. */
#include "allocations.h"

#include <math.h>

#include "base/mem.h"
#include "fake_executor.h"
#include "net/head.h"
#include "net/match.h"
#include "tiny_backbone.h"
#include "train/trainer.h"

static void begin(imgvec_context *ctx, iv_graph **graph, iv_tensors **weights)
{
    imgvec_error err;
    assert_ok(iv_backbone_graph(ctx, &tiny_backbone, graph, &err));
    assert_ok(iv_weights_random(*graph, 1, weights, &err));
}

static void head_and_bottleneck(void **state)
{
    imgvec_context *ctx = test_context();
    imgvec_error err;
    (void)state;
    for (int32_t bottleneck = 0; bottleneck <= 5; bottleneck += 5) {
        iv_graph *graph = NULL;
        iv_tensors *weights = NULL;
        begin(ctx, &graph, &weights);
        size_t before = graph->count, tensors = weights->count;
        int32_t features = graph->feature, stages = iv_graph_stages(graph);
        graph->dropout = 0.25;
        assert_ok(iv_head_add(graph, weights, bottleneck, 3, 7, &err));
        assert_int_equal(graph->count, before + (bottleneck ? 2 : 1));
        assert_int_equal(weights->count, tensors + (bottleneck ? 4 : 2));
        assert_int_equal(graph->feature, bottleneck ? features + 1 : features);
        assert_int_equal(iv_graph_stages(graph), stages + 1);
        assert_true(graph->nodes[features + 1].drop == 0.25);
        const iv_node *last = &graph->nodes[graph->count - 1];
        assert_string_equal(last->name, "head");
        assert_int_equal(last->channels, 3);
        assert_int_equal(last->stage, stages);
        assert_true(!bottleneck || last->drop == 0);
        const iv_tensor *w = iv_tensors_find(weights, "head.weight");
        double bound = 1 / sqrt(bottleneck ? 5 : TINY_WIDTH), highest = 0;
        for (size_t i = 0; i < w->count; i++)
            highest = fmax(highest, fabs(w->data[i]));
        assert_true(highest <= bound && highest > bound / 2);
        assert_true(iv_tensors_find(weights, "head.bias")->data[2] == 0);
        assert_int_equal(iv_weights_lacking(graph, weights), 0);
        iv_graph_free(graph);
        iv_tensors_free(weights);
    }
    imgvec_context_free(ctx);
}

/* An executor without training is an answer, not a crash. */
static void an_executor_that_cannot_train(void **state)
{
    imgvec_context *ctx = test_context();
    imgvec_error err;
    iv_graph *graph = NULL;
    iv_tensors *weights = NULL;
    iv_trainer *trainer = NULL;
    iv_trainer_spec training = {.device = "cpu", .precision = "float32"};
    (void)state;
    begin(ctx, &graph, &weights);
    assert_fails(iv_trainer_new(ctx, &fake_executor, graph, weights, &training, &trainer, &err),
                 IMGVEC_ERR_UNSUPPORTED, "fake cannot train");
    assert_null(trainer);
    iv_trainer_free(NULL);
    iv_graph_free(graph);
    iv_tensors_free(weights);
    imgvec_context_free(ctx);
}

static imgvec_status head_job(imgvec_context *ctx, void *user, imgvec_error *err)
{
    iv_graph *graph = NULL;
    iv_tensors *weights = NULL;
    (void)user;
    imgvec_status status = iv_backbone_graph(ctx, &tiny_backbone, &graph, err);
    if (!status)
        status = iv_weights_random(graph, 1, &weights, err);
    if (!status)
        status = iv_head_add(graph, weights, 5, 3, 1, err);
    iv_graph_free(graph);
    iv_tensors_free(weights);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(fail_each_allocation(head_job, NULL) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(head_and_bottleneck),
        cmocka_unit_test(an_executor_that_cannot_train),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
