/* imgvec backbones: the networks, which weights of them are here, and how fast they are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "out.h"
#include "view.h"

static const cli_flag flags[] = {
    {"weights-dir", 0, "DIR", "Folder that is searched first for weights."},
    {"measure", 0, NULL, "Measure images a second on this machine, with random weights."},
    {"threads", 0, "N", "Threads to measure with. Default: all cores."},
    {"device", 0, "DEVICE", "Where to measure: auto, cpu, cuda or cuda:N."},
    {"precision", 0, "P", "Arithmetic to measure: float32 or bfloat16."},
    {NULL, 0, NULL, NULL},
};

/* One line of the table. */
typedef struct line {
    imgvec_backbone_row row;
    double speed; /* images a second; 0: not measured */
} line;

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The files of a backbone in "present", by `put`; how many there were. */
static int each_file(const cJSON *present, const char *id,
                     void (*put)(const cJSON *file, int before))
{
    const cJSON *file;
    int count = 0;
    cJSON_ArrayForEach(file, present) if (strcmp(cli_view_text(file, "id"), id) == 0)
        put(file, count++);
    return count;
}

static void put_name(const cJSON *file, int before)
{
    printf("%s%s", before ? ", " : "", file_name(cli_view_text(file, "path")));
}

static void put_file(const cJSON *file, int before)
{
    const char *tag = cli_view_text(file, "tag");
    printf("%s{\"path\": ", before ? ", " : "");
    cli_json_text(stdout, cli_view_text(file, "path"));
    printf(", \"tag\": ");
    if (*tag)
        cli_json_text(stdout, tag);
    else
        printf("null");
    putchar('}');
}

static void put_path(const cJSON *file, int before)
{
    if (before == 0) /* the first is the one that is taken */
        cli_json_text(stdout, cli_view_text(file, "path"));
}

static void show_json(const line *l, const cJSON *present, bool first)
{
    const imgvec_backbone_row *row = &l->row;
    printf("%s\n    {\"id\": \"%s\", \"parameters\": %lld, \"gmacs\": %.9g, \"width\": %d, "
           "\"input_size\": %d, \"weights\": ",
           first ? "" : ",", row->id, (long long)row->parameters, row->gmacs, (int)row->width,
           (int)row->input_size);
    if (each_file(present, row->id, put_path) == 0)
        printf("null");
    printf(", \"present\": [");
    each_file(present, row->id, put_file);
    putchar(']');
    if (l->speed > 0)
        printf(", \"images_per_second\": %.4g", l->speed);
    putchar('}');
}

/* true when weights are here. */
static bool show_text(const line *l, const cJSON *present)
{
    const imgvec_backbone_row *row = &l->row;
    printf("%-18s %12lld %8.2f %6d %6d  ", row->id, (long long)row->parameters, row->gmacs,
           (int)row->width, (int)row->input_size);
    if (l->speed > 0)
        printf(l->speed >= 100 ? "%9.0f  " : "%9.2f  ", l->speed);
    bool here = each_file(present, row->id, put_name) > 0;
    printf("%s\n", here ? "" : "none found");
    return here;
}

static bool set_options(cli_run *run, imgvec_options *opts)
{
    static const char *const names[] = {"threads", "device", "precision"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = cli_value(run, names[i]);
        if (value && imgvec_options_set_named(opts, names[i], value, &run->err) != IMGVEC_OK)
            return false;
    }
    return true;
}

static bool wanted(const cli_run *run, const char *id)
{
    for (int i = 0; i < run->word_count; i++)
        if (strcmp(run->words[i], id) == 0)
            return true;
    return run->word_count == 0;
}

/* Words that are no backbone: complains of the first. */
static bool all_known(const cli_run *run)
{
    imgvec_backbone_row row = {.size = sizeof row};
    for (int i = 0; i < run->word_count; i++) {
        bool known = false;
        for (int32_t k = 0; !known && k < imgvec_backbone_count(); k++)
            known = imgvec_backbone_info(k, &row, NULL) == IMGVEC_OK &&
                    strcmp(row.id, run->words[i]) == 0;
        if (!known) {
            cli_complain(run, "there is no backbone \"%s\" (see imgvec backbones)", run->words[i]);
            return false;
        }
    }
    return true;
}

/* measure: NULL, or the options to measure a wanted backbone with. */
static bool read_line(cli_run *run, const imgvec_options *measure, int32_t index, line *l)
{
    *l = (line){.row = {.size = sizeof l->row}};
    return imgvec_backbone_info(index, &l->row, &run->err) == IMGVEC_OK &&
           (!measure || !wanted(run, l->row.id) ||
            imgvec_backbone_measure(run->ctx, l->row.id, measure, &run->watch, &l->speed,
                                    &run->err) == IMGVEC_OK);
}

/* All lines first: JSON that a failure cuts off is of no use to anybody. */
static int json_table(cli_run *run, const imgvec_options *measure, const cJSON *present)
{
    int32_t count = imgvec_backbone_count();
    line *lines = calloc((size_t)count, sizeof *lines);
    bool first = true;
    if (!lines) {
        cli_complain(run, "out of memory");
        return CLI_FAILED;
    }
    for (int32_t i = 0; i < count; i++)
        if (!read_line(run, measure, i, &lines[i])) {
            free(lines);
            return cli_fail(run);
        }
    printf("{\n  \"backbones\": [");
    for (int32_t i = 0; i < count; i++)
        if (wanted(run, lines[i].row.id)) {
            show_json(&lines[i], present, first);
            first = false;
        }
    printf("\n  ]\n}\n");
    free(lines);
    return CLI_OK;
}

static int text_table(cli_run *run, const imgvec_options *measure, const cJSON *present)
{
    bool any_missing = false;
    printf("%-18s %12s %8s %6s %6s  %s%s\n", "id", "parameters", "GFLOPs", "width", "input",
           measure ? " images/s  " : "", "weights");
    for (int32_t i = 0; i < imgvec_backbone_count(); i++) {
        line l;
        if (!read_line(run, measure, i, &l))
            return cli_fail(run);
        if (!wanted(run, l.row.id))
            continue;
        if (!show_text(&l, present))
            any_missing = true;
        fflush(stdout); /* measuring takes a while */
    }
    if (any_missing)
        printf(
            "\nWeights are files named like their backbone, such as resnet18.safetensors, or as\n"
            "they were published (imgvec weights list), in --weights-dir, in the folder that\n"
            "IMGVEC_WEIGHTS names, or in imgvec/weights of the user's data folder\n"
            "(XDG_DATA_HOME, by default ~/.local/share).\n");
    return CLI_OK;
}

static int run_backbones(cli_run *run)
{
    imgvec_options *opts = NULL;
    char *json = NULL;
    int code;
    if (!all_known(run))
        return CLI_USAGE;
    if (imgvec_options_new(run->ctx, IMGVEC_JOB_EMBED, &opts, &run->err) != IMGVEC_OK ||
        !set_options(run, opts) ||
        imgvec_weights_list(run->ctx, cli_value(run, "weights-dir"), &json, &run->err) !=
            IMGVEC_OK) {
        code = cli_fail(run);
    } else {
        cJSON *root = cli_view_parse(run, json);
        const cJSON *present = cJSON_GetObjectItemCaseSensitive(root, "present");
        const imgvec_options *measure = cli_value(run, "measure") ? opts : NULL;
        code = !root       ? CLI_FAILED
               : run->json ? json_table(run, measure, present)
                           : text_table(run, measure, present);
        cJSON_Delete(root);
    }
    imgvec_text_free(json);
    imgvec_options_free(opts);
    return code;
}

const cli_verb cli_backbones = {
    .name = "backbones",
    .usage = "[BACKBONE...]",
    .summary = "the networks, their sizes, which weights are here, and how fast they are",
    .details =
        "Lists the networks that --backbone takes, with the files of weights that are here, the\n"
        "one that is taken first. GFLOPs are for one image of the input size and count a\n"
        "multiply-add once, as torchvision does.\n\n"
        "--measure runs each network with random weights on made-up pixels of its input size, as\n"
        "embedding does: every thread takes batches of four images, first as many as take 0.3 s,\n"
        "which warms up, then five times as many again, of which the median is shown. Decoding is\n"
        "not part of it.\n\n"
        "examples:\n"
        "  imgvec backbones\n"
        "  imgvec backbones resnet50 xception --measure --threads 2\n"
        "  imgvec backbones --weights-dir ~/weights --json",
    .flags = flags,
    .min_words = 0,
    .max_words = -1,
    .run = run_backbones,
};
