#include "weights_list.h"

#include <string.h>

#include "out.h"
#include "view.h"

static bool is_backbone(const char *id)
{
    imgvec_backbone_row row = {.size = sizeof row};
    for (int32_t i = 0; i < imgvec_backbone_count(); i++)
        if (imgvec_backbone_info(i, &row, NULL) == IMGVEC_OK && strcmp(row.id, id) == 0)
            return true;
    return false;
}

/* "80.858", "102.5", or a dash for what is not known. */
static const char *number(char *to, size_t size, double value, int digits)
{
    if (value > 0)
        snprintf(to, size, "%.*f", digits, value);
    else
        snprintf(to, size, "-");
    return to;
}

static void show_row(const imgvec_weights_row *row, const char *path)
{
    char top1[32], mb[32], input[64];
    snprintf(input, sizeof input, "%d>%d %s", (int)row->resize, (int)row->crop, row->interpolation);
    printf("  %-46s %7s %7s  %-17s %-13s %s\n", row->file, number(top1, sizeof top1, row->top1, 3),
           number(mb, sizeof mb, (double)row->bytes * 1e-6, 1), input,
           *row->licence ? row->licence : "not known", *path ? "here" : "");
}

static void show_published(const cJSON *published, const char *backbone)
{
    imgvec_weights_row row = {.size = sizeof row};
    char id[64] = "";
    for (int32_t i = 0; i < imgvec_weights_count(); i++) {
        if (imgvec_weights_info(i, &row, NULL) != IMGVEC_OK ||
            (backbone && strcmp(row.id, backbone) != 0))
            continue;
        if (strcmp(id, row.id) != 0) {
            if (!*id)
                printf("  %-46s %7s %7s  %-17s %-13s\n", "file", "top-1 %", "MB", "input",
                       "licence");
            printf("%s\n", row.id);
            snprintf(id, sizeof id, "%s", row.id);
        }
        show_row(&row, cli_view_text(cJSON_GetArrayItem(published, i), "path"));
    }
}

/* Whether `imgvec weights fetch` gets it: by a hash, over https. */
static bool can_be_fetched(const imgvec_weights_row *row)
{
    return *row->sha256 && strncmp(row->url, "https://", 8) == 0;
}

/* Some publishers call every file "model.safetensors": the name that is looked for is told. */
static void show_by_hand(const char *backbone)
{
    imgvec_weights_row row = {.size = sizeof row};
    bool any = false;
    if (!backbone) {
        printf(
            "\nwithout a published hash or https, to be downloaded by hand: imgvec weights list\n"
            "BACKBONE tells from where, and under which name to save each\n");
        return;
    }
    for (int32_t i = 0; i < imgvec_weights_count(); i++) {
        if (imgvec_weights_info(i, &row, NULL) != IMGVEC_OK || can_be_fetched(&row) ||
            strcmp(row.id, backbone) != 0)
            continue;
        if (!any)
            printf("\nwithout a published hash or https, to be downloaded by hand:\n");
        any = true;
        printf("  %s\n    save it as %s\n", row.url, row.file);
    }
}

static void show_present(const cJSON *root, const char *backbone)
{
    const cJSON *file, *folder;
    int shown = 0;
    printf("\nhere:\n");
    cJSON_ArrayForEach(file, cJSON_GetObjectItemCaseSensitive(root, "present"))
    {
        const char *id = cli_view_text(file, "id");
        if (backbone && strcmp(id, backbone) != 0)
            continue;
        bool chosen = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(file, "chosen"));
        printf("  %-18s %s%s\n", id, cli_view_text(file, "path"), chosen ? "  (taken)" : "");
        shown++;
    }
    if (shown)
        return;
    printf("  none, in\n");
    cJSON_ArrayForEach(folder, cJSON_GetObjectItemCaseSensitive(root, "folders")) printf(
        "  %s%s\n", cli_view_text(folder, "path"),
        cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(folder, "exists")) ? ""
                                                                         : " (no such folder)");
}

int cli_weights_list(cli_run *run, const char *backbone)
{
    char *json = NULL;
    if (backbone && !is_backbone(backbone)) {
        cli_complain(run, "there is no backbone \"%s\" (see imgvec backbones)", backbone);
        return CLI_USAGE;
    }
    if (imgvec_weights_list(run->ctx, cli_value(run, "weights-dir"), &json, &run->err) != IMGVEC_OK)
        return cli_fail(run);
    if (run->json) {
        cli_json_print(json);
        imgvec_text_free(json);
        return CLI_OK;
    }
    cJSON *root = cli_view_parse(run, json);
    imgvec_text_free(json);
    if (!root)
        return CLI_FAILED;
    show_published(cJSON_GetObjectItemCaseSensitive(root, "published"), backbone);
    show_by_hand(backbone);
    show_present(root, backbone);
    cJSON_Delete(root);
    return CLI_OK;
}

static void page_statistics(FILE *to, const imgvec_weights_row *row)
{
    if (row->mean[0] == 0.5f)
        fputs(", 0.5", to);
    else if (row->mean[0] == 0)
        fputs(", 0 and 1", to);
}

void cli_weights_page(FILE *to)
{
    imgvec_weights_row row = {.size = sizeof row};
    char id[64] = "", top1[32], bytes[32];
    fputs(
        "# Published checkpoints\n\n"
        "Written by `imgvec --weights-page`. A file of one of these names, put into a weights\n"
        "folder, is taken for its backbone and gets the preprocessing of its row; so does one "
        "that\n"
        "is named after its backbone and has the row's hash. The first of a backbone goes first\n"
        "where several are there. Input: shorter side > centre crop,\n"
        "interpolation; statistics of ImageNet unless 0.5 (mean and standard deviation) or 0 and "
        "1\n"
        "are given. Top-1: ImageNet-1k, percent, as published, at the crop. Hash: SHA-256, or its\n"
        "beginning. What is not known is left empty. Licences are those that the publisher or its\n"
        "repository states; look there before you rely on one. Hugging Face calls every file\n"
        "model.safetensors: save it under the name that the table gives it.\n",
        to);
    for (int32_t i = 0; i < imgvec_weights_count(); i++) {
        if (imgvec_weights_info(i, &row, NULL) != IMGVEC_OK)
            continue;
        if (strcmp(id, row.id) != 0) {
            fprintf(to,
                    "\n## %s\n\n"
                    "| file | tag | definition | input | top-1 | bytes | hash | licence |\n"
                    "|---|---|---|---|---|---|---|---|\n",
                    row.id);
            snprintf(id, sizeof id, "%s", row.id);
        }
        fprintf(to, "| [%s](%s) | %s | %s | %d > %d, %s", row.file, row.url, row.tag, row.variant,
                (int)row.resize, (int)row.crop, row.interpolation);
        page_statistics(to, &row);
        snprintf(top1, sizeof top1, "%.3f", row.top1);
        snprintf(bytes, sizeof bytes, "%lld", (long long)row.bytes);
        fprintf(to, " | %s | %s | %s | %s |\n", row.top1 > 0 ? top1 : "", row.bytes ? bytes : "",
                row.sha256, row.licence);
    }
}
