/* imgvec augment: the augmentations, and what they do to the images of DATA. */
#include "augment.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "data.h"
#include "nearest.h"
#include "out.h"

static const cli_flag flags[] = {
    {"output", 'o', "FILE", "PNG file for the contact sheet. Required, except with --list."},
    {"list", 0, NULL, "List the augmentations with their parameters and defaults."},
    {NULL, 0, NULL, NULL},
};

static const char *const types[] = {"",
                                    "number",
                                    "integer",
                                    "boolean",
                                    "range, x for (-x, x)",
                                    "range, x for (min, x)",
                                    "integer range, x for (min, x)",
                                    "range, x for (x, x)",
                                    "two integers, x for (x, x)"};

static const char *type_text(int32_t type)
{
    return type >= 1 && type <= 8 ? types[type] : "";
}

static void list_json(const imgvec_augmentation_row *row, int32_t index)
{
    imgvec_augmentation_parameter_row p = {.size = sizeof p};
    printf("%s\n    {\"name\": \"%s\", \"help\": ", index ? "," : "", row->name);
    cli_json_text(stdout, row->help);
    printf(", \"pairs\": %s, \"parameters\": [", row->pairs ? "true" : "false");
    for (int32_t i = 0; i < row->parameters; i++) {
        if (imgvec_augmentation_parameter(index, i, &p, NULL) != IMGVEC_OK)
            continue;
        printf("%s\n      {\"name\": \"%s\", \"type\": \"%s\", \"default\": ", i ? "," : "", p.name,
               type_text(p.type));
        cli_json_text(stdout, p.default_value);
        printf(", \"min\": %.9g, \"max\": %.9g, \"help\": ", p.min, p.max);
        cli_json_text(stdout, p.help);
        putchar('}');
    }
    printf("]}");
}

static void list_text(const imgvec_augmentation_row *row, int32_t index)
{
    imgvec_augmentation_parameter_row p = {.size = sizeof p};
    printf("%s%s  %s\n", index ? "\n" : "", row->name, row->help);
    for (int32_t i = 0; i < row->parameters; i++)
        if (imgvec_augmentation_parameter(index, i, &p, NULL) == IMGVEC_OK)
            printf("  %-18s %-26s %s\n", p.name, p.default_value, p.help);
}

static int list(cli_run *run)
{
    imgvec_augmentation_row row = {.size = sizeof row};
    if (run->json)
        printf("{\n  \"augmentations\": [");
    for (int32_t i = 0; i < imgvec_augmentation_count(); i++) {
        if (imgvec_augmentation_info(i, &row, &run->err) != IMGVEC_OK)
            return cli_fail(run);
        if (run->json)
            list_json(&row, i);
        else
            list_text(&row, i);
    }
    if (run->json)
        printf("\n  ]\n}\n");
    return CLI_OK;
}

/* Whether there is that augmentation; the nearest one where there is not. */
static bool known(const char *name, const char **nearest)
{
    imgvec_augmentation_row row = {.size = sizeof row};
    cli_nearest n;
    cli_nearest_begin(&n, name);
    for (int32_t i = 0; i < imgvec_augmentation_count(); i++)
        if (imgvec_augmentation_info(i, &row, NULL) == IMGVEC_OK) {
            if (strcasecmp(row.name, name) == 0)
                return true;
            cli_nearest_try(&n, row.name);
        }
    *nearest = n.best;
    return false;
}

/* Looks for a misspelt name in the list, which the library has refused. */
static const char *misspelt(const char *text, char name[64])
{
    int depth = 0;
    for (const char *p = text; *p;) {
        size_t length = 0;
        while (depth == 0 && (isalnum((unsigned char)p[length]) || p[length] == '_'))
            length++;
        if (length > 0 && length < 64) {
            const char *nearest = NULL;
            memcpy(name, p, length);
            name[length] = '\0';
            if (!known(name, &nearest))
                return nearest;
        }
        depth += *p == '(' ? 1 : *p == ')' && depth > 0 ? -1 : 0;
        p += length ? length : 1;
    }
    return NULL;
}

/* The value that --augment was given, or its default; free it. */
static char *list_of(const cli_run *run)
{
    char *json = NULL, *text = NULL;
    if (imgvec_options_json(run->opts, &json, NULL) == IMGVEC_OK) {
        cJSON *root = cli_view_parse(run, json);
        const char *value = cli_view_text(root, "augment");
        text = malloc(strlen(value) + 1);
        if (text)
            strcpy(text, value);
        cJSON_Delete(root);
    }
    imgvec_text_free(json);
    return text;
}

static int refused(cli_run *run, const char *augment)
{
    char name[64];
    const char *nearest = augment ? misspelt(augment, name) : NULL;
    if (run->err.code != IMGVEC_ERR_INVALID_ARGUMENT || !nearest)
        return cli_fail(run);
    cli_complain(run, "there is no augmentation \"%s\"; did you mean %s? (imgvec augment --list)",
                 name, nearest);
    return CLI_USAGE;
}

static int run_augment(cli_run *run)
{
    const char *output = cli_value(run, "output");
    if (cli_value(run, "list"))
        return list(run);
    if (run->word_count == 0 || !output) {
        cli_complain(run, "DATA and -o FILE are needed, or --list (see imgvec augment --help)");
        return CLI_USAGE;
    }
    if (!cli_can_write(run, output))
        return CLI_FAILED;
    int code = CLI_OK;
    char *augment = list_of(run);
    imgvec_dataset *ds = cli_data_open(run, run->words, run->word_count, true);
    if (!ds ||
        imgvec_augment_sheet(run->ctx, ds, run->opts, &run->watch, output, &run->err) != IMGVEC_OK)
        code = refused(run, augment);
    else if (run->json) {
        printf("{\n  \"output\": ");
        cli_json_text(stdout, output);
        printf(",\n  \"augment\": ");
        cli_json_text(stdout, augment ? augment : "");
        printf("\n}\n");
    } else {
        printf("contact sheet of %s: %s\n", augment ? augment : "augmentations", output);
    }
    free(augment);
    imgvec_dataset_free(ds);
    return code;
}

const cli_verb cli_augment = {
    .name = "augment",
    .usage = "DATA -o sheet.png [--augment LIST]",
    .summary = "what each augmentation does to the images of DATA",
    .details =
        "Draws a contact sheet: for each augmentation of the list some images of DATA, the\n"
        "original and random versions of it. DATA may also be image files.\n"
        "The list is comma-separated; parameters stand in parentheses, p among them, the\n"
        "probability that an augmentation is applied to an image (on the sheet it always is,\n"
        "except in the last block, which shows all together).\n\n"
        "examples:\n"
        "  imgvec augment --list\n"
        "  imgvec augment photos.zip -o sheet.png --augment all\n"
        "  imgvec augment photos.zip -o sheet.png --images 5 --seed 7 \\\n"
        "    --augment 'HorizontalFlip,ShiftScaleRotate(rotate_limit=15,p=0.8),Blur(blur_limit=5)'",
    .jobs = IMGVEC_JOB_OPEN | IMGVEC_JOB_AUGMENT,
    .flags = flags,
    .min_words = 0,
    .max_words = -1,
    .run = run_augment,
};

/* ---- docs/augment.md ---- */

static void page_parameter(FILE *to, int32_t index, int32_t parameter)
{
    imgvec_augmentation_parameter_row p = {.size = sizeof p};
    if (imgvec_augmentation_parameter(index, parameter, &p, NULL) != IMGVEC_OK)
        return;
    fprintf(to, "| `%s` | `%s` | %s | %.9g to %.9g | %s |\n", p.name, p.default_value,
            type_text(p.type), p.min, p.max, p.help);
}

void cli_augment_page(FILE *to)
{
    imgvec_augmentation_row row = {.size = sizeof row};
    for (int32_t i = 0; i < imgvec_augmentation_count(); i++) {
        if (imgvec_augmentation_info(i, &row, NULL) != IMGVEC_OK)
            continue;
        fprintf(to, "\n### %s\n\n%s%s\n\n", row.name, row.help, row.pairs ? " For batches." : "");
        fprintf(to, "| parameter | default | takes | bounds | |\n|---|---|---|---|---|\n");
        for (int32_t k = 0; k < row.parameters; k++)
            page_parameter(to, i, k);
    }
}
