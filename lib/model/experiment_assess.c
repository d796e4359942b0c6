#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/options.h"
#include "learn/summary.h"
#include "model/experiment.h"

imgvec_status iv_experiment_assess(iv_experiment *x, imgvec_error *err)
{
    iv_crossval *cv = &x->cv;
    const iv_cases *c = &x->cases;
    const iv_calibration *done = &x->assessment.calibration;
    memcpy(x->raw, cv->pooled, sizeof x->raw);
    IV_TRY(iv_assess(x->ctx, x->opts, x->metric, c->task, c->count, c->outputs, cv->predictions,
                     c->y, &cv->transform, cv->fold_of, cv->fold_count, &x->assessment, err));
    if (!x->assessment.conformal.known && x->assessment.conformal.level > 0)
        iv_log(x->ctx, IMGVEC_LOG_NOTICE, "%zu rows are too few for intervals of level %g",
               c->count, x->assessment.conformal.level);
    if (!done->kept)
        return IMGVEC_OK;
    iv_log(x->ctx, IMGVEC_LOG_DEBUG, "temperature %.4g: log-loss out of fold %.6g, before %.6g",
           done->temperature, done->log_loss_after, done->log_loss_before);
    for (int32_t f = 0; f < cv->fold_count; f++)
        IV_TRY(iv_summary_fold(x->ctx, c, cv, f, err));
    return iv_summary_all(x->ctx, c, (uint64_t)iv_option_i64(x->opts, IMGVEC_OPT_SEED), cv, err);
}
