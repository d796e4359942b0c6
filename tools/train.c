/* imgvec train: the whole experiment, a model file and a summary. */
#include <stdio.h>
#include <stdlib.h>

#include "bad.h"
#include "cli.h"
#include "data.h"
#include "out.h"
#include "summary.h"

static const cli_flag flags[] = {
    {"output", 'o', "FILE", "Where the model goes, such as my.imgvec. Required."},
    {"like", 0, "MODEL",
     "Take every option that is not given here from this model file, with its seed and, for the "
     "same data, its folds: the two trainings then differ in what was asked alone."},
    CLI_BAD_FLAG,
    {NULL, 0, NULL, NULL},
};

static int run_train(cli_run *run)
{
    const char *path = cli_value(run, "output");
    imgvec_model *model = NULL;
    if (!path) {
        cli_complain(run, "-o FILE is needed: where the model goes, such as -o my.imgvec");
        return CLI_USAGE;
    }
    if (!cli_can_write(run, path)) /* not after an hour of training */
        return CLI_FAILED;
    const char *like = cli_value(run, "like");
    if (like && imgvec_options_set_like(run->opts, like, &run->err) != IMGVEC_OK)
        return cli_fail(run);
    int code = CLI_OK;
    imgvec_dataset *ds = cli_data_open(run, run->words, 1, false);
    if (!ds ||
        imgvec_model_train(run->ctx, ds, run->opts, &run->watch, &model, &run->err) != IMGVEC_OK ||
        imgvec_model_save(model, path, &run->err) != IMGVEC_OK)
        code = cli_fail(run);
    else if (run->json)
        cli_json_print(imgvec_model_info(model));
    else
        code = cli_summary_model(run, imgvec_model_info(model));
    if (code == CLI_OK && !run->json)
        printf("\nmodel saved to %s\n"
               "  imgvec predict %s NEW_DATA -o predictions.csv   scores new rows with it\n",
               path, path);
    imgvec_model_free(model);
    imgvec_dataset_free(ds);
    return code;
}

const cli_verb cli_train = {
    .name = "train",
    .usage = "DATA --target COLUMN -o MODEL",
    .summary = "a model from DATA, with its cross-validated score",
    .details =
        "Embeds the images with a network, joins the other columns, and cross-validates the whole\n"
        "procedure: inside each training fold it chooses boosted trees (XGBoost) or a linear\n"
        "model, how images become features, the scale of a numeric target and the columns that\n"
        "earn their place. The same on all rows gives the one model file that is written.\n"
        "--target may be left out where DATA has class folders.\n\n"
        "Weights of the network are looked for in --weights-dir, in the folder that the variable\n"
        "IMGVEC_WEIGHTS names, and in the user's and the system's data folders. --weights random\n"
        "trains on a randomly initialised network, which needs no file and scores much worse.\n\n"
        "examples:\n"
        "  imgvec train photos.zip -o my.imgvec\n"
        "  imgvec train houses.zip --target price --backbone resnet18 --dim 50 -o price.imgvec\n"
        "  imgvec train houses.zip --target price --xgb max_depth=4 --folds 10 -o price.imgvec\n"
        "  imgvec train --like price.imgvec houses.zip --dim 100 -o wider.imgvec\n"
        "  imgvec compare price.imgvec wider.imgvec",
    .jobs = IMGVEC_JOB_OPEN | IMGVEC_JOB_TRAIN,
    .flags = flags,
    .min_words = 1,
    .max_words = 1,
    .run = run_train,
};
