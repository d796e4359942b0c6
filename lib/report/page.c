#include "report/page.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "report/metric_name.h"
#include "report/page_style.h"
#include "report/scene_svg.h"
#include "report/show_number.h"
#include "report/tiles.h"

#define WIDE 600.0 /* charts from here on scroll where the page is narrow */

/* ---- head ---- */

static void card(iv_text *out, const char *label, const char *value, const char *below)
{
    iv_text_add(out, "<li><span>");
    iv_markup_text(out, label);
    iv_text_add(out, strlen(value) > 11 ? "</span><b class=\"word\">" : "</span><b>");
    iv_markup_text(out, value);
    iv_text_add(out, "</b>");
    if (*below) {
        iv_text_add(out, "<small>");
        iv_markup_text(out, below);
        iv_text_add(out, "</small>");
    }
    iv_text_add(out, "</li>");
}

static void score_card(const iv_report *r, const char *metric, iv_text *out)
{
    char value[IV_NUMBER_MAX], low[IV_NUMBER_MAX], high[IV_NUMBER_MAX], below[128] = "";
    const iv_json *pooled = iv_json_get(r->info, "metrics_pooled");
    const iv_json *pair = iv_json_get(iv_json_get(r->info, "metrics_ci"), metric);
    double score = iv_report_number(pooled, metric);
    if (isnan(score))
        return;
    iv_show_number(score, value);
    const iv_json *first = pair && pair->type == IV_JSON_ARRAY ? pair->as.first : NULL;
    if (first && first->next && first->type == IV_JSON_DOUBLE &&
        first->next->type == IV_JSON_DOUBLE) {
        iv_show_number(first->as.number, low);
        iv_show_number(first->next->as.number, high);
        snprintf(below, sizeof below, "95 %%: %s \xe2\x80\x93 %s", low, high);
    }
    if (strcmp(metric, "auc") == 0)
        snprintf(below + strlen(below), sizeof below - strlen(below), "%s%s", *below ? ", " : "",
                 iv_auc_rating(score));
    card(out, iv_metric_name(metric), value, below);
}

/* A search that is still running has no scores of a model, only its best trial's. */
static void search_cards(const iv_report *r, iv_text *out)
{
    char value[IV_NUMBER_MAX], below[96];
    const iv_json *automatic = iv_json_get(r->info, "auto"), *best = iv_report_best_trial(r);
    const iv_json *trials = iv_json_get(automatic, "trials");
    const char *metric = iv_report_metric(r);
    if (best && !iv_json_get(r->info, "metrics_pooled")) {
        iv_show_number(iv_report_number(best, "score"), value);
        snprintf(below, sizeof below, "best trial: %.60s", iv_report_text(best, "backbone"));
        card(out, *metric ? iv_metric_name(metric) : "Score", value, below);
    }
    if (trials && trials->type == IV_JSON_ARRAY) {
        double seconds = iv_report_number(automatic, "seconds");
        snprintf(value, sizeof value, "%u", (unsigned)trials->count);
        below[0] = '\0';
        if (isfinite(seconds)) {
            strcpy(below, "in ");
            iv_show_seconds(seconds, below + 3);
        }
        card(out, "Trials", value, below);
    }
}

static void cards(const iv_report *r, iv_text *out)
{
    static const char *const others[] = {"accuracy", "auc", "r2", "mae"};
    char value[IV_NUMBER_MAX], below[96] = "";
    const char *metric = iv_report_text(r->info, "metric");
    const iv_json *rows = iv_json_get(r->info, "rows");
    const iv_json *networks = iv_json_get(r->info, "backbones");
    iv_text_add(out, "<ul class=\"cards\">");
    score_card(r, metric, out);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(others[i], metric) != 0)
            score_card(r, others[i], out);
    search_cards(r, out);
    int64_t used = iv_report_count(rows, "used");
    if (used >= 0) {
        iv_show_count(used, value);
        if (r->class_count)
            snprintf(below, sizeof below, "%d classes", (int)r->class_count);
        card(out, "Rows", value, below);
    }
    const iv_json *first = networks && networks->type == IV_JSON_ARRAY ? networks->as.first : NULL;
    const char *learner = iv_report_text(r->info, "learner");
    if (first) {
        double side = iv_report_number(first, "input_size");
        snprintf(below, sizeof below, "%d px%s%.40s", side > 0 && side < 1e6 ? (int)side : 0,
                 *learner ? ", then " : "", learner);
        card(out, "Network", iv_report_text(first, "id"), below);
    } else if (*learner) {
        card(out, "Learner", learner, "");
    }
    iv_text_add(out, "</ul>");
}

static void head(const iv_report *r, iv_text *out)
{
    const char *target = iv_report_text(r->info, "target");
    iv_text_add(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                     "<meta name=\"color-scheme\" content=\"light dark\">\n"
                     "<link rel=\"icon\" href=\"data:,\">\n<title>");
    iv_markup_text(out, *target ? target : "Model");
    iv_text_add(out, " \xe2\x80\x93 model report</title>\n<style>\n");
    iv_page_style(out);
    iv_scene_style(out);
    iv_text_add(out, "\n</style>\n</head>\n<body>\n<header>\n<p class=\"over\">Model report</p>\n"
                     "<h1>");
    if (*target) {
        iv_text_add(out, "Prediction of ");
        iv_markup_text(out, target);
    } else {
        iv_text_add(out, "Search for a model");
    }
    iv_text_add(out, "</h1>\n");
    if (r->has_task)
        iv_text_addf(out, "<p class=\"sub\">%s</p>\n",
                     r->task == IV_TASK_REGRESSION ? "Regression"
                     : r->task == IV_TASK_BINARY   ? "Classification in two classes"
                                                   : "Classification in several classes");
    cards(r, out);
    iv_text_add(out, "</header>\n<nav aria-label=\"Insights\"><ul>");
    for (int i = 0; iv_insights[i]; i++)
        if (iv_insights[i]->there(r))
            iv_text_addf(out, "<li><a href=\"#%s\">%s</a></li>", iv_insights[i]->name,
                         iv_insights[i]->title);
    iv_text_add(out, "</ul></nav>\n<main>\n");
}

/* ---- sections ---- */

static void charts(const iv_report *r, const iv_insight *insight, iv_text *out)
{
    iv_scene scene;
    for (int i = 0; insight->chart && insight->chart(r, i, &scene); i++) {
        bool wide = scene.width >= WIDE;
        iv_text_addf(out, "<figure class=\"chart%s\" style=\"max-width:%dpx\">",
                     wide ? " wide" : "", (int)scene.width);
        iv_scene_svg(&scene, iv_scene_title(&scene), false, out);
        iv_text_add(out, "</figure>");
        iv_scene_free(&scene);
    }
}

static void section(const iv_report *r, const iv_insight *insight, iv_text *out)
{
    iv_grid grid;
    iv_gallery gallery;
    iv_text_addf(out, "<section id=\"%s\"%s>\n<h2>%s</h2>\n<p>", insight->name,
                 insight->half ? " class=\"half\"" : "", insight->title);
    if (insight->note) {
        iv_text note;
        iv_text_init(&note, r->ctx);
        insight->note(r, &note);
        out->failed = out->failed || note.failed;
        if (note.data && note.length) {
            iv_text_add(out, "<strong>");
            iv_markup_text(out, note.data);
            iv_text_add(out, "</strong> ");
        }
        iv_text_free(&note);
    }
    iv_markup_text(out, insight->words);
    iv_text_add(out, "</p>\n<div class=\"show\">\n");
    charts(r, insight, out);
    for (int i = 0; insight->grid && insight->grid(r, i, &grid); i++) {
        iv_grid_html(&grid, out);
        iv_grid_free(&grid);
    }
    for (int i = 0; insight->gallery && insight->gallery(r, i, &gallery); i++) {
        iv_gallery_html(&gallery, out);
        iv_gallery_free(&gallery);
    }
    iv_text_add(out, "</div>\n</section>\n");
}

static void foot(const iv_report *r, iv_text *out)
{
    const iv_json *made_by = iv_json_get(r->info, "made_by");
    const char *separator = "";
    iv_text_add(out, "</main>\n<footer><p>");
    for (const iv_json *m = made_by && made_by->type == IV_JSON_OBJECT ? made_by->as.first : NULL;
         m; m = m->next) {
        iv_text_add(out, separator);
        iv_markup_text(out, m->name);
        iv_text_add(out, " ");
        if (m->type == IV_JSON_TEXT)
            iv_markup_text(out, m->as.text);
        separator = " \xc2\xb7 ";
    }
    iv_text_add(out, "</p></footer>\n</body>\n</html>\n");
}

imgvec_status iv_report_page(const iv_report *r, char **out, imgvec_error *err)
{
    iv_text text;
    iv_text_init(&text, r->ctx);
    head(r, &text);
    for (int i = 0; iv_insights[i] && !text.failed; i++)
        if (iv_insights[i]->there(r))
            section(r, iv_insights[i], &text);
    foot(r, &text);
    *out = iv_text_take(&text);
    return *out ? IMGVEC_OK : iv_fail_nomem(err);
}
