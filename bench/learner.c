/* Cross-validation and the final fit of trees on numeric columns.
 *   learner TASK ROWS COLUMNS CLASSES FOLDS ROUNDS THREADS FOLDER [xgb.NAME=VALUE ...]
 *     answers lines of seconds with cross-validations and seconds (support.h); before, writes
 * x.raw, y.raw, fold.raw (the fold of each row) and predictions.raw (out of fold) into FOLDER There
 * is no choice to make: no early stopping, one way to use the columns, one target scale.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/options.h"
#include "base/random.h"
#include "base/watch.h"
#include "learn/crossval.h"
#include "support.h"
#include "table/dataset.h"

static imgvec_context *ctx;

typedef struct bench {
    float *x, *y;
    size_t rows, columns;
    iv_inputs inputs;
    iv_units units;
    iv_cases cases;
    iv_study study;
    int32_t dim;
    iv_watch watch;
    const char *folder; /* NULL: written already */
} bench;

/* Normal features; the target bends with the first three of them. */
static void draw(bench *b)
{
    iv_random r;
    iv_random_seed(&r, 1, "learner");
    b->x = malloc(b->rows * b->columns * sizeof *b->x);
    b->y = malloc(b->rows * sizeof *b->y);
    for (size_t i = 0; i < b->rows; i++) {
        float *x = b->x + i * b->columns;
        for (size_t j = 0; j < b->columns; j++)
            x[j] = (float)iv_random_normal(&r);
        double s = x[0] + 0.7 * x[1] * x[2] + 0.3 * iv_random_normal(&r);
        int32_t k = b->cases.class_count;
        b->y[i] = k ? (float)fmin(fmax(floor((s + 1.5) / 3 * k), 0), k - 1) : (float)s;
    }
}

static imgvec_dataset *table(const bench *b)
{
    imgvec_dataset *ds;
    char name[24];
    bench_need(imgvec_dataset_new(ctx, &ds, &bench_error));
    for (size_t j = 0; j < b->columns; j++) {
        snprintf(name, sizeof name, "n%zu", j);
        bench_need(imgvec_dataset_add_column(ds, name, IMGVEC_COLUMN_NUMERIC, &bench_error));
        for (size_t i = 0; i < b->rows; i++)
            bench_need(
                imgvec_dataset_append_number(ds, name, b->x[i * b->columns + j], &bench_error));
    }
    return ds;
}

static imgvec_options *options(const char *folds, const char *rounds, int argc, char **argv)
{
    imgvec_options *opts;
    char name[64];
    const char *const fixed[][2] = {
        {"folds", folds},
        {"rounds", rounds},
        {"early_stopping_rounds", "0"},
        {"learner", "xgboost"},
        {"select_blocks", "false"},
        {"ablation", "off"},
        {"target_transform", "none"},
    };
    bench_need(imgvec_options_new(ctx, IMGVEC_JOB_TRAIN, &opts, &bench_error));
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        bench_need(imgvec_options_set_named(opts, fixed[i][0], fixed[i][1], &bench_error));
    for (int i = 0; i < argc; i++) {
        const char *equals = strchr(argv[i], '=');
        snprintf(name, sizeof name, "%.*s", (int)(equals - argv[i]), argv[i]);
        bench_need(imgvec_options_set_named(opts, name, equals + 1, &bench_error));
    }
    return opts;
}

static void prepare(bench *b, iv_task task, const imgvec_options *opts, int32_t threads)
{
    iv_input *items = calloc(b->columns, sizeof *items);
    for (size_t j = 0; j < b->columns; j++)
        items[j] = (iv_input){.column = (int32_t)j, .type = IMGVEC_COLUMN_NUMERIC};
    b->inputs = (iv_inputs){
        .ds = table(b), .opts = opts, .items = items, .count = b->columns, .threads = threads};
    bench_need(iv_units_make(ctx, &b->inputs, true, &b->units, &bench_error));
    b->cases.task = task;
    b->cases.outputs = task == IV_TASK_MULTICLASS ? b->cases.class_count : 1;
    b->cases.count = b->rows;
    b->cases.y = b->y;
    b->cases.row = malloc(b->rows * sizeof *b->cases.row);
    for (size_t i = 0; i < b->rows; i++)
        b->cases.row[i] = (int64_t)i;
    b->study = (iv_study){.inputs = &b->inputs,
                          .units = &b->units,
                          .opts = opts,
                          .metric = iv_option_text(opts, IMGVEC_OPT_METRIC),
                          .dims = &b->dim,
                          .dim_count = 1,
                          .lower_dim = true,
                          .threads = threads};
}

static void write_file(const bench *b, const char *name, const void *data, size_t size)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", b->folder, name);
    bench_need(iv_file_write(ctx, path, data, size, &bench_error));
}

static double measure(void *user, double seconds)
{
    bench *b = user;
    (void)seconds; /* one takes longer than a turn */
    iv_crossval cv;
    bench_need(iv_crossval_run(ctx, &b->study, &b->cases, &b->watch, &cv, &bench_error));
    if (b->folder) {
        write_file(b, "x.raw", b->x, b->rows * b->columns * sizeof *b->x);
        write_file(b, "y.raw", b->y, b->rows * sizeof *b->y);
        write_file(b, "fold.raw", cv.fold_of, b->rows * sizeof *cv.fold_of);
        write_file(b, "predictions.raw", cv.predictions,
                   b->rows * (size_t)b->cases.outputs * sizeof *cv.predictions);
        b->folder = NULL;
    }
    iv_crossval_free(ctx, &cv);
    return 1;
}

int main(int argc, char **argv)
{
    if (argc < 9) {
        fprintf(stderr, "usage: learner TASK ROWS COLUMNS CLASSES FOLDS ROUNDS THREADS FOLDER "
                        "[xgb.NAME=VALUE ...]\n");
        return 2;
    }
    bench b = {.rows = (size_t)atoi(argv[2]),
               .columns = (size_t)atoi(argv[3]),
               .cases.class_count = atoi(argv[4]),
               .folder = argv[8]};
    bool number = strcmp(argv[1], "regression") == 0;
    bench_keep_freed_memory();
    bench_need(imgvec_context_new(&ctx, &bench_error));
    bench_need(iv_watch_init(&b.watch, NULL, &bench_error));
    draw(&b);
    prepare(&b, number ? IV_TASK_REGRESSION : IV_TASK_MULTICLASS,
            options(argv[5], argv[6], argc - 9, argv + 9), atoi(argv[7]));
    bench_serve(measure, &b);
    return 0;
}
