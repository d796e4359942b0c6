/* ROC and precision-recall. */
#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "base/mem.h"
#include "report/metric_name.h"
#include "report/rank_curve.h"
#include "report/show_number.h"

enum { CLASSES = 8 };

typedef struct curves {
    int count;
    iv_rank_curve items[CLASSES];
    char names[CLASSES][IV_REPORT_TRUTH + IV_NUMBER_MAX];
    double *points[CLASSES]; /* of the chart */
} curves;

static void curves_free(const iv_report *r, curves *c)
{
    for (int k = 0; k < c->count; k++) {
        iv_rank_curve_free(r->ctx, &c->items[k]);
        iv_free(r->ctx, c->points[k]);
    }
    iv_free(r->ctx, c);
}

/* Of the largest classes; roc: else precision and recall. */
static imgvec_status curves_make(const iv_report *r, bool roc, curves **out, imgvec_error *err)
{
    int32_t classes[CLASSES];
    char number[IV_NUMBER_MAX], name[IV_REPORT_TRUTH];
    curves *c = iv_zalloc(r->ctx, sizeof *c);
    int count = c ? iv_rank_classes(r, CLASSES, classes) : -1;
    imgvec_status status = count < 0 ? iv_fail_nomem(err) : IMGVEC_OK;
    for (int k = 0; k < count && status == IMGVEC_OK; k++) {
        iv_rank_curve *curve = &c->items[k];
        status = iv_rank_curve_make(r, classes[k], curve, err);
        if (status != IMGVEC_OK)
            break;
        c->count++;
        c->points[k] = iv_alloc_n(r->ctx, curve->count, 2 * sizeof **c->points);
        if (!c->points[k])
            status = iv_fail_nomem(err);
        for (size_t i = 0; status == IMGVEC_OK && i < curve->count; i++) {
            const iv_rank_point *p = &curve->points[i];
            int64_t taken = p->hits + p->false_alarms;
            double recall = (double)p->hits / (double)curve->positives;
            c->points[k][2 * i] = roc ? (double)p->false_alarms / (double)curve->negatives : recall;
            c->points[k][2 * i + 1] = roc ? recall : taken ? (double)p->hits / (double)taken : NAN;
        }
        iv_report_truth(r, classes[k], name);
        iv_show_fixed(roc ? curve->auc : curve->precision, 3, number);
        snprintf(c->names[k], sizeof c->names[k], "%s %s", name, number);
    }
    if (status != IMGVEC_OK && c)
        curves_free(r, c);
    *out = status == IMGVEC_OK ? c : NULL;
    return status;
}

static bool draw(const iv_report *r, bool roc, int index, iv_scene *out)
{
    curves *c;
    if (index > 0)
        return false;
    if (curves_make(r, roc, &c, NULL) != IMGVEC_OK) {
        iv_scene_init(out, r->ctx, 1, 1);
        out->failed = true;
        return true;
    }
    bool all = r->task == IV_TASK_BINARY || r->class_count <= CLASSES;
    iv_plot p = {.title = roc ? (all ? "Hits against false alarms"
                                     : "Hits against false alarms, the 8 largest classes")
                              : (all ? "Precision against recall"
                                     : "Precision against recall, the 8 largest classes"),
                 .x_label = roc ? "False positive rate" : "Recall",
                 .y_label = roc ? "True positive rate" : "Precision",
                 .height = c->count > 1 ? 440 : 400,
                 .x_low = -0.01,
                 .x_high = 1.01,
                 .y_low = -0.01,
                 .y_high = 1.01,
                 .diagonal = roc};
    for (int k = 0; k < c->count; k++)
        iv_plot_add(&p, c->names[k], c->points[k], c->items[k].count,
                    k % 2 ? IV_SERIES_DASHED : IV_SERIES_LINE, IV_INK_SERIES + k);
    iv_plot_draw(&p, r->ctx, out);
    curves_free(r, c);
    return true;
}

static void put_axis(iv_json_writer *w, const char *name, const double *points, size_t count,
                     size_t axis)
{
    iv_json_put_array(w, name);
    for (size_t i = 0; i < count; i++)
        iv_json_put_f64(w, NULL, points[2 * i + axis]);
    iv_json_put_end(w, ']');
}

static imgvec_status put(const iv_report *r, bool roc, iv_json_writer *w, imgvec_error *err)
{
    curves *c;
    IV_TRY(curves_make(r, roc, &c, err));
    iv_json_put_array(w, "curves");
    for (int k = 0; k < c->count; k++) {
        const iv_rank_curve *curve = &c->items[k];
        iv_json_put_object(w, NULL);
        iv_json_put_text(w, "class", r->classes[curve->class]);
        iv_json_put_i64(w, "rows", curve->positives);
        iv_json_put_f64(w, roc ? "auc" : "average_precision", roc ? curve->auc : curve->precision);
        if (roc)
            iv_json_put_text(w, "rating", iv_auc_rating(curve->auc));
        put_axis(w, roc ? "false_positive_rate" : "recall", c->points[k], curve->count, 0);
        put_axis(w, roc ? "true_positive_rate" : "precision", c->points[k], curve->count, 1);
        iv_json_put_array(w, "threshold");
        for (size_t i = 0; i < curve->count; i++)
            iv_json_put_f64(w, NULL, curve->points[i].threshold);
        iv_json_put_end(w, ']');
        iv_json_put_end(w, '}');
    }
    iv_json_put_end(w, ']');
    curves_free(r, c);
    return IMGVEC_OK;
}

static double whole_auc(const iv_report *r)
{
    return iv_report_number(iv_json_get(r->info, "metrics_pooled"), "auc");
}

static imgvec_status roc_json(const iv_report *r, iv_json_writer *w, imgvec_error *err)
{
    iv_json_put_f64(w, "auc", whole_auc(r));
    iv_json_put_text(w, "rating", iv_auc_rating(whole_auc(r)));
    return put(r, true, w, err);
}

static bool roc_chart(const iv_report *r, int index, iv_scene *out)
{
    return draw(r, true, index, out);
}

static void roc_note(const iv_report *r, iv_text *out)
{
    char number[IV_NUMBER_MAX];
    double auc = whole_auc(r);
    if (isnan(auc))
        return;
    iv_show_fixed(auc, 3, number);
    iv_text_addf(out, "AUC %s%s: %s.", number,
                 r->task == IV_TASK_MULTICLASS ? ", the mean over the classes" : "",
                 iv_auc_rating(auc));
}

const iv_insight iv_insight_roc = {
    .name = "roc",
    .half = true,
    .title = "ROC",
    .words = "How many rows of a class are found for how many wrong ones, from the strictest "
             "threshold to the loosest, each class against the rest. The dashed line is chance. "
             "AUC is the area below: 0.5 to 0.6 is unsatisfactory, to 0.7 satisfactory, to 0.8 "
             "good, to 0.9 very good, above excellent.",
    .there = iv_report_has_classes_oof,
    .json = roc_json,
    .chart = roc_chart,
    .note = roc_note,
};

static imgvec_status pr_json(const iv_report *r, iv_json_writer *w, imgvec_error *err)
{
    return put(r, false, w, err);
}

static bool pr_chart(const iv_report *r, int index, iv_scene *out)
{
    return draw(r, false, index, out);
}

const iv_insight iv_insight_pr = {
    .name = "pr",
    .half = true,
    .title = "Precision and recall",
    .words = "Of the rows that are said to be of a class, how many are (precision), against how "
             "many of the class are found (recall). It tells more than ROC where a class is rare. "
             "The number is the average precision.",
    .there = iv_report_has_classes_oof,
    .json = pr_json,
    .chart = pr_chart,
};
