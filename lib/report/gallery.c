#include "report/gallery.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "report/plot.h"
#include "report/scene_svg.h"

void iv_gallery_init(iv_gallery *g, imgvec_context *ctx, const char *title)
{
    memset(g, 0, sizeof *g);
    g->ctx = ctx;
    g->title = title;
}

void iv_gallery_free(iv_gallery *g)
{
    for (size_t i = 0; i < g->count; i++) {
        for (int k = 0; k < g->tiles[i].picture_count; k++)
            iv_free(g->ctx, g->tiles[i].pictures[k].alt);
        for (int k = 0; k < g->tiles[i].line_count; k++)
            iv_free(g->ctx, g->tiles[i].lines[k]);
    }
    iv_free(g->ctx, g->tiles);
}

iv_tile *iv_gallery_tile(iv_gallery *g)
{
    if (g->failed || iv_reserve(g->ctx, &g->tiles, &g->room, g->count + 1, sizeof *g->tiles) != 0) {
        g->failed = true;
        return NULL;
    }
    memset(&g->tiles[g->count], 0, sizeof *g->tiles);
    return &g->tiles[g->count++];
}

static char *say(iv_gallery *g, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, fmt, args);
    char *text = length < 0 ? NULL : iv_alloc(g->ctx, (size_t)length + 1);
    if (text)
        vsnprintf(text, (size_t)length + 1, fmt, again);
    va_end(again);
    g->failed = g->failed || !text;
    return text;
}

void iv_gallery_picture(iv_gallery *g, const void *jpeg, size_t size, int32_t width, int32_t height,
                        const char *fmt, ...)
{
    va_list args;
    iv_tile *tile = g->failed || g->count == 0 ? NULL : &g->tiles[g->count - 1];
    if (!tile || tile->picture_count == IV_TILE_PICTURES_MAX)
        return;
    g->bytes += size;
    va_start(args, fmt);
    char *alt = say(g, fmt, args);
    va_end(args);
    tile->pictures[tile->picture_count++] = (iv_tile_picture){jpeg, size, width, height, alt};
}

void iv_gallery_line(iv_gallery *g, const char *fmt, ...)
{
    va_list args;
    iv_tile *tile = g->failed || g->count == 0 ? NULL : &g->tiles[g->count - 1];
    if (!tile || tile->line_count == IV_TILE_LINES_MAX)
        return;
    va_start(args, fmt);
    tile->lines[tile->line_count++] = say(g, fmt, args);
    va_end(args);
}

/* ---- the page ---- */

static void put_picture(const iv_tile_picture *p, iv_text *out)
{
    iv_text_addf(out, "<img width=\"%d\" height=\"%d\" alt=\"", (int)p->width, (int)p->height);
    iv_markup_text(out, p->alt);
    iv_text_add(out, "\" src=\"data:image/jpeg;base64,");
    iv_markup_base64(out, p->jpeg, p->size);
    iv_text_add(out, "\">");
}

void iv_gallery_html(const iv_gallery *g, iv_text *out)
{
    bool several = false;
    out->failed = out->failed || g->failed;
    if (out->failed || g->count == 0)
        return;
    for (size_t i = 0; i < g->count; i++)
        several = several || g->tiles[i].picture_count > 1;
    iv_text_add(out, "<div class=\"all\"><h3>");
    iv_markup_text(out, g->title);
    iv_text_addf(out, "</h3><div class=\"gallery%s\">", several ? " wide" : "");
    for (size_t i = 0; i < g->count; i++) {
        const iv_tile *tile = &g->tiles[i];
        iv_text_add(out, "<figure><div class=\"pictures\">");
        for (int k = 0; k < tile->picture_count; k++)
            put_picture(&tile->pictures[k], out);
        iv_text_add(out, "</div><figcaption>");
        for (int k = 0; k < tile->line_count; k++) {
            const char *tag = k == 0 ? "strong" : k + 1 == tile->line_count ? "small" : "span";
            iv_text_addf(out, "<%s>", tag);
            iv_markup_text(out, tile->lines[k]);
            iv_text_addf(out, "</%s>", tag);
        }
        iv_text_add(out, "</figcaption></figure>");
    }
    iv_text_add(out, "</div></div>");
}

/* ---- the scene ---- */

enum { MARGIN = 14, PICTURE = 144, GAP = 12, LINE = 17, ACROSS = 720, TILES_MAX = 24 };

void iv_gallery_draw(const iv_gallery *g, iv_scene *out)
{
    int most = 1, lines = 0;
    size_t shown = g->count < TILES_MAX ? g->count : TILES_MAX;
    for (size_t i = 0; i < shown; i++) {
        most = g->tiles[i].picture_count > most ? g->tiles[i].picture_count : most;
        lines = g->tiles[i].line_count > lines ? g->tiles[i].line_count : lines;
    }
    double width = most * PICTURE + (most - 1) * 4, height = PICTURE + lines * LINE + 14;
    size_t across = (size_t)fmax((ACROSS - 2 * MARGIN + GAP) / (width + GAP), 1);
    across = across > shown ? shown : across;
    size_t rows = across ? (shown + across - 1) / across : 0;
    iv_scene_init(out, g->ctx,
                  fmax(2 * MARGIN + (double)across * (width + GAP) - GAP,
                       iv_scene_text_width(g->title, IV_PLOT_TITLE) + 2 * MARGIN),
                  38 + (double)rows * (height + GAP));
    out->failed = g->failed;
    iv_shape *title =
        iv_scene_text(out, MARGIN, 22, IV_PLOT_TITLE, IV_START, IV_INK_TEXT, g->title);
    if (title)
        title->bold = true;
    for (size_t i = 0; i < shown && !out->failed; i++) {
        const iv_tile *tile = &g->tiles[i];
        double x = MARGIN + (double)(i % across) * (width + GAP);
        double y = 38 + (double)(i / across) * (height + GAP);
        for (int k = 0; k < tile->picture_count; k++) {
            const iv_tile_picture *p = &tile->pictures[k];
            double scale = fmin(PICTURE / fmax(p->width, 1), PICTURE / fmax(p->height, 1));
            double w = scale * p->width, h = scale * p->height;
            iv_scene_picture(out, x + k * (PICTURE + 4) + (PICTURE - w) / 2, y + (PICTURE - h) / 2,
                             w, h, p->jpeg, p->size);
        }
        for (int k = 0; k < tile->line_count; k++) {
            iv_shape *line = iv_scene_text_within(
                out, x, y + PICTURE + LINE * (k + 1), k + 1 == tile->line_count ? 11 : 12.5,
                IV_START, k ? IV_INK_MUTED : IV_INK_TEXT, tile->lines[k], width);
            if (line)
                line->bold = k == 0;
        }
    }
}
