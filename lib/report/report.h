/* What a report is made of: a model's JSON, its out-of-fold predictions and its pictures, whichever
 * there are; and the insights that can be had from them. */
#ifndef IV_REPORT_REPORT_H
#define IV_REPORT_REPORT_H

#include "io/json.h"
#include "learn/target.h"
#include "model/insight_data.h"
#include "model/oof.h"
#include "report/gallery.h"
#include "report/grid.h"
#include "report/plot.h"

typedef struct iv_report {
    imgvec_context *ctx;
    iv_json_document *info_document, *index_document;
    const iv_json *info;  /* of imgvec_model_info, or of a search that runs: any member may lack */
    const iv_json *index; /* of insights/index.json; NULL: there is none */
    bool has_task;
    iv_task task;
    const char **classes; /* BORROWED texts of info; NULL: regression, or not known */
    int32_t class_count;
    const iv_oof *oof;           /* NULL: there are no predictions, or not all are numbers */
    const iv_insight_data *data; /* NULL: none */
} iv_report;

/* info: JSON of a model; oof and data may be NULL. Of lists that are longer than any model's the
 * beginning alone is looked at (10,000 trials, for example). All are BORROWED until
 * iv_report_close, which is to be called also on failure. Errors: NO_MEMORY, FORMAT, LIMIT. */
imgvec_status iv_report_open(imgvec_context *ctx, const char *info, const iv_oof *oof,
                             const iv_insight_data *data, iv_report *out, imgvec_error *err);
void iv_report_close(iv_report *r);

/* An insight: how it is told in JSON, and the charts, tables and pictures that show it. The
 * functions give number `index` of each, or false where there are no more; NULL: there are none.
 * A failure for want of memory is in the thing that they make. */
typedef struct iv_insight {
    const char *name, *title;
    const char *words; /* what it shows and how it is read, for the page */
    bool (*there)(const iv_report *r);
    /* Members of an open object. */
    imgvec_status (*json)(const iv_report *r, iv_json_writer *w, imgvec_error *err);
    bool (*chart)(const iv_report *r, int index, iv_scene *out);
    bool (*grid)(const iv_report *r, int index, iv_grid *out);
    bool (*gallery)(const iv_report *r, int index, iv_gallery *out);
    bool half;                                      /* shares a row of the page with another */
    void (*note)(const iv_report *r, iv_text *out); /* a sentence of numbers, plain text */
} iv_insight;

extern const iv_insight iv_insight_scores, iv_insight_hyperparameters, iv_insight_curves,
    iv_insight_trials, iv_insight_roc, iv_insight_pr, iv_insight_confusion, iv_insight_thresholds,
    iv_insight_residuals, iv_insight_predicted, iv_insight_calibration, iv_insight_importance,
    iv_insight_errors, iv_insight_nearest, iv_insight_samples, iv_insight_augmented,
    iv_insight_embedding, iv_insight_quality;
extern const iv_insight *const iv_insights[]; /* in the order of the page; the last is NULL */

/* ---- small helpers for insights ---- */

/* Member of the JSON, through objects: "auto.trials"; NULL when absent. */
const iv_json *iv_report_find(const iv_json *from, const char *path);
/* Values of members; the fallback where they are absent or of another type. */
double iv_report_number(const iv_json *object, const char *name);    /* NaN */
const char *iv_report_text(const iv_json *object, const char *name); /* "" */
int64_t iv_report_count(const iv_json *object, const char *name);    /* -1; also below 0 */
double iv_report_value(const iv_json *value);                        /* NaN unless it is a number */
/* Any value as short text: numbers as iv_show_number does, "yes" and "no". */
void iv_report_show(const iv_json *value, iv_text *out);

bool iv_report_is_classes(const iv_report *r);
bool iv_report_is_regression(const iv_report *r);
bool iv_report_has_classes_oof(const iv_report *r);
bool iv_report_has_numbers_oof(const iv_report *r);
/* Name of a class, or the number as text, of a "truth". out of IV_REPORT_TRUTH bytes. */
enum { IV_REPORT_TRUTH = 128 };
void iv_report_truth(const iv_report *r, double truth, char out[IV_REPORT_TRUTH]);
/* Picture "row_<row>.jpg" (suffix "", "_1"...) of insights with its size by the index. */
const iv_part *iv_report_picture(const iv_report *r, const char *prefix, int64_t row,
                                 const char *suffix);
/* The entry of a row in the index; NULL when absent. */
const iv_json *iv_report_row(const iv_report *r, int64_t row);

#endif
