#include "view.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Names from files of strangers must not command the terminal: control characters, also those of
 * two bytes (U+0080 to U+009F), become question marks. */
static void make_harmless(char *text)
{
    for (unsigned char *c = (unsigned char *)text; c && *c; c++) {
        bool second = c[0] == 0xC2 && c[1] >= 0x80 && c[1] <= 0x9F;
        if (*c < 0x20 || *c == 0x7F)
            *c = '?';
        else if (second)
            c[0] = c[1] = '?';
    }
}

static void make_all_harmless(cJSON *item)
{
    for (; item; item = item->next) {
        make_harmless(item->string);
        if (cJSON_IsString(item))
            make_harmless(item->valuestring);
        make_all_harmless(item->child); /* cJSON bounds the depth */
    }
}

cJSON *cli_view_parse(const cli_run *run, const char *json)
{
    cJSON *root = cJSON_Parse(json);
    if (!root)
        cli_complain(run, "no memory to show the result (try --json)");
    make_all_harmless(root);
    return root;
}

const char *cli_view_text(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    return text ? text : "";
}

double cli_view_number(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

long long cli_view_count(const cJSON *object, const char *name)
{
    double value = cli_view_number(object, name);
    return value >= 0 && value < 9e15 ? (long long)value : 0;
}

/* Column of a score: scores are shares near 1 or amounts in the target's own unit. */
static void put_score(double value)
{
    if (isnan(value))
        printf(" %12s", "");
    else if (fabs(value) >= 1000)
        printf(" %12.1f", value);
    else
        printf(" %12.4f", value);
}

void cli_view_metrics(const cJSON *root)
{
    const cJSON *metrics = cJSON_GetObjectItemCaseSensitive(root, "metrics");
    const cJSON *deviation = cJSON_GetObjectItemCaseSensitive(root, "metrics_std");
    const cJSON *pooled = cJSON_GetObjectItemCaseSensitive(root, "metrics_pooled");
    const cJSON *interval = cJSON_GetObjectItemCaseSensitive(root, "metrics_ci");
    const cJSON *baseline = cJSON_GetObjectItemCaseSensitive(root, "metrics_baseline");
    const cJSON *holdout = cJSON_GetObjectItemCaseSensitive(root, "metrics_holdout");
    const cJSON *m;
    printf("  %-18s %12s", "", deviation ? "folds' mean" : "score");
    if (deviation)
        printf(" %12s", "+/- sd");
    if (pooled)
        printf(" %12s", "all rows");
    if (interval)
        printf("  %26s", "95% interval");
    if (baseline)
        printf(" %12s", "guessing");
    if (holdout)
        printf(" %12s", "held out");
    putchar('\n');
    cJSON_ArrayForEach(m, metrics)
    {
        printf("  %-18s", m->string);
        put_score(m->valuedouble);
        if (deviation)
            put_score(cli_view_number(deviation, m->string));
        if (pooled)
            put_score(cli_view_number(pooled, m->string));
        if (interval) {
            const cJSON *ends = cJSON_GetObjectItemCaseSensitive(interval, m->string);
            const cJSON *low = cJSON_GetArrayItem(ends, 0), *high = cJSON_GetArrayItem(ends, 1);
            printf("  ");
            put_score(low ? low->valuedouble : NAN);
            put_score(high ? high->valuedouble : NAN);
        }
        if (baseline)
            put_score(cli_view_number(baseline, m->string));
        if (holdout)
            put_score(cli_view_number(holdout, m->string));
        putchar('\n');
    }
}

#define CONFUSION_MAX 20

void cli_view_confusion(const cJSON *root)
{
    const cJSON *classes = cJSON_GetObjectItemCaseSensitive(root, "classes");
    const cJSON *rows = cJSON_GetObjectItemCaseSensitive(root, "confusion");
    const cJSON *row, *cell;
    int count = cJSON_GetArraySize(classes), i = 0;
    if (count == 0 || cJSON_GetArraySize(rows) != count)
        return;
    if (count > CONFUSION_MAX) {
        printf("\nconfusion: %d classes, see --json\n", count);
        return;
    }
    printf("\nconfusion (a row for each true class, a column for each prediction):\n");
    cJSON_ArrayForEach(row, rows)
    {
        const char *name = cJSON_GetStringValue(cJSON_GetArrayItem(classes, i));
        printf("  %2d %-20.20s", ++i, name ? name : "");
        cJSON_ArrayForEach(cell, row) printf(" %5.0f", cell->valuedouble);
        putchar('\n');
    }
    printf("  %-23s", "");
    for (i = 1; i <= count; i++)
        printf(" %5d", i);
    putchar('\n');
}

#define GROUPS_MAX 5
#define ROWS_MAX 4

static void show_set(const cJSON *set)
{
    const cJSON *row;
    int shown = 0;
    printf("  %s:", cli_view_text(set, "kind"));
    cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(set, "rows"))
    {
        if (shown++ == ROWS_MAX) {
            printf(" and %lld more", cli_view_count(set, "size") - ROWS_MAX);
            break;
        }
        printf("%s row %lld %s", shown > 1 ? "," : "", cli_view_count(row, "row"),
               cli_view_text(row, "path"));
        if (cJSON_HasObjectItem(row, "target"))
            printf(" (%s)", cli_view_text(row, "target"));
    }
    putchar('\n');
}

static void show_sets(const cJSON *sets, long long count)
{
    const cJSON *set;
    int shown = 0;
    cJSON_ArrayForEach(set, sets)
    {
        if (shown++ == GROUPS_MAX) {
            printf("  and %lld more, see --json\n", count - GROUPS_MAX);
            break;
        }
        show_set(set);
    }
}

void cli_view_duplicates(const cJSON *root)
{
    const cJSON *d = cJSON_GetObjectItemCaseSensitive(root, "duplicates"), *common;
    long long groups = cli_view_count(d, "groups"), exact = cli_view_count(d, "exact_rows");
    if (!cJSON_IsObject(d))
        return;
    cJSON_ArrayForEach(common, cJSON_GetObjectItemCaseSensitive(d, "placeholders"))
        printf("placeholder: the image in row %lld, column %s, is in %lld rows\n",
               cli_view_count(common, "row"), cli_view_text(common, "column"),
               cli_view_count(common, "rows"));
    if (groups == 0)
        return;
    printf("\nduplicates: %lld rows in %lld groups share an image, %lld by the same bytes, "
           "%lld by what is seen;\n  they are kept together in folds and splits\n",
           cli_view_count(d, "rows"), groups, exact, cli_view_count(d, "rows") - exact);
    show_sets(cJSON_GetObjectItemCaseSensitive(d, "list"), groups);
    if (!cli_view_count(d, "conflict_groups"))
        return;
    printf("\nequal images with different targets: %lld rows in %lld groups\n",
           cli_view_count(d, "conflict_rows"), cli_view_count(d, "conflict_groups"));
    show_sets(cJSON_GetObjectItemCaseSensitive(d, "conflicts"),
              cli_view_count(d, "conflict_groups"));
}

#define PROBLEMS_MAX 10

void cli_view_skipped(const cJSON *root)
{
    const cJSON *skipped = cJSON_GetObjectItemCaseSensitive(root, "skipped_rows"), *row;
    long long count = cli_view_count(skipped, "count");
    int shown = 0;
    if (count == 0)
        return;
    printf("\nskipped:  %lld rows of the CSV file\n", count);
    cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(skipped, "list"))
    {
        if (shown++ == PROBLEMS_MAX) {
            printf("  and %lld more, see --bad-csv\n", count - PROBLEMS_MAX);
            break;
        }
        printf("  line %lld: %s\n", cli_view_count(row, "line"), cli_view_text(row, "reason"));
    }
}

void cli_view_problems(const cJSON *root)
{
    const cJSON *problems = cJSON_GetObjectItemCaseSensitive(root, "problems");
    const cJSON *p;
    int count = cJSON_GetArraySize(problems), shown = 0;
    if (count == 0)
        return;
    printf("\nproblems: %d\n", count);
    cJSON_ArrayForEach(p, problems)
    {
        if (shown++ == PROBLEMS_MAX) {
            printf("  and %d more, see --json\n", count - PROBLEMS_MAX);
            break;
        }
        printf("  row %lld, %s", cli_view_count(p, "row"), cli_view_text(p, "column"));
        printf(", %s: %s\n", cli_view_text(p, "path"), cli_view_text(p, "reason"));
    }
}
