/* imgvec demo: the main job, from data that it draws itself to a prediction. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "data.h"
#include "demo_data.h"
#include "out.h"
#include "view.h"

/* Random features of mobilenetv2_035 would be quicker, but tell little of the drawings. */
#define RANDOM_NETWORK "resnet18"

static const cli_flag flags[] = {
    {"output", 'o', "DIR", "Folder for the demo's files (default: imgvec-demo)."},
    {"weights-dir", 0, "DIR", "Folder with ImageNet weights, such as resnet18.safetensors."},
    {NULL, 0, NULL, NULL},
};

/* Where everything is, and what the steps hand on. */
typedef struct demo {
    cli_run *run;
    const char *folder, *weights_dir;
    char data[PATH_MAX], train[PATH_MAX], test[PATH_MAX], model_path[PATH_MAX];
    bool random; /* no weights were found */
    imgvec_model *model;
    cJSON *with, *without, *held_out;
    char photo[PATH_MAX]; /* the row that is predicted */
    double truth, prediction;
} demo;

/* Text for people; nothing with --json. */
#define SAY(d, ...) ((d)->run->json ? (void)0 : (void)printf(__VA_ARGS__))

static bool any_weights(demo *d)
{
    imgvec_backbone_row row = {.size = sizeof row};
    for (int32_t i = 0; i < imgvec_backbone_count(); i++) {
        char *path = NULL;
        bool found =
            imgvec_backbone_info(i, &row, NULL) == IMGVEC_OK &&
            imgvec_backbone_weights(d->run->ctx, row.id, d->weights_dir, &path, NULL) == IMGVEC_OK;
        imgvec_text_free(path);
        if (found)
            return true;
    }
    return false;
}

static bool split(demo *d)
{
    cli_run *run = d->run;
    imgvec_options *opts = NULL;
    imgvec_dataset *ds = NULL;
    bool ok =
        imgvec_options_new(run->ctx, IMGVEC_JOB_OPEN | IMGVEC_JOB_SPLIT, &opts, &run->err) ==
            IMGVEC_OK &&
        imgvec_options_set_f64(opts, IMGVEC_OPT_RATIO, 0.8, &run->err) == IMGVEC_OK &&
        imgvec_dataset_open(run->ctx, d->data, opts, &run->watch, &ds, &run->err) == IMGVEC_OK &&
        imgvec_dataset_split(ds, opts, d->train, d->test, &run->watch, NULL, &run->err) ==
            IMGVEC_OK;
    imgvec_dataset_free(ds);
    imgvec_options_free(opts);
    return ok;
}

/* One experiment on the training part; its info, parsed. */
static cJSON *train(demo *d, bool images, imgvec_model **model)
{
    cli_run *run = d->run;
    imgvec_options *opts = NULL;
    imgvec_dataset *ds = NULL;
    cJSON *info = NULL;
    bool ok = imgvec_options_new(run->ctx, IMGVEC_JOB_OPEN | IMGVEC_JOB_TRAIN, &opts, &run->err) ==
                  IMGVEC_OK &&
              imgvec_options_set_text(opts, IMGVEC_OPT_TARGET, "price", &run->err) == IMGVEC_OK;
    if (ok && !images)
        ok = imgvec_options_set_text(opts, IMGVEC_OPT_IGNORE, "photo", &run->err) == IMGVEC_OK;
    else if (ok && d->random)
        ok = imgvec_options_set_text(opts, IMGVEC_OPT_BACKBONE, RANDOM_NETWORK, &run->err) ==
                 IMGVEC_OK &&
             imgvec_options_set_text(opts, IMGVEC_OPT_WEIGHTS, "random", &run->err) == IMGVEC_OK;
    else if (ok && d->weights_dir)
        ok = imgvec_options_set_text(opts, IMGVEC_OPT_WEIGHTS_DIR, d->weights_dir, &run->err) ==
             IMGVEC_OK;
    if (ok && images)
        ok = imgvec_options_set_text(opts, IMGVEC_OPT_DIM, "25", &run->err) == IMGVEC_OK;
    ok = ok &&
         imgvec_dataset_open(run->ctx, d->train, opts, &run->watch, &ds, &run->err) == IMGVEC_OK &&
         imgvec_model_train(run->ctx, ds, opts, &run->watch, model, &run->err) == IMGVEC_OK;
    if (ok)
        info = cli_view_parse(run, imgvec_model_info(*model));
    imgvec_dataset_free(ds);
    imgvec_options_free(opts);
    return info;
}

static double score(const cJSON *root, const char *set, const char *metric)
{
    return cli_view_number(cJSON_GetObjectItemCaseSensitive(root, set), metric);
}

static void show_scores(const demo *d)
{
    static const char *const metrics[] = {"rmse", "mae", "r2", "rmsle"};
    SAY(d, "\n   5-fold cross-validation      %-22s %s\n", "without the photos", "with the photos");
    for (int i = 0; i < 4; i++) {
        const char *format = i < 2 ? "   %-28s %8.0f +/- %-10.0f %8.0f +/- %.0f\n"
                                   : "   %-28s %8.3f +/- %-10.3f %8.3f +/- %.3f\n";
        SAY(d, format, metrics[i], score(d->without, "metrics", metrics[i]),
            score(d->without, "metrics_std", metrics[i]), score(d->with, "metrics", metrics[i]),
            score(d->with, "metrics_std", metrics[i]));
    }
}

/* Fills one with the test part's first row as a program would with its own data: column by
 * column, without a file. */
static bool fill_row(demo *d, const imgvec_dataset *from, imgvec_dataset *one)
{
    imgvec_error *err = &d->run->err;
    imgvec_column_info info = {.size = sizeof info};
    bool ok = true;
    for (int32_t i = 0; ok && i < imgvec_dataset_columns(from); i++) {
        ok = imgvec_dataset_column(from, i, &info, err) == IMGVEC_OK;
        char *cell = ok ? cli_cell(from, i, 0) : NULL;
        bool known = cell && cell[0];
        if (ok && strcmp(info.name, "price") == 0) {
            d->truth = known ? atof(cell) : NAN;
        } else if (ok) {
            ok = imgvec_dataset_add_column(one, info.name, info.type, err) == IMGVEC_OK &&
                 (info.type == IMGVEC_COLUMN_NUMERIC
                      ? imgvec_dataset_append_number(one, info.name, known ? atof(cell) : NAN, err)
                      : imgvec_dataset_append_text(one, info.name, known ? cell : NULL, err)) ==
                     IMGVEC_OK;
            SAY(d, "   %-8s %s\n", info.name, known ? cell : "unknown");
            if (info.type == IMGVEC_COLUMN_IMAGE && cell)
                snprintf(d->photo, sizeof d->photo, "%s", cell);
        }
        free(cell);
    }
    return ok;
}

static bool predict_row(demo *d, const imgvec_model *model, const imgvec_dataset *from)
{
    cli_run *run = d->run;
    imgvec_dataset *one = NULL;
    float price;
    bool ok = imgvec_dataset_new(run->ctx, &one, &run->err) == IMGVEC_OK &&
              fill_row(d, from, one) &&
              imgvec_model_predict(model, one, &run->watch, &price, 1, NULL, NULL, &run->err) ==
                  IMGVEC_OK;
    if (ok) {
        d->prediction = (double)price;
        SAY(d, "   predicted price %.0f, true price %.0f\n", d->prediction, d->truth);
    }
    imgvec_dataset_free(one);
    return ok;
}

/* Opens the saved model as another program would, and scores the part it never saw. */
static bool use_model(demo *d)
{
    cli_run *run = d->run;
    imgvec_dataset *ds = NULL;
    imgvec_model *model = NULL;
    char *json = NULL;
    bool ok =
        imgvec_model_open(run->ctx, d->model_path, NULL, &model, &run->err) == IMGVEC_OK &&
        imgvec_dataset_open(run->ctx, d->test, NULL, &run->watch, &ds, &run->err) == IMGVEC_OK &&
        imgvec_model_evaluate(model, ds, &run->watch, &json, &run->err) == IMGVEC_OK;
    if (ok)
        d->held_out = cli_view_parse(run, json);
    ok = ok && d->held_out;
    if (ok) {
        SAY(d, "   on the %lld cars that training never saw: rmse %.0f, r2 %.3f\n\n",
            (long long)imgvec_dataset_rows(ds), score(d->held_out, "metrics", "rmse"),
            score(d->held_out, "metrics", "r2"));
        ok = predict_row(d, model, ds);
    }
    imgvec_text_free(json);
    imgvec_dataset_free(ds);
    imgvec_model_free(model);
    return ok;
}

static void explain_random(const demo *d)
{
    SAY(d,
        "\n   NOTE: no ImageNet weights were found, so the network (" RANDOM_NETWORK
        ") is RANDOMLY\n"
        "   INITIALISED. It sees colours and shapes well enough for drawn cars; real photos\n"
        "   need trained weights. Save a published checkpoint of torchvision or timm as, for\n"
        "   instance, resnet18.safetensors into a folder and name it: --weights-dir FOLDER, or\n"
        "   the variable IMGVEC_WEIGHTS. imgvec backbones lists the networks and what is found.\n");
}

static void show_commands(const demo *d)
{
    char more[PATH_MAX + 64] = "";
    if (d->random)
        snprintf(more, sizeof more, " --backbone " RANDOM_NETWORK " --weights random");
    else if (d->weights_dir)
        snprintf(more, sizeof more, " --weights-dir %s", d->weights_dir);
    SAY(d,
        "\nThe same by hand:\n"
        "  imgvec split %s --ratio 0.8 --train %s --test %s\n"
        "  imgvec train %s --target price --dim 25%s -o %s\n"
        "  imgvec evaluate %s %s\n"
        "  imgvec predict %s %s -o predictions.csv\n",
        d->data, d->train, d->test, d->train, more, d->model_path, d->model_path, d->test,
        d->model_path, d->test);
}

static void show_json(const demo *d)
{
    static const char *const names[] = {"with_images", "without_images", "held_out"};
    const cJSON *roots[] = {d->with, d->without, d->held_out};
    printf("{\n  \"model\": ");
    cli_json_text(stdout, d->model_path);
    printf(",\n  \"random_weights\": %s", d->random ? "true" : "false");
    for (int i = 0; i < 3; i++) {
        char *metrics =
            cJSON_PrintUnformatted(cJSON_GetObjectItemCaseSensitive(roots[i], "metrics"));
        printf(",\n  \"%s\": %s", names[i], metrics ? metrics : "null");
        cJSON_free(metrics);
    }
    printf(",\n  \"predicted\": {\"photo\": ");
    cli_json_text(stdout, d->photo);
    printf(", \"prediction\": ");
    cli_json_number(stdout, d->prediction);
    printf(", \"truth\": ");
    cli_json_number(stdout, d->truth);
    printf("}\n}\n");
}

static bool run_steps(demo *d)
{
    imgvec_model *plain = NULL;
    SAY(d,
        "imgvec demo: what is a used car worth?\n\n"
        "1. Drawing %d cars into %s. The table holds brand, year and mileage; size, colour\n"
        "   and rust, which matter to the price as well, show only in the photos.\n",
        DEMO_ROWS, d->folder);
    fflush(stdout);
    if (!demo_data_write(d->run, d->folder))
        return false;
    SAY(d,
        "2. Splitting off a fifth for a test: %s and %s.\n"
        "3. Training twice, without and with the photos.\n",
        d->train, d->test);
    d->random = !any_weights(d);
    if (d->random)
        explain_random(d);
    fflush(stdout);
    if (!split(d))
        return false;
    d->without = train(d, false, &plain);
    imgvec_model_free(plain);
    if (!d->without || !(d->with = train(d, true, &d->model)))
        return false;
    show_scores(d);
    if (imgvec_model_save(d->model, d->model_path, &d->run->err) != IMGVEC_OK)
        return false;
    SAY(d, "\n4. The model is saved as %s. Opened again and used:\n", d->model_path);
    fflush(stdout);
    return use_model(d);
}

static int run_demo(cli_run *run)
{
    demo d = {.run = run, .folder = "imgvec-demo", .weights_dir = cli_value(run, "weights-dir")};
    if (cli_value(run, "output"))
        d.folder = cli_value(run, "output");
    if (strlen(d.folder) > PATH_MAX - 64) {
        cli_complain(run, "the name of the folder is too long: %s", d.folder);
        return CLI_FAILED;
    }
    snprintf(d.data, sizeof d.data, "%s/demo.csv", d.folder);
    snprintf(d.train, sizeof d.train, "%s/train.csv", d.folder);
    snprintf(d.test, sizeof d.test, "%s/test.csv", d.folder);
    snprintf(d.model_path, sizeof d.model_path, "%s/price.imgvec", d.folder);
    int code = CLI_OK;
    if (!run_steps(&d)) {
        code = CLI_FAILED;
        if (run->err.code)
            code = cli_fail(run);
        else if (imgvec_cancel_requested(run->cancel))
            code = CLI_INTERRUPTED;
    } else if (run->json) {
        show_json(&d);
    } else {
        show_commands(&d);
    }
    cJSON_Delete(d.with);
    cJSON_Delete(d.without);
    cJSON_Delete(d.held_out);
    imgvec_model_free(d.model);
    return code;
}

const cli_verb cli_demo = {
    .name = "demo",
    .usage = "[-o DIR]",
    .summary = "the main job on data that it draws itself; needs no download",
    .details =
        "Draws 500 cars with brand, year, mileage and price, trains with and without the photos,\n"
        "saves the model, scores cars it never saw and predicts one. Uses the best network whose\n"
        "weights are found; without any, a randomly initialised one.",
    .flags = flags,
    .min_words = 0,
    .max_words = 0,
    .run = run_demo,
};
