#include "report/grid.h"

#include <math.h>
#include <string.h>

#include "report/plot.h"
#include "report/scene_svg.h"
#include "report/show_number.h"

void iv_grid_init(iv_grid *g, imgvec_context *ctx, const char *title, int columns)
{
    memset(g, 0, sizeof *g);
    g->title = title;
    g->columns = columns;
    iv_text_init(&g->cells, ctx);
}

void iv_grid_free(iv_grid *g)
{
    iv_text_free(&g->cells);
}

void iv_grid_cell(iv_grid *g, const char *text)
{
    iv_text_add(&g->cells, text);
    iv_text_add_n(&g->cells, "", 1);
    g->count++;
}

void iv_grid_number(iv_grid *g, double value)
{
    char text[IV_NUMBER_MAX];
    iv_show_number(value, text);
    iv_grid_cell(g, isfinite(value) ? text : "");
}

void iv_grid_count(iv_grid *g, int64_t value)
{
    char text[IV_NUMBER_MAX];
    iv_show_count(value, text);
    iv_grid_cell(g, text);
}

/* ---- the page ---- */

static void open_table(const iv_grid *g, iv_text *out)
{
    iv_text_add(out, g->columns > 8 ? "<div class=\"scroll\"><table class=\"dense\">"
                                    : "<div class=\"scroll\"><table>");
    if (!g->heads[0])
        return;
    iv_text_add(out, "<thead><tr>");
    for (int c = 0; c < g->columns; c++) {
        iv_text_add(out, g->numbers[c] ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">");
        iv_markup_text(out, g->heads[c]);
        iv_text_add(out, "</th>");
    }
    iv_text_add(out, "</tr></thead>");
}

static const char *put_rows(const iv_grid *g, const char *cell, size_t rows, iv_text *out)
{
    iv_text_add(out, "<tbody>");
    for (size_t i = 0; i < rows * (size_t)g->columns; i++) {
        size_t column = i % (size_t)g->columns;
        bool head = column == 0 && !g->heads[0];
        if (column == 0)
            iv_text_add(out, "<tr>");
        iv_text_addf(out, head                 ? "<th scope=\"row\">"
                          : g->numbers[column] ? "<td class=\"n\">"
                                               : "<td>");
        iv_markup_text(out, cell);
        iv_text_add(out, head ? "</th>" : "</td>");
        if (column + 1 == (size_t)g->columns)
            iv_text_add(out, "</tr>");
        cell += strlen(cell) + 1;
    }
    iv_text_add(out, "</tbody></table></div>");
    return cell;
}

void iv_grid_html(const iv_grid *g, iv_text *out)
{
    size_t rows = g->count / (size_t)g->columns;
    size_t shown = g->shown && g->shown < rows ? g->shown : rows;
    out->failed = out->failed || g->cells.failed;
    if (out->failed || rows == 0)
        return;
    iv_text_add(out, "<div class=\"table\"><h3>");
    iv_markup_text(out, g->title);
    iv_text_add(out, "</h3>");
    open_table(g, out);
    const char *rest = put_rows(g, g->cells.data, shown, out);
    if (shown < rows) {
        iv_text_addf(out, "<details><summary>%zu more</summary>", rows - shown);
        open_table(g, out);
        put_rows(g, rest, rows - shown, out);
        iv_text_add(out, "</details>");
    }
    iv_text_add(out, "</div>");
}

/* ---- the scene ---- */

enum { ROW = 22, SIDE = 14, GAP = 18, ROWS_MAX = 100 };
#define WIDEST 300.0

/* Widths of the columns; returns that of the table. */
static double measure(const iv_grid *g, size_t rows, double widths[IV_GRID_COLUMNS_MAX])
{
    const char *cell = g->cells.data;
    double total = 2 * SIDE + GAP * (g->columns - 1);
    for (int c = 0; c < g->columns; c++)
        widths[c] = g->heads[0] ? iv_scene_text_width(g->heads[c], IV_PLOT_LETTER) : 20;
    for (size_t i = 0; i < rows * (size_t)g->columns; i++, cell += strlen(cell) + 1) {
        size_t c = i % (size_t)g->columns;
        widths[c] = fmax(widths[c], iv_scene_text_width(cell, IV_PLOT_LETTER));
    }
    for (int c = 0; c < g->columns; c++) {
        widths[c] = fmin(widths[c], WIDEST) + 2;
        total += widths[c];
    }
    return total;
}

static void draw_cell(const iv_grid *g, iv_scene *s, int column, double x, double y, double width,
                      int ink, const char *text)
{
    iv_scene_text_within(s, g->numbers[column] ? x + width : x, y, IV_PLOT_LETTER,
                         g->numbers[column] ? IV_END : IV_START, ink, text, width);
}

void iv_grid_draw(const iv_grid *g, imgvec_context *ctx, iv_scene *out)
{
    double widths[IV_GRID_COLUMNS_MAX], top = 46;
    size_t rows = g->count / (size_t)g->columns;
    rows = rows > ROWS_MAX ? ROWS_MAX : rows;
    if (g->cells.failed || rows == 0) {
        iv_scene_init(out, ctx, 1, 1);
        out->failed = g->cells.failed;
        return;
    }
    double width = measure(g, rows, widths);
    double title = iv_scene_text_width(g->title, IV_PLOT_TITLE) + 2 * SIDE;
    iv_scene_init(out, ctx, fmax(width, title), top + ROW * (double)(rows + (g->heads[0] != NULL)));
    iv_shape *shape = iv_scene_text(out, SIDE, 22, IV_PLOT_TITLE, IV_START, IV_INK_TEXT, g->title);
    if (shape)
        shape->bold = true;
    double x = SIDE;
    for (int c = 0; g->heads[0] && c < g->columns; x += widths[c++] + GAP)
        draw_cell(g, out, c, x, top, widths[c], IV_INK_MUTED, g->heads[c]);
    top += g->heads[0] ? ROW : 0;
    const char *cell = g->cells.data;
    for (size_t r = 0; r < rows; r++) {
        double y = top + ROW * (double)r;
        iv_scene_line(out, SIDE, y - 15.5, out->width - SIDE, y - 15.5, IV_INK_GRID, 1);
        x = SIDE;
        for (int c = 0; c < g->columns; x += widths[c++] + GAP, cell += strlen(cell) + 1)
            draw_cell(g, out, c, x, y, widths[c], IV_INK_TEXT, cell);
    }
}
