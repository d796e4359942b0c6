/* imgvec split: DATA into two CSV files that name the same images. */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "data.h"
#include "out.h"

static const cli_flag flags[] = {
    {"train", 0, "FILE", "CSV file for the first part. Required."},
    {"test", 0, "FILE", "CSV file for the second part. Required."},
    {NULL, 0, NULL, NULL},
};

static int run_split(cli_run *run)
{
    const char *train = cli_value(run, "train"), *test = cli_value(run, "test");
    if (!train || !test) {
        cli_complain(run, "--train FILE and --test FILE are needed");
        return CLI_USAGE;
    }
    if (strcmp(train, test) == 0) {
        cli_complain(run, "--train and --test name the same file, %s", train);
        return CLI_USAGE;
    }
    if (!cli_can_write(run, train) || !cli_can_write(run, test))
        return CLI_FAILED;
    int code = CLI_OK;
    imgvec_dataset *ds = cli_data_open(run, run->words, 1, false);
    if (!ds || imgvec_dataset_split(ds, run->opts, train, test, &run->err) != IMGVEC_OK)
        code = cli_fail(run);
    else if (run->json) {
        printf("{\n  \"rows\": %lld,\n  \"train\": ", (long long)imgvec_dataset_rows(ds));
        cli_json_text(stdout, train);
        printf(",\n  \"test\": ");
        cli_json_text(stdout, test);
        printf("\n}\n");
    } else {
        printf("%lld rows split into %s and %s\n", (long long)imgvec_dataset_rows(ds), train, test);
    }
    imgvec_dataset_free(ds);
    return code;
}

const cli_verb cli_split = {
    .name = "split",
    .usage = "DATA --ratio 0.75 --train A.csv --test B.csv",
    .summary = "DATA into two CSV files that name the same images",
    .details = "Splits the rows at random and writes both parts as CSV files; no image is copied.\n"
               "A class column named by --target (label for class folders) keeps its shares.\n\n"
               "examples:\n"
               "  imgvec split photos.zip --train train.csv --test test.csv\n"
               "  imgvec split houses.csv --ratio 0.8 --seed 7 --train a.csv --test b.csv",
    .jobs = IMGVEC_JOB_OPEN | IMGVEC_JOB_SPLIT,
    .flags = flags,
    .min_words = 1,
    .max_words = 1,
    .run = run_split,
};
