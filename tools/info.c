/* imgvec info: what a saved model or vectorizer is. */
#include <stdio.h>

#include "cli.h"
#include "data.h"
#include "out.h"
#include "summary.h"

static int show_model(cli_run *run, imgvec_model *model)
{
    int code = CLI_OK;
    if (run->json)
        cli_json_print(imgvec_model_info(model));
    else
        code = cli_summary_model(run, imgvec_model_info(model));
    imgvec_model_free(model);
    return code;
}

static int run_info(cli_run *run)
{
    imgvec_vectorizer *vz = NULL;
    imgvec_model *model = cli_model_open(run, run->words[0]);
    if (model)
        return show_model(run, model);
    /* The other kind of file; when it is neither, the model's error is the one to show. */
    imgvec_error second;
    if (imgvec_vectorizer_open(run->ctx, run->words[0], NULL, &vz, &second) != IMGVEC_OK) {
        if (second.code != IMGVEC_ERR_FORMAT)
            run->err = second; /* a vectorizer that cannot be used here */
        return cli_fail(run);
    }
    int code = CLI_OK;
    if (run->json)
        cli_json_print(imgvec_vectorizer_info(vz));
    else
        code = cli_summary_vectorizer(run, imgvec_vectorizer_info(vz));
    imgvec_vectorizer_free(vz);
    return code;
}

const cli_verb cli_info = {
    .name = "info",
    .usage = "MODEL",
    .summary = "what a saved model is: task, columns, scores",
    .details = "Shows what a model or vectorizer file holds. --json shows everything: options,\n"
               "folds, versions, problems.\n\n"
               "example:\n"
               "  imgvec info my.imgvec",
    .min_words = 1,
    .max_words = 1,
    .run = run_info,
};
