/* Where a report comes from: a model at hand, a model's file, or the JSON of either or of a search
 * that is still running. No network is loaded. */
#ifndef IV_REPORT_SOURCE_H
#define IV_REPORT_SOURCE_H

#include "model/model.h"
#include "report/report.h"

typedef struct iv_report_source {
    imgvec_context *ctx;
    iv_report report;
    char *info; /* of a file */
    iv_oof oof;
    iv_insight_data data;
} iv_report_source;

/* model is BORROWED until the source is closed. */
imgvec_status iv_report_of_model(const imgvec_model *model, iv_report_source *out,
                                 imgvec_error *err);
/* info: JSON like that of a model; members that are not there are not shown. COPIED. */
imgvec_status iv_report_of_json(imgvec_context *ctx, const char *info, iv_report_source *out,
                                imgvec_error *err);
/* path: a model file; a JSON file; a log of trials, a JSON object in each line,
 * behind which a tab and a digest may stand; or a folder with
 * such a log under the name trials.jsonl. */
imgvec_status iv_report_of_file(imgvec_context *ctx, const char *path, iv_report_source *out,
                                imgvec_error *err);
void iv_report_source_close(iv_report_source *s); /* also after a failure */

#endif
