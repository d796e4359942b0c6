#include "decisions.h"

#include <math.h>
#include <stdio.h>

static void show_calibration(const cJSON *c)
{
    double ece = cli_view_number(c, "ece"), before = cli_view_number(c, "ece_before");
    double after = cli_view_number(c, "ece_after"), temperature = cli_view_number(c, "temperature");
    bool kept = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(c, "kept"));
    if (!isnan(ece))
        printf("calibration: expected calibration error %.4f\n", ece);
    else if (kept)
        printf("calibration: probabilities have temperature %.4g; expected calibration error %.4f, "
               "%.4f "
               "without\n",
               temperature, after, before);
    else if (isnan(temperature))
        printf("calibration: expected calibration error %.4f\n", before);
    else
        printf("calibration: expected calibration error %.4f; a temperature does not lower the "
               "log-loss\n",
               before);
}

static void show_threshold(const cJSON *t)
{
    const char *metric = cli_view_text(t, "metric");
    const cJSON *scores = cJSON_GetObjectItemCaseSensitive(t, "metrics");
    const cJSON *half = cJSON_GetObjectItemCaseSensitive(t, "metrics_half");
    printf("threshold:   %.4g", cli_view_number(t, "value"));
    if (*metric)
        printf(" for the best %s, which is %.4f with thresholds of other folds and %.4f at 0.5\n",
               metric, cli_view_number(scores, metric), cli_view_number(half, metric));
    else
        printf(": accuracy %.4f, precision %.4f, recall %.4f, f1 %.4f\n",
               cli_view_number(scores, "accuracy"), cli_view_number(scores, "precision"),
               cli_view_number(scores, "recall"), cli_view_number(scores, "f1"));
}

static void show_intervals(const cJSON *i)
{
    double level = cli_view_number(i, "level") * 100, met = cli_view_number(i, "coverage") * 100;
    double width = cli_view_number(i, "mean_width"), size = cli_view_number(i, "mean_size");
    if (!isnan(width))
        printf(
            "intervals:   asked to hold %.4g %% of the rows, hold %.1f %%; %.5g wide on average\n",
            level, met, width);
    else
        printf("sets:        asked to hold the class of %.4g %% of the rows, hold %.1f %%; %.3g "
               "classes on average\n",
               level, met, size);
}

void cli_decisions(const cJSON *root)
{
    const cJSON *calibration = cJSON_GetObjectItemCaseSensitive(root, "calibration");
    const cJSON *threshold = cJSON_GetObjectItemCaseSensitive(root, "threshold");
    const cJSON *intervals = cJSON_GetObjectItemCaseSensitive(root, "intervals");
    if (calibration || threshold || intervals)
        putchar('\n');
    if (calibration)
        show_calibration(calibration);
    if (threshold)
        show_threshold(threshold);
    if (intervals)
        show_intervals(intervals);
}
