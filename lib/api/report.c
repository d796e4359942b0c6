#include <imgvec/report.h>

#include "api/check.h"
#include "api/text.h"
#include "report/page.h"
#include "report/source.h"

/* Closes the source, which opened with `status`. */
static imgvec_status give(iv_report_source *s, imgvec_status status, const char *name,
                          const char *format, char **out, size_t *size, imgvec_error *err)
{
    imgvec_context *ctx = s->ctx;
    char *bytes;
    void *copy;
    size_t length;
    if (status == IMGVEC_OK)
        status = iv_report_insight(&s->report, name, format, &bytes, &length, err);
    if (status == IMGVEC_OK)
        status = iv_bytes_export(ctx, bytes, length, &copy, err);
    if (status == IMGVEC_OK)
        *out = copy;
    if (status == IMGVEC_OK && size)
        *size = length;
    iv_report_source_close(s);
    return status;
}

imgvec_status imgvec_model_insights(const imgvec_model *model, char **out, imgvec_error *err)
{
    iv_report_source s;
    NEED(model);
    NEED(out);
    *out = NULL;
    return give(&s, iv_report_of_model(model, &s, err), NULL, "list", out, NULL, err);
}

imgvec_status imgvec_model_insight(const imgvec_model *model, const char *name, const char *format,
                                   char **out, size_t *size, imgvec_error *err)
{
    iv_report_source s;
    NEED(model);
    NEED(format);
    NEED(out);
    *out = NULL;
    return give(&s, iv_report_of_model(model, &s, err), name, format, out, size, err);
}

imgvec_status imgvec_report_file(imgvec_context *ctx, const char *path, const char *name,
                                 const char *format, char **out, size_t *size, imgvec_error *err)
{
    iv_report_source s;
    NEED(ctx);
    NEED(path);
    NEED(format);
    NEED(out);
    *out = NULL;
    return give(&s, iv_report_of_file(ctx, path, &s, err), name, format, out, size, err);
}

imgvec_status imgvec_report_json(imgvec_context *ctx, const char *info, const char *name,
                                 const char *format, char **out, size_t *size, imgvec_error *err)
{
    iv_report_source s;
    NEED(ctx);
    NEED(info);
    NEED(format);
    NEED(out);
    *out = NULL;
    return give(&s, iv_report_of_json(ctx, info, &s, err), name, format, out, size, err);
}
