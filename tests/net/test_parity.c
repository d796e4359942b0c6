/* The torch executor against the definitions of the operations, written out in C; and the
 * formula that the features of test_reference.c rest on. */
#include "test.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "every_op.h"
#include "fake_executor.h"
#include "formula.h"
#include "kit.h"
#include "net/fold.h"
#include "net/match.h"
#include "torch_module.h"

/* The formula itself, before anything is built on it. */
static void formula_is_the_kits(void **state)
{
    imgvec_context *ctx = test_context();
    imgvec_error err;
    iv_json_document *doc = kit_json(ctx, "formula_vectors.json");
    const iv_json *list = NULL;
    size_t checked = 0;
    (void)state;
    if (!doc) {
        imgvec_context_free(ctx);
        skip();
    }
    assert_ok(iv_json_array(iv_json_root(doc), "tensors", &list, &err));
    for (const iv_json *t = list->as.first; t; t = t->next) {
        const char *name = NULL;
        const iv_json *dims = NULL;
        int64_t shape[IV_MAX_RANK], e = 0, seed = 0;
        int rank = 0;
        size_t count = 1;
        assert_ok(iv_json_text(t, "name", &name, &err));
        assert_ok(iv_json_array(t, "shape", &dims, &err));
        if (strstr(name, "num_batches_tracked"))
            continue;
        assert_ok(iv_json_i64(t, "e", -64, 64, &e, &err));
        assert_ok(iv_json_i64(t, "seed", 0, INT64_MAX, &seed, &err));
        for (const iv_json *d = dims->as.first; d; d = d->next)
            count *= (size_t)(shape[rank++] = d->as.integer);
        float *values = malloc(count * sizeof *values);
        formula_tensor(name, (uint64_t)seed, (int)e, rank, shape, values);
        if (formula_check_floats(values, count) != kit_word(t, "checksum"))
            fail_msg("formula: %s differs", name);
        free(values);
        checked++;
    }
    assert_true(checked > 5);
    iv_json_free(doc);
    imgvec_context_free(ctx);
}

static void features_of(const iv_executor *executor, const iv_graph *graph,
                        const iv_tensors *weights, const char *precision, float *out)
{
    imgvec_error err;
    void *net = NULL;
    float *image = every_op_image(2, 24, 31);
    assert_ok(executor->network_new(graph, weights, "auto", precision, &net, &err));
    assert_ok(executor->network_run(net, image, 2, 24, 31, 1, out, &err));
    executor->network_free(net);
    free(image);
}

/* Every operation means the same to torch and to the definitions written out in C. */
static void operations_agree_with_their_definitions(void **state)
{
    imgvec_context *ctx = test_context();
    imgvec_error err;
    iv_graph *graph = NULL, *folded = NULL;
    iv_tensors *folded_weights = NULL;
    float wanted[20], got[20];
    (void)state;
    assert_ok(iv_backbone_graph(ctx, &every_op_backbone, &graph, &err));
    iv_tensors *weights = every_op_weights(graph);
    assert_ok(iv_graph_fold(graph, weights, &folded, &folded_weights, &err));
    features_of(&fake_executor, graph, weights, "float64", wanted);
    static const char *const precisions[] = {"float64", "float32"};
    for (int p = 0; p < 2; p++)
        for (int f = 0; f < 2; f++) {
            features_of(torch, f ? folded : graph, f ? folded_weights : weights, precisions[p],
                        got);
            for (int i = 0; i < 20; i++)
                assert_true(fabs(got[i] - wanted[i]) <= 1e-5 * (1 + fabs(wanted[i])));
        }
    iv_tensors_free(weights);
    iv_tensors_free(folded_weights);
    iv_graph_free(graph);
    iv_graph_free(folded);
    imgvec_context_free(ctx);
}

typedef struct shared_run {
    void *net;
    const float *image;
    float features[20];
} shared_run;

static void *run_shared(void *user)
{
    shared_run *s = user;
    imgvec_error err;
    for (int i = 0; i < 20; i++)
        if (torch->network_run(s->net, s->image, 2, 24, 31, 1, s->features, &err) != IMGVEC_OK)
            return s;
    return NULL;
}

static void one_network_serves_many_threads(void **state)
{
    imgvec_context *ctx = test_context();
    imgvec_error err;
    iv_graph *graph = NULL;
    void *net = NULL;
    shared_run runs[4];
    pthread_t threads[4];
    (void)state;
    assert_ok(iv_backbone_graph(ctx, &every_op_backbone, &graph, &err));
    iv_tensors *weights = every_op_weights(graph);
    float *image = every_op_image(2, 24, 31);
    assert_ok(torch->network_new(graph, weights, "cpu", "float32", &net, &err));
    for (int i = 0; i < 4; i++) {
        runs[i] = (shared_run){.net = net, .image = image};
        assert_int_equal(pthread_create(&threads[i], NULL, run_shared, &runs[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        void *failed = NULL;
        pthread_join(threads[i], &failed);
        assert_null(failed);
        assert_memory_equal(runs[i].features, runs[0].features, sizeof runs[0].features);
    }
    torch->network_free(net);
    free(image);
    iv_tensors_free(weights);
    iv_graph_free(graph);
    imgvec_context_free(ctx);
}

static void failures_come_back_as_statuses(void **state)
{
    imgvec_context *ctx = test_context();
    imgvec_error err;
    iv_graph *graph = NULL;
    void *net = NULL;
    float image[3] = {0}, features[20];
    (void)state;
    assert_ok(iv_backbone_graph(ctx, &every_op_backbone, &graph, &err));
    iv_tensors *weights = every_op_weights(graph);
    assert_fails(torch->network_new(graph, weights, "tpu", "float32", &net, &err),
                 IMGVEC_ERR_INVALID_ARGUMENT, "device tpu");
    assert_fails(torch->network_new(graph, weights, "cpu", "float8", &net, &err),
                 IMGVEC_ERR_UNSUPPORTED, "float8");
    iv_tensors *none = NULL;
    assert_ok(iv_tensors_new(ctx, &none, &err));
    assert_fails(torch->network_new(graph, none, "cpu", "float32", &net, &err), IMGVEC_ERR_INTERNAL,
                 "without tensor stem.weight");
    assert_ok(torch->network_new(graph, weights, "cpu", "float32", &net, &err));
    /* Too small for the pool: torch's own error, one line, without a backtrace. */
    assert_fails(torch->network_run(net, image, 1, 1, 1, 1, features, &err), IMGVEC_ERR_ENGINE, "");
    print_message("%s\n", err.text);
    assert_int_equal(err.origin, IMGVEC_ORIGIN_TORCH);
    assert_null(strstr(err.text, "frame #"));
    assert_null(strchr(err.text, '\n'));
    assert_true(strlen(err.text) > 10);
    /* 480 GB: the images are not touched before the allocation fails. */
    assert_fails(torch->network_run(net, image, 1, 200000, 200000, 1, features, &err),
                 IMGVEC_ERR_NO_MEMORY, "");
    print_message("%s\n", err.text);
    torch->network_free(net);
    iv_tensors_free(none);
    iv_tensors_free(weights);
    iv_graph_free(graph);
    imgvec_context_free(ctx);
}

static void linear_algebra_agrees(void **state)
{
    enum { ROWS = 300, COLS = 12 };
    static float x[ROWS * COLS];
    double mean[COLS] = {0}, a[COLS * COLS], b[COLS * COLS], values[COLS], vectors[COLS * COLS],
           fake_values[COLS], fake_vectors[COLS * COLS];
    int64_t shape[2] = {ROWS, COLS};
    imgvec_error err;
    (void)state;
    formula_tensor("x.weight", 1, 0, 2, shape, x);
    for (int r = 0; r < ROWS; r++)
        for (int c = 0; c < COLS; c++) {
            x[r * COLS + c] += 100.0f + (float)c * x[r * COLS];
            mean[c] += x[r * COLS + c] / (double)ROWS;
        }
    assert_ok(torch->gram(x, ROWS, COLS, mean, 1, a, &err));
    assert_ok(fake_executor.gram(x, ROWS, COLS, mean, 1, b, &err));
    for (int i = 0; i < COLS * COLS; i++)
        assert_true(fabs(a[i] - b[i]) <= 1e-10 * (1 + fabs(b[i])));
    assert_ok(torch->eigh(a, COLS, 1, values, vectors, &err));
    assert_ok(fake_executor.eigh(a, COLS, 1, fake_values, fake_vectors, &err));
    for (int i = 0; i < COLS; i++) {
        double dot = 0;
        assert_true(fabs(values[i] - fake_values[i]) <= 1e-9 * (1 + fabs(values[0])));
        for (int k = 0; k < COLS; k++)
            dot += vectors[i * COLS + k] * fake_vectors[i * COLS + k];
        assert_true(fabs(fabs(dot) - 1) < 1e-6); /* up to the sign */
        for (int r = 0; r < COLS; r++) {
            double product = 0;
            for (int k = 0; k < COLS; k++)
                product += a[r * COLS + k] * vectors[i * COLS + k];
            assert_true(fabs(product - values[i] * vectors[i * COLS + r]) <= 1e-9 * values[0]);
        }
    }
    assert_true(values[0] >= values[COLS - 1]);
}

static void bfloat16_is_close_where_it_is_there(void **state)
{
    imgvec_context *ctx = test_context();
    imgvec_error err;
    iv_graph *graph = NULL;
    void *net = NULL;
    float wanted[20], got[20], *image = every_op_image(2, 24, 31);
    (void)state;
    assert_ok(iv_backbone_graph(ctx, &every_op_backbone, &graph, &err));
    iv_tensors *weights = every_op_weights(graph);
    imgvec_status status = torch->network_new(graph, weights, "cpu", "bfloat16", &net, &err);
    if (status == IMGVEC_OK) {
        features_of(torch, graph, weights, "float32", wanted);
        assert_ok(torch->network_run(net, image, 2, 24, 31, 1, got, &err));
        for (int i = 0; i < 20; i++)
            assert_true(fabs(got[i] - wanted[i]) < 0.05);
        torch->network_free(net);
    } else {
        print_message("SKIPPED: %s\n", err.text);
        assert_int_equal(status, IMGVEC_ERR_UNSUPPORTED);
    }
    free(image);
    iv_tensors_free(weights);
    iv_graph_free(graph);
    imgvec_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formula_is_the_kits),
        cmocka_unit_test(operations_agree_with_their_definitions),
        cmocka_unit_test(one_network_serves_many_threads),
        cmocka_unit_test(failures_come_back_as_statuses),
        cmocka_unit_test(linear_algebra_agrees),
        cmocka_unit_test(bfloat16_is_close_where_it_is_there),
    };
    return cmocka_run_group_tests(tests, load_torch, NULL);
}
