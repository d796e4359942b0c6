/* imgvec embed: images into vectors, as NPY or CSV. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bad.h"
#include "cli.h"
#include "data.h"
#include "out.h"

static const cli_flag flags[] = {
    {"output", 'o', "FILE", "Where the vectors go: a name ending in .npy or .csv. Required."},
    {"save-vectorizer", 0, "FILE",
     "Keeps the network and projection, so that later vectors can be compared with these."},
    {"vectorizer", 0, "FILE", "Uses what --save-vectorizer kept instead of fitting anew."},
    CLI_BAD_FLAG,
    {NULL, 0, NULL, NULL},
};

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

static void write_csv(const imgvec_dataset *ds, FILE *to, const float *values, int32_t width,
                      const int32_t *status)
{
    int32_t images[CLI_IMAGE_COLUMNS_MAX];
    int32_t count = cli_image_columns(ds, images);
    imgvec_column_info info = {.size = sizeof info};
    fputs("row", to);
    for (int32_t i = 0; i < count; i++) {
        fputc(',', to);
        if (imgvec_dataset_column(ds, images[i], &info, NULL) == IMGVEC_OK)
            cli_csv_text(to, info.name);
    }
    for (int32_t d = 0; d < width; d++)
        fprintf(to, ",v%d", (int)d);
    fputs(",status\n", to);
    for (int64_t row = 0; row < imgvec_dataset_rows(ds); row++) {
        fprintf(to, "%lld", (long long)row);
        for (int32_t i = 0; i < count; i++) {
            char *cell = cli_cell(ds, images[i], row);
            fputc(',', to);
            cli_csv_text(to, cell ? cell : "");
            free(cell);
        }
        for (int32_t d = 0; d < width; d++) {
            fputc(',', to);
            cli_csv_number(to, values[row * width + d]);
        }
        fprintf(to, ",%s\n", cli_status_text(status[row]));
    }
}

static int write_vectors(const cli_run *run, const imgvec_dataset *ds, const char *path,
                         const float *values, int32_t width, const int32_t *status)
{
    cli_file file;
    int64_t rows = imgvec_dataset_rows(ds), bad = 0;
    for (int64_t row = 0; row < rows; row++)
        bad += status[row] != 0;
    if (!cli_file_open(run, path, &file))
        return CLI_FAILED;
    if (ends_with(path, ".npy")) {
        cli_npy_header(file.stream, rows, width);
        fwrite(values, sizeof *values * (size_t)width, (size_t)rows, file.stream);
    } else {
        write_csv(ds, file.stream, values, width, status);
    }
    if (!cli_file_close(run, &file, true))
        return CLI_FAILED;
    if (run->json) {
        printf("{\n  \"rows\": %lld,\n  \"width\": %d,\n  \"bad_rows\": %lld,\n  \"output\": ",
               (long long)rows, (int)width, (long long)bad);
        cli_json_text(stdout, path);
        printf("\n}\n");
    } else {
        printf("%lld rows of %d values written to %s\n", (long long)rows, (int)width, path);
    }
    if (bad)
        cli_complain(run, "%lld of %lld rows have an image that cannot be used: no values there",
                     (long long)bad, (long long)rows);
    return rows && bad == rows ? CLI_FAILED : CLI_OK;
}

static imgvec_vectorizer *get_vectorizer(cli_run *run, const imgvec_dataset *ds)
{
    const char *saved = cli_value(run, "vectorizer"), *save = cli_value(run, "save-vectorizer");
    imgvec_vectorizer *vz = NULL;
    imgvec_status status =
        saved ? imgvec_vectorizer_open(run->ctx, saved, run->opts, &vz, &run->err)
              : imgvec_vectorizer_fit(run->ctx, ds, run->opts, &run->watch, &vz, &run->err);
    if (status == IMGVEC_OK && save)
        status = imgvec_vectorizer_save(vz, save, &run->err);
    if (status == IMGVEC_OK)
        return vz;
    imgvec_vectorizer_free(vz);
    return NULL;
}

/* What a saved vectorizer has settled already. */
static bool settled_options(const cli_run *run)
{
    static const int32_t ids[] = {IMGVEC_OPT_BACKBONE, IMGVEC_OPT_DIM, IMGVEC_OPT_WEIGHTS,
                                  IMGVEC_OPT_WEIGHTS_DIR, IMGVEC_OPT_FINE_TUNE};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (run->given[ids[i]])
            return true;
    return false;
}

static int check_flags(const cli_run *run)
{
    const char *path = cli_value(run, "output"), *save = cli_value(run, "save-vectorizer");
    if (!path || !(ends_with(path, ".npy") || ends_with(path, ".csv"))) {
        cli_complain(run,
                     path ? "-o %s: the name must end in .npy or .csv"
                          : "-o FILE is needed: a name that ends in .npy or .csv%s",
                     path ? path : "");
        return CLI_USAGE;
    }
    if (cli_value(run, "vectorizer") && settled_options(run)) {
        cli_complain(
            run,
            "--vectorizer brings its own backbone, weights, dim and fine-tuning: leave these out");
        return CLI_USAGE;
    }
    return cli_can_write(run, path) && (!save || cli_can_write(run, save)) ? CLI_OK : CLI_FAILED;
}

static int run_embed(cli_run *run)
{
    float *values = NULL;
    int32_t *status = NULL;
    size_t capacity;
    imgvec_vectorizer *vz = NULL;
    int code = check_flags(run);
    if (code != CLI_OK)
        return code;
    imgvec_dataset *ds = cli_data_open(run, run->words, run->word_count, true);
    if (ds)
        vz = get_vectorizer(run, ds);
    if (vz) {
        int64_t rows = imgvec_dataset_rows(ds);
        values = cli_floats(run, rows, imgvec_vectorizer_width(vz), &capacity);
        status = calloc((size_t)rows + 1, sizeof *status);
    }
    if (values && status &&
        imgvec_vectorizer_run(vz, ds, &run->watch, values, capacity, NULL, status, &run->err) ==
            IMGVEC_OK)
        code = write_vectors(run, ds, cli_value(run, "output"), values, imgvec_vectorizer_width(vz),
                             status);
    else
        code = cli_fail(run);
    free(values);
    free(status);
    imgvec_vectorizer_free(vz);
    imgvec_dataset_free(ds);
    return code;
}

const cli_verb cli_embed = {
    .name = "embed",
    .usage = "DATA... -o VECTORS.npy|.csv",
    .summary = "the images of DATA as vectors, for search, clustering or other learners",
    .details =
        "Runs every image through a network and writes the values of its last pooling layer.\n"
        "With --dim N they are projected onto N principal components, fitted on these images:\n"
        "vectors of two separate fits cannot be compared, so keep the vectorizer.\n\n"
        "examples:\n"
        "  imgvec embed photos.zip -o vectors.npy\n"
        "  imgvec embed photos.zip --dim 50 --save-vectorizer my.vec -o vectors.csv\n"
        "  imgvec embed one.jpg two.jpg --vectorizer my.vec -o two.csv",
    .jobs = IMGVEC_JOB_OPEN | IMGVEC_JOB_EMBED | IMGVEC_JOB_PREDICT,
    .flags = flags,
    .min_words = 1,
    .max_words = -1,
    .run = run_embed,
};
