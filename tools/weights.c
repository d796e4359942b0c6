/* imgvec weights: which checkpoints are published and which are here, what a file holds,
 * whether it is sound, and how to get it. */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "out.h"
#include "view.h"
#include "weights_list.h"

static int show_tensors(const cJSON *root)
{
    const cJSON *tensors = cJSON_GetObjectItemCaseSensitive(root, "tensors"), *t, *d;
    cJSON_ArrayForEach(t, tensors)
    {
        bool first = true;
        printf("%-60s %-5s [", cli_view_text(t, "name"), cli_view_text(t, "dtype"));
        cJSON_ArrayForEach(d, cJSON_GetObjectItemCaseSensitive(t, "shape"))
        {
            printf("%s%.0f", first ? "" : ", ", d->valuedouble);
            first = false;
        }
        printf("]\n");
    }
    printf("\n%d tensors, %lld values\n", cJSON_GetArraySize(tensors),
           cli_view_count(root, "values"));
    cJSON_ArrayForEach(d, cJSON_GetObjectItemCaseSensitive(root, "metadata"))
        printf("%s: %s\n", d->string, d->valuestring);
    return CLI_OK;
}

static int show_verified(const cJSON *root)
{
    const cJSON *file;
    long long damaged = cli_view_count(root, "damaged");
    cJSON_ArrayForEach(file, cJSON_GetObjectItemCaseSensitive(root, "files"))
        printf("%-8s %s: %s\n", cli_view_text(file, "status"), cli_view_text(file, "path"),
               cli_view_text(file, "reason"));
    printf("%s%lld ok, %lld damaged, %lld unknown\n",
           cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(root, "files")) ? "\n" : "",
           cli_view_count(root, "ok"), damaged, cli_view_count(root, "unknown"));
    return damaged ? CLI_FAILED : CLI_OK;
}

/* Prints what the library says, as it is or for people; takes the text over. */
static int show(const cli_run *run, char *json, int (*view)(const cJSON *root))
{
    cJSON *root = cli_view_parse(run, json);
    int code = CLI_FAILED;
    if (root && run->json) {
        cli_json_print(json);
        code = cli_view_count(root, "damaged") ? CLI_FAILED : CLI_OK;
    } else if (root) {
        code = view(root);
    }
    cJSON_Delete(root);
    imgvec_text_free(json);
    return code;
}

static int inspect(cli_run *run, const char *file)
{
    char *json = NULL;
    if (!file) {
        cli_complain(run, "which file? imgvec weights inspect FILE");
        return CLI_USAGE;
    }
    if (imgvec_weights_inspect(run->ctx, file, &json, &run->err) != IMGVEC_OK)
        return cli_fail(run);
    return show(run, json, show_tensors);
}

static int verify(cli_run *run, const char *file)
{
    char *json = NULL;
    if (imgvec_weights_verify(run->ctx, file, cli_value(run, "weights-dir"), &run->watch, &json,
                              &run->err) != IMGVEC_OK)
        return cli_fail(run);
    return show(run, json, show_verified);
}

/* A flag of ours as the option of the same name. */
static imgvec_status pass_on(cli_run *run, imgvec_options *opts, const char *flag)
{
    const char *value = cli_value(run, flag);
    return value ? imgvec_options_set_named(opts, flag, value, &run->err) : IMGVEC_OK;
}

static int fetch(cli_run *run, const char *name)
{
    imgvec_options *opts = NULL;
    char *path = NULL;
    int code = CLI_OK;
    if (!name) {
        cli_complain(run, "which checkpoint? imgvec weights fetch BACKBONE or FILE");
        return CLI_USAGE;
    }
    if (imgvec_options_new(run->ctx, IMGVEC_JOB_FETCH, &opts, &run->err) != IMGVEC_OK ||
        pass_on(run, opts, "weights-dir") != IMGVEC_OK ||
        pass_on(run, opts, "weights-url") != IMGVEC_OK ||
        imgvec_weights_fetch(run->ctx, name, opts, &run->watch, &path, &run->err) != IMGVEC_OK) {
        code = cli_fail(run);
    } else if (run->json) {
        printf("{\"path\": ");
        cli_json_text(stdout, path);
        printf("}\n");
    } else {
        printf("%s: as published\n", path);
    }
    imgvec_text_free(path);
    imgvec_options_free(opts);
    return code;
}

static int run_weights(cli_run *run)
{
    static const struct {
        const char *name;
        int (*run)(cli_run *run, const char *word);
    } actions[] = {
        {"list", cli_weights_list}, {"inspect", inspect}, {"verify", verify}, {"fetch", fetch}};
    const char *word = run->word_count > 1 ? run->words[1] : NULL;
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (strcmp(run->words[0], actions[i].name) == 0)
            return actions[i].run(run, word);
    cli_complain(run, "\"%s\" is not known; there are: list, inspect, verify, fetch",
                 run->words[0]);
    return CLI_USAGE;
}

static const cli_flag flags[] = {
    {"weights-dir", 0, "DIR", "Folder that is searched first, and downloaded into."},
    {"weights-url", 0, "URL", "Mirror to fetch from; https, or http on localhost."},
    {NULL, 0, NULL, NULL},
};

const cli_verb cli_weights = {
    .name = "weights",
    .usage = "list [BACKBONE] | inspect FILE | verify [FILE] | fetch NAME",
    .summary = "published checkpoints: list, inspect, verify and fetch them",
    .details =
        "list     Which checkpoints are published for each backbone, and which files are\n"
        "         here. The first of a backbone is the one that is preferred.\n"
        "inspect  Names, types and shapes of the tensors in a checkpoint: .safetensors, or\n"
        "         torch's .pth in either of its formats. Nothing in the file is executed.\n"
        "verify   Compares the SHA-256 of a file, or of every file that is here, with the\n"
        "         published one. Exit status 1 when a file is damaged.\n"
        "fetch    Downloads a checkpoint: the first of a backbone, or a file of the list.\n"
        "         Over https, into --weights-dir, the folder that IMGVEC_WEIGHTS names or the\n"
        "         user's data folder. A cut download goes on next time; the file gets its\n"
        "         name once its size and SHA-256 are the published ones. Nothing is\n"
        "         downloaded unless this is asked for.\n\n"
        "examples:\n"
        "  imgvec weights list resnet50\n"
        "  imgvec weights inspect resnet50-11ad3fa6.pth --json\n"
        "  imgvec weights verify --weights-dir ~/weights\n"
        "  imgvec weights fetch resnet50\n"
        "  imgvec weights fetch resnet50_a1_0-14fe96d1.pth --weights-url https://mirror/w",
    .flags = flags,
    .min_words = 1,
    .max_words = 2,
    .run = run_weights,
};
