/* imgvec explain: what each column adds to the predictions, and where in the images the model
 * looks. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bad.h"
#include "cli.h"
#include "data.h"
#include "explain.h"
#include "out.h"

enum { ROWS_SHOWN = 20 };

static const cli_flag flags[] = {
    {"output", 'o', "DIR", "Folder for the results; it is made where it is missing. Required."},
    {"class", 0, "CLASS", "Explains this class for every row; without it, the predicted one."},
    {"rows", 0, "N", "Overlays for the first N rows only. [20]"},
    CLI_BAD_FLAG,
    {NULL, 0, NULL, NULL},
};

int32_t explain_output(const explanation *e, int64_t row)
{
    const float *p = e->scores + row * e->outputs;
    int32_t best = 0;
    if (e->asked >= 0)
        return e->asked;
    for (int32_t k = 1; k < e->outputs; k++)
        if (p[k] > p[best])
            best = k;
    return best;
}

char *explain_path(const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = malloc(size);
    if (path)
        snprintf(path, size, "%s/%s", folder, name);
    return path;
}

static const float *values_of(const explanation *e, int64_t row)
{
    return e->values + (row * e->outputs + explain_output(e, row)) * (e->inputs + 1);
}

static void write_csv(const explanation *e, FILE *to)
{
    fputs("row,output,bias", to);
    for (int32_t i = 0; i < e->inputs; i++) {
        fputc(',', to);
        cli_csv_text(to, imgvec_model_input_name(e->model, i));
    }
    fputs(",margin,prediction,status\n", to);
    for (int64_t row = 0; row < e->rows; row++) {
        const float *v = values_of(e, row);
        int32_t output = explain_output(e, row);
        double margin = 0;
        for (int32_t i = 0; i <= e->inputs; i++)
            margin += (double)v[i];
        fprintf(to, "%lld,", (long long)row);
        if (e->status[row] == 0)
            cli_csv_text(to, imgvec_model_output_name(e->model, output));
        fputc(',', to);
        cli_csv_number(to, v[e->inputs]);
        for (int32_t i = 0; i < e->inputs; i++) {
            fputc(',', to);
            cli_csv_number(to, v[i]);
        }
        fputc(',', to);
        cli_csv_number(to, (float)margin);
        fputc(',', to);
        cli_csv_number(to, e->scores[row * e->outputs + output]);
        fprintf(to, ",%s\n", cli_status_text(e->status[row]));
    }
}

/* Mean size of each input's contributions over the rows, as a share of all. */
static double *shares(const explanation *e)
{
    double *out = calloc((size_t)e->inputs + 1, sizeof *out), total = 0;
    for (int64_t row = 0; out && row < e->rows; row++)
        for (int32_t i = 0; e->status[row] == 0 && i < e->inputs; i++) {
            out[i] += fabs((double)values_of(e, row)[i]);
            total += fabs((double)values_of(e, row)[i]);
        }
    for (int32_t i = 0; out && i < e->inputs; i++)
        out[i] = total > 0 ? out[i] / total : 0;
    return out;
}

static void show(const explanation *e, const double *share)
{
    if (e->run->json) {
        printf("{\n  \"rows\": %lld,\n  \"unscored\": %lld,\n  \"overlays\": %lld,\n"
               "  \"without_overlay\": %lld,\n  \"output\": ",
               (long long)e->rows, (long long)e->unscored, (long long)e->overlays,
               (long long)e->without);
        cli_json_text(stdout, e->folder);
        printf(",\n  \"importance\": [");
        for (int32_t i = 0; i < e->inputs; i++) {
            printf("%s\n    {\"name\": ", i ? "," : "");
            cli_json_text(stdout, imgvec_model_input_name(e->model, i));
            printf(", \"share\": ");
            cli_json_number(stdout, share[i]);
            putchar('}');
        }
        printf("\n  ]\n}\n");
        return;
    }
    printf("what the columns add to the predictions, mean size as a share of all:\n");
    for (int32_t i = 0; i < e->inputs; i++)
        printf("  %5.1f %%  %s\n", 100 * share[i], imgvec_model_input_name(e->model, i));
    printf("%lld rows explained in %s/contributions.csv\n", (long long)(e->rows - e->unscored),
           e->folder);
    if (e->image_count)
        printf("%lld overlays in %s/overlays, shown by %s/index.html\n", (long long)e->overlays,
               e->folder, e->folder);
}

static bool make_folder(const explanation *e, const char *path)
{
    if (path && (mkdir(path, 0777) == 0 || errno == EEXIST))
        return true;
    cli_complain(e->run, "%s: %s", path ? path : e->folder, strerror(errno));
    return false;
}

static bool make_folders(const explanation *e)
{
    char *overlays = explain_path(e->folder, "overlays");
    bool ok = make_folder(e, e->folder) && (!e->image_count || make_folder(e, overlays));
    free(overlays);
    return ok;
}

static int write_all(explanation *e)
{
    cli_file file;
    char *path = explain_path(e->folder, "contributions.csv");
    bool ok = path && cli_file_open(e->run, path, &file);
    if (ok) {
        write_csv(e, file.stream);
        ok = cli_file_close(e->run, &file, true);
    }
    free(path);
    if (!ok)
        return CLI_FAILED;
    e->run->err = (imgvec_error){0};
    if (e->image_count && !explain_overlays(e))
        return e->run->err.code ? cli_fail(e->run) : CLI_FAILED;
    double *share = shares(e);
    if (!share)
        return CLI_FAILED;
    show(e, share);
    free(share);
    if (e->unscored)
        cli_complain(e->run, "%lld of %lld rows could not be scored; their status says why",
                     (long long)e->unscored, (long long)e->rows);
    if (e->without)
        cli_complain(e->run, "%lld images could not be shown", (long long)e->without);
    return e->rows && e->unscored == e->rows ? CLI_FAILED : CLI_OK;
}

/* Image columns of the data that are inputs of the model: by name, or the only one there is. */
static void find_images(explanation *e)
{
    int32_t all[CLI_IMAGE_COLUMNS_MAX], count = cli_image_columns(e->ds, all);
    imgvec_column_info info = {.size = sizeof info};
    for (int32_t i = 0; i < count; i++)
        for (int32_t k = 0; k < e->inputs; k++)
            if (imgvec_dataset_column(e->ds, all[i], &info, NULL) == IMGVEC_OK &&
                (strcmp(info.name, imgvec_model_input_name(e->model, k)) == 0 ||
                 (count == 1 && e->inputs == 1))) {
                e->images[e->image_count++] = all[i];
                break;
            }
}

static bool score(explanation *e)
{
    size_t capacity, room;
    imgvec_watch again = e->run->watch; /* bad images are told of once */
    again.problem = NULL;
    e->rows = imgvec_dataset_rows(e->ds);
    e->shown = e->rows < e->shown ? e->rows : e->shown;
    e->scores = cli_floats(e->run, e->rows, e->outputs, &capacity);
    e->values = cli_floats(e->run, e->rows, (int64_t)e->outputs * (e->inputs + 1), &room);
    e->status = calloc((size_t)e->rows + 1, sizeof *e->status);
    if (!e->scores || !e->values || !e->status ||
        imgvec_model_predict(e->model, e->ds, &e->run->watch, e->scores, capacity, NULL, e->status,
                             &e->run->err) != IMGVEC_OK ||
        imgvec_model_contributions(e->model, e->ds, &again, e->values, room, NULL, NULL,
                                   &e->run->err) != IMGVEC_OK)
        return false;
    for (int64_t row = 0; row < e->rows; row++)
        e->unscored += e->status[row] != 0;
    return true;
}

static int read_flags(explanation *e)
{
    const char *rows = cli_value(e->run, "rows");
    char *end = NULL;
    e->folder = cli_value(e->run, "output");
    e->shown = ROWS_SHOWN;
    if (!e->folder) {
        cli_complain(e->run, "-o DIR is needed: a folder for the results");
        return CLI_USAGE;
    }
    if (rows)
        e->shown = strtoll(rows, &end, 10);
    if (rows && (end == rows || *end || e->shown < 0)) {
        cli_complain(e->run, "--rows %s: a number of rows is needed", rows);
        return CLI_USAGE;
    }
    return CLI_OK;
}

/* After the model is open. */
static int read_class(explanation *e)
{
    const char *name = cli_value(e->run, "class");
    e->outputs = imgvec_model_outputs(e->model);
    e->inputs = imgvec_model_inputs(e->model);
    e->asked = -1;
    if (!name)
        return CLI_OK;
    for (int32_t k = 0; e->outputs > 1 && k < e->outputs; k++)
        if (strcmp(name, imgvec_model_output_name(e->model, k)) == 0)
            e->asked = k;
    if (e->asked >= 0)
        return CLI_OK;
    cli_complain(e->run,
                 e->outputs > 1 ? "--class %s: the model has no such class"
                                : "--class %s: the model predicts a number",
                 name);
    return CLI_USAGE;
}

static int run_explain(cli_run *run)
{
    explanation e = {.run = run};
    imgvec_dataset *ds = NULL;
    int code = read_flags(&e);
    if (code != CLI_OK)
        return code;
    imgvec_model *model = cli_model_open(run, run->words[0]);
    e.model = model;
    code = model ? read_class(&e) : cli_fail(run);
    if (code == CLI_OK) {
        ds = cli_data_open(run, run->words + 1, run->word_count - 1, true);
        e.ds = ds;
        if (ds)
            find_images(&e);
        if (ds && !make_folders(&e))
            code = CLI_FAILED;
        else
            code = ds && score(&e) ? write_all(&e) : cli_fail(run);
    }
    free(e.scores);
    free(e.values);
    free(e.status);
    imgvec_dataset_free(ds);
    imgvec_model_free(model);
    return code;
}

const cli_verb cli_explain = {
    .name = "explain",
    .usage = "MODEL DATA... -o DIR",
    .summary = "why MODEL predicts what it does for the rows of DATA",
    .details =
        "Writes DIR/contributions.csv: for each row what each column adds to the prediction, and\n"
        "the bias, which add up to the margin (log-odds, logit or number). For the first rows,\n"
        "DIR/overlays has each image with a heat map of what speaks for the class (Grad-CAM), or\n"
        "for a number what raises it (orange) and lowers it (blue); DIR/index.html shows them.\n\n"
        "examples:\n"
        "  imgvec explain my.imgvec new.zip -o why\n"
        "  imgvec explain my.imgvec one.jpg --class dress -o why\n"
        "  imgvec explain price.imgvec houses.csv --rows 100 --json -o why",
    .jobs = IMGVEC_JOB_OPEN | IMGVEC_JOB_PREDICT,
    .flags = flags,
    .min_words = 2,
    .max_words = -1,
    .run = run_explain,
};
