/* imgvec auto: the Automatic Image Model. */
#include <stdio.h>
#include <stdlib.h>

#include "bad.h"
#include "cli.h"
#include "data.h"
#include "out.h"
#include "summary.h"
#include "view.h"

static const cli_flag flags[] = {
    {"output", 'o', "FILE", "Where the model goes, such as my.imgvec. Required."},
    CLI_BAD_FLAG,
    {NULL, 0, NULL, NULL},
};

/* Without a folder by option, the search is kept beside the model. */
static int choose_folder(cli_run *run, const char *path, char *folder, size_t size)
{
    if (run->given[IMGVEC_OPT_CHECKPOINT_DIR])
        return CLI_OK;
    if ((size_t)snprintf(folder, size, "%s.run", path) >= size) {
        cli_complain(run, "%.60s...: too long a name", path);
        return CLI_USAGE;
    }
    return imgvec_options_set_text(run->opts, IMGVEC_OPT_CHECKPOINT_DIR, folder, &run->err) ==
                   IMGVEC_OK
               ? CLI_OK
               : cli_fail(run);
}

static bool was_interrupted(const cli_run *run, const char *info)
{
    cJSON *root = cli_view_parse(run, info);
    const cJSON *search = cJSON_GetObjectItemCaseSensitive(root, "auto");
    bool is = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(search, "interrupted"));
    cJSON_Delete(root);
    return is;
}

static int run_auto(cli_run *run)
{
    const char *path = cli_value(run, "output");
    char folder[4096] = "";
    imgvec_model *model = NULL;
    if (!path) {
        cli_complain(run, "-o FILE is needed: where the model goes, such as -o my.imgvec");
        return CLI_USAGE;
    }
    if (!cli_can_write(run, path)) /* not after an hour of search */
        return CLI_FAILED;
    int code = choose_folder(run, path, folder, sizeof folder);
    if (code != CLI_OK)
        return code;
    imgvec_dataset *ds = cli_data_open(run, run->words, 1, false);
    if (!ds ||
        imgvec_model_train_auto(run->ctx, ds, run->opts, &run->watch, &model, &run->err) !=
            IMGVEC_OK ||
        imgvec_model_save(model, path, &run->err) != IMGVEC_OK)
        code = cli_fail(run);
    else if (run->json)
        cli_json_print(imgvec_model_info(model));
    else
        code = cli_summary_model(run, imgvec_model_info(model));
    if (code == CLI_OK && !run->json) {
        printf("\nmodel saved to %s\n"
               "  imgvec predict %s NEW_DATA -o predictions.csv   scores new rows with it\n",
               path, path);
        if (*folder)
            printf("its trials are kept in %s: the same command with --resume goes on with them;\n"
                   "the folder may be deleted\n",
                   folder);
    }
    if (code == CLI_OK && was_interrupted(run, imgvec_model_info(model)))
        code = CLI_INTERRUPTED; /* what was found is saved */
    imgvec_model_free(model);
    imgvec_dataset_free(ds);
    return code;
}

const cli_verb cli_auto = {
    .name = "auto",
    .usage = "DATA --target COLUMN -o MODEL",
    .summary = "the best image model that the time allows, found automatically",
    .details =
        "The Automatic Image Model: one column of images and a target. Within --time-budget it\n"
        "searches the network (of the checkpoints that are present), its input size, the learning\n"
        "rate, optimizer, batch size, epochs, cropping, augmentations and more; blends the best\n"
        "trials where that is better; and lets them learn once more from all rows. What is given\n"
        "as an option is not searched. Ctrl-C ends the search and keeps the best model so far.\n\n"
        "The trials are kept in MODEL.run (or --checkpoint-dir): after a crash or for more time,\n"
        "the same command with --resume goes on with them. --trial runs one trial again.\n\n"
        "examples:\n"
        "  imgvec auto photos.zip --time-budget 20m -o my.imgvec\n"
        "  imgvec auto photos.zip --time-budget 40m --resume -o my.imgvec\n"
        "  imgvec auto cells.csv --target grade --backbone resnet18,resnet50 -o cells.imgvec\n"
        "  imgvec auto photos.zip --ensemble 1 -o small.imgvec\n"
        "  imgvec auto photos.zip --trial '{\"lr\": 0.001, \"epochs\": 5}' -o one.imgvec",
    .jobs = IMGVEC_JOB_OPEN | IMGVEC_JOB_AUTO,
    .flags = flags,
    .min_words = 1,
    .max_words = 1,
    .run = run_auto,
};
