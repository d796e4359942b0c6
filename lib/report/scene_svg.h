/* A scene as SVG, and text as markup. */
#ifndef IV_REPORT_SCENE_SVG_H
#define IV_REPORT_SCENE_SVG_H

#include "report/scene.h"

/* Text for markup: <, >, & and quotes escaped, control characters left out, and bytes that are not
 * UTF-8 shown as a question mark. */
void iv_markup_text(iv_text *out, const char *text);
void iv_markup_base64(iv_text *out, const void *data, size_t size);

/* Rules for the classes that the SVG uses, for light and dark. */
void iv_scene_style(iv_text *out);

/* One element. label: what it shows, for who does not see it. alone: with its own style and
 * namespace, as a file; else for a page that has the rules. */
void iv_scene_svg(const iv_scene *s, const char *label, bool alone, iv_text *out);

#endif
