/* imgvec compare: models side by side. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "grid.h"
#include "out.h"
#include "view.h"

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* A score: a share near 1, or an amount in the target's own unit. */
static const char *score(double value, char out[32])
{
    snprintf(out, 32, fabs(value) >= 1000 ? "%.1f" : "%.4f", value);
    return out;
}

static const char *signed_score(double value, char out[32])
{
    snprintf(out, 32, fabs(value) >= 1000 ? "%+.1f" : "%+.4f", value);
    return out;
}

/* Whether a model has a value of that name. */
static bool any_has(const cJSON *models, const char *name)
{
    const cJSON *m;
    cJSON_ArrayForEach(m, models)
    {
        const cJSON *value = member(m, name);
        if (value && !cJSON_IsNull(value) && (!cJSON_IsArray(value) || cJSON_GetArraySize(value)))
            return true;
    }
    return false;
}

/* A scalar as it would be typed. */
static void put_value(cli_grid *g, int column, const cJSON *value)
{
    if (!value || cJSON_IsNull(value))
        cli_grid_cell(g, column, "-");
    else if (cJSON_IsBool(value))
        cli_grid_cell(g, column, cJSON_IsTrue(value) ? "on" : "off");
    else if (cJSON_IsNumber(value))
        cli_grid_cell(g, column, "%.10g", value->valuedouble);
    else if (cJSON_IsString(value))
        cli_grid_cell(g, column, "%.*s", 60, *value->valuestring ? value->valuestring : "(none)");
}

static void add_options(cli_grid *g, const cJSON *root)
{
    const cJSON *o;
    cli_grid_row(g, cJSON_GetArraySize(member(root, "options")) ? "options that differ"
                                                                : "no option differs");
    cJSON_ArrayForEach(o, member(root, "options"))
    {
        cli_grid_row(g, cli_view_text(o, "name"));
        for (int i = 0; i < g->columns; i++)
            put_value(g, i, cJSON_GetArrayItem(member(o, "values"), i));
    }
}

static void add_network(cli_grid *g, int column, const cJSON *model)
{
    const cJSON *list = member(model, "backbones"), *b;
    char text[64] = "";
    cJSON_ArrayForEach(b, list)
    {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s", used ? "," : "", cli_view_text(b, "id"));
    }
    cli_grid_cell(g, column, "%s", *text ? text : "-");
}

static void add_choices(cli_grid *g, const cJSON *models)
{
    static const char *const names[][2] = {
        {"target", "target"},    {"task", "task"},
        {"learner", "learner"},  {"image_features", "image features"},
        {"dim", "dim"},          {"target_transform", "target transform"},
        {"features", "features"}};
    cli_grid_row(g, "what they are");
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        if (!any_has(models, names[n][0]))
            continue;
        cli_grid_row(g, names[n][1]);
        for (int i = 0; i < g->columns; i++)
            put_value(g, i, member(cJSON_GetArrayItem(models, i), names[n][0]));
    }
    if (any_has(models, "backbones"))
        cli_grid_row(g, "network");
    for (int i = 0; i < g->columns && any_has(models, "backbones"); i++)
        add_network(g, i, cJSON_GetArrayItem(models, i));
    cli_grid_row(g, "rows used");
    for (int i = 0; i < g->columns; i++)
        put_value(g, i, member(member(cJSON_GetArrayItem(models, i), "rows"), "used"));
}

typedef void (*put_metric)(cli_grid *g, int column, const cJSON *model, const char *metric);

static void put_mean(cli_grid *g, int column, const cJSON *model, const char *metric)
{
    char mean[32], deviation[32];
    double value = cli_view_number(member(model, "metrics"), metric);
    double sd = cli_view_number(member(model, "metrics_std"), metric);
    if (isnan(value) || isnan(sd))
        cli_grid_cell(g, column, "-");
    else
        cli_grid_cell(g, column, "%s +/- %s", score(value, mean), score(sd, deviation));
}

static void put_pooled(cli_grid *g, int column, const cJSON *model, const char *metric)
{
    char text[3][32];
    double value = cli_view_number(member(model, "metrics_pooled"), metric);
    const cJSON *ci = member(member(model, "metrics_ci"), metric);
    const cJSON *low = cJSON_GetArrayItem(ci, 0), *high = cJSON_GetArrayItem(ci, 1);
    if (isnan(value) || !cJSON_IsNumber(low) || !cJSON_IsNumber(high))
        cli_grid_cell(g, column, "-");
    else
        cli_grid_cell(g, column, "%s [%s, %s]", score(value, text[0]),
                      score(low->valuedouble, text[1]), score(high->valuedouble, text[2]));
}

static void put_holdout(cli_grid *g, int column, const cJSON *model, const char *metric)
{
    char text[32];
    double value = cli_view_number(member(model, "metrics_holdout"), metric);
    cli_grid_cell(g, column, "%s", isnan(value) ? "-" : score(value, text));
}

static void put_difference(cli_grid *g, int column, const cJSON *model, const char *metric)
{
    char text[3][32];
    const cJSON *paired = member(model, "paired");
    double value = cli_view_number(member(paired, "difference"), metric);
    const cJSON *ci = member(member(paired, "difference_ci"), metric);
    const cJSON *low = cJSON_GetArrayItem(ci, 0), *high = cJSON_GetArrayItem(ci, 1);
    if (column > 0 && (isnan(value) || !cJSON_IsNumber(low) || !cJSON_IsNumber(high)))
        cli_grid_cell(g, column, "-");
    else if (column > 0)
        cli_grid_cell(g, column, "%s [%s, %s] %s", signed_score(value, text[0]),
                      signed_score(low->valuedouble, text[1]),
                      signed_score(high->valuedouble, text[2]),
                      cli_view_text(member(paired, "verdict"), metric));
}

/* A row for each metric that a model has. */
static void add_metrics(cli_grid *g, const cJSON *models, const char *group, const char *heading,
                        put_metric put)
{
    bool any = false;
    for (int i = 0; i < g->columns; i++) {
        const cJSON *m, *of = cJSON_GetArrayItem(models, i);
        cJSON_ArrayForEach(m, member(of, group))
        {
            bool before = false;
            for (int j = 0; j < i && !before; j++)
                before = member(member(cJSON_GetArrayItem(models, j), group), m->string) != NULL;
            if (before)
                continue;
            if (!any)
                cli_grid_row(g, heading);
            any = true;
            cli_grid_row(g, m->string);
            for (int j = 0; j < g->columns; j++)
                put(g, j, cJSON_GetArrayItem(models, j), m->string);
        }
    }
}

static void add_cost(cli_grid *g, const cJSON *models)
{
    static const char *const names[][2] = {{"train_seconds", "training"},
                                           {"ms_per_image", "scoring an image"},
                                           {"ms_per_row", "scoring a row"}};
    cli_grid_row(g, "cost, as it was measured where each was trained");
    for (size_t n = 0; n < 3; n++) {
        if (!any_has(models, names[n][0]))
            continue;
        cli_grid_row(g, names[n][1]);
        for (int i = 0; i < g->columns; i++) {
            double value = cli_view_number(cJSON_GetArrayItem(models, i), names[n][0]);
            if (isnan(value))
                cli_grid_cell(g, i, "-");
            else if (n == 0)
                cli_grid_cell(g, i, "%.1f s", value);
            else
                cli_grid_cell(g, i, "%.3g ms", value);
        }
    }
    cli_grid_row(g, "file");
    for (int i = 0; i < g->columns; i++)
        cli_grid_cell(g, i, "%.2f MB",
                      (double)cli_view_count(cJSON_GetArrayItem(models, i), "bytes") / 1e6);
}

static bool any_paired(const cJSON *models)
{
    const cJSON *m;
    cJSON_ArrayForEach(m, models) if (cJSON_IsObject(member(m, "paired"))) return true;
    return false;
}

/* What the differences rest on, and why one is missing. */
static void show_notes(const cJSON *models)
{
    const cJSON *m;
    int number = 0;
    putchar('\n');
    cJSON_ArrayForEach(m, models)
    {
        const cJSON *paired = member(m, "paired");
        long long rows = cli_view_count(paired, "rows"), same = cli_view_count(paired, "same_fold");
        if (++number == 1)
            continue;
        if (!cJSON_IsObject(paired))
            printf("%d is not compared with 1 row by row: %s\n", number,
                   cli_view_text(m, "unpaired"));
        else if (same == rows)
            printf("%d and 1: %lld rows, on the same folds\n", number, rows);
        else
            printf("%d and 1: %lld rows, of which %lld were in another fold; the difference is "
                   "partly that of\n  the folds (imgvec train --like takes them over)\n",
                   number, rows, rows - same);
    }
}

static int show(const cli_run *run, const char *json)
{
    cJSON *root = cli_view_parse(run, json);
    if (!root)
        return CLI_FAILED;
    const cJSON *models = member(root, "models"), *m;
    cli_grid g = {.columns = cJSON_GetArraySize(models)};
    int number = 0;
    cJSON_ArrayForEach(m, models) printf("%3d  %s\n", ++number, cli_view_text(m, "path"));
    putchar('\n');
    cli_grid_row(&g, "");
    for (int i = 0; i < g.columns; i++)
        cli_grid_cell(&g, i, "%d", i + 1);
    add_options(&g, root);
    add_choices(&g, models);
    add_metrics(&g, models, "metrics", "scores: mean of the folds +/- standard deviation",
                put_mean);
    add_metrics(&g, models, "metrics_pooled",
                "scores: all rows at once, out of fold, with a 95% interval", put_pooled);
    add_metrics(&g, models, "metrics_holdout", "scores: rows that were held out", put_holdout);
    if (any_paired(models))
        add_metrics(&g, models, "metrics_pooled",
                    "difference to 1, with a 95% interval over the same resamples of the rows",
                    put_difference);
    add_cost(&g, models);
    bool shown = cli_grid_print(&g);
    if (shown)
        show_notes(models);
    else
        cli_complain(run, "no memory to show the result (try --json)");
    cli_grid_free(&g);
    cJSON_Delete(root);
    return shown ? CLI_OK : CLI_FAILED;
}

static int run_compare(cli_run *run)
{
    char *json = NULL;
    int code = CLI_OK;
    if (imgvec_model_compare_files(run->ctx, (const char *const *)run->words,
                                   (size_t)run->word_count, &json, &run->err) != IMGVEC_OK)
        return cli_fail(run);
    if (run->json)
        cli_json_print(json);
    else
        code = show(run, json);
    imgvec_text_free(json);
    return code;
}

const cli_verb cli_compare = {
    .name = "compare",
    .usage = "MODEL MODEL...",
    .summary = "models side by side: options, scores, differences, cost",
    .details =
        "Shows which options differ, the scores of each model, and what training and scoring it\n"
        "cost. Models of the same data and target are also compared with the first one row by\n"
        "row: how much each score differs on the same rows, with an interval over the same\n"
        "resamples of the rows (paired bootstrap), which is much narrower than the two scores'\n"
        "own intervals. \"unclear\": the interval holds 0. No data and no network are loaded.\n\n"
        "Times are those that were measured where a model was trained: training without reading\n"
        "the table, and scoring the first 64 rows of the training data, decoding included.\n\n"
        "examples:\n"
        "  imgvec train houses.zip --target price -o a.imgvec\n"
        "  imgvec train --like a.imgvec houses.zip --image-features stacked -o b.imgvec\n"
        "  imgvec compare a.imgvec b.imgvec",
    .min_words = 2,
    .max_words = -1,
    .run = run_compare,
};
