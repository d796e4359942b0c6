#include "help.h"

#include <string.h>

#include "args.h"

#define WIDTH 92
#define INDENT 6

const cli_verb *const cli_verbs[] = {
    &cli_inspect,  &cli_split,     &cli_embed,   &cli_train,   &cli_auto, &cli_predict,
    &cli_evaluate, &cli_explain,   &cli_report,  &cli_compare, &cli_info, &cli_augment,
    &cli_demo,     &cli_backbones, &cli_weights, NULL,
};

void cli_help(FILE *to)
{
    fprintf(
        to,
        "usage: imgvec VERB ...\n\n"
        "Turns images, alone or beside numbers and categories, into trained models and\n"
        "embeddings. DATA is a zip archive or folder with one folder of images per class,\n"
        "a zip archive or folder with images and a CSV file, or a CSV file, here or at a URL.\n\n");
    for (int i = 0; cli_verbs[i]; i++)
        fprintf(to, "  %-10s %s\n", cli_verbs[i]->name, cli_verbs[i]->summary);
    fprintf(to, "\n  imgvec VERB --help     what a verb takes, with examples\n"
                "  imgvec --version       version and how it was built\n\n"
                "Start with:  imgvec demo\n"
                "         or  imgvec train photos.zip -o my.imgvec\n"
                "         or  imgvec auto photos.zip --time-budget 20m -o my.imgvec\n"
                "             imgvec predict my.imgvec new_photos/ -o predictions.csv\n");
}

/* Prints text in lines of WIDTH, each INDENT deep. */
static void wrap(FILE *to, const char *text)
{
    size_t column = 0;
    while (*text) {
        size_t length = strcspn(text, " ");
        if (column && column + 1 + length > WIDTH - INDENT) {
            fputc('\n', to);
            column = 0;
        }
        fprintf(to, column ? " " : "%*s", column ? 0 : INDENT, "");
        fprintf(to, "%.*s", (int)length, text);
        column += length + (column ? 1 : 0);
        text += length;
        text += strspn(text, " ");
    }
    fputc('\n', to);
}

static void show_flag(FILE *to, const cli_flag *flag)
{
    fprintf(to, "  ");
    if (flag->letter)
        fprintf(to, "-%c, ", flag->letter);
    fprintf(to, "--%s%s%s\n", flag->name, flag->value ? " " : "", flag->value ? flag->value : "");
    wrap(to, flag->help);
}

static void put_name(FILE *to, const char *name)
{
    for (; *name; name++)
        fputc(*name == '_' ? '-' : *name, to);
}

static bool is_limit(const imgvec_option_row *row)
{
    return strncmp(row->name, "max_", 4) == 0 && row->jobs == IMGVEC_JOB_OPEN;
}

static void show_option(FILE *to, const imgvec_option_row *row)
{
    const char *takes = row->choices[0]                 ? row->choices
                        : row->type == IMGVEC_TYPE_I64  ? "N"
                        : row->type == IMGVEC_TYPE_F64  ? "X"
                        : row->type == IMGVEC_TYPE_BOOL ? NULL
                                                        : "TEXT";
    if (row->type == IMGVEC_TYPE_BOOL && strcmp(row->default_value, "1") == 0) {
        fprintf(to, "  --no-");
        put_name(to, row->name);
    } else {
        fprintf(to, "  --");
        put_name(to, row->name);
        if (takes)
            fprintf(to, " %s", takes);
    }
    if (row->type == IMGVEC_TYPE_BOOL)
        fprintf(to, "  (default: %s)", strcmp(row->default_value, "1") == 0 ? "on" : "off");
    else if (row->default_value[0])
        fprintf(to, "  (default: %s)", row->default_value);
    fputc('\n', to);
    wrap(to, row->help);
}

static void show_options(FILE *to, const cli_verb *verb, bool limits)
{
    imgvec_option_row row = {.size = sizeof row};
    bool any = false;
    for (int32_t i = 0; i < imgvec_option_count(); i++) {
        if (imgvec_option_info(i, &row, NULL) != IMGVEC_OK || !cli_takes(verb, &row) ||
            is_limit(&row) != limits)
            continue;
        if (!any)
            fprintf(to, limits ? "\nlimits:\n" : "\noptions:\n");
        any = true;
        show_option(to, &row);
    }
    if (!limits && (verb->jobs & IMGVEC_JOB_TRAIN)) {
        fprintf(to, "  --xgb NAME=VALUE, --xgb.NAME VALUE\n");
        wrap(to, "A parameter that is handed to XGBoost as it is, such as max_depth=6.");
    }
}

void cli_help_verb(FILE *to, const cli_verb *verb)
{
    fprintf(to, "usage: imgvec %s %s\n\n%s\n", verb->name, verb->usage, verb->details);
    fprintf(to, "\nflags:\n");
    for (const cli_flag *f = verb->flags; f && f->name; f++)
        show_flag(to, f);
    for (const cli_flag *f = cli_common_flags; f->name; f++)
        show_flag(to, f);
    show_options(to, verb, false);
    show_options(to, verb, true);
}

static void page_row(FILE *to, const imgvec_option_row *row)
{
    static const char *const jobs[] = {"open",    "split",   "embed", "train",
                                       "predict", "augment", "fetch"};
    static const char *const types[] = {"", "integer", "number", "text", "boolean"};
    const char *between = "";
    fprintf(to, "\n## %s\n\n%s\n\n- command line: `--", row->name, row->help);
    put_name(to, row->name);
    fprintf(to, "`\n- type: %s", types[row->type]);
    if (row->choices[0]) {
        fprintf(to, ", one of ");
        for (const char *p = row->choices; *p;) {
            size_t n = strcspn(p, "|");
            fprintf(to, "%s`%.*s`", between, (int)n, p);
            between = ", ";
            p += n + (p[n] == '|');
        }
    } else if (row->type == IMGVEC_TYPE_I64 || row->type == IMGVEC_TYPE_F64) {
        fprintf(to, ", %.17g to %.17g", row->min, row->max);
    }
    fprintf(to, "\n- default: ");
    if (row->default_value[0])
        fprintf(to, "`%s`", row->default_value);
    else
        fprintf(to, "none");
    fprintf(to, "\n- jobs: ");
    between = "";
    for (int j = 0; j < 7; j++)
        if (row->jobs >> j & 1) {
            fprintf(to, "%s%s", between, jobs[j]);
            between = ", ";
        }
    fprintf(to, "\n- id %d, since %s\n", (int)row->id, row->since);
}

void cli_help_options_page(FILE *to)
{
    imgvec_option_row row = {.size = sizeof row};
    fprintf(to,
            "# Options\n\n"
            "One table feeds the C setters (by id or by name), JSON, the command line and this\n"
            "page, which `imgvec --options-page` writes and a test compares. A job takes the\n"
            "options that list it; `xgb.<name>` (train) hands a parameter to XGBoost as it is.\n");
    for (int32_t i = 0; i < imgvec_option_count(); i++)
        if (imgvec_option_info(i, &row, NULL) == IMGVEC_OK)
            page_row(to, &row);
}
