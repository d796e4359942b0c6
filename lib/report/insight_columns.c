/* What each column is worth. */
#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "report/metric_name.h"
#include "report/report.h"
#include "report/show_number.h"
#include "report/tiles.h"

enum { BARS = 20 };

static const iv_json *list_of(const iv_report *r, const char *name)
{
    const iv_json *list = iv_json_get(r->info, name);
    return list && list->type == IV_JSON_ARRAY && list->count ? list : NULL;
}

static bool importance_there(const iv_report *r)
{
    return list_of(r, "importance") || list_of(r, "ablation");
}

static imgvec_status importance_json(const iv_report *r, iv_json_writer *w, imgvec_error *err)
{
    static const char *const members[] = {"importance", "ablation", "left_out"};
    (void)err;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (iv_json_get(r->info, members[i]))
            iv_json_put_value(w, members[i], iv_json_get(r->info, members[i]));
    return IMGVEC_OK;
}

typedef struct bars {
    iv_bar items[BARS];
    char texts[BARS][IV_NUMBER_MAX];
    size_t count;
} bars;

/* Puts a bar in its place by falling value. */
static void insert(bars *b, const iv_bar *bar)
{
    size_t at = b->count;
    while (at > 0 && b->items[at - 1].value < bar->value)
        at--;
    if (at == BARS)
        return;
    b->count += b->count < BARS;
    for (size_t k = b->count - 1; k > at; k--)
        b->items[k] = b->items[k - 1];
    b->items[at] = *bar;
}

static void draw(const iv_report *r, bars *b, const char *title, bool percent, iv_scene *out)
{
    for (size_t i = 0; i < b->count; i++) {
        if (percent)
            iv_show_percent(b->items[i].value, b->texts[i]);
        else
            iv_show_number(b->items[i].value, b->texts[i]);
        b->items[i].text = b->texts[i];
    }
    iv_bars_draw(r->ctx, title, b->items, b->count, out);
}

static void draw_importance(const iv_report *r, iv_scene *out)
{
    bars b = {.count = 0};
    for (const iv_json *c = list_of(r, "importance")->as.first; c; c = c->next) {
        iv_bar bar = {
            .name = iv_report_text(c, "name"), .value = iv_report_number(c, "share"), .low = 1};
        if (isfinite(bar.value))
            insert(&b, &bar);
    }
    draw(r, &b, "Share of the predictions' movement", true, out);
}

/* What the score loses without a column: the sign is turned so that more is worth more. */
static void draw_ablation(const iv_report *r, iv_scene *out)
{
    bars b = {.count = 0};
    char title[96];
    const char *metric = iv_report_text(r->info, "metric");
    double sign = iv_metric_rises(metric) ? -1 : 1;
    for (const iv_json *c = list_of(r, "ablation")->as.first; c; c = c->next) {
        const iv_json *without = iv_json_get(c, "without");
        const iv_json *pair = iv_json_get(iv_json_get(without, "difference_ci"), metric);
        const iv_json *low = pair && pair->type == IV_JSON_ARRAY ? pair->as.first : NULL;
        iv_bar bar = {.name = iv_report_text(c, "name"),
                      .value = sign * iv_report_number(iv_json_get(without, "difference"), metric),
                      .low = 1};
        if (low && low->next && low->type == IV_JSON_DOUBLE && low->next->type == IV_JSON_DOUBLE) {
            double a = sign * low->as.number, z = sign * low->next->as.number;
            bar.low = fmin(a, z);
            bar.high = fmax(a, z);
        }
        if (isfinite(bar.value))
            insert(&b, &bar);
    }
    snprintf(title, sizeof title, "%.40s lost without the column", iv_metric_name(metric));
    draw(r, &b, title, false, out);
}

static bool importance_chart(const iv_report *r, int index, iv_scene *out)
{
    bool shares = list_of(r, "importance"), ablation = list_of(r, "ablation");
    if (index == 0 && shares)
        draw_importance(r, out);
    else if (ablation && index == shares)
        draw_ablation(r, out);
    else
        return false;
    return true;
}

const iv_insight iv_insight_importance = {
    .name = "importance",
    .half = true,
    .title = "Columns",
    .words = "Which columns the predictions rest on. The score that is lost without a column comes "
             "from the same folds; the line is its 95 % interval, and where it crosses zero the "
             "column may be worth nothing beside the others.",
    .there = importance_there,
    .json = importance_json,
    .chart = importance_chart,
};
