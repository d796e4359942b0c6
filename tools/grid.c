#include "grid.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CELL_MAX 256
#define GAP 3

void cli_grid_row(cli_grid *g, const char *label)
{
    size_t width = (size_t)g->columns + 1;
    if (g->failed)
        return;
    if (g->rows == g->capacity) {
        size_t capacity = g->capacity ? 2 * g->capacity : 32;
        char **grown = realloc(g->texts, capacity * width * sizeof *grown);
        if (!grown) {
            g->failed = true;
            return;
        }
        g->texts = grown;
        g->capacity = capacity;
    }
    char **row = g->texts + g->rows * width;
    memset(row, 0, width * sizeof *row);
    row[0] = strdup(label);
    g->failed = !row[0];
    g->rows++;
}

void cli_grid_cell(cli_grid *g, int column, const char *format, ...)
{
    char text[CELL_MAX];
    va_list list;
    if (g->failed)
        return;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    char **cell = g->texts + (g->rows - 1) * ((size_t)g->columns + 1) + 1 + column;
    free(*cell);
    *cell = strdup(text);
    g->failed = !*cell;
}

/* Characters, not bytes. */
static int width_of(const char *text)
{
    int width = 0;
    for (; text && *text; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

static bool is_heading(const cli_grid *g, size_t row)
{
    char **cells = g->texts + row * ((size_t)g->columns + 1) + 1;
    for (int c = 0; c < g->columns; c++)
        if (cells[c])
            return false;
    return true;
}

static int column_width(const cli_grid *g, int column)
{
    int most = 0;
    for (size_t r = 0; r < g->rows; r++) {
        int width = width_of(g->texts[r * ((size_t)g->columns + 1) + (size_t)column]);
        if (width > most && (column > 0 || !is_heading(g, r)))
            most = width;
    }
    return most;
}

bool cli_grid_print(const cli_grid *g)
{
    if (g->failed)
        return false;
    for (size_t r = 0; r < g->rows; r++) {
        char **row = g->texts + r * ((size_t)g->columns + 1);
        if (is_heading(g, r)) {
            printf("\n%s\n", row[0]);
            continue;
        }
        int last = g->columns;
        while (last > 0 && !row[last])
            last--;
        printf("  %s", row[0]);
        for (int c = 1, at = width_of(row[0]), want = column_width(g, 0); c <= last; c++) {
            printf("%*s%s", want - at + GAP, "", row[c] ? row[c] : "");
            at = width_of(row[c]);
            want = column_width(g, c);
        }
        putchar('\n');
    }
    return true;
}

void cli_grid_free(cli_grid *g)
{
    for (size_t i = 0; i < g->rows * ((size_t)g->columns + 1); i++)
        free(g->texts[i]);
    free(g->texts);
}
