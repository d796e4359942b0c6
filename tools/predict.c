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
    {"intervals", 0, NULL,
     "Also writes how far a prediction may be off: lower and upper of a number, or the set of "
     "classes."},
    {"threshold", 0, "P",
     "Binary models: prediction is the second class from this probability on; auto: the model's "
     "own, chosen out of fold. Default: the more probable class."},
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
    double threshold; /* of the second class; NaN: the most probable class */
    float *values;
    float *bounds;    /* lower and upper of each row; NULL: not wanted */
    uint8_t *members; /* of each row's set of classes; NULL: not wanted */
    char *set_text;   /* room for all classes of a set */
    int32_t *status;
    int32_t images[CLI_IMAGE_COLUMNS_MAX], image_count;
} scores;

/* The class of a row, the most probable one or by the threshold; -1 for a row that was not scored.
 */
static int32_t best_class(const scores *s, int64_t row)
{
    const float *p = s->values + row * s->outputs;
    int32_t best = 0;
    if (isnan(p[0]))
        return -1;
    if (!isnan(s->threshold))
        return (double)p[1] >= s->threshold;
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
    if (s->bounds)
        fputs(",lower,upper", to);
    if (s->members)
        fputs(",set", to);
    fputs(",status\n", to);
}

/* Classes of a row's set in their order, with semicolons between them; a backslash stands before a
 * semicolon or backslash of a name. */
static void write_csv_set(const scores *s, int64_t row, FILE *to)
{
    const uint8_t *members = s->members + row * s->outputs;
    char *end = s->set_text;
    for (int32_t k = 0; k < s->outputs; k++) {
        const char *name = imgvec_model_output_name(s->model, k);
        if (!members[k])
            continue;
        if (end > s->set_text)
            *end++ = ';';
        for (; *name; *end++ = *name++)
            if (*name == ';' || *name == '\\')
                *end++ = '\\';
    }
    *end = '\0';
    cli_csv_text(to, s->set_text);
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
        for (int i = 0; s->bounds && i < 2; i++) {
            fputc(',', to);
            cli_csv_number(to, s->bounds[2 * row + i]);
        }
        if (s->members) {
            fputc(',', to);
            write_csv_set(s, row, to);
        }
        fprintf(to, ",%s\n", cli_status_text(s->status[row]));
    }
}

static void write_json_bounds(const scores *s, int64_t row)
{
    if (s->bounds) {
        printf(", \"lower\": ");
        cli_json_number(stdout, (double)s->bounds[2 * row]);
        printf(", \"upper\": ");
        cli_json_number(stdout, (double)s->bounds[2 * row + 1]);
    }
    if (!s->members)
        return;
    bool first = true;
    printf(", \"set\": [");
    for (int32_t k = 0; k < s->outputs; k++)
        if (s->members[row * s->outputs + k]) {
            fputs(first ? "" : ", ", stdout);
            cli_json_text(stdout, imgvec_model_output_name(s->model, k));
            first = false;
        }
    putchar(']');
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
    write_json_bounds(s, row);
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

static bool find_bounds(cli_run *run, scores *s)
{
    size_t rows = (size_t)s->rows, width = s->classes ? (size_t)s->outputs : 2;
    if (s->classes) {
        size_t room = 1;
        for (int32_t k = 0; k < s->outputs; k++)
            room += 2 * strlen(imgvec_model_output_name(s->model, k)) + 1;
        s->members = calloc(rows + 1, width);
        s->set_text = malloc(room);
    } else {
        s->bounds = calloc(rows + 1, width * sizeof *s->bounds);
    }
    if (s->classes ? !s->members || !s->set_text : !s->bounds)
        return false;
    return (s->classes
                ? imgvec_model_sets(s->model, s->values, rows, s->members, rows * width, &run->err)
                : imgvec_model_intervals(s->model, s->values, rows, s->bounds, rows * width,
                                         &run->err)) == IMGVEC_OK;
}

/* Flag threshold, checked against the model before anything is scored. */
static bool read_threshold(const cli_run *run, scores *s)
{
    const char *text = cli_value(run, "threshold");
    char *end;
    s->threshold = NAN;
    if (!text)
        return true;
    bool own = strcmp(text, "auto") == 0;
    s->threshold = own ? imgvec_model_threshold(s->model) : strtod(text, &end);
    if (imgvec_model_outputs(s->model) != 2)
        cli_complain(run, "--threshold is for models of two classes");
    else if (!own && (end == text || *end || !(s->threshold >= 0 && s->threshold <= 1)))
        cli_complain(run, "--threshold %s: give auto or a probability from 0 to 1", text);
    else if (isnan(s->threshold))
        cli_complain(run, "the model has no threshold of its own; give --threshold a probability");
    else
        return true;
    return false;
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
    return !cli_value(run, "intervals") || find_bounds(run, s);
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
    s.model = model;
    if (model && !read_threshold(run, &s)) {
        imgvec_model_free(model);
        return CLI_USAGE;
    }
    if (model)
        ds = cli_data_open(run, run->words + 1, run->word_count - 1, true);
    s.ds = ds;
    code = ds && score(run, &s) ? write_scores(run, &s, path) : cli_fail(run);
    free(s.values);
    free(s.bounds);
    free(s.members);
    free(s.set_text);
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
        "the model file is needed. --intervals adds lower and upper, or the set of classes with\n"
        "semicolons between them (\\; and \\\\ for those within a name), which hold the truth "
        "about\n"
        "as often as the training asked (90 % of rows by default).\n\n"
        "examples:\n"
        "  imgvec predict my.imgvec new.zip -o predictions.csv\n"
        "  imgvec predict my.imgvec one.jpg two.jpg\n"
        "  imgvec predict price.imgvec houses.csv --json\n"
        "  imgvec predict price.imgvec houses.csv --intervals\n"
        "  imgvec predict ill.imgvec cells.zip --threshold auto",
    .jobs = IMGVEC_JOB_OPEN | IMGVEC_JOB_PREDICT,
    .flags = flags,
    .min_words = 2,
    .max_words = -1,
    .run = run_predict,
};
