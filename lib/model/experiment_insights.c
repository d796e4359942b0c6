#include "base/options.h"
#include "model/experiment.h"

imgvec_status iv_experiment_insights(iv_experiment *x, iv_insight_data *out, imgvec_error *err)
{
    if (!iv_option_bool(x->opts, IMGVEC_OPT_INSIGHTS))
        return IMGVEC_OK;
    iv_insight_input in = {.ds = x->ds,
                           .column = -1,
                           .seed = (uint64_t)iv_option_i64(x->opts, IMGVEC_OPT_SEED),
                           .task = x->target.task,
                           .outputs = x->cases.outputs,
                           .scored = {x->cases.count, x->cases.row, x->cases.y},
                           .predictions = x->cv.predictions,
                           .fold = x->cv.fold_of,
                           .augment = x->tuned.wanted ? iv_option_text(x->opts, IMGVEC_OPT_AUGMENT)
                                                      : NULL};
    for (size_t i = 0; in.column < 0 && i < x->inputs.count; i++) {
        if (x->inputs.items[i].type != IMGVEC_COLUMN_IMAGE)
            continue;
        in.column = x->inputs.items[i].column;
        in.features = x->inputs.items[i].raw;
        in.status = x->inputs.items[i].status;
        in.width = x->nets.width;
    }
    return iv_insight_collect(x->ctx, &in, &x->watch, out, err);
}
