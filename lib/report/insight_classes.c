/* Which classes are taken for which, what a threshold does, and whether probabilities hold. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "learn/calibration.h"
#include "model/worst.h"
#include "report/rank_curve.h"
#include "report/show_number.h"
#include "report/tiles.h"

enum { SHOWN_MAX = 60, PAIRS = 10 };

#define ROWS_MAX 1000000000000 /* sums of them are exact */

/* ---- confusion ---- */

static const iv_json *table_of(const iv_report *r)
{
    const iv_json *rows = iv_json_get(r->info, "confusion");
    return r->classes && rows && rows->type == IV_JSON_ARRAY &&
                   rows->count == (uint32_t)r->class_count
               ? rows
               : NULL;
}

static bool confusion_there(const iv_report *r)
{
    return r->classes && (r->oof || table_of(r));
}

/* counts[truth * classes + predicted]; NULL when out of memory. NEW. */
static int64_t *confusion_of(const iv_report *r)
{
    size_t k = (size_t)r->class_count;
    int64_t *counts = iv_calloc(r->ctx, k * k, sizeof *counts);
    if (!counts)
        return NULL;
    if (r->oof) {
        for (size_t i = 0; i < r->oof->count; i++) {
            int32_t said = iv_likeliest(r->oof->predictions + i * k, r->class_count);
            counts[(size_t)r->oof->truth[i] * k + (size_t)said]++;
        }
        return counts;
    }
    size_t truth = 0;
    for (const iv_json *row = table_of(r)->as.first; row; row = row->next, truth++) {
        size_t said = 0;
        for (const iv_json *n = row->type == IV_JSON_ARRAY ? row->as.first : NULL; n && said < k;
             n = n->next, said++)
            counts[truth * k + said] =
                n->type == IV_JSON_INT && n->as.integer > 0 && n->as.integer <= ROWS_MAX
                    ? n->as.integer
                    : 0;
    }
    return counts;
}

static imgvec_status confusion_json(const iv_report *r, iv_json_writer *w, imgvec_error *err)
{
    int64_t *counts = confusion_of(r);
    if (!counts)
        return iv_fail_nomem(err);
    iv_json_put_array(w, "classes");
    for (int32_t k = 0; k < r->class_count; k++)
        iv_json_put_text(w, NULL, r->classes[k]);
    iv_json_put_end(w, ']');
    iv_json_put_array(w, "confusion");
    for (int32_t t = 0; t < r->class_count; t++) {
        iv_json_put_array(w, NULL);
        for (int32_t p = 0; p < r->class_count; p++)
            iv_json_put_i64(w, NULL, counts[t * r->class_count + p]);
        iv_json_put_end(w, ']');
    }
    iv_json_put_end(w, ']');
    iv_free(r->ctx, counts);
    return IMGVEC_OK;
}

static bool confusion_chart(const iv_report *r, int index, iv_scene *out)
{
    if (index > 0)
        return false;
    int size = r->class_count < SHOWN_MAX ? r->class_count : SHOWN_MAX;
    int64_t *counts = confusion_of(r);
    for (int t = 0; counts && size < r->class_count && t < size; t++)
        memmove(counts + (size_t)t * (size_t)size, counts + (size_t)t * (size_t)r->class_count,
                (size_t)size * sizeof *counts);
    if (counts) {
        iv_matrix_draw(r->ctx,
                       size < r->class_count ? "Confusion of the first classes"
                                             : "Confusion, out of fold",
                       "Truth", "Prediction", r->classes, counts, size, out);
    } else {
        iv_scene_init(out, r->ctx, 1, 1);
        out->failed = true;
    }
    iv_free(r->ctx, counts);
    return true;
}

typedef struct pair {
    int32_t truth, said;
    int64_t rows, of; /* of so many rows of the truth */
} pair;

/* The most frequent confusions. */
static int find_pairs(const iv_report *r, const int64_t *counts, pair out[PAIRS])
{
    int found = 0;
    for (int32_t t = 0; t < r->class_count; t++) {
        int64_t total = 0;
        for (int32_t p = 0; p < r->class_count; p++)
            total += counts[t * r->class_count + p];
        for (int32_t p = 0; p < r->class_count; p++) {
            pair now = {t, p, counts[t * r->class_count + p], total};
            int at = found;
            if (t == p || now.rows == 0)
                continue;
            while (at > 0 && out[at - 1].rows < now.rows)
                at--;
            if (at == PAIRS)
                continue;
            found += found < PAIRS;
            memmove(out + at + 1, out + at, (size_t)(found - at - 1) * sizeof *out);
            out[at] = now;
        }
    }
    return found;
}

static void share_cell(iv_grid *g, int64_t part, int64_t whole)
{
    char text[IV_NUMBER_MAX] = "";
    if (whole)
        iv_show_fixed((double)part / (double)whole, 3, text);
    iv_grid_cell(g, text);
}

static void by_class(const iv_report *r, iv_grid *g)
{
    static const char *const heads[] = {"Class", "Rows", "Precision", "Recall", "F1"};
    iv_grid_init(g, r->ctx, "By class", 5);
    for (int c = 0; c < 5; c++) {
        g->heads[c] = heads[c];
        g->numbers[c] = c > 0;
    }
    g->shown = 14;
    int64_t *counts = confusion_of(r);
    g->cells.failed = g->cells.failed || !counts;
    for (int32_t k = 0; counts && k < r->class_count; k++) {
        int64_t hits = counts[k * r->class_count + k], is = 0, said = 0;
        for (int32_t i = 0; i < r->class_count; i++) {
            is += counts[k * r->class_count + i];
            said += counts[i * r->class_count + k];
        }
        iv_grid_cell(g, r->classes[k]);
        iv_grid_count(g, is);
        share_cell(g, hits, said);
        share_cell(g, hits, is);
        share_cell(g, 2 * hits, is + said);
    }
    iv_free(r->ctx, counts);
}

static bool confusion_grid(const iv_report *r, int index, iv_grid *g)
{
    pair pairs[PAIRS];
    char text[IV_NUMBER_MAX];
    if (index > 1 || (index == 1 && r->class_count == 2))
        return false;
    if (index == 0) {
        by_class(r, g);
        return true;
    }
    iv_grid_init(g, r->ctx, "Most frequent confusions", 4);
    static const char *const heads[] = {"Truth", "Predicted as", "Rows", "Of the class"};
    for (int c = 0; c < 4; c++)
        g->heads[c] = heads[c];
    g->numbers[2] = g->numbers[3] = true;
    int64_t *counts = confusion_of(r);
    int found = counts ? find_pairs(r, counts, pairs) : 0;
    for (int i = 0; i < found; i++) {
        iv_grid_cell(g, r->classes[pairs[i].truth]);
        iv_grid_cell(g, r->classes[pairs[i].said]);
        iv_grid_count(g, pairs[i].rows);
        iv_show_percent((double)pairs[i].rows / (double)pairs[i].of, text);
        iv_grid_cell(g, text);
    }
    g->cells.failed = g->cells.failed || !counts;
    iv_free(r->ctx, counts);
    return true;
}

const iv_insight iv_insight_confusion = {
    .name = "confusion",
    .title = "Confusion",
    .words = "Each row of the matrix is a class as it is, each column what it was taken for; the "
             "diagonal is right. Colour is the share of the class.",
    .there = confusion_there,
    .json = confusion_json,
    .chart = confusion_chart,
    .grid = confusion_grid,
};

/* ---- thresholds ---- */

enum { THRESHOLDS = 19 };

typedef struct at_threshold {
    double threshold;
    int64_t tp, fp, tn, fn;
} at_threshold;

static bool thresholds_there(const iv_report *r)
{
    return iv_report_has_classes_oof(r) && r->task == IV_TASK_BINARY;
}

/* A row is positive from a probability of the threshold on. */
static at_threshold count_at(const iv_report *r, double threshold)
{
    at_threshold a = {.threshold = threshold};
    for (size_t i = 0; i < r->oof->count; i++) {
        bool said = (double)r->oof->predictions[2 * i + 1] >= threshold, is = r->oof->truth[i] > 0;
        a.tp += said && is;
        a.fp += said && !is;
        a.fn += !said && is;
        a.tn += !said && !is;
    }
    return a;
}

static double ratio(int64_t part, int64_t whole)
{
    return whole ? (double)part / (double)whole : NAN;
}

typedef struct rates {
    double precision, recall, specificity, f1, accuracy, mcc;
} rates;

static rates rates_of(const at_threshold *a)
{
    double below = sqrt((double)(a->tp + a->fp)) * sqrt((double)(a->tp + a->fn)) *
                   sqrt((double)(a->tn + a->fp)) * sqrt((double)(a->tn + a->fn));
    double above = (double)a->tp * (double)a->tn - (double)a->fp * (double)a->fn;
    return (rates){.precision = ratio(a->tp, a->tp + a->fp),
                   .recall = ratio(a->tp, a->tp + a->fn),
                   .specificity = ratio(a->tn, a->tn + a->fp),
                   .f1 = ratio(2 * a->tp, 2 * a->tp + a->fp + a->fn),
                   .accuracy = ratio(a->tp + a->tn, a->tp + a->tn + a->fp + a->fn),
                   .mcc = below > 0 ? above / below : 0};
}

static double threshold_at(int index)
{
    return (double)(index + 1) / (THRESHOLDS + 1);
}

static imgvec_status thresholds_json(const iv_report *r, iv_json_writer *w, imgvec_error *err)
{
    (void)err;
    const iv_json *chosen = iv_json_get(r->info, "threshold");
    iv_json_put_text(w, "positive", r->classes[1]);
    if (chosen)
        iv_json_put_value(w, "chosen", chosen);
    iv_json_put_array(w, "thresholds");
    for (int i = 0; i < THRESHOLDS; i++) {
        at_threshold a = count_at(r, threshold_at(i));
        rates s = rates_of(&a);
        iv_json_put_object(w, NULL);
        iv_json_put_f64(w, "threshold", a.threshold);
        iv_json_put_i64(w, "tp", a.tp);
        iv_json_put_i64(w, "fp", a.fp);
        iv_json_put_i64(w, "tn", a.tn);
        iv_json_put_i64(w, "fn", a.fn);
        iv_json_put_f64(w, "precision", s.precision);
        iv_json_put_f64(w, "recall", s.recall);
        iv_json_put_f64(w, "specificity", s.specificity);
        iv_json_put_f64(w, "f1", s.f1);
        iv_json_put_f64(w, "accuracy", s.accuracy);
        iv_json_put_f64(w, "mcc", s.mcc);
        iv_json_put_end(w, '}');
    }
    iv_json_put_end(w, ']');
    return IMGVEC_OK;
}

static bool thresholds_chart(const iv_report *r, int index, iv_scene *out)
{
    double precision[2 * THRESHOLDS], recall[2 * THRESHOLDS], f1[2 * THRESHOLDS];
    if (index > 0)
        return false;
    for (int i = 0; i < THRESHOLDS; i++) {
        at_threshold a = count_at(r, threshold_at(i));
        rates s = rates_of(&a);
        precision[2 * i] = recall[2 * i] = f1[2 * i] = a.threshold;
        precision[2 * i + 1] = s.precision;
        recall[2 * i + 1] = s.recall;
        f1[2 * i + 1] = s.f1;
    }
    iv_plot p = {.title = "What the threshold trades",
                 .x_label = "Threshold",
                 .y_label = "Rate",
                 .x_high = 1,
                 .y_low = -0.01,
                 .y_high = 1.01};
    iv_plot_add(&p, "Precision", precision, THRESHOLDS, IV_SERIES_LINE, IV_INK_SERIES);
    iv_plot_add(&p, "Recall", recall, THRESHOLDS, IV_SERIES_DASHED, IV_INK_SERIES + 1);
    iv_plot_add(&p, "F1", f1, THRESHOLDS, IV_SERIES_MARKED, IV_INK_SERIES + 2);
    iv_plot_draw(&p, r->ctx, out);
    return true;
}

static bool thresholds_grid(const iv_report *r, int index, iv_grid *g)
{
    static const char *const heads[] = {"Threshold", "Precision", "Recall", "F1", "Accuracy",
                                        "MCC",       "TP",        "FP",     "FN", "TN"};
    char text[IV_NUMBER_MAX];
    if (index > 0)
        return false;
    iv_grid_init(g, r->ctx, "By threshold", 10);
    for (int c = 0; c < 10; c++) {
        g->heads[c] = heads[c];
        g->numbers[c] = true;
    }
    for (int i = 0; i < THRESHOLDS; i++) {
        at_threshold a = count_at(r, threshold_at(i));
        rates s = rates_of(&a);
        const double values[] = {a.threshold, s.precision, s.recall, s.f1, s.accuracy, s.mcc};
        const int64_t rows[] = {a.tp, a.fp, a.fn, a.tn};
        for (int c = 0; c < 6; c++) {
            iv_show_fixed(values[c], c ? 3 : 2, text);
            iv_grid_cell(g, isfinite(values[c]) ? text : "");
        }
        for (int c = 0; c < 4; c++)
            iv_grid_count(g, rows[c]);
    }
    return true;
}

static void thresholds_note(const iv_report *r, iv_text *out)
{
    char number[IV_NUMBER_MAX];
    const iv_json *chosen = iv_json_get(r->info, "threshold");
    double value = iv_report_number(chosen, "value");
    iv_text_addf(out, "Rows with at least so much probability are said to be %s.", r->classes[1]);
    if (!isfinite(value))
        return;
    iv_show_fixed(value, 3, number);
    iv_text_addf(out, " The model decides at %s.", number);
}

const iv_insight iv_insight_thresholds = {
    .name = "thresholds",
    .title = "Thresholds",
    .words = "A higher threshold makes fewer false alarms and misses more.",
    .there = thresholds_there,
    .json = thresholds_json,
    .chart = thresholds_chart,
    .grid = thresholds_grid,
    .note = thresholds_note,
};

/* ---- calibration ---- */

enum { BINS = IV_CALIBRATION_BINS };

static void measure(const iv_report *r, iv_reliability *out)
{
    const iv_oof *o = r->oof;
    iv_reliability_of(r->task, o->count, o->outputs, o->predictions, o->truth, out);
}

static imgvec_status calibration_json(const iv_report *r, iv_json_writer *w, imgvec_error *err)
{
    (void)err;
    iv_reliability m;
    measure(r, &m);
    iv_json_put_text(w, "of", r->task == IV_TASK_BINARY ? r->classes[1] : "likeliest class");
    iv_json_put_f64(w, "ece", m.ece);
    if (iv_json_get(r->info, "calibration"))
        iv_json_put_value(w, "calibration", iv_json_get(r->info, "calibration"));
    iv_json_put_array(w, "bins");
    for (int b = 0; b < BINS; b++) {
        iv_json_put_object(w, NULL);
        iv_json_put_f64(w, "low", (double)b / BINS);
        iv_json_put_f64(w, "high", (double)(b + 1) / BINS);
        iv_json_put_i64(w, "rows", m.rows[b]);
        iv_json_put_f64(w, "predicted", m.rows[b] ? m.confidence[b] : NAN);
        iv_json_put_f64(w, "observed", m.rows[b] ? m.hits[b] : NAN);
        iv_json_put_end(w, '}');
    }
    iv_json_put_end(w, ']');
    return IMGVEC_OK;
}

static bool calibration_chart(const iv_report *r, int index, iv_scene *out)
{
    iv_reliability m;
    double points[2 * BINS], bars[2 * BINS];
    if (index > 1)
        return false;
    measure(r, &m);
    for (int b = 0; b < BINS; b++) {
        points[2 * b] = m.rows[b] ? m.confidence[b] : NAN;
        points[2 * b + 1] = m.hits[b];
        bars[2 * b] = (b + 0.5) / BINS;
        bars[2 * b + 1] = (double)m.rows[b];
    }
    iv_plot p = {.title = index ? "How often each probability is said" : "Said and observed",
                 .x_label = "Predicted probability",
                 .y_label = index ? "Rows" : "Observed share",
                 .x_low = index ? 0 : -0.01,
                 .x_high = index ? 1 : 1.01,
                 .y_low = index ? 0 : -0.01,
                 .y_high = index ? 0 : 1.01,
                 .diagonal = index == 0};
    iv_plot_add(&p, NULL, index ? bars : points, BINS, index ? IV_SERIES_BARS : IV_SERIES_MARKED,
                IV_INK_SERIES);
    iv_plot_draw(&p, r->ctx, out);
    return true;
}

static void calibration_note(const iv_report *r, iv_text *out)
{
    iv_reliability m;
    char number[IV_NUMBER_MAX];
    measure(r, &m);
    iv_show_fixed(m.ece, 3, number);
    iv_text_addf(out, "Expected calibration error %s: so far apart, on average, are %s.", number,
                 r->task == IV_TASK_BINARY ? "the probability and the share of the positive class"
                                           : "the probability of the likeliest class and its share "
                                             "of right answers");
}

const iv_insight iv_insight_calibration = {
    .name = "calibration",
    .title = "Calibration",
    .words = "Whether probabilities can be taken at their word: of the rows with 70 % about 70 in "
             "100 should be right. Points above the dashed line are too modest, points below too "
             "sure.",
    .there = iv_report_has_classes_oof,
    .json = calibration_json,
    .chart = calibration_chart,
    .note = calibration_note,
};
