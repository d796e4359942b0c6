/* imgvec predict: a CSV (or JSON) with a prediction for each row. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bad.h"
#include "cli.h"
#include "data.h"
#include "out.h"

static const cli_flag flags[] = {
    {"output", 'o', "FILE", "CSV file for the predictions; without it they are printed."},
    CLI_BAD_FLAG,
    {NULL, 0, NULL, NULL},
};

/* What one call of the verb has in hand. */
typedef struct scores {
    const imgvec_model *model;
    const imgvec_dataset *ds;
    int64_t rows, unscored;
    int32_t outputs;
    bool classes;
    float *values;
    int32_t *status;
    int32_t images[CLI_IMAGE_COLUMNS_MAX], image_count;
} scores;

/* The most probable class of a row; -1 for a row that was not scored. */
static int32_t best_class(const scores *s, int64_t row)
{
    const float *p = s->values + row * s->outputs;
    int32_t best = 0;
    if (isnan(p[0]))
        return -1;
    for (int32_t k = 1; k < s->outputs; k++)
        if (p[k] > p[best])
            best = k;
    return best;
}

static void write_csv_head(const scores *s, FILE *to)
{
    imgvec_column_info info = {.size = sizeof info};
    fputs("row", to);
    for (int32_t i = 0; i < s->image_count; i++) {
        fputc(',', to);
        if (imgvec_dataset_column(s->ds, s->images[i], &info, NULL) == IMGVEC_OK)
            cli_csv_text(to, info.name);
    }
    fputs(",prediction", to);
    for (int32_t k = 0; s->classes && k < s->outputs; k++) {
        char name[1100];
        snprintf(name, sizeof name, "p_%s", imgvec_model_output_name(s->model, k));
        fputc(',', to);
        cli_csv_text(to, name);
    }
    fputs(",status\n", to);
}

static void write_csv(const scores *s, FILE *to)
{
    write_csv_head(s, to);
    for (int64_t row = 0; row < s->rows; row++) {
        const float *p = s->values + row * s->outputs;
        fprintf(to, "%lld", (long long)row);
        for (int32_t i = 0; i < s->image_count; i++) {
            char *cell = cli_cell(s->ds, s->images[i], row);
            fputc(',', to);
            cli_csv_text(to, cell ? cell : "");
            free(cell);
        }
        fputc(',', to);
        int32_t best = s->classes ? best_class(s, row) : -1;
        if (best >= 0)
            cli_csv_text(to, imgvec_model_output_name(s->model, best));
        else if (!s->classes)
            cli_csv_number(to, p[0]);
        for (int32_t k = 0; s->classes && k < s->outputs; k++) {
            fputc(',', to);
            cli_csv_number(to, p[k]);
        }
        fprintf(to, ",%s\n", cli_status_text(s->status[row]));
    }
}

static void write_json_row(const scores *s, int64_t row)
{
    imgvec_column_info info = {.size = sizeof info};
    const float *p = s->values + row * s->outputs;
    printf("%s\n    {\"row\": %lld", row ? "," : "", (long long)row);
    if (s->image_count)
        printf(", \"images\": {");
    for (int32_t i = 0; i < s->image_count; i++) {
        char *cell = cli_cell(s->ds, s->images[i], row);
        if (imgvec_dataset_column(s->ds, s->images[i], &info, NULL) == IMGVEC_OK) {
            fputs(i ? ", " : "", stdout);
            cli_json_text(stdout, info.name);
            fputs(": ", stdout);
            cli_json_text(stdout, cell ? cell : "");
        }
        free(cell);
    }
    printf("%s, \"prediction\": ", s->image_count ? "}" : "");
    int32_t best = s->classes ? best_class(s, row) : -1;
    if (best >= 0)
        cli_json_text(stdout, imgvec_model_output_name(s->model, best));
    else
        cli_json_number(stdout, s->classes ? NAN : (double)p[0]);
    if (s->classes) {
        printf(", \"p\": {");
        for (int32_t k = 0; k < s->outputs; k++) {
            fputs(k ? ", " : "", stdout);
            cli_json_text(stdout, imgvec_model_output_name(s->model, k));
            fputs(": ", stdout);
            cli_json_number(stdout, (double)p[k]);
        }
        putchar('}');
    }
    printf(", \"status\": \"%s\"}", cli_status_text(s->status[row]));
}

static void write_json(const scores *s, const char *path)
{
    printf("{\n  \"rows\": %lld,\n  \"unscored\": %lld,\n", (long long)s->rows,
           (long long)s->unscored);
    if (path) {
        printf("  \"output\": ");
        cli_json_text(stdout, path);
        printf("\n}\n");
        return;
    }
    printf("  \"predictions\": [");
    for (int64_t row = 0; row < s->rows; row++)
        write_json_row(s, row);
    printf("\n  ]\n}\n");
}

static int write_scores(const cli_run *run, const scores *s, const char *path)
{
    cli_file file;
    if (run->json && !path) {
        write_json(s, NULL);
    } else {
        if (!cli_file_open(run, path ? path : "-", &file))
            return CLI_FAILED;
        write_csv(s, file.stream);
        if (!cli_file_close(run, &file, true))
            return CLI_FAILED;
        if (run->json)
            write_json(s, path);
        else if (path)
            printf("%lld rows scored, written to %s\n", (long long)(s->rows - s->unscored), path);
    }
    if (s->unscored)
        cli_complain(run, "%lld of %lld rows could not be scored; their status says why",
                     (long long)s->unscored, (long long)s->rows);
    return s->rows && s->unscored == s->rows ? CLI_FAILED : CLI_OK;
}

static bool score(cli_run *run, scores *s)
{
    size_t capacity;
    s->rows = imgvec_dataset_rows(s->ds);
    s->outputs = imgvec_model_outputs(s->model);
    s->classes = s->outputs > 1;
    s->image_count = cli_image_columns(s->ds, s->images);
    s->values = cli_floats(run, s->rows, s->outputs, &capacity);
    s->status = calloc((size_t)s->rows + 1, sizeof *s->status);
    if (!s->values || !s->status ||
        imgvec_model_predict(s->model, s->ds, &run->watch, s->values, capacity, NULL, s->status,
                             &run->err) != IMGVEC_OK)
        return false;
    for (int64_t row = 0; row < s->rows; row++)
        s->unscored += s->status[row] != 0;
    return true;
}

static int run_predict(cli_run *run)
{
    const char *path = cli_value(run, "output");
    scores s = {0};
    int code = CLI_FAILED;
    if (path && !cli_can_write(run, path))
        return CLI_FAILED;
    imgvec_dataset *ds = NULL;
    imgvec_model *model = cli_model_open(run, run->words[0]);
    if (model)
        ds = cli_data_open(run, run->words + 1, run->word_count - 1, true);
    s.model = model;
    s.ds = ds;
    code = ds && score(run, &s) ? write_scores(run, &s, path) : cli_fail(run);
    free(s.values);
    free(s.status);
    imgvec_dataset_free(ds);
    imgvec_model_free(model);
    return code;
}

const cli_verb cli_predict = {
    .name = "predict",
    .usage = "MODEL DATA... -o PREDICTIONS.csv",
    .summary = "predictions of MODEL for every row of DATA",
    .details =
        "Writes a CSV file with row, the image columns, prediction, p_<class> for each class, and\n"
        "status: ok, or what was wrong with the row. DATA may also be image files. Nothing but\n"
        "the model file is needed.\n\n"
        "examples:\n"
        "  imgvec predict my.imgvec new.zip -o predictions.csv\n"
        "  imgvec predict my.imgvec one.jpg two.jpg\n"
        "  imgvec predict price.imgvec houses.csv --json",
    .jobs = IMGVEC_JOB_OPEN | IMGVEC_JOB_PREDICT,
    .flags = flags,
    .min_words = 2,
    .max_words = -1,
    .run = run_predict,
};
