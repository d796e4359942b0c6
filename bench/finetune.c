/* Fine-tuning of one network: images a second, and what a setting is worth on other images, beside
 * a linear probe of the frozen features. finetune TRAIN VALID BACKBONE WEIGHTS [name=value ...]
 * Names: epochs lr decay warmup wd clip batch part top optimizer smoothing augment drop
 * freeze_norms head=probe threads seed target; rows=N: so many rows at most; speed=1: speed alone.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <imgvec/imgvec.h>

#include "base/mem.h"
#include "base/options.h"
#include "base/thread.h"
#include "features/embed.h"
#include "features/linear.h"
#include "learn/target.h"
#include "support.h"
#include "table/dataset.h"
#include "train/finetune.h"

static imgvec_context *ctx;
static iv_watch watch;
static int argument_count;
static char **arguments;

static const char *setting(const char *name, const char *fallback)
{
    size_t length = strlen(name);
    for (int i = 5; i < argument_count; i++)
        if (strncmp(arguments[i], name, length) == 0 && arguments[i][length] == '=')
            return arguments[i] + length + 1;
    return fallback;
}

static double number(const char *name, double fallback)
{
    const char *text = setting(name, NULL);
    return text ? atof(text) : fallback;
}

typedef struct set {
    imgvec_dataset *ds;
    iv_target target;
    int32_t column;
    float *features;
} set;

static set open_set(const char *path)
{
    set s = {0};
    bench_need(imgvec_dataset_open(ctx, path, NULL, NULL, &s.ds, &bench_error));
    const char *target = setting("target", "label");
    bench_need(
        iv_target_read(ctx, s.ds, NULL, iv_dataset_find(s.ds, target), &s.target, &bench_error));
    for (int32_t c = 0; c < iv_dataset_columns(s.ds); c++)
        if (iv_dataset_effective_type(s.ds, NULL, c) == IMGVEC_COLUMN_IMAGE)
            s.column = c;
    return s;
}

static void embed(set *s, const iv_networks *nets)
{
    size_t count = (size_t)iv_dataset_rows(s->ds);
    int32_t *status = calloc(count, sizeof *status);
    free(s->features);
    s->features = malloc(count * (size_t)nets->width * sizeof *s->features);
    iv_embed_settings settings = {.threads = 2, .batch_size = -1, .max_bad = -1};
    bench_need(iv_embed(ctx, nets, s->ds, s->column, 0, count, &settings, &watch, NULL, s->features,
                        status, &bench_error));
    free(status);
}

/* Keeps `rows` of them, evenly. */
static void thin_out(iv_target *t, size_t rows)
{
    size_t n = 0, step = t->rows > rows ? t->rows / rows : 1;
    for (size_t i = 0; i < t->rows && n < rows; i += step, n++) {
        t->row[n] = t->row[i];
        t->value[n] = t->value[i];
    }
    t->rows = n;
}

static double accuracy(const float *scores, const set *s, int32_t k)
{
    size_t right = 0;
    for (size_t i = 0; i < s->target.rows; i++) {
        const float *row = scores + (size_t)s->target.row[i] * (size_t)k;
        int32_t best = 0;
        for (int32_t c = 1; c < k; c++)
            if (row[c] > row[best])
                best = c;
        right += best == (int32_t)s->target.value[i];
    }
    return (double)right / (double)s->target.rows;
}

/* The linear model of the frozen features as a first head, and its accuracy on `judged`. */
static iv_first_head probe(set *train, set *judged, const iv_networks *nets)
{
    size_t k = (size_t)train->target.class_count, width = (size_t)nets->width;
    embed(train, nets);
    embed(judged, nets);
    float *x = malloc(train->target.rows * width * sizeof *x);
    for (size_t i = 0; i < train->target.rows; i++)
        memcpy(x + i * width, train->features + (size_t)train->target.row[i] * width,
               width * sizeof *x);
    iv_linear m;
    const iv_linear_data data = {.x = x,
                                 .rows = train->target.rows,
                                 .width = nets->width,
                                 .y = train->target.value,
                                 .class_count = (int32_t)k,
                                 .seed = 1};
    bench_need(iv_linear_fit(ctx, &data, &m, NULL, &bench_error));
    free(x);
    float *scores = malloc((size_t)iv_dataset_rows(judged->ds) * k * sizeof *scores);
    for (size_t i = 0; i < (size_t)iv_dataset_rows(judged->ds); i++) {
        iv_linear_scores(&m, judged->features + i * width, scores + i * k);
        for (size_t c = 0; c < k; c++)
            scores[i * k + c] += m.bias[c];
    }
    printf("linear probe: accuracy %.4f\n", accuracy(scores, judged, (int32_t)k));
    free(scores);
    for (size_t c = 0; c < k; c++) {
        double b = m.bias[c];
        for (size_t j = 0; j < width; j++)
            b -= (double)m.weights[c * width + j] * m.mean[j];
        m.bias[c] = (float)b;
    }
    return (iv_first_head){m.weights, m.bias}; /* of the process from here on */
}

static iv_finetune_spec read_spec(void)
{
    bool sgd = strcmp(setting("optimizer", "adamw"), "sgd") == 0;
    return (iv_finetune_spec){.device = "cpu",
                              .precision = "float32",
                              .top = (int32_t)number("top", -1),
                              .epochs = (int32_t)number("epochs", 2),
                              .batch_size = (int32_t)number("batch", 32),
                              .part = (int32_t)number("part", IV_TRAINING_PART),
                              .rate = number("lr", 2e-3),
                              .stage_decay = number("decay", 1),
                              .warmup = number("warmup", 0.3),
                              .weight_decay = number("wd", 0.01),
                              .momentum = 0.9,
                              .clip = number("clip", 1),
                              .optimizer = sgd ? IV_OPTIMIZER_SGD : IV_OPTIMIZER_ADAMW,
                              .loss = IV_LOSS_CROSS_ENTROPY,
                              .drop = number("drop", 1) > 0,
                              .freeze_norms = number("freeze_norms", 0) > 0,
                              .threads = (int32_t)number("threads", 2),
                              .seed = (uint64_t)number("seed", 1),
                              .folder = ""};
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "usage: finetune TRAIN VALID BACKBONE WEIGHTS [name=value ...]\n");
        return 2;
    }
    bench_keep_freed_memory();
    argument_count = argc;
    arguments = argv;
    bool speed = number("speed", 0) > 0;
    imgvec_options *opts;
    iv_networks nets;
    iv_augment augment;
    iv_finetuned tuned;
    atomic_uint_fast64_t done = 0;
    bench_need(imgvec_context_new(&ctx, &bench_error));
    bench_need(iv_watch_init(&watch, NULL, &bench_error));
    bench_need(imgvec_options_new(ctx, IMGVEC_JOB_TRAIN, &opts, &bench_error));
    bench_need(imgvec_options_set_named(opts, "backbone", argv[3], &bench_error));
    bench_need(imgvec_options_set_named(opts, "weights", argv[4], &bench_error));
    bench_need(iv_augment_parse(setting("augment", "HorizontalFlip"), &augment, &bench_error));
    const iv_executor *executor = bench_torch();
    bench_need(iv_networks_load(ctx, executor, opts, &nets, &bench_error));
    set train = open_set(argv[1]), valid = open_set(argv[2]);
    thin_out(&train.target, (size_t)number("rows", (double)train.target.rows));
    const iv_lessons lessons = {.ctx = ctx,
                                .ds = train.ds,
                                .column = train.column,
                                .rows = train.target.row,
                                .y = train.target.value,
                                .count = train.target.rows,
                                .class_count = train.target.class_count,
                                .smoothing = number("smoothing", 0.1),
                                .augment = &augment,
                                .input = *iv_network_input(nets.items[0]),
                                .seed = (uint64_t)number("seed", 1)};
    const iv_finetune_spec spec = read_spec();
    iv_first_head head = {NULL, NULL};
    if (!speed)
        head = probe(&train, &valid, &nets);
    double started = iv_now();
    bench_need(iv_finetune(ctx, executor, nets.items[0], &lessons, NULL, &spec,
                           strcmp(setting("head", "random"), "probe") == 0 ? &head : NULL, &watch,
                           &done, &tuned, &bench_error));
    double seconds = iv_now() - started;
    printf("training: %.1f s, %.1f images/s, losses", seconds, (double)done / seconds);
    for (int64_t e = 0; e < tuned.epochs; e++)
        printf(" %.4f", tuned.losses[e]);
    printf("\n");
    if (speed)
        return 0;
    iv_network *items[1];
    bench_need(iv_network_from_tensors(ctx, executor, tuned.tensors, "cpu", "float32", &items[0],
                                       &bench_error));
    const iv_networks one = {.items = items, .count = 1, .width = iv_network_width(items[0])};
    embed(&valid, &one);
    printf("fine-tuned: accuracy %.4f\n",
           accuracy(valid.features, &valid, train.target.class_count));
    return 0;
}
