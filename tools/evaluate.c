/* imgvec evaluate: scores rows whose target is known. */
#include <stdio.h>

#include "bad.h"
#include "cli.h"
#include "data.h"
#include "decisions.h"
#include "out.h"
#include "view.h"

static int show(const cli_run *run, const char *json)
{
    if (run->json) {
        cli_json_print(json);
        return CLI_OK;
    }
    cJSON *root = cli_view_parse(run, json);
    if (!root)
        return CLI_FAILED;
    const cJSON *rows = cJSON_GetObjectItemCaseSensitive(root, "rows");
    printf("target:   %s (%s)\n", cli_view_text(root, "target"), cli_view_text(root, "task"));
    printf("rows:     %lld", cli_view_count(rows, "used"));
    if (cli_view_count(rows, "missing_target"))
        printf(", %lld without a target", cli_view_count(rows, "missing_target"));
    if (cli_view_count(rows, "unscored"))
        printf(", %lld that could not be scored", cli_view_count(rows, "unscored"));
    printf("\n\n");
    cli_view_metrics(root);
    cli_decisions(root);
    cli_view_confusion(root);
    cli_view_problems(root);
    cJSON_Delete(root);
    return CLI_OK;
}

static const cli_flag flags[] = {
    CLI_BAD_FLAG,
    {NULL, 0, NULL, NULL},
};

static int run_evaluate(cli_run *run)
{
    char *json = NULL;
    int code;
    imgvec_dataset *ds = NULL;
    imgvec_model *model = cli_model_open(run, run->words[0]);
    if (model)
        ds = cli_data_open(run, run->words + 1, 1, false);
    if (ds && imgvec_model_evaluate(model, ds, &run->watch, &json, &run->err) == IMGVEC_OK)
        code = show(run, json);
    else
        code = cli_fail(run);
    imgvec_text_free(json);
    imgvec_dataset_free(ds);
    imgvec_model_free(model);
    return code;
}

const cli_verb cli_evaluate = {
    .name = "evaluate",
    .usage = "MODEL DATA",
    .summary = "scores of MODEL on DATA, whose target is known",
    .details = "Predicts every row of DATA and compares with its target column.\n\n"
               "examples:\n"
               "  imgvec evaluate my.imgvec test.csv\n"
               "  imgvec evaluate my.imgvec test.zip --json",
    .jobs = IMGVEC_JOB_OPEN | IMGVEC_JOB_PREDICT,
    .flags = flags,
    .min_words = 2,
    .max_words = 2,
    .run = run_evaluate,
};
