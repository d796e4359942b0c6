/* imgvec split: DATA into two CSV files that name the same images. */
#include <stdio.h>
#include <string.h>

#include "bad.h"
#include "cli.h"
#include "data.h"
#include "out.h"
#include "view.h"

#define CLASSES_SHOWN 20

static const cli_flag flags[] = {
    {"train", 0, "FILE", "CSV file for the first part. Required."},
    {"test", 0, "FILE", "CSV file for the second part. Required."},
    CLI_BAD_FLAG,
    {NULL, 0, NULL, NULL},
};

static void show_part(const cJSON *root, const char *name)
{
    const cJSON *part = cJSON_GetObjectItemCaseSensitive(root, name), *c;
    const cJSON *classes = cJSON_GetObjectItemCaseSensitive(part, "classes");
    int shown = 0;
    printf("%s: %lld rows (%.1f %%)", cli_view_text(part, "path"), cli_view_count(part, "rows"),
           100 * cli_view_number(part, "share"));
    if (cJSON_HasObjectItem(part, "groups"))
        printf(" in %lld groups", cli_view_count(part, "groups"));
    putchar('\n');
    cJSON_ArrayForEach(c, classes)
    {
        if (shown++ == CLASSES_SHOWN) {
            printf("  and %d more, see --json\n", cJSON_GetArraySize(classes) - CLASSES_SHOWN);
            break;
        }
        printf("  %-24s %6lld  %5.1f %%\n", cli_view_text(c, "name"), cli_view_count(c, "rows"),
               100 * cli_view_number(c, "share"));
    }
}

static int show(const cli_run *run, const char *report)
{
    if (run->json) {
        cli_json_print(report);
        return CLI_OK;
    }
    cJSON *root = cli_view_parse(run, report);
    if (!root)
        return CLI_FAILED;
    printf("%lld rows split by %s%s\n", cli_view_count(root, "rows"),
           strcmp(cli_view_text(root, "by"), "time") == 0 ? "time, column " : "chance",
           cli_view_text(root, "time"));
    show_part(root, "train");
    show_part(root, "test");
    if (cli_view_count(root, "moved_to_test"))
        printf("%lld early rows are in the later part with rows that they belong to\n",
               cli_view_count(root, "moved_to_test"));
    if (cli_view_count(root, "bad_images"))
        printf("%lld images cannot be used; see imgvec inspect\n",
               cli_view_count(root, "bad_images"));
    cli_view_duplicates(root);
    cJSON_Delete(root);
    return CLI_OK;
}

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
    int code;
    char *report = NULL;
    imgvec_dataset *ds = cli_data_open(run, run->words, 1, false);
    if (ds && imgvec_dataset_split(ds, run->opts, train, test, &run->watch, &report, &run->err) ==
                  IMGVEC_OK)
        code = show(run, report);
    else
        code = cli_fail(run);
    imgvec_text_free(report);
    imgvec_dataset_free(ds);
    return code;
}

const cli_verb cli_split = {
    .name = "split",
    .usage = "DATA --ratio 0.75 --train A.csv --test B.csv",
    .summary = "DATA into two CSV files that name the same images",
    .details = "Splits the rows and writes both parts as CSV files; no image is copied. Rows are "
               "taken at\n"
               "random, a class column named by --target (label for class folders) in equal "
               "shares, or by\n"
               "--time, the earlier ones for --train. Rows with one value of --group stay on one "
               "side, and\n"
               "so do rows that share an image: for that every image is decoded, unless "
               "--duplicates off.\n\n"
               "examples:\n"
               "  imgvec split photos.zip --train train.csv --test test.csv\n"
               "  imgvec split visits.csv --group patient --train a.csv --test b.csv\n"
               "  imgvec split houses.csv --time sold --ratio 0.8 --train a.csv --test b.csv",
    .jobs = IMGVEC_JOB_OPEN | IMGVEC_JOB_SPLIT,
    .flags = flags,
    .min_words = 1,
    .max_words = 1,
    .run = run_split,
};
