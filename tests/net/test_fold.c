/* A folded graph computes what the graph computed. */
#include "test.h"

#include <math.h>

#include "every_op.h"
#include "fake_executor.h"
#include "net/fold.h"
#include "net/match.h"
#include "tiny_backbone.h"

static size_t count_ops(const iv_graph *graph, iv_op op)
{
    size_t n = 0;
    for (size_t i = 0; i < graph->count; i++)
        n += graph->nodes[i].op == op;
    return n;
}

static void run(const iv_graph *graph, const iv_tensors *weights, int32_t height, int32_t width,
                float *features)
{
    imgvec_error err;
    void *net = NULL;
    float *image = every_op_image(2, height, width);
    assert_ok(fake_executor.network_new(graph, weights, "cpu", "float64", &net, &err));
    assert_ok(fake_executor.network_run(net, image, 2, height, width, 1, features, &err));
    fake_executor.network_free(net);
    free(image);
}

static void compare(const iv_backbone *b, int32_t height, int32_t width, size_t norms_left,
                    size_t sums_left, size_t activations_left)
{
    imgvec_context *ctx = test_context();
    imgvec_error err;
    iv_graph *graph = NULL, *folded = NULL;
    iv_tensors *weights = NULL, *folded_weights = NULL;
    assert_ok(iv_backbone_graph(ctx, b, &graph, &err));
    weights = every_op_weights(graph);
    assert_ok(iv_graph_fold(graph, weights, &folded, &folded_weights, &err));
    assert_int_equal(count_ops(folded, IV_OP_BATCH_NORM), norms_left);
    assert_int_equal(count_ops(folded, IV_OP_ADD), sums_left);
    assert_int_equal(count_ops(folded, IV_OP_ACTIVATION), activations_left);
    assert_int_equal(folded->nodes[folded->saliency].channels,
                     graph->nodes[graph->saliency].channels);
    float *plain = calloc((size_t)b->width * 4, sizeof *plain), *fast = plain + 2 * b->width;
    run(graph, weights, height, width, plain);
    run(folded, folded_weights, height, width, fast);
    double worst = 0;
    for (int32_t i = 0; i < 2 * b->width; i++) {
        assert_true(isfinite(plain[i]));
        worst = fmax(worst, fabs(plain[i] - fast[i]) / (fabs(plain[i]) + 1e-3));
    }
    print_message("%s: %zu nodes to %zu, largest relative difference %.2g\n", b->id, graph->count,
                  folded->count, worst);
    assert_true(worst < 1e-5);
    free(plain);
    iv_graph_free(graph);
    iv_graph_free(folded);
    iv_tensors_free(weights);
    iv_tensors_free(folded_weights);
    imgvec_context_free(ctx);
}

static void tiny_folds_whole(void **state)
{
    (void)state;
    compare(&tiny_backbone, 16, 16, 0, 0, 0);
    compare(&tiny_backbone, 9, 21, 0, 0, 0);
}

static void every_operation_survives(void **state)
{
    (void)state;
    /* What may not be fused is still there: a norm before its convolution, a sum of what is
     * activated. */
    compare(&every_op_backbone, 24, 31, 1, 1, 1);
}

static void negative_variance_is_an_error(void **state)
{
    imgvec_context *ctx = test_context();
    imgvec_error err;
    iv_graph *graph = NULL, *folded = NULL;
    iv_tensors *weights = NULL, *folded_weights = NULL;
    (void)state;
    assert_ok(iv_backbone_graph(ctx, &tiny_backbone, &graph, &err));
    assert_ok(iv_weights_random(graph, 1, &weights, &err));
    iv_tensors_find(weights, "block1.bn.running_var")->data[2] = -1;
    assert_fails(iv_graph_fold(graph, weights, &folded, &folded_weights, &err), IMGVEC_ERR_DATA,
                 "block1.bn.running_var[2]");
    assert_null(folded);
    iv_graph_free(graph);
    iv_tensors_free(weights);
    imgvec_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tiny_folds_whole),
        cmocka_unit_test(every_operation_survives),
        cmocka_unit_test(negative_variance_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
