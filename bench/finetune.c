/* Fine-tuning alone: images a second, and what a setting is worth on other images.
 *   finetune TRAIN VALID BACKBONE WEIGHTS [name=value ...] */
#include <dlfcn.h>
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
#include "table/dataset.h"
#include "train/finetune.h"

static imgvec_context *ctx;
static imgvec_error err;
static int argument_count;
static char **arguments;

static void need(imgvec_status status)
{
    if (status == IMGVEC_OK)
        return;
    fprintf(stderr, "finetune: %s\n", err.text);
    exit(2);
}

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

static const iv_executor *torch(void)
{
    char path[4096];
    const char *build = getenv("IMGVEC_TEST_BUILD");
    snprintf(path, sizeof path, "%s/shim/torch.so", build ? build : "build");
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    iv_executor_entry entry = NULL;
    if (module)
        *(void **)(&entry) = dlsym(module, "iv_torch_executor");
    if (!entry) {
        fprintf(stderr, "finetune: %s\n", dlerror());
        exit(2);
    }
    return entry(IV_EXECUTOR_ABI);
}

typedef struct set {
    imgvec_dataset *ds;
    iv_target target;
    int32_t column;
    float *features;
} set;

static set open_set(const char *path, const iv_networks *nets, iv_watch *watch)
{
    set s = {0};
    need(imgvec_dataset_open(ctx, path, NULL, NULL, &s.ds, &err));
    const char *target = setting("target", "label");
    need(iv_target_read(ctx, s.ds, NULL, iv_dataset_find(s.ds, target), &s.target, &err));
    for (int32_t c = 0; c < iv_dataset_columns(s.ds); c++)
        if (iv_dataset_effective_type(s.ds, NULL, c) == IMGVEC_COLUMN_IMAGE)
            s.column = c;
    size_t rows = (size_t)iv_dataset_rows(s.ds);
    int32_t *status = calloc(rows, sizeof *status);
    s.features = malloc(rows * (size_t)nets->width * sizeof *s.features);
    iv_embed_settings settings = {.threads = 2, .batch_size = -1, .max_bad = -1};
    need(iv_embed(ctx, nets, s.ds, s.column, 0, rows, &settings, watch, NULL, s.features, status,
                  &err));
    free(status);
    return s;
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

int main(int argc, char **argv)
{
    if (argc < 5)
        return 2;
    argument_count = argc;
    arguments = argv;
    need(imgvec_context_new(&ctx, &err));
    const iv_executor *executor = torch();
    iv_watch watch;
    need(iv_watch_init(&watch, NULL, &err));
    imgvec_options *opts;
    need(imgvec_options_new(ctx, IMGVEC_JOB_TRAIN, &opts, &err));
    need(imgvec_options_set_named(opts, "backbone", argv[3], &err));
    need(imgvec_options_set_named(opts, "weights", argv[4], &err));
    iv_networks nets;
    need(iv_networks_load(ctx, executor, opts, &nets, &err));
    set train = open_set(argv[1], &nets, &watch);
    int32_t k = train.target.class_count, width = nets.width;

    size_t n = 0, part = (size_t)number("part", 1); /* one row of so many */
    for (size_t i = 0; i < train.target.rows; i += part, n++) {
        train.target.row[n] = train.target.row[i];
        train.target.value[n] = train.target.value[i];
    }
    float *x = malloc(n * (size_t)width * sizeof *x);
    for (size_t i = 0; i < n; i++)
        memcpy(x + i * (size_t)width, train.features + (size_t)train.target.row[i] * (size_t)width,
               (size_t)width * sizeof *x);
    iv_linear probe;
    iv_linear_data data = {
        .x = x, .rows = n, .width = width, .y = train.target.value, .class_count = k, .seed = 1};
    double started = iv_now();
    need(iv_linear_fit(ctx, &data, &probe, NULL, &err));
    printf("probe: %.1f s, lambda %g\n", iv_now() - started, probe.lambda);
    float *bias = malloc((size_t)k * sizeof *bias);
    for (int32_t c = 0; c < k; c++) {
        double b = probe.bias[c];
        for (int32_t j = 0; j < width; j++)
            b -= (double)probe.weights[c * width + j] * probe.mean[j];
        bias[c] = (float)b;
    }
    set judged = open_set(argv[2], &nets, &watch);
    float *answers = malloc((size_t)iv_dataset_rows(judged.ds) * (size_t)k * sizeof *answers);
    for (int64_t i = 0; i < iv_dataset_rows(judged.ds); i++)
        iv_linear_scores(&probe, judged.features + i * width, answers + i * k);
    for (int64_t i = 0; i < iv_dataset_rows(judged.ds); i++)
        for (int32_t c = 0; c < k; c++)
            answers[i * k + c] += probe.bias[c];
    printf("probe: accuracy %.4f\n", accuracy(answers, &judged, k));
    const iv_first_head head = {probe.weights, bias};

    iv_augment augment;
    need(iv_augment_parse(setting("augment", "HorizontalFlip"), &augment, &err));
    iv_lessons lessons = {.ctx = ctx,
                          .ds = train.ds,
                          .column = train.column,
                          .rows = train.target.row,
                          .y = train.target.value,
                          .count = n,
                          .class_count = k,
                          .smoothing = number("smoothing", 0.1),
                          .augment = &augment,
                          .input = *iv_network_input(nets.items[0]),
                          .seed = (uint64_t)number("seed", 1)};
    iv_finetune_spec spec = {.device = "cpu",
                             .precision = "float32",
                             .top = (int32_t)number("top", -1),
                             .bottleneck = (int32_t)number("bottleneck", 0),
                             .epochs = (int32_t)number("epochs", 2),
                             .batch_size = (int32_t)number("batch", 32),
                             .rate = number("lr", 1e-3),
                             .stage_decay = number("decay", 0.8),
                             .warmup = number("warmup", 0.1),
                             .weight_decay = number("wd", 0.01),
                             .momentum = 0.9,
                             .clip = number("clip", 1),
                             .optimizer = strcmp(setting("optimizer", "adamw"), "sgd") == 0
                                              ? IV_OPTIMIZER_SGD
                                              : IV_OPTIMIZER_ADAMW,
                             .loss = IV_LOSS_CROSS_ENTROPY,
                             .drop = number("drop", 1) > 0,
                             .freeze_norms = number("freeze_norms", 0) > 0,
                             .threads = (int32_t)number("threads", 2),
                             .seed = (uint64_t)number("seed", 1),
                             .folder = ""};
    iv_finetuned tuned;
    atomic_uint_fast64_t done = 0;
    started = iv_now();
    need(iv_finetune(ctx, executor, nets.items[0], &lessons, &spec,
                     strcmp(setting("head", "probe"), "probe") == 0 ? &head : NULL, &watch, &done,
                     &tuned, &err));
    double seconds = iv_now() - started;
    printf("training: %.1f s, %.1f images/s, losses", seconds, (double)done / seconds);
    for (int64_t e = 0; e < tuned.epochs; e++)
        printf(" %.4f", tuned.losses[e]);
    printf("\n");
    iv_network *items[1] = {NULL};
    need(iv_network_from_tensors(ctx, executor, tuned.tensors, "cpu", "float32", &items[0], &err));
    tuned.tensors = NULL;
    iv_networks one = {.items = items, .count = 1, .width = iv_network_width(items[0])};
    set scored = open_set(argv[2], &one, &watch);
    if (spec.bottleneck == 0)
        printf("accuracy %.4f\n", accuracy(scored.features, &scored, k));
    iv_finetuned_free(ctx, &tuned);
    return 0;
}
