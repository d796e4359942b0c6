#include <imgvec/backbone.h>

#include <string.h>

#include "api/check.h"
#include "api/executor.h"
#include "api/text.h"
#include "base/context.h"
#include "features/measure.h"
#include "net/backbones.h"
#include "net/weights.h"

int32_t imgvec_backbone_count(void)
{
    return (int32_t)iv_backbone_count();
}

imgvec_status imgvec_backbone_info(int32_t index, imgvec_backbone_row *out, imgvec_error *err)
{
    NEED(out);
    if (out->size < sizeof out->size)
        return iv_fail_argument(err, __func__, "out->size is not set");
    if (index < 0 || index >= imgvec_backbone_count())
        return iv_fail_argument(err, __func__, "index is not below imgvec_backbone_count()");
    const iv_backbone *b = iv_backbone_at((size_t)index);
    imgvec_backbone_row row = {.size = out->size,
                               .id = b->id,
                               .parameters = b->parameters,
                               .gmacs = b->gmacs,
                               .width = b->width,
                               .input_size = b->input.crop};
    memcpy(out, &row, out->size < sizeof row ? out->size : sizeof row);
    return IMGVEC_OK;
}

imgvec_status imgvec_backbone_weights(imgvec_context *ctx, const char *id, const char *weights_dir,
                                      char **out, imgvec_error *err)
{
    NEED(ctx);
    NEED(id);
    NEED(out);
    char *path;
    const iv_backbone *known;
    *out = NULL;
    IV_TRY(iv_backbone_need(ctx, id, &known, err));
    IV_TRY(iv_weights_find(ctx, id, weights_dir ? weights_dir : "", &path, err));
    return iv_text_export(ctx, path, out, err);
}

imgvec_status imgvec_backbone_measure(imgvec_context *ctx, const char *id,
                                      const imgvec_options *opts, const imgvec_watch *watch,
                                      double *images_per_second, imgvec_error *err)
{
    NEED(ctx);
    NEED(id);
    NEED(images_per_second);
    const iv_executor *executor = NULL;
    const iv_backbone *known;
    IV_TRY(iv_backbone_need(ctx, id, &known, err));
    IV_TRY(iv_executor_get(ctx, &executor, err));
    return iv_network_measure(ctx, executor, id, opts, watch, images_per_second, err);
}
