/* A report as one HTML page, and single insights as JSON, SVG or PNG. */
#ifndef IV_REPORT_PAGE_H
#define IV_REPORT_PAGE_H

#include "report/report.h"

/* The page: it needs nothing beside itself and no script. *out: NEW, iv_free.
 * Errors: NO_MEMORY. */
imgvec_status iv_report_page(const iv_report *r, char **out, imgvec_error *err);

/* An insight as "json", "svg" or "png", the name being NULL for all of them: "json", "list" for
 * their names, or "html" for the page. *out: NEW, iv_free; text is closed by a NUL that *size does
 * not count. Errors: NO_MEMORY, INVALID_ARGUMENT (there is no such format), NOT_FOUND (no such
 * insight, or this report has not got it). */
imgvec_status iv_report_insight(const iv_report *r, const char *name, const char *format,
                                char **out, size_t *size, imgvec_error *err);

/* The insights that there are: [{"name", "title"}]. *out: NEW, iv_free. */
imgvec_status iv_report_list(const iv_report *r, char **out, imgvec_error *err);

#endif
