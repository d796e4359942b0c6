#include "model/model.h"

#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "io/json.h"
#include <imgvec/version.h>

imgvec_status iv_model_new(imgvec_context *ctx, const imgvec_options *opts, imgvec_model **out,
                           imgvec_error *err)
{
    imgvec_model *m = iv_zalloc(ctx, sizeof *m);
    if (!m)
        return iv_fail_nomem(err);
    atomic_init(&m->references, 1);
    m->ctx = iv_context_ref(ctx);
    m->threads = (int32_t)iv_option_i64(opts, IMGVEC_OPT_THREADS);
    iv_decision_none(&m->decision);
    m->batch_size = (int32_t)iv_option_i64(opts, IMGVEC_OPT_BATCH_SIZE);
    *out = m;
    return IMGVEC_OK;
}

imgvec_model *iv_model_ref(const imgvec_model *model)
{
    imgvec_model *m = (imgvec_model *)model; /* counting is no change that anybody sees */
    atomic_fetch_add(&m->references, 1);
    return m;
}

void iv_model_free(imgvec_model *m)
{
    if (!m || atomic_fetch_sub(&m->references, 1) > 1)
        return;
    imgvec_context *ctx = m->ctx;
    for (int32_t k = 0; m->classes && k < m->class_count; k++)
        iv_free(ctx, m->classes[k]);
    iv_free(ctx, m->classes);
    iv_free(ctx, m->target);
    iv_networks_free(ctx, &m->nets);
    iv_networks_free(ctx, &m->tuned);
    iv_free(ctx, m->widths);
    iv_recipe_free(ctx, &m->recipe);
    iv_learner_free(ctx, &m->learner);
    iv_free(ctx, m->info);
    iv_oof_free(ctx, &m->oof);
    iv_average_free(ctx, &m->average);
    iv_insight_free(ctx, &m->insights);
    iv_free(ctx, m->data);
    iv_free(ctx, m);
    iv_context_unref(ctx);
}

char *iv_engines_json(imgvec_context *ctx, const iv_executor *executor)
{
    iv_text text;
    iv_json_writer w;
    iv_text_init(&text, ctx);
    iv_json_begin(&w, &text, true);
    iv_json_put_object(&w, NULL);
    iv_json_put_text(&w, "libimgvec", IMGVEC_VERSION_STRING);
    iv_json_put_text(&w, "xgboost", iv_booster_version());
    if (executor)
        iv_json_put_text(&w, executor->name, executor->version);
    iv_json_put_end(&w, '}');
    return iv_text_take(&text);
}
