#include "report/scene_svg.h"

#include <string.h>

#include "report/show_number.h"

/* ---- markup ---- */

void iv_markup_text(iv_text *out, const char *text)
{
    for (size_t left = strlen(text); left > 0;) {
        size_t sound = iv_utf8_valid(text, left), plain = 0;
        while (plain < sound && !strchr("<>&\"'", text[plain]) &&
               (unsigned char)text[plain] >= 32 && text[plain] != 127)
            plain++;
        iv_text_add_n(out, text, plain);
        text += plain;
        left -= plain;
        if (left == 0)
            break;
        switch (*text) {
        case '<':
            iv_text_add(out, "&lt;");
            break;
        case '>':
            iv_text_add(out, "&gt;");
            break;
        case '&':
            iv_text_add(out, "&amp;");
            break;
        case '"':
            iv_text_add(out, "&quot;");
            break;
        case '\'':
            iv_text_add(out, "&#39;");
            break;
        default:
            if (plain == sound)
                iv_text_add(out, "?");
            else if (*text == '\n' || *text == '\t')
                iv_text_add(out, " ");
        }
        text++;
        left--;
    }
}

void iv_markup_base64(iv_text *out, const void *data, size_t size)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i += 3) {
        uint32_t three = (uint32_t)bytes[i] << 16;
        three |= i + 1 < size ? (uint32_t)bytes[i + 1] << 8 : 0;
        three |= i + 2 < size ? (uint32_t)bytes[i + 2] : 0;
        char four[4] = {letters[three >> 18], letters[three >> 12 & 63], letters[three >> 6 & 63],
                        letters[three & 63]};
        if (i + 1 >= size)
            four[2] = '=';
        if (i + 2 >= size)
            four[3] = '=';
        iv_text_add_n(out, four, sizeof four);
    }
}

static void number(iv_text *out, double value)
{
    char text[IV_NUMBER_MAX];
    iv_show_fixed(value, 1, text);
    size_t length = strlen(text);
    if (length > 2 && text[length - 1] == '0' && text[length - 2] == '.')
        length -= 2;
    iv_text_add_n(out, text, length);
}

static void attribute(iv_text *out, const char *name, double value)
{
    iv_text_addf(out, " %s=\"", name);
    number(out, value);
    iv_text_add(out, "\"");
}

/* ---- style ---- */

static void rules(iv_text *out, bool dark)
{
    for (int ink = 0; ink < IV_INK_COUNT; ink++)
        iv_text_addf(out, ".f%d{fill:#%06x}.k%d{stroke:#%06x}", ink, iv_ink_colour(ink, dark), ink,
                     iv_ink_colour(ink, dark));
}

void iv_scene_style(iv_text *out)
{
    rules(out, false);
    iv_text_add(out, "@media screen and (prefers-color-scheme:dark){");
    rules(out, true);
    iv_text_add(out, "}");
}

/* ---- shapes ---- */

static void opacity(iv_text *out, const iv_shape *s)
{
    char text[IV_NUMBER_MAX];
    if (s->opacity >= 1)
        return;
    iv_show_fixed(s->opacity, 3, text);
    iv_text_addf(out, " opacity=\"%s\"", text);
}

static void put_points(iv_text *out, const double *points, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        iv_text_add(out, i ? "L" : "M");
        number(out, points[2 * i]);
        iv_text_add(out, " ");
        number(out, points[2 * i + 1]);
    }
}

static void put_lines(iv_text *out, const iv_shape *s, const double *points)
{
    iv_text_addf(out, "<path class=\"k%d\" fill=\"none\" stroke-linejoin=\"round\"", s->ink);
    attribute(out, "stroke-width", s->size);
    if (s->dashed)
        iv_text_add(out, " stroke-dasharray=\"5 4\"");
    opacity(out, s);
    iv_text_add(out, " d=\"");
    put_points(out, points, s->count);
    iv_text_add(out, "\"/>");
}

static void put_area(iv_text *out, const iv_shape *s, const double *points)
{
    iv_text_addf(out, "<path class=\"f%d\"", s->ink);
    opacity(out, s);
    iv_text_add(out, " d=\"");
    put_points(out, points, s->count);
    iv_text_add(out, "Z\"/>");
}

/* Dots of no length: their ends make them round or square. */
static void put_dots(iv_text *out, const iv_shape *s, const double *points)
{
    bool diamond = s->marker == IV_DIAMOND;
    iv_text_addf(out, "<path class=\"%s%d\"", diamond ? "f" : "k", s->ink);
    if (!diamond) {
        iv_text_addf(out, " stroke-linecap=\"%s\"", s->marker == IV_SQUARE ? "square" : "round");
        attribute(out, "stroke-width", s->marker == IV_SQUARE ? 1.8 * s->size : 2 * s->size);
    }
    opacity(out, s);
    iv_text_add(out, " d=\"");
    for (size_t i = 0; i < s->count; i++) {
        iv_text_add(out, "M");
        number(out, points[2 * i]);
        iv_text_add(out, " ");
        number(out, points[2 * i + 1] - (diamond ? 1.3 * s->size : 0));
        for (int k = 0; diamond && k < 3; k++) {
            iv_text_add(out, "l");
            number(out, (k == 0 ? 1.3 : -1.3) * s->size);
            iv_text_add(out, " ");
            number(out, (k == 2 ? -1.3 : 1.3) * s->size);
        }
        iv_text_add(out, diamond ? "z" : "h0");
    }
    iv_text_add(out, "\"/>");
}

static void put_rect(iv_text *out, const iv_shape *s)
{
    iv_text_addf(out, "<rect class=\"f%d\"", s->ink);
    opacity(out, s);
    attribute(out, "x", s->x);
    attribute(out, "y", s->y);
    attribute(out, "width", s->width);
    attribute(out, "height", s->height);
    iv_text_add(out, "/>");
}

static void put_text(iv_text *out, const iv_shape *s, const char *text)
{
    static const char *const anchors[] = {"", " text-anchor=\"middle\"", " text-anchor=\"end\""};
    iv_text_addf(out, "<text class=\"f%d\"%s", s->ink, anchors[s->anchor]);
    attribute(out, "font-size", s->size);
    if (s->bold)
        iv_text_add(out, " font-weight=\"600\"");
    attribute(out, "x", s->x);
    attribute(out, "y", s->y);
    if (s->turned) {
        iv_text_add(out, " transform=\"rotate(-90 ");
        number(out, s->x);
        iv_text_add(out, " ");
        number(out, s->y);
        iv_text_add(out, ")\"");
    }
    iv_text_add(out, ">");
    iv_markup_text(out, text);
    iv_text_add(out, "</text>");
}

static void put_picture(iv_text *out, const iv_shape *s)
{
    iv_text_add(out, "<image");
    attribute(out, "x", s->x);
    attribute(out, "y", s->y);
    attribute(out, "width", s->width);
    attribute(out, "height", s->height);
    iv_text_add(out, " href=\"data:image/jpeg;base64,");
    iv_markup_base64(out, s->data, s->count);
    iv_text_add(out, "\"/>");
}

void iv_scene_svg(const iv_scene *s, const char *label, bool alone, iv_text *out)
{
    iv_text_add(out, "<svg viewBox=\"0 0 ");
    number(out, s->width);
    iv_text_add(out, " ");
    number(out, s->height);
    iv_text_add(out, "\"");
    if (alone) {
        iv_text_add(out, " xmlns=\"http://www.w3.org/2000/svg\"");
        attribute(out, "width", s->width);
        attribute(out, "height", s->height);
        iv_text_add(out, " font-family=\"system-ui,sans-serif\"");
    }
    iv_text_add(out, " role=\"img\" aria-label=\"");
    iv_markup_text(out, label);
    iv_text_add(out, "\">");
    if (alone) {
        iv_text_add(out, "<style>");
        iv_scene_style(out);
        iv_text_addf(out, "</style><rect class=\"f%d\" width=\"100%%\" height=\"100%%\"/>",
                     IV_INK_SURFACE);
    }
    for (size_t i = 0; i < s->count; i++) {
        const iv_shape *shape = &s->shapes[i];
        const double *points = s->points ? s->points + shape->first : NULL; /* none: texts alone */
        switch (shape->kind) {
        case IV_SHAPE_LINES:
            put_lines(out, shape, points);
            break;
        case IV_SHAPE_AREA:
            put_area(out, shape, points);
            break;
        case IV_SHAPE_DOTS:
            put_dots(out, shape, points);
            break;
        case IV_SHAPE_RECT:
            put_rect(out, shape);
            break;
        case IV_SHAPE_TEXT:
            put_text(out, shape, s->text.data + shape->first);
            break;
        case IV_SHAPE_PICTURE:
            put_picture(out, shape);
            break;
        }
    }
    iv_text_add(out, "</svg>");
    out->failed = out->failed || s->failed;
}
