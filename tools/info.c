/* imgvec info: what a saved model or vectorizer is. */
#include <string.h>

#include "cli.h"
#include "out.h"
#include "summary.h"
#include "view.h"

static int show(cli_run *run, const char *info)
{
    cJSON *root = cli_view_parse(run, info);
    if (!root)
        return CLI_FAILED;
    bool vectorizer = strcmp(cli_view_text(root, "kind"), "vectorizer") == 0;
    cJSON_Delete(root);
    return vectorizer ? cli_summary_vectorizer(run, info) : cli_summary_model(run, info);
}

static int run_info(cli_run *run)
{
    char *info = NULL;
    int code = CLI_OK;
    if (imgvec_model_describe_file(run->ctx, run->words[0], &info, &run->err) != IMGVEC_OK)
        return cli_fail(run);
    if (run->json)
        cli_json_print(info);
    else
        code = show(run, info);
    imgvec_text_free(info);
    return code;
}

const cli_verb cli_info = {
    .name = "info",
    .usage = "MODEL",
    .summary = "what a saved model is: task, columns, scores",
    .details = "Shows what a model or vectorizer file holds, once every byte of it is checked. No\n"
               "network is loaded. --json shows everything: options, folds, versions, problems.\n\n"
               "example:\n"
               "  imgvec info my.imgvec",
    .min_words = 1,
    .max_words = 1,
    .run = run_info,
};
