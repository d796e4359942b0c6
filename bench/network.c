/* A backbone with random weights, alone.
 *   network dump BACKBONE FOLDER [THREADS]
 *     writes graph.json, weights.safetensors (not folded), images.raw (16 of them) and
 *     features.raw, what this library makes of them
 *   network serve BACKBONE BATCH THREADS PRECISION
 *     answers lines of seconds with images and seconds (support.h), computing batch after batch as
 *     iv_embed would compute one of so many rows: by workers that take four images at a time
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/thread.h"
#include "io/json.h"
#include "io/safetensors.h"
#include "net/network.h"
#include "support.h"

enum { DUMPED = 16, PART = 4 };

static imgvec_context *ctx;

static iv_network *load(const char *backbone, const char *precision)
{
    const iv_network_request request = {.backbone = backbone,
                                        .weights = "random",
                                        .weights_dir = "",
                                        .device = "cpu",
                                        .precision = precision,
                                        .seed = 1};
    iv_network *net;
    bench_need(iv_network_load(ctx, bench_torch(), &request, &net, &bench_error));
    return net;
}

static size_t image_size(const iv_network *net)
{
    size_t crop = (size_t)iv_network_input(net)->crop;
    return 3 * crop * crop;
}

static float *draw(size_t count)
{
    iv_random r;
    float *values = malloc(count * sizeof *values);
    iv_random_seed(&r, 1, "bench");
    for (size_t i = 0; values && i < count; i++)
        values[i] = (float)iv_random_normal(&r);
    return values;
}

static void put_pair(iv_json_writer *w, const char *name, const int32_t *values, int count)
{
    iv_json_put_array(w, name);
    for (int i = 0; i < count; i++)
        iv_json_put_i64(w, NULL, values[i]);
    iv_json_put_end(w, ']');
}

static void put_node(iv_json_writer *w, const iv_graph *graph, const iv_node *node)
{
    static const char *const ops[IV_OP_COUNT] = {
        "input",       "conv",   "batch_norm", "layer_norm", "activation", "max_pool", "avg_pool",
        "global_pool", "linear", "add",        "mul",        "concat",     "scale"};
    static const char *const activations[IV_ACT_COUNT] = {
        "none", "relu", "relu6", "sigmoid", "silu", "hardswish", "hardsigmoid", "gelu"};
    iv_json_put_object(w, NULL);
    iv_json_put_text(w, "op", ops[node->op]);
    iv_json_put_text(w, "name", node->name);
    iv_json_put_array(w, "inputs");
    for (int32_t i = 0; i < node->input_count; i++)
        iv_json_put_i64(w, NULL, iv_graph_input(graph, node, i));
    iv_json_put_end(w, ']');
    iv_json_put_i64(w, "channels", node->channels);
    put_pair(w, "kernel", node->kernel, 2);
    put_pair(w, "stride", node->stride, 2);
    put_pair(w, "pad", node->pad, 4);
    iv_json_put_i64(w, "groups", node->groups);
    iv_json_put_bool(w, "bias", node->bias);
    iv_json_put_bool(w, "same", node->same);
    iv_json_put_bool(w, "ceil_mode", node->ceil_mode);
    iv_json_put_bool(w, "count_pad", node->count_pad);
    iv_json_put_f64(w, "eps", node->eps);
    iv_json_put_text(w, "activation", activations[node->activation]);
    iv_json_put_end(w, '}');
}

static void write_graph(const iv_network *net, const char *path)
{
    iv_graph *graph;
    iv_text text;
    iv_json_writer w;
    iv_text_init(&text, ctx);
    bench_need(iv_network_graph(net, &graph, &bench_error));
    iv_json_begin(&w, &text, false);
    iv_json_put_object(&w, NULL);
    iv_json_put_i64(&w, "side", iv_network_input(net)->crop);
    iv_json_put_i64(&w, "feature", graph->feature);
    iv_json_put_array(&w, "nodes");
    for (size_t i = 0; i < graph->count; i++)
        put_node(&w, graph, &graph->nodes[i]);
    iv_json_put_end(&w, ']');
    iv_json_put_end(&w, '}');
    bench_need(iv_file_write(ctx, path, text.data, text.length, &bench_error));
    iv_text_free(&text);
    iv_graph_free(graph);
}

static int dump(const char *backbone, const char *folder, int threads)
{
    iv_network *net = load(backbone, "float32");
    size_t pixels = DUMPED * image_size(net), values = DUMPED * (size_t)iv_network_width(net), size;
    float *images = draw(pixels), *features = malloc(values * sizeof *features);
    void *data;
    char path[4096];
    snprintf(path, sizeof path, "%s/graph.json", folder);
    write_graph(net, path);
    bench_need(iv_safetensors_bytes(ctx, iv_network_tensors(net), &data, &size, &bench_error));
    snprintf(path, sizeof path, "%s/weights.safetensors", folder);
    bench_need(iv_file_write(ctx, path, data, size, &bench_error));
    bench_need(iv_network_run(net, images, DUMPED, threads, features, &bench_error));
    snprintf(path, sizeof path, "%s/images.raw", folder);
    bench_need(iv_file_write(ctx, path, images, pixels * sizeof *images, &bench_error));
    snprintf(path, sizeof path, "%s/features.raw", folder);
    bench_need(iv_file_write(ctx, path, features, values * sizeof *features, &bench_error));
    return 0;
}

typedef struct bench {
    const iv_network *net;
    const float *images;
    float *features;
    size_t batch, part;
    int threads, workers;
    double until; /* no batch begins after that */
    pthread_barrier_t barrier;
    atomic_size_t next;
    bool over;
    size_t done;
} bench;

static void work(void *user, int index)
{
    bench *b = user;
    size_t image = image_size(b->net), width = (size_t)iv_network_width(b->net);
    for (;;) {
        size_t at;
        pthread_barrier_wait(&b->barrier);
        while ((at = atomic_fetch_add(&b->next, b->part)) < b->batch) {
            size_t count = b->batch - at < b->part ? b->batch - at : b->part;
            bench_need(iv_network_run(b->net, b->images + at * image, (int32_t)count,
                                      b->threads / b->workers, b->features + at * width,
                                      &bench_error));
        }
        pthread_barrier_wait(&b->barrier);
        if (index == 0) {
            b->done += b->batch;
            b->over = iv_now() >= b->until;
            atomic_store(&b->next, 0);
        }
        pthread_barrier_wait(&b->barrier);
        if (b->over)
            return;
    }
}

static double measure(void *user, double seconds)
{
    bench *b = user;
    iv_team *team;
    b->done = 0;
    b->until = iv_now() + seconds;
    bench_need(iv_team_start(ctx, b->workers, work, b, &team, &bench_error));
    iv_team_free(team);
    return (double)b->done;
}

static int serve(const char *backbone, int batch, int threads, const char *precision)
{
    bench b = {
        .net = load(backbone, precision), .batch = (size_t)batch, .part = PART, .threads = threads};
    while (b.part > 1 && b.batch < b.part * (size_t)threads)
        b.part /= 2;
    size_t parts = (b.batch + b.part - 1) / b.part;
    b.workers = parts < (size_t)threads ? (int)parts : threads;
    b.images = draw(b.batch * image_size(b.net));
    b.features = malloc(b.batch * (size_t)iv_network_width(b.net) * sizeof *b.features);
    pthread_barrier_init(&b.barrier, NULL, (unsigned)b.workers);
    bench_serve(measure, &b);
    return 0;
}

int main(int argc, char **argv)
{
    bench_keep_freed_memory();
    bench_need(imgvec_context_new(&ctx, &bench_error));
    if (argc >= 4 && strcmp(argv[1], "dump") == 0)
        return dump(argv[2], argv[3], argc > 4 ? atoi(argv[4]) : 1);
    if (argc == 6 && strcmp(argv[1], "serve") == 0)
        return serve(argv[2], atoi(argv[3]), atoi(argv[4]), argv[5]);
    fprintf(stderr, "usage: network dump BACKBONE FOLDER [THREADS]\n"
                    "       network serve BACKBONE BATCH THREADS PRECISION\n");
    return 2;
}
