/* The backbones that this library knows. */
#ifndef IV_NET_BACKBONES_H
#define IV_NET_BACKBONES_H

#include "net/builder.h"
#include "net/network.h"

/* A definition that a backbone's weights may come with. */
typedef struct iv_definition {
    iv_variant variant;
    const iv_input_spec *input; /* where the weights do not say; NULL: the backbone's */
} iv_definition;

#define IV_DEFINITIONS 3 /* the most that one backbone has */

typedef struct iv_backbone {
    const char *id;
    void (*build)(iv_builder *b);
    iv_input_spec input; /* where the weights do not say */
    int64_t parameters;  /* up to the features */
    double gmacs;        /* at input.crop, with the classifier, as published */
    int32_t width;       /* of the features */
    double top1;         /* ImageNet accuracy of the best published weights, percent */
    /* The first is the default; none at all stands for torchvision's alone. */
    iv_definition definitions[IV_DEFINITIONS];
    int definition_count;
} iv_backbone;

/* In order of their ids. */
size_t iv_backbone_count(void);
const iv_backbone *iv_backbone_at(size_t index);

/* NULL when there is none. */
const iv_backbone *iv_backbone_find(const char *id);

/* Found by iv_backbone_find beside the table: a tiny graph that a test sets before it
 * starts any job. Never set in the library. */
extern const iv_backbone *iv_backbone_for_tests;

/* INVALID_ARGUMENT lists the known ids. */
imgvec_status iv_backbone_need(imgvec_context *ctx, const char *id, const iv_backbone **out,
                               imgvec_error *err);
/* By the default definition. */
imgvec_status iv_backbone_graph(imgvec_context *ctx, const iv_backbone *backbone, iv_graph **out,
                                imgvec_error *err);
imgvec_status iv_backbone_build(imgvec_context *ctx, const iv_backbone *backbone,
                                iv_variant variant, iv_graph **out, imgvec_error *err);

/* Definitions of a backbone, at least one. */
int iv_backbone_definitions(const iv_backbone *backbone);
iv_variant iv_backbone_definition(const iv_backbone *backbone, int index);
const iv_input_spec *iv_backbone_input(const iv_backbone *backbone, iv_variant variant);

/* "torchvision", "timm", "timm_tf", "legacy", "dli14", "tv_file". */
const char *iv_variant_name(iv_variant variant);

void iv_build_convnext_tiny(iv_builder *b);
void iv_build_densenet121(iv_builder *b);
void iv_build_densenet169(iv_builder *b);
void iv_build_efficientnetb0(iv_builder *b);
void iv_build_efficientnetb1(iv_builder *b);
void iv_build_efficientnetb2(iv_builder *b);
void iv_build_efficientnetb3(iv_builder *b);
void iv_build_inception_v3(iv_builder *b);
void iv_build_mobilenetv2(iv_builder *b);
void iv_build_mobilenetv2_035(iv_builder *b);
void iv_build_mobilenetv3_large(iv_builder *b);
void iv_build_regnety_016(iv_builder *b);
void iv_build_resnet101(iv_builder *b);
void iv_build_resnet18(iv_builder *b);
void iv_build_resnet34(iv_builder *b);
void iv_build_resnet50(iv_builder *b);
void iv_build_resnext50_32x4d(iv_builder *b);
void iv_build_seresnet50(iv_builder *b);
void iv_build_seresnext50(iv_builder *b);
void iv_build_xception(iv_builder *b);

#endif
