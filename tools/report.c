/* imgvec report: the insights of a model or a running search, as a page or one by one. */
#include <string.h>

#include "cli.h"
#include "out.h"
#include "view.h"

static const cli_flag flags[] = {
    {"output", 'o', "FILE", "File for the page or the insight; - is standard output."},
    {"insight", 0, "NAME", "Give this insight alone, as --format says."},
    {"format", 0, "F", "html (the page), json, svg or png. Default: by the ending of FILE."},
    {"list", 0, NULL, "List the insights that there are."},
    {NULL, 0, NULL, NULL},
};

static int list(cli_run *run)
{
    char *text;
    if (imgvec_report_file(run->ctx, run->words[0], NULL, "list", &text, NULL, &run->err) !=
        IMGVEC_OK)
        return cli_fail(run);
    int code = CLI_OK;
    if (run->json) {
        cli_json_print(text);
    } else {
        cJSON *root = cli_view_parse(run, text);
        code = root ? CLI_OK : CLI_FAILED;
        for (const cJSON *i = root ? root->child : NULL; i; i = i->next)
            printf("  %-18s %s\n", cli_view_text(i, "name"), cli_view_text(i, "title"));
        cJSON_Delete(root);
    }
    imgvec_text_free(text);
    return code;
}

/* What FILE is to become: as asked, else by its ending. */
static const char *format_of(const cli_run *run, const char *output, const char *insight)
{
    static const char *const endings[] = {"html", "json", "svg", "png"};
    const char *format = cli_value(run, "format");
    const char *dot = output ? strrchr(output, '.') : NULL;
    if (format)
        return format;
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
        if (strcmp(dot + 1, endings[i]) == 0)
            return endings[i];
    return insight || run->json ? "json" : "html";
}

static int write_file(cli_run *run, const char *path, const char *bytes, size_t size)
{
    cli_file file;
    if (!cli_file_open(run, path, &file))
        return CLI_FAILED;
    bool whole = fwrite(bytes, 1, size, file.stream) == size;
    return cli_file_close(run, &file, whole) && whole ? CLI_OK : CLI_FAILED;
}

static int run_report(cli_run *run)
{
    const char *output = cli_value(run, "output"), *insight = cli_value(run, "insight");
    if (cli_value(run, "list"))
        return list(run);
    const char *format = format_of(run, output, insight);
    if (!output && strcmp(format, "json") == 0)
        output = "-";
    if (!output) {
        cli_complain(run, "-o FILE is needed, or --list, or --json (see imgvec report --help)");
        return CLI_USAGE;
    }
    if (strcmp(output, "-") != 0 && !cli_can_write(run, output))
        return CLI_FAILED;
    char *bytes;
    size_t size;
    if (imgvec_report_file(run->ctx, run->words[0], insight, format, &bytes, &size, &run->err) !=
        IMGVEC_OK)
        return cli_fail(run);
    int code = write_file(run, output, bytes, size);
    imgvec_text_free(bytes);
    if (code != CLI_OK || strcmp(output, "-") == 0)
        return code;
    if (run->json) {
        printf("{\n  \"output\": ");
        cli_json_text(stdout, output);
        printf(",\n  \"format\": ");
        cli_json_text(stdout, format);
        printf(",\n  \"bytes\": %zu\n}\n", size);
    } else {
        printf("%s: %s\n", insight ? insight : "report", output);
    }
    return CLI_OK;
}

const cli_verb cli_report = {
    .name = "report",
    .usage = "MODEL -o report.html",
    .summary = "how a training went and how good its model is, as one page",
    .details =
        "Writes the insights of a model as one HTML page that needs nothing beside itself: "
        "scores,\n"
        "curves, ROC, confusion, residuals, calibration, the worst errors, training images, data\n"
        "quality. --insight gives one of them as JSON, SVG or PNG; --json without -o all as JSON.\n"
        "No network is loaded. MODEL may also be the JSON of a model (imgvec info --json), or the\n"
        "folder or log of a search, while it is running.\n\n"
        "The page shows the training images that the model keeps; train with --no-insights for a\n"
        "model that keeps none.\n\n"
        "examples:\n"
        "  imgvec report my.imgvec -o report.html\n"
        "  imgvec report my.imgvec --list\n"
        "  imgvec report my.imgvec --insight roc -o roc.png\n"
        "  imgvec report my.imgvec --insight errors --format json",
    .flags = flags,
    .min_words = 1,
    .max_words = 1,
    .run = run_report,
};
