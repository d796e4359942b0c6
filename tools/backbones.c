/* imgvec backbones: the networks, and where their weights are. */
#include <stdio.h>

#include "cli.h"
#include "out.h"

static const cli_flag flags[] = {
    {"weights-dir", 0, "DIR", "Folder that is searched first for weights."},
    {NULL, 0, NULL, NULL},
};

static void show_json(const imgvec_backbone_row *row, const char *weights, bool first)
{
    printf("%s\n    {\"id\": \"%s\", \"parameters\": %lld, \"gmacs\": %.9g, \"width\": %d, "
           "\"input_size\": %d, \"weights\": ",
           first ? "" : ",", row->id, (long long)row->parameters, row->gmacs, (int)row->width,
           (int)row->input_size);
    if (weights)
        cli_json_text(stdout, weights);
    else
        printf("null");
    putchar('}');
}

static int run_backbones(cli_run *run)
{
    imgvec_backbone_row row = {.size = sizeof row};
    bool any_missing = false;
    if (run->json)
        printf("{\n  \"backbones\": [");
    else
        printf("%-18s %12s %8s %6s %6s  %s\n", "id", "parameters", "GMACs", "width", "input",
               "weights");
    for (int32_t i = 0; i < imgvec_backbone_count(); i++) {
        char *weights = NULL;
        if (imgvec_backbone_info(i, &row, &run->err) != IMGVEC_OK)
            return cli_fail(run);
        imgvec_status status = imgvec_backbone_weights(
            run->ctx, row.id, cli_value(run, "weights-dir"), &weights, &run->err);
        if (status != IMGVEC_OK && status != IMGVEC_ERR_NOT_FOUND)
            return cli_fail(run);
        any_missing = any_missing || !weights;
        if (run->json)
            show_json(&row, weights, i == 0);
        else
            printf("%-18s %12lld %8.2f %6d %6d  %s\n", row.id, (long long)row.parameters, row.gmacs,
                   (int)row.width, (int)row.input_size, weights ? weights : "none found");
        imgvec_text_free(weights);
    }
    if (run->json)
        printf("\n  ]\n}\n");
    else if (any_missing)
        printf("\nWeights are files named like their backbone, such as resnet18.safetensors, in\n"
               "--weights-dir, in the folder that IMGVEC_WEIGHTS names, or in imgvec/weights of\n"
               "the user's data folder (XDG_DATA_HOME, by default ~/.local/share).\n");
    return CLI_OK;
}

const cli_verb cli_backbones = {
    .name = "backbones",
    .usage = "",
    .summary = "the networks, their sizes, and where their weights are",
    .details = "Lists the networks that --backbone takes.\n\n"
               "examples:\n"
               "  imgvec backbones\n"
               "  imgvec backbones --weights-dir ~/weights --json",
    .flags = flags,
    .min_words = 0,
    .max_words = 0,
    .run = run_backbones,
};
