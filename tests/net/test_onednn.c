/* Inference by oneDNN itself, in float32 on a CPU, against float64 by torch's operations: batches
 * and sizes of all kinds, threads, places of a map, and many runs at once. */
#include "test.h"

#include <math.h>
#include <pthread.h>

#include "every_op.h"
#include "net/fold.h"
#include "net/shape.h"
#include "tiny_backbone.h"
#include "torch_module.h"

enum { MOST = 5, WIDTH = 10 };

typedef struct pair {
    imgvec_context *ctx;
    iv_graph *graph, *folded;
    iv_tensors *weights, *folded_weights;
    void *exact, *fast;
} pair;

static void begin(pair *p, const iv_backbone *backbone)
{
    imgvec_error err;
    *p = (pair){.ctx = test_context()};
    assert_ok(iv_backbone_graph(p->ctx, backbone, &p->graph, &err));
    p->weights = every_op_weights(p->graph);
    assert_ok(iv_graph_fold(p->graph, p->weights, &p->folded, &p->folded_weights, &err));
    assert_ok(torch->network_new(p->graph, p->weights, "cpu", "float64", &p->exact, &err));
    assert_ok(torch->network_new(p->folded, p->folded_weights, "cpu", "float32", &p->fast, &err));
}

static void end(pair *p)
{
    torch->network_free(p->exact);
    torch->network_free(p->fast);
    iv_tensors_free(p->weights);
    iv_tensors_free(p->folded_weights);
    iv_graph_free(p->graph);
    iv_graph_free(p->folded);
    imgvec_context_free(p->ctx);
}

static void assert_close(const float *wanted, const float *got, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!(fabs(got[i] - wanted[i]) <= 1e-5 * (1 + fabs(wanted[i]))))
            fail_msg("value %zu is %g, not %g", i, got[i], wanted[i]);
}

static void check_features(const iv_backbone *backbone)
{
    static const int32_t counts[] = {1, 2, MOST}, sides[][2] = {{24, 31}, {32, 32}};
    pair p;
    imgvec_error err;
    float wanted[MOST * WIDTH], got[MOST * WIDTH];
    begin(&p, backbone);
    for (size_t s = 0; s < 2; s++)
        for (size_t c = 0; c < 3; c++)
            for (int32_t threads = 1; threads <= 2; threads++) {
                int32_t n = counts[c], height = sides[s][0], width = sides[s][1];
                float *images = every_op_image(n, height, width);
                assert_ok(
                    torch->network_run(p.exact, images, n, height, width, threads, wanted, &err));
                for (int again = 0; again < 2; again++) { /* memory is used once more */
                    memset(got, 0xff, sizeof got);
                    assert_ok(
                        torch->network_run(p.fast, images, n, height, width, threads, got, &err));
                    assert_close(wanted, got, (size_t)n * WIDTH);
                }
                free(images);
            }
    end(&p);
}

static void features_are_those_of_torch(void **state)
{
    (void)state;
    check_features(&usual_op_backbone);
    check_features(&common_op_backbone);
}

static void places_are_those_of_torch(void **state)
{
    (void)state;
    const iv_backbone *both[] = {&usual_op_backbone, &common_op_backbone};
    for (int b = 0; b < 2; b++) {
        pair p;
        imgvec_error err;
        begin(&p, both[b]);
        int32_t *sizes = calloc(p.graph->count, 2 * sizeof *sizes);
        assert_ok(iv_graph_shapes(p.graph, 32, 32, sizes, &err));
        int64_t places = (int64_t)sizes[2 * p.graph->saliency] * sizes[2 * p.graph->saliency + 1];
        size_t values = 2 * (size_t)places * WIDTH;
        float *images = every_op_image(2, 32, 32), *wanted = malloc(values * sizeof *wanted),
              *got = malloc(values * sizeof *got);
        assert_ok(torch->network_places(p.exact, images, 2, 32, 32, places, 1, wanted, &err));
        assert_ok(torch->network_places(p.fast, images, 2, 32, 32, places, 1, got, &err));
        assert_true(places > 1);
        assert_close(wanted, got, values);
        assert_fails(torch->network_places(p.fast, images, 2, 32, 32, places + 1, 1, got, &err),
                     IMGVEC_ERR_INTERNAL, "another number of values");
        free(sizes);
        free(images);
        free(wanted);
        free(got);
        end(&p);
    }
}

typedef struct worker {
    pair *p;
    int32_t count;
    float *images, wanted[MOST * WIDTH];
    bool same;
} worker;

static void *work(void *user)
{
    worker *w = user;
    imgvec_error err;
    float got[MOST * WIDTH];
    w->same = true;
    for (int i = 0; i < 50; i++)
        w->same = w->same &&
                  torch->network_run(w->p->fast, w->images, w->count, 32, 32, 1, got, &err) ==
                      IMGVEC_OK &&
                  memcmp(got, w->wanted, (size_t)w->count * WIDTH * sizeof *got) == 0;
    return NULL;
}

static void many_runs_at_once_do_not_mix(void **state)
{
    pair p;
    imgvec_error err;
    worker workers[4];
    pthread_t threads[4];
    (void)state;
    begin(&p, &common_op_backbone);
    for (int i = 0; i < 4; i++) {
        worker *w = &workers[i];
        *w = (worker){.p = &p, .count = 1 + i, .images = every_op_image(1 + i, 32, 32)};
        assert_ok(torch->network_run(p.fast, w->images, w->count, 32, 32, 1, w->wanted, &err));
    }
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_true(workers[i].same);
        free(workers[i].images);
    }
    end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(features_are_those_of_torch),
        cmocka_unit_test(places_are_those_of_torch),
        cmocka_unit_test(many_runs_at_once_do_not_mix),
    };
    return cmocka_run_group_tests(tests, load_torch, NULL);
}
