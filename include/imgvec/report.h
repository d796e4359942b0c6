/** @file
 * Report: what a training did and how good its model is, as a page or insight by insight. */
#ifndef IMGVEC_REPORT_H
#define IMGVEC_REPORT_H

#include <stddef.h>

#include <imgvec/context.h>
#include <imgvec/error.h>
#include <imgvec/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Names and titles of the insights that the model has, as JSON (docs/json.md, "insights").
 * out: NEW, free with imgvec_text_free.
 * Errors: INVALID_ARGUMENT, NO_MEMORY, FORMAT (damaged insights in an edited file).
 * Thread: shared read. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_model_insights(const imgvec_model *model,
                                                               char **out, imgvec_error *err);

/** One insight of a model: "roc", "errors", "map"... (docs/report.md).
 * name: of the insight; NULL for all of them. format: "json" (docs/json.md, "insights"), "svg" or
 * "png"; with name NULL "json", or "html" for the report as one page that needs nothing beside
 * itself.
 * out: NEW, free with imgvec_text_free; text and bytes alike are closed by a NUL that *size does
 * not count. size: may be NULL.
 * Errors: INVALID_ARGUMENT (no such format), NO_MEMORY, NOT_FOUND (no such insight, or this model
 * does not have it), FORMAT (damaged insights in an edited file), LIMIT.
 * Thread: shared read. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_model_insight(const imgvec_model *model,
                                                              const char *name, const char *format,
                                                              char **out, size_t *size,
                                                              imgvec_error *err);

/** The same of a file: a model, without loading its networks; JSON like that of imgvec_model_info;
 * a log of trials, a JSON object in each line, or the folder that has it as trials.jsonl, also
 * while the search that writes it runs. format "list" with name NULL is what imgvec_model_insights
 * gives.
 * Errors: those of imgvec_model_insight; IO, NOT_FOUND, UNSUPPORTED (made by a newer library).
 * Thread: any thread. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_report_file(imgvec_context *ctx, const char *path,
                                                            const char *name, const char *format,
                                                            char **out, size_t *size,
                                                            imgvec_error *err);

/** The same of JSON like that of imgvec_model_info, which may lack any member: for results that are
 * still growing. Errors: those of imgvec_model_insight; FORMAT (not JSON).
 * Thread: any thread. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_report_json(imgvec_context *ctx, const char *info,
                                                            const char *name, const char *format,
                                                            char **out, size_t *size,
                                                            imgvec_error *err);

#ifdef __cplusplus
}
#endif
#endif
