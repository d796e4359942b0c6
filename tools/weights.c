/* imgvec weights inspect: what a checkpoint file holds. */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "out.h"
#include "view.h"

static int show(const cli_run *run, const char *json)
{
    cJSON *root = cli_view_parse(run, json);
    if (!root)
        return CLI_FAILED;
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
    cJSON_Delete(root);
    return CLI_OK;
}

static int run_weights(cli_run *run)
{
    char *json = NULL;
    int code = CLI_OK;
    if (strcmp(run->words[0], "inspect") != 0) {
        cli_complain(run, "\"%s\" is not known; there is: inspect", run->words[0]);
        return CLI_USAGE;
    }
    if (run->word_count < 2) {
        cli_complain(run, "which file? imgvec weights inspect FILE");
        return CLI_USAGE;
    }
    if (imgvec_weights_inspect(run->ctx, run->words[1], &json, &run->err) != IMGVEC_OK)
        return cli_fail(run);
    if (run->json)
        cli_json_print(json);
    else
        code = show(run, json);
    imgvec_text_free(json);
    return code;
}

const cli_verb cli_weights = {
    .name = "weights",
    .usage = "inspect FILE",
    .summary = "the tensors of a checkpoint file",
    .details = "Lists names, types and shapes of the tensors in a checkpoint: .safetensors, or\n"
               "torch's .pth in either of its formats. Nothing in the file is executed.\n\n"
               "examples:\n"
               "  imgvec weights inspect resnet50.safetensors\n"
               "  imgvec weights inspect resnet50-11ad3fa6.pth --json",
    .min_words = 1,
    .max_words = 2,
    .run = run_weights,
};
