/* ROC and precision-recall curves of one class against the rest. */
#ifndef IV_REPORT_RANK_CURVE_H
#define IV_REPORT_RANK_CURVE_H

#include "report/report.h"

/* Counts at a threshold: rows with at least that probability. */
typedef struct iv_rank_point {
    double threshold;
    int64_t hits, false_alarms; /* of the class, and of the rest */
} iv_rank_point;

typedef struct iv_rank_curve {
    int32_t class;
    int64_t positives, negatives;
    iv_rank_point *points; /* by falling threshold; the first has no rows */
    size_t count;          /* thinned to what a chart shows; the last has all rows */
    double auc;            /* of all rows, ties counted half; NaN where a side is empty */
    double precision;      /* average precision: the steps of recall by their precision */
} iv_rank_curve;

/* *out: NEW, freed by iv_rank_curve_free. */
imgvec_status iv_rank_curve_make(const iv_report *r, int32_t class, iv_rank_curve *out,
                                 imgvec_error *err);
void iv_rank_curve_free(imgvec_context *ctx, iv_rank_curve *c);

/* Up to `most` classes with the most rows, the first ones of equal; for binary the second class
 * alone. Returns how many, -1 when out of memory. */
int iv_rank_classes(const iv_report *r, int most, int32_t *out);

#endif
