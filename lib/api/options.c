#include <string.h>

#include "api/check.h"
#include "api/text.h"
#include "base/bag.h"
#include "base/context.h"
#include "io/options_json.h"
#include "model/like.h"

#define ALL_JOBS                                                                                   \
    (IMGVEC_JOB_OPEN | IMGVEC_JOB_SPLIT | IMGVEC_JOB_EMBED | IMGVEC_JOB_TRAIN |                    \
     IMGVEC_JOB_PREDICT | IMGVEC_JOB_AUGMENT | IMGVEC_JOB_FETCH | IMGVEC_JOB_AUTO)

int32_t imgvec_option_count(void)
{
    return iv_options_count;
}

imgvec_status imgvec_option_info(int32_t index, imgvec_option_row *out, imgvec_error *err)
{
    NEED(out);
    if (out->size < sizeof out->size)
        return iv_fail_argument(err, __func__, "out->size is not set");
    if (index < 0 || index >= iv_options_count)
        return iv_fail_argument(err, __func__, "index is not below imgvec_option_count()");
    const iv_option *o = &iv_options_table[index];
    imgvec_option_row row = {.size = out->size,
                             .id = o->id,
                             .type = o->type,
                             .jobs = o->jobs,
                             .name = o->name,
                             .default_value = o->fallback,
                             .choices = o->choices,
                             .help = o->help,
                             .min = o->min,
                             .max = o->max,
                             .since = o->since};
    memcpy(out, &row, out->size < sizeof row ? out->size : sizeof row);
    return IMGVEC_OK;
}

imgvec_status imgvec_options_new(imgvec_context *ctx, int32_t jobs, imgvec_options **out,
                                 imgvec_error *err)
{
    NEED(ctx);
    NEED(out);
    *out = NULL;
    if (jobs == 0 || (jobs & ~ALL_JOBS))
        return iv_fail_argument(err, __func__, "jobs is not a sum of IMGVEC_JOB_*");
    return iv_options_new(ctx, jobs, out, err);
}

imgvec_status imgvec_options_set_i64(imgvec_options *opts, int32_t id, int64_t value,
                                     imgvec_error *err)
{
    NEED(opts);
    return iv_options_set_i64(opts, id, value, err);
}

imgvec_status imgvec_options_set_f64(imgvec_options *opts, int32_t id, double value,
                                     imgvec_error *err)
{
    NEED(opts);
    return iv_options_set_f64(opts, id, value, err);
}

imgvec_status imgvec_options_set_text(imgvec_options *opts, int32_t id, const char *value,
                                      imgvec_error *err)
{
    NEED(opts);
    return iv_options_set_text(opts, id, value, err);
}

imgvec_status imgvec_options_set_named(imgvec_options *opts, const char *name, const char *value,
                                       imgvec_error *err)
{
    NEED(opts);
    NEED(name);
    NEED(value);
    return iv_options_set_named(opts, name, value, err);
}

imgvec_status imgvec_options_set_json(imgvec_options *opts, const char *json, imgvec_error *err)
{
    NEED(opts);
    NEED(json);
    return iv_options_read_json(opts, json, err);
}

imgvec_status imgvec_options_set_like(imgvec_options *opts, const char *path, imgvec_error *err)
{
    NEED(opts);
    NEED(path);
    return iv_options_set_like(opts, path, err);
}

imgvec_status imgvec_options_json(const imgvec_options *opts, char **out, imgvec_error *err)
{
    NEED(opts);
    NEED(out);
    iv_text text;
    iv_json_writer w;
    *out = NULL;
    iv_text_init(&text, opts->ctx);
    iv_json_begin(&w, &text, true);
    iv_options_write_json(opts, opts->jobs, &w, NULL);
    return iv_text_export(opts->ctx, iv_text_take(&text), out, err);
}

void imgvec_options_free(imgvec_options *opts)
{
    iv_options_free(opts);
}
