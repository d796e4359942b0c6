/* Parts that models and vectorizers share: networks and projections in a bundle. */
#ifndef IV_MODEL_PARTS_H
#define IV_MODEL_PARTS_H

#include "features/block.h"
#include "features/embed.h"
#include "features/projection.h"
#include "model/bundle.h"

#define IV_PARTS_NET "net"     /* the backbones as they came */
#define IV_PARTS_TUNED "tuned" /* fine-tuned ones, with their heads */

enum { IV_PARTS_NETWORKS_MAX = 64 }; /* of one folder; more are not read */

/* <folder>/<i>.safetensors */
imgvec_status iv_parts_put_networks(iv_bundle *b, const char *folder, const iv_networks *nets,
                                    imgvec_error *err);
imgvec_status iv_parts_get_networks(const iv_bundle *b, const char *folder,
                                    const iv_executor *executor, const char *device,
                                    const char *precision, iv_networks *out, imgvec_error *err);

/* block/<i>.safetensors, for kinds of blocks that have tensors; json: the block's own. */
imgvec_status iv_parts_put_block(iv_bundle *b, size_t index, const iv_block *block,
                                 imgvec_error *err);
imgvec_status iv_parts_get_block(const iv_bundle *b, size_t index, const iv_json *json,
                                 int32_t raw_width, iv_block *out, imgvec_error *err);

/* projection/<i>.safetensors: those of a vectorizer */
imgvec_status iv_parts_put_projection(iv_bundle *b, size_t index, const iv_projection *p,
                                      imgvec_error *err);
imgvec_status iv_parts_get_projection(const iv_bundle *b, size_t index, iv_projection *out,
                                      imgvec_error *err);

/* true when the bundle holds a network, so that an executor will be needed. */
bool iv_parts_have_networks(const iv_bundle *b);

#endif
