/* "Did you mean": the candidate nearest to what was typed. */
#ifndef CLI_NEAREST_H
#define CLI_NEAREST_H

#include <stddef.h>

typedef struct cli_nearest {
    const char *typed;
    const char *best; /* NULL while none is near enough */
    size_t distance;
} cli_nearest;

void cli_nearest_begin(cli_nearest *n, const char *typed);
/* "-" and "_" count as equal. The candidate must outlive n. */
void cli_nearest_try(cli_nearest *n, const char *candidate);

#endif
