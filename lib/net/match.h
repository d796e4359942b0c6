/* Fitting a file's tensors to a graph, by exact name and shape. */
#ifndef IV_NET_MATCH_H
#define IV_NET_MATCH_H

#include "io/tensors.h"
#include "net/backbones.h"

/* Decides by whose definition of the backbone a file's weights were made: what metadata
 * "variant" says where it is one of iv_variant_name; else the only definition whose tensors are all
 * there; where there are several, the one that metadata "architecture" or the file's name tells
 * (a published checkpoint's, or one that begins with timm's name of the network or with
 * <id>-<variant>). DATA lists the candidates and what to say.
 * Weights that fit none get the definition that they come closest to, for iv_weights_match to
 * complain. */
imgvec_status iv_weights_variant(imgvec_context *ctx, const iv_backbone *backbone,
                                 const char *label, const iv_tensors *set, iv_variant *out,
                                 imgvec_error *err);

/* Tensors of the graph that are not there, or of another shape. */
size_t iv_weights_lacking(const iv_graph *graph, const iv_tensors *set);

/* Moves what the graph needs out of `set` into a new set, in the graph's order and without
 * metadata. A "module." before names is taken off; sides of 1 at the end of a shape do not
 * count; entries behind the features (fc.*, classifier.*, last_linear.*, head.*, conv_head.*,
 * AuxLogits.*) and num_batches_tracked may be there and are left behind. Anything missing, left
 * over or of another shape is DATA, named and counted; weights of another known backbone are
 * recognised by metadata or by their names. On failure `set` is unchanged.
 * label: the file, for texts. */
imgvec_status iv_weights_match(const iv_backbone *backbone, const iv_graph *graph,
                               const char *label, iv_tensors *set, iv_tensors **out,
                               imgvec_error *err);

/* Weights of a network that has learned nothing: He's normal initialisation (2015) by fan
 * out, batch norm 1, 0, 0, 1. The same bits everywhere. */
imgvec_status iv_weights_random(const iv_graph *graph, uint64_t seed, iv_tensors **out,
                                imgvec_error *err);

#endif
