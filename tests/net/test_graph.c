#include "test.h"

#include "net/builder.h"
#include "net/shape.h"

static iv_graph *begin(imgvec_context *ctx, iv_builder *b, imgvec_error *err)
{
    iv_graph *graph = NULL;
    if (iv_graph_new(ctx, &graph, err) != IMGVEC_OK)
        abort();
    iv_builder_begin(b, graph, err);
    return graph;
}

/* Sides that torch 1.13's conv2d and max_pool2d give. */
static void sizes_are_torchs(void **state)
{
    static const struct {
        int32_t in, kernel, stride, pad;
        bool ceil;
        int32_t out;
    } cases[] = {
        {224, 7, 2, 3, false, 112}, {112, 3, 2, 1, false, 56}, {181, 7, 2, 3, false, 91},
        {91, 3, 2, 1, false, 46},   {7, 3, 2, 0, true, 3},     {8, 3, 2, 0, true, 4},
        {6, 2, 2, 0, true, 3},      {7, 2, 2, 1, true, 4},     {112, 3, 2, 0, true, 56},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        imgvec_context *ctx = test_context();
        imgvec_error err;
        iv_builder b;
        iv_graph *graph = begin(ctx, &b, &err);
        int32_t x =
            iv_add_max_pool(&b, 0, cases[i].kernel, cases[i].stride, cases[i].pad, cases[i].ceil);
        iv_builder_end(&b, x);
        int32_t sizes[6] = {0};
        assert_ok(b.status);
        assert_ok(iv_graph_shapes(graph, cases[i].in, 64, sizes, &err));
        assert_int_equal(sizes[2], cases[i].out);
        assert_int_equal(sizes[4], 1);
        iv_graph_free(graph);
        imgvec_context_free(ctx);
    }
}

static void parameters_have_names_and_shapes(void **state)
{
    imgvec_context *ctx = test_context();
    imgvec_error err;
    iv_builder b;
    iv_graph *graph = begin(ctx, &b, &err);
    (void)state;
    iv_builder_scope(&b, "layer%d.%d", 1, 0);
    iv_conv_spec spec = {.channels = 12, .kernel = 3, .stride = 1, .pad = 1, .groups = 3};
    int32_t x = iv_add_conv_bn(&b, 0, "conv1", "bn1", spec, IV_ACT_RELU);
    iv_builder_end(&b, iv_add_linear(&b, iv_add_global_pool(&b, x), "fc", 5, true));
    assert_ok(b.status);
    iv_parameter p;
    const iv_node *n = iv_graph_find(graph, "layer1.0.conv1.weight", &p);
    assert_non_null(n);
    assert_int_equal(p.rank, 4);
    assert_int_equal(p.shape[0], 12);
    assert_int_equal(p.shape[1], 1);
    assert_int_equal(p.shape[3], 3);
    assert_int_equal(p.count, 108);
    assert_null(iv_graph_find(graph, "layer1.0.conv1.bias", &p));
    assert_null(iv_graph_find(graph, "conv1.weight", &p));
    assert_null(iv_graph_find(graph, "weight", &p));
    assert_non_null(iv_graph_find(graph, "layer1.0.bn1.running_var", &p));
    assert_int_equal(p.role, IV_ROLE_RUNNING_VAR);
    assert_int_equal(iv_graph_parameter_count(graph), 108 + 24 + 12 * 5 + 5);
    int64_t macs = 0;
    assert_ok(iv_graph_macs(graph, 10, 20, &macs, &err));
    assert_int_equal(macs, 108 * 200 + 60);
    iv_graph_free(graph);
    imgvec_context_free(ctx);
}

static void wrong_graphs_are_named(void **state)
{
    imgvec_context *ctx = test_context();
    imgvec_error err;
    iv_builder b;
    (void)state;

    iv_graph *graph = begin(ctx, &b, &err);
    iv_conv_spec spec = {.channels = 8, .kernel = 3, .stride = 1, .groups = 2};
    iv_builder_end(&b, iv_add_conv(&b, 0, "odd", spec)); /* 3 channels in two groups */
    assert_fails(b.status, IMGVEC_ERR_INTERNAL, "(odd): bad convolution");
    iv_graph_free(graph);

    graph = begin(ctx, &b, &err);
    spec = (iv_conv_spec){.channels = 8, .kernel = 1, .stride = 1};
    iv_builder_end(&b, iv_add_sum(&b, 0, iv_add_conv(&b, 0, "c", spec)));
    assert_fails(b.status, IMGVEC_ERR_INTERNAL, "channels differ");
    iv_graph_free(graph);

    graph = begin(ctx, &b, &err);
    int32_t x = iv_add_max_pool(&b, 0, 3, 1, 0, false), sizes[8];
    iv_builder_end(&b, x);
    assert_ok(b.status);
    assert_fails(iv_graph_shapes(graph, 2, 2, sizes, &err), IMGVEC_ERR_DATA, "too small");
    assert_fails(iv_graph_shapes(graph, 0, 2, sizes, &err), IMGVEC_ERR_INVALID_ARGUMENT, "2 x 0");
    graph->edges[0] = 7;
    assert_fails(iv_graph_check(graph, &err), IMGVEC_ERR_INTERNAL, "does not come before");
    iv_graph_free(graph);

    graph = begin(ctx, &b, &err);
    iv_builder_end(&b, iv_add_branch(&b, iv_add_activation(&b, 0, IV_ACT_RELU), 0, 1));
    assert_fails(b.status, IMGVEC_ERR_INTERNAL, "drop out of range"); /* 1 leaves nothing */
    iv_graph_free(graph);

    graph = begin(ctx, &b, &err);
    x = iv_add_max_pool(&b, 0, 3, 2, 1, false);
    iv_builder_end(&b, iv_add_sum(&b, iv_add_activation(&b, 0, IV_ACT_RELU), x));
    assert_ok(b.status);
    assert_fails(iv_graph_shapes(graph, 8, 8, sizes, &err), IMGVEC_ERR_INTERNAL, "sizes differ");
    iv_graph_free(graph);
    imgvec_context_free(ctx);
}

static void channels_round_to_eight(void **state)
{
    (void)state;
    assert_int_equal(iv_round_channels(32 * 0.35), 16); /* 8 would lose more than a tenth */
    assert_int_equal(iv_round_channels(16 * 0.35), 8);
    assert_int_equal(iv_round_channels(160 * 0.35), 56);
    assert_int_equal(iv_round_channels(320 * 0.35), 112);
    assert_int_equal(iv_round_channels(1280), 1280);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_torchs),
        cmocka_unit_test(parameters_have_names_and_shapes),
        cmocka_unit_test(wrong_graphs_are_named),
        cmocka_unit_test(channels_round_to_eight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
