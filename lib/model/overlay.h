/* Heat maps over pictures. */
#ifndef IV_MODEL_OVERLAY_H
#define IV_MODEL_OVERLAY_H

#include "image/encode.h"
#include "model/saliency.h"

/* The picture in gray, its longer side `side` pixels at most, and what speaks for the answer
 * (iv_maps_for) in colours over it that grow lighter with their strength, so that they can be told
 * without telling hues. two_sided: what speaks against it, too, in blue, and what speaks for it in
 * orange. The strongest place has the full colour. out: NEW. */
imgvec_status iv_overlay_draw(imgvec_context *ctx, const iv_image *picture, const iv_maps *maps,
                              int32_t side, bool two_sided, iv_image *out, imgvec_error *err);

/* An image of a row with its map, two-sided for a number. */
imgvec_status iv_model_overlay(const imgvec_model *m, const imgvec_dataset *ds,
                               const iv_saliency_request *request, int32_t side, iv_image *out,
                               imgvec_error *err);

#endif
