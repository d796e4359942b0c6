/* A table of short texts with aligned columns: a label and one cell for each model. */
#ifndef CLI_GRID_H
#define CLI_GRID_H

#include <stdbool.h>
#include <stddef.h>

typedef struct cli_grid {
    int columns;
    char **texts; /* rows x (columns + 1); a row without cells is a heading */
    size_t rows, capacity;
    bool failed; /* out of memory: nothing will be shown */
} cli_grid;

/* A new row with this label, its cells empty. */
void cli_grid_row(cli_grid *g, const char *label);
/* A cell of the last row. */
void cli_grid_cell(cli_grid *g, int column, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Prints it; false when memory ran out. */
bool cli_grid_print(const cli_grid *g);
void cli_grid_free(cli_grid *g);

#endif
