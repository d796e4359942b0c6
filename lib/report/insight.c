/* Single insights. Scenes, grids and galleries are all rendered the same way, whatever they show.
 */
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "report/page.h"
#include "report/scene_png.h"
#include "report/scene_svg.h"
#include "report/tiles.h"

static const iv_insight *find(const char *name)
{
    for (int i = 0; iv_insights[i]; i++)
        if (strcmp(iv_insights[i]->name, name) == 0)
            return iv_insights[i];
    return NULL;
}

/* ---- JSON ---- */

static imgvec_status put_insight(const iv_report *r, const iv_insight *insight, iv_json_writer *w,
                                 imgvec_error *err)
{
    iv_json_put_object(w, NULL);
    iv_json_put_text(w, "kind", "insight");
    iv_json_put_text(w, "name", insight->name);
    iv_json_put_text(w, "title", insight->title);
    IV_TRY(insight->json(r, w, err));
    iv_json_put_end(w, '}');
    return IMGVEC_OK;
}

static imgvec_status finish(iv_text *text, imgvec_status status, char **out, size_t *size,
                            imgvec_error *err)
{
    if (status != IMGVEC_OK) {
        iv_text_free(text);
        return status;
    }
    size_t length = text->length;
    *out = iv_text_take(text);
    if (!*out)
        return iv_fail_nomem(err);
    *size = length;
    return IMGVEC_OK;
}

/* insight NULL: all. */
static imgvec_status make_json(const iv_report *r, const iv_insight *insight, char **out,
                               size_t *size, imgvec_error *err)
{
    iv_text text;
    iv_json_writer w;
    imgvec_status status = IMGVEC_OK;
    iv_text_init(&text, r->ctx);
    iv_json_begin(&w, &text, true);
    if (insight) {
        status = put_insight(r, insight, &w, err);
    } else {
        iv_json_put_object(&w, NULL);
        iv_json_put_text(&w, "kind", "insights");
        iv_json_put_array(&w, "insights");
        for (int i = 0; iv_insights[i] && status == IMGVEC_OK; i++)
            if (iv_insights[i]->there(r))
                status = put_insight(r, iv_insights[i], &w, err);
        iv_json_put_end(&w, ']');
        iv_json_put_end(&w, '}');
    }
    iv_text_add(&text, "\n");
    return finish(&text, status, out, size, err);
}

imgvec_status iv_report_list(const iv_report *r, char **out, imgvec_error *err)
{
    iv_text text;
    iv_json_writer w;
    size_t size;
    iv_text_init(&text, r->ctx);
    iv_json_begin(&w, &text, true);
    iv_json_put_array(&w, NULL);
    for (int i = 0; iv_insights[i]; i++) {
        if (!iv_insights[i]->there(r))
            continue;
        iv_json_put_object(&w, NULL);
        iv_json_put_text(&w, "name", iv_insights[i]->name);
        iv_json_put_text(&w, "title", iv_insights[i]->title);
        iv_json_put_end(&w, '}');
    }
    iv_json_put_end(&w, ']');
    iv_text_add(&text, "\n");
    return finish(&text, IMGVEC_OK, out, &size, err);
}

/* ---- pictures ---- */

static void pile(iv_scene *all, iv_scene *one)
{
    iv_scene_append(all, one);
    iv_scene_free(one);
}

/* Everything that shows the insight, one below the other. */
static void draw(const iv_report *r, const iv_insight *insight, iv_scene *all)
{
    iv_scene scene;
    iv_grid grid;
    iv_gallery gallery;
    iv_scene_init(all, r->ctx, 0, 0);
    for (int i = 0; insight->chart && insight->chart(r, i, &scene); i++)
        pile(all, &scene);
    for (int i = 0; insight->grid && insight->grid(r, i, &grid); i++) {
        iv_grid_draw(&grid, r->ctx, &scene);
        iv_grid_free(&grid);
        pile(all, &scene);
    }
    for (int i = 0; insight->gallery && insight->gallery(r, i, &gallery); i++) {
        if (gallery.count || gallery.failed) {
            iv_gallery_draw(&gallery, &scene);
            pile(all, &scene);
        }
        iv_gallery_free(&gallery);
    }
    all->width += all->width < 200 ? 200 - all->width : 0;
    all->height += all->height < 20 ? 20 - all->height : 0;
}

static imgvec_status make_picture(const iv_report *r, const iv_insight *insight, bool png,
                                  char **out, size_t *size, imgvec_error *err)
{
    iv_scene scene;
    iv_text text;
    imgvec_status status;
    draw(r, insight, &scene);
    if (png) {
        uint8_t *bytes;
        status = iv_scene_png(&scene, &bytes, size, err);
        if (status == IMGVEC_OK)
            *out = (char *)bytes;
    } else {
        iv_text_init(&text, r->ctx);
        iv_scene_svg(&scene, insight->title, true, &text);
        iv_text_add(&text, "\n");
        status = finish(&text, IMGVEC_OK, out, size, err);
    }
    iv_scene_free(&scene);
    return status;
}

imgvec_status iv_report_insight(const iv_report *r, const char *name, const char *format,
                                char **out, size_t *size, imgvec_error *err)
{
    bool page = strcmp(format, "html") == 0;
    if (!name && (page || strcmp(format, "list") == 0)) {
        IV_TRY(page ? iv_report_page(r, out, err) : iv_report_list(r, out, err));
        *size = strlen(*out);
        return IMGVEC_OK;
    }
    bool json = strcmp(format, "json") == 0, png = strcmp(format, "png") == 0;
    if (!json && (!name || (!png && strcmp(format, "svg") != 0)))
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                       "\"%.40s\" is no format of %s: there are %s", format,
                       name ? "an insight" : "all insights",
                       name ? "json, svg and png" : "html, json and list");
    const iv_insight *insight = name ? find(name) : NULL;
    if (name && !insight)
        return iv_fail(err, IMGVEC_ERR_NOT_FOUND, "there is no insight \"%.60s\"", name);
    if (insight && !insight->there(r))
        return iv_fail(err, IMGVEC_ERR_NOT_FOUND,
                       "there is nothing to show as %s: it is not an insight of this task, or the "
                       "model was made without what it needs",
                       name);
    return json ? make_json(r, insight, out, size, err)
                : make_picture(r, insight, png, out, size, err);
}
