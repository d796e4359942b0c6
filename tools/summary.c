#include "summary.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "decisions.h"
#include "view.h"

static void show_backbones(const cJSON *root)
{
    const cJSON *b;
    cJSON_ArrayForEach(b, cJSON_GetObjectItemCaseSensitive(root, "backbones"))
    {
        const char *weights = cli_view_text(b, "weights");
        printf("network:  %s, %lld values for an image of %lld pixels; ", cli_view_text(b, "id"),
               cli_view_count(b, "width"), cli_view_count(b, "input_size"));
        if (strcmp(weights, "random") == 0)
            printf("RANDOM weights: it has seen no image before\n");
        else
            printf("weights %s\n", weights);
    }
}

static void show_columns(const cJSON *root)
{
    const cJSON *c, *columns = cJSON_GetObjectItemCaseSensitive(root, "columns");
    printf("features: %lld from %d columns\n", cli_view_count(root, "features"),
           cJSON_GetArraySize(columns));
    cJSON_ArrayForEach(c, columns)
    {
        double kept = cli_view_number(c, "variance_kept");
        printf("  %-24s %-12s %lld", cli_view_text(c, "name"), cli_view_text(c, "type"),
               cli_view_count(c, "features"));
        if (!isnan(kept))
            printf("   %.1f%% of the variance kept", kept * 100);
        if (strcmp(cli_view_text(c, "kind"), "fine_tuned") == 0)
            printf("   what the fine-tuned network says");
        if (strcmp(cli_view_text(c, "kind"), "stacked") == 0)
            printf("   what a linear model on the network's features says");
        putchar('\n');
    }
}

static void show_rows(const cJSON *root)
{
    static const char *const reasons[][2] = {
        {"held_out", "held out"},
        {"missing_target", "without a target"},
        {"dropped_bad_images", "dropped for their images"},
    };
    const cJSON *rows = cJSON_GetObjectItemCaseSensitive(root, "rows");
    printf("rows:     %lld", cli_view_count(rows, "used"));
    if (cli_view_count(rows, "used") != cli_view_count(rows, "total"))
        printf(" of %lld", cli_view_count(rows, "total"));
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (cli_view_count(rows, reasons[i][0]))
            printf(", %lld %s", cli_view_count(rows, reasons[i][0]), reasons[i][1]);
    putchar('\n');
}

/* What cross-validation chose. */
static void show_plan(const cJSON *root)
{
    const cJSON *c, *left_out = cJSON_GetObjectItemCaseSensitive(root, "left_out");
    const char *way = cli_view_text(root, "image_features");
    const char *transform = cli_view_text(root, "target_transform");
    printf("learner:  %s", cli_view_text(root, "learner"));
    if (cli_view_count(root, "rounds"))
        printf(", %lld rounds", cli_view_count(root, "rounds"));
    if (*transform && strcmp(transform, "none") != 0)
        printf(", target transformed: %s", transform);
    if (*way)
        printf(", image features: %s", way);
    putchar('\n');
    if (cJSON_GetArraySize(left_out) == 0)
        return;
    printf("left out, as not better with:");
    cJSON_ArrayForEach(c, left_out) printf(" %s", c->valuestring);
    putchar('\n');
}

/* Whether fine-tuning paid, on the same folds. */
static void show_tuning(const cJSON *root)
{
    const cJSON *t = cJSON_GetObjectItemCaseSensitive(root, "fine_tune");
    const char *metric = cli_view_text(root, "metric");
    if (!t)
        return;
    const cJSON *ci = cJSON_GetObjectItemCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(t, "difference_ci"), metric);
    const cJSON *low = cJSON_GetArrayItem(ci, 0), *high = cJSON_GetArrayItem(ci, 1);
    bool kept = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(t, "kept"));
    printf("\nfine-tuning: %s, on the same folds %.6g with it and %.6g without", metric,
           cli_view_number(cJSON_GetObjectItemCaseSensitive(t, "metrics_tuned"), metric),
           cli_view_number(cJSON_GetObjectItemCaseSensitive(t, "metrics_frozen"), metric));
    if (cJSON_IsNumber(low) && cJSON_IsNumber(high))
        printf("; 95%% interval of the\ndifference [%+.5g, %+.5g]", low->valuedouble,
               high->valuedouble);
    printf("\n%s\n%s;\n%lld networks learned from %lld images in %.0f s\n",
           kept ? "the model uses what fine-tuned networks say"
                : "that is not clearly better: the model is without them",
           cli_view_text(t, "reason"), cli_view_count(t, "networks_trained"),
           cli_view_count(t, "images_learned_from"), cli_view_number(t, "seconds"));
    if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(t, "optimistic")))
        printf(
            "WARNING: these scores are optimistic: one network, which has seen every row, served "
            "all folds\n");
}

static void show_variant(const cJSON *unit, const char *name, const char *metric)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(unit, name);
    const cJSON *ci = cJSON_GetObjectItemCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(v, "difference_ci"), metric);
    double score = cli_view_number(cJSON_GetObjectItemCaseSensitive(v, "metrics_pooled"), metric);
    const cJSON *low = cJSON_GetArrayItem(ci, 0), *high = cJSON_GetArrayItem(ci, 1);
    if (isnan(score) || !cJSON_IsNumber(low) || !cJSON_IsNumber(high))
        printf("  %12s %25s", "-", "");
    else
        printf("  %12.6g [%+11.5g, %+11.5g]", score, low->valuedouble, high->valuedouble);
}

static void show_ablation(const cJSON *root)
{
    const cJSON *unit, *list = cJSON_GetObjectItemCaseSensitive(root, "ablation");
    const char *metric = cli_view_text(root, "metric");
    double full = cli_view_number(cJSON_GetObjectItemCaseSensitive(root, "metrics_pooled"), metric);
    if (cJSON_GetArraySize(list) < 2)
        return;
    printf("\nwhat each column is worth, on the same folds: %s over all rows (%.6g with all), and "
           "the\n"
           "95%% interval of its difference to the full model:\n"
           "  %-22s %-11s %5s  %12s %25s  %12s\n",
           metric, full, "", "", "folds", "without it", "", "it alone");
    cJSON_ArrayForEach(unit, list)
    {
        long long columns = cli_view_count(unit, "columns");
        printf("  %-22s %-11s %5lld",
               columns > 1 ? "(several columns)" : cli_view_text(unit, "name"),
               cli_view_text(unit, "type"), cli_view_count(unit, "folds_used"));
        show_variant(unit, "without", metric);
        show_variant(unit, "alone", metric);
        putchar('\n');
    }
}

/* The best of the trials that found the model. */
static void show_trials(const cJSON *root)
{
    enum { SHOWN = 10 };
    const cJSON *a = cJSON_GetObjectItemCaseSensitive(root, "auto"), *t;
    const cJSON *trials = cJSON_GetObjectItemCaseSensitive(a, "trials");
    const cJSON *ensemble = cJSON_GetObjectItemCaseSensitive(a, "ensemble");
    const char *metric = cli_view_text(a, "metric");
    int shown = 0;
    printf("\n%d trials in %.0f s; the best by %s:\n  %5s %10s %7s %6s  %-18s %5s %9s  %s\n",
           cJSON_GetArraySize(trials), cli_view_number(a, "seconds"), metric, "trial", metric,
           "epochs", "time", "network", "input", "lr", "augmentations");
    cJSON_ArrayForEach(t, trials)
    {
        if (shown++ == SHOWN)
            break;
        printf("  %5lld %10.4g %7lld %5.0fs  %-18s %5lld %9.2g  %s\n", cli_view_count(t, "id"),
               cli_view_number(t, "score"), cli_view_count(t, "epochs"),
               cli_view_number(t, "seconds"), cli_view_text(t, "backbone"),
               cli_view_count(t, "input_size"), cli_view_number(t, "lr"),
               cli_view_text(t, "augment"));
    }
    printf("the model is");
    cJSON_ArrayForEach(t, ensemble)
        printf("%s trial %lld (weight %.2f)", t->prev->next ? "," : "", cli_view_count(t, "trial"),
               cli_view_number(t, "weight"));
    if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(a, "refitted")))
        printf(", learned once more from all rows for %lld epochs",
               cli_view_count(a, "refit_epochs"));
    putchar('\n');
}

int cli_summary_model(const cli_run *run, const char *info)
{
    cJSON *root = cli_view_parse(run, info);
    if (!root)
        return CLI_FAILED;
    int folds = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(root, "folds"));
    printf("target:   %s (%s)\n", cli_view_text(root, "target"), cli_view_text(root, "task"));
    show_rows(root);
    show_backbones(root);
    show_columns(root);
    show_plan(root);
    bool searched = cJSON_GetObjectItemCaseSensitive(root, "auto") != NULL;
    if (searched)
        printf("\nscores on %lld rows that no network had learned from:\n",
               cli_view_count(cJSON_GetObjectItemCaseSensitive(
                                  cJSON_GetObjectItemCaseSensitive(root, "auto"), "validation"),
                              "rows"));
    else
        printf("\nscores of %d-fold cross-validation, on rows that the learner had not seen:\n",
               folds);
    cli_view_metrics(root);
    cli_decisions(root);
    if (searched)
        show_trials(root);
    show_tuning(root);
    show_ablation(root);
    if (cli_view_count(root, "bad_images"))
        printf("\n%lld images could not be used (on_bad: %s)\n", cli_view_count(root, "bad_images"),
               cli_view_text(root, "on_bad"));
    if (cli_view_count(root, "missing_images"))
        printf("\n%lld image cells are empty\n", cli_view_count(root, "missing_images"));
    cli_view_duplicates(root);
    cli_view_skipped(root);
    cli_view_problems(root);
    cJSON_Delete(root);
    return CLI_OK;
}

int cli_summary_vectorizer(const cli_run *run, const char *info)
{
    cJSON *root = cli_view_parse(run, info);
    const cJSON *c;
    if (!root)
        return CLI_FAILED;
    printf("vectorizer: %lld values\n", cli_view_count(root, "width"));
    show_backbones(root);
    cJSON_ArrayForEach(c, cJSON_GetObjectItemCaseSensitive(root, "columns"))
    {
        long long dim = cli_view_count(c, "dim");
        printf("  %-24s ", cli_view_text(c, "name"));
        if (strcmp(cli_view_text(c, "projection"), "pca") == 0)
            printf("%lld principal components\n", dim);
        else
            printf("all %lld values\n", dim);
    }
    cJSON_Delete(root);
    return CLI_OK;
}
