/* The library's JSON, shown to people. */
#ifndef CLI_VIEW_H
#define CLI_VIEW_H

#include <cjson/cJSON.h>

#include "cli.h"

/* Parses JSON that the library made, to be shown: control characters in its texts are replaced.
 * NULL (said on stderr) when it cannot be read. */
cJSON *cli_view_parse(const cli_run *run, const char *json);

const char *cli_view_text(const cJSON *object, const char *name); /* "" when absent */
double cli_view_number(const cJSON *object, const char *name);    /* NaN when absent */
long long cli_view_count(const cJSON *object, const char *name);  /* 0 when absent */

/* Table of "metrics" with what stands beside them: deviation over folds, interval, the
 * score of guessing without looking, the score on held-out rows. */
void cli_view_metrics(const cJSON *root);
/* "classes" and "confusion" as a table; nothing when there are none or too many. */
void cli_view_confusion(const cJSON *root);
/* "duplicates": how many, the first groups, equal images with different targets. */
void cli_view_duplicates(const cJSON *root);
/* The first few of "skipped_rows". */
void cli_view_skipped(const cJSON *root);
/* The first few of "problems". */
void cli_view_problems(const cJSON *root);

#endif
