/* Names of scorers, and what is said of their values. */
#ifndef IV_REPORT_METRIC_NAME_H
#define IV_REPORT_METRIC_NAME_H

#include "report/report.h"

/* "log_loss": "Log loss"; a name that is not known is itself. */
const char *iv_metric_name(const char *name);
/* Whether more is better; the errors and losses are those where it is not. */
bool iv_metric_rises(const char *name);
/* An area under the ROC curve in words: below 0.5 "worse than chance", up to 0.6 "unsatisfactory",
 * 0.7 "satisfactory", 0.8 "good", 0.9 "very good", above "excellent". */
const char *iv_auc_rating(double auc);

/* The scorer of a search: as it says, or the one that a trial's score is equal to. "": not known.
 */
const char *iv_report_metric(const iv_report *r);

/* The trial with the best score of auto.trials; NULL: there is none. */
const iv_json *iv_report_best_trial(const iv_report *r);

#endif
