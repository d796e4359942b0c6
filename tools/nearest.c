#include "nearest.h"

#include <string.h>

#define LONGEST 64

static char fold(char c)
{
    return c == '_' ? '-' : c;
}

/* Edit distance (insert, delete, replace). Longer texts than any name never match. */
static size_t edits(const char *a, const char *b)
{
    size_t row[LONGEST + 1];
    size_t rows = strlen(a), columns = strlen(b);
    if (rows > LONGEST || columns > LONGEST)
        return LONGEST;
    for (size_t j = 0; j <= columns; j++)
        row[j] = j;
    for (size_t i = 1; i <= rows; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= columns; j++) {
            size_t best = diagonal + (fold(a[i - 1]) != fold(b[j - 1]));
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[columns];
}

void cli_nearest_begin(cli_nearest *n, const char *typed)
{
    n->typed = typed;
    n->best = NULL;
    /* A third of the letters may be wrong, and one always. */
    n->distance = strlen(typed) / 3 + 2;
}

void cli_nearest_try(cli_nearest *n, const char *candidate)
{
    size_t distance = edits(n->typed, candidate);
    /* The beginning of a longer name is as good as one slip: --early for early-stopping-rounds. */
    size_t length = strlen(n->typed);
    if (length >= 3 && strncmp(n->typed, candidate, length) == 0 && distance > 1)
        distance = 1;
    if (distance < n->distance) {
        n->distance = distance;
        n->best = candidate;
    }
}
