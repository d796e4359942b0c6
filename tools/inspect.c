/* imgvec inspect: what was understood of DATA, and why. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bad.h"
#include "cli.h"
#include "data.h"
#include "out.h"
#include "view.h"

#define CLASSES_SHOWN 20

static void show_columns(const imgvec_dataset *ds)
{
    imgvec_column_info info = {.size = sizeof info};
    printf("columns:  %d\n", (int)imgvec_dataset_columns(ds));
    for (int32_t i = 0; i < imgvec_dataset_columns(ds); i++) {
        if (imgvec_dataset_column(ds, i, &info, NULL) != IMGVEC_OK)
            continue;
        printf("  %-24s %-12s", info.name, cli_type_text(info.type));
        if (info.missing)
            printf(" %lld missing;", (long long)info.missing);
        printf(" %s\n", info.reason ? info.reason : "");
    }
}

static void show_classes(const cJSON *root)
{
    const cJSON *classes = cJSON_GetObjectItemCaseSensitive(root, "classes");
    const cJSON *c;
    int count = cJSON_GetArraySize(classes), shown = 0;
    if (count == 0)
        return;
    printf("classes:  %d\n", count);
    cJSON_ArrayForEach(c, classes)
    {
        if (shown++ == CLASSES_SHOWN) {
            printf("  and %d more, see --json\n", count - CLASSES_SHOWN);
            break;
        }
        printf("  %-24s %lld\n", cli_view_text(c, "name"), cli_view_count(c, "count"));
    }
}

static void show_files(const cJSON *root)
{
    const cJSON *images = cJSON_GetObjectItemCaseSensitive(root, "images");
    const cJSON *others = cJSON_GetObjectItemCaseSensitive(root, "other_files");
    if (cli_view_count(images, "cells")) {
        printf("images:   %lld, ", cli_view_count(images, "cells"));
        if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(images, "checked")))
            printf("%lld of them unusable\n", cli_view_count(images, "unusable"));
        else
            printf("not checked\n");
    }
    if (cli_view_count(root, "unused_images"))
        printf("unused:   %lld images that no row names\n", cli_view_count(root, "unused_images"));
    if (cli_view_count(others, "count"))
        printf("left out: %lld other files\n", cli_view_count(others, "count"));
}

/* Images alone, none of which can be used, are no data. */
static int judge(const cli_run *run, const cJSON *root)
{
    const cJSON *images = cJSON_GetObjectItemCaseSensitive(root, "images");
    const cJSON *problems = cJSON_GetObjectItemCaseSensitive(root, "problems");
    long long cells = cli_view_count(images, "cells");
    if (strcmp(cli_view_text(root, "form"), "images") != 0 || cells == 0 ||
        cli_view_count(images, "unusable") != cells)
        return CLI_OK;
    const cJSON *first = cJSON_GetArrayItem(problems, 0);
    if (cells == 1)
        cli_complain(run, "%s: %s", run->words[0], cli_view_text(first, "reason"));
    else
        cli_complain(run, "%s: none of the %lld images can be used; the first: %s: %s",
                     run->words[0], cells, cli_view_text(first, "path"),
                     cli_view_text(first, "reason"));
    return CLI_FAILED;
}

static int show(const cli_run *run, const imgvec_dataset *ds, const char *json)
{
    cJSON *root = cli_view_parse(run, json);
    if (!root)
        return CLI_FAILED;
    if (run->json) {
        cli_json_print(json);
    } else {
        printf("%s: %s\n", run->words[0], cli_view_text(root, "form"));
        printf("evidence: %s\n", cli_view_text(root, "evidence"));
        printf("rows:     %lld\n", (long long)imgvec_dataset_rows(ds));
        show_columns(ds);
        show_classes(root);
        show_files(root);
        cli_view_duplicates(root);
        cli_view_skipped(root);
        cli_view_problems(root);
    }
    int code = judge(run, root);
    cJSON_Delete(root);
    return code;
}

static const cli_flag flags[] = {
    CLI_BAD_FLAG,
    {NULL, 0, NULL, NULL},
};

static int run_inspect(cli_run *run)
{
    char *json = NULL;
    int code = CLI_FAILED;
    imgvec_dataset *ds = cli_data_open(run, run->words, 1, false);
    if (ds && imgvec_dataset_describe(ds, run->opts, &run->watch, &json, &run->err) == IMGVEC_OK)
        code = show(run, ds, json);
    else
        code = cli_fail(run);
    imgvec_text_free(json);
    imgvec_dataset_free(ds);
    return code;
}

const cli_verb cli_inspect = {
    .name = "inspect",
    .usage = "DATA",
    .summary = "rows, columns, types, classes and problems of DATA",
    .details =
        "Opens DATA, tells which form it has, the type of each column with the evidence for\n"
        "it, the classes, and every image that cannot be used. Fails for images alone when none\n"
        "of them can be used.\n\n"
        "examples:\n"
        "  imgvec inspect photos.zip\n"
        "  imgvec inspect houses.zip --csv houses.csv --type zipcode=categorical\n"
        "  imgvec inspect big.zip --no-check-images      without decoding the images",
    .jobs = IMGVEC_JOB_OPEN,
    .flags = flags,
    .min_words = 1,
    .max_words = 1,
    .run = run_inspect,
};
