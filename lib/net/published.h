/* Checkpoints as they are published: where they are, how they are recognised and which images
 * they want. */
#ifndef IV_NET_PUBLISHED_H
#define IV_NET_PUBLISHED_H

#include "net/backbones.h"

/* A text that is not known is "", a number 0. */
typedef struct iv_published {
    const char *id; /* of the backbone */
    iv_variant variant;
    const char *licence; /* SPDX, as the publisher or its repository states it */
    const char *tag;     /* the publisher's name for the weights: "IMAGENET1K_V2" */
    const char *file;    /* name it is published or, where that says nothing, kept under */
    const char *url;
    const char *sha256; /* lower-case hex digits: all 64, or the first ones */
    int64_t bytes;
    double top1; /* ImageNet-1k, percent, at input.crop, by the publisher */
    iv_input_spec input;
} iv_published;

/* By backbone, in order of their ids; for each the one that is taken first comes first. */
size_t iv_published_count(void);
const iv_published *iv_published_at(size_t index);

/* The checkpoint that a file of this name (without folders) holds: its published name or its
 * tag in timm's form, "resnet50.a1_in1k", each with any ending of a checkpoint. NULL when it
 * is none. */
const iv_published *iv_published_find(const char *file);

/* A checkpoint by file name, by tag, or the first of a backbone by its id. INVALID_ARGUMENT
 * lists the candidates of an ambiguous tag, or says where to see what there is. */
imgvec_status iv_published_need(imgvec_context *ctx, const char *name, const iv_published **out,
                                imgvec_error *err);

/* Bytes before the ending of a checkpoint's file name, ".safetensors", ".pth", ".pt" or
 * ".bin"; 0 when it has none. *rank: the place of the ending in that list. */
size_t iv_weights_stem(const char *file, int *rank);

#endif
