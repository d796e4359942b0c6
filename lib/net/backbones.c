#include "net/backbones.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"

#define IMAGENET_STATISTICS .mean = {0.485f, 0.456f, 0.406f}, .std = {0.229f, 0.224f, 0.225f}
#define HALF_STATISTICS .mean = {0.5f, 0.5f, 0.5f}, .std = {0.5f, 0.5f, 0.5f}
#define IMAGENET(size, cut, cubic)                                                                 \
    .input = {.resize = (size), .crop = (cut), .bicubic = (cubic), IMAGENET_STATISTICS}
#define HALF(size, cut, cubic)                                                                     \
    .input = {.resize = (size), .crop = (cut), .bicubic = (cubic), HALF_STATISTICS}
#define NETWORK(name) .id = #name, .build = iv_build_##name
#define FACTS(count, macs, features, accuracy)                                                     \
    .parameters = (count), .gmacs = (macs), .width = (features), .top1 = (accuracy)

/* Where a definition's weights want other images than the default's. */
static const iv_input_spec cubic_224 = {
    .resize = 256, .crop = 224, .bicubic = 1, IMAGENET_STATISTICS};
static const iv_input_spec linear_224 = {.resize = 256, .crop = 224, IMAGENET_STATISTICS};
static const iv_input_spec half_224 = {.resize = 256, .crop = 224, HALF_STATISTICS};
static const iv_input_spec cubic_240 = {
    .resize = 272, .crop = 240, .bicubic = 1, IMAGENET_STATISTICS};
static const iv_input_spec cubic_256 = {
    .resize = 292, .crop = 256, .bicubic = 1, IMAGENET_STATISTICS};
static const iv_input_spec cubic_260 = {
    .resize = 292, .crop = 260, .bicubic = 1, IMAGENET_STATISTICS};
static const iv_input_spec cubic_288 = {
    .resize = 329, .crop = 288, .bicubic = 1, IMAGENET_STATISTICS};
static const iv_input_spec cubic_300 = {
    .resize = 331, .crop = 300, .bicubic = 1, IMAGENET_STATISTICS};
static const iv_input_spec half_299 = {.resize = 341, .crop = 299, .bicubic = 1, HALF_STATISTICS};

/* Sorted by id. Facts as published by torchvision; by timm for the SE networks and
 * xception, by d-li14 for mobilenetv2_035. inception_v3: torchvision maps its input from
 * ImageNet's statistics to 0.5 and 0.5, so the network itself wants those. */
static const iv_backbone table[] = {
    {NETWORK(convnext_tiny), IMAGENET(236, 224, 0), FACTS(27818592, 4.456, 768, 82.52),
     .definitions = {{IV_TORCHVISION, NULL}, {IV_TIMM, &cubic_224}}, .definition_count = 2},
    {NETWORK(densenet121), IMAGENET(256, 224, 0), FACTS(6953856, 2.834, 1024, 74.434),
     .definitions = {{IV_TORCHVISION, NULL}, {IV_TV_FILE, NULL}}, .definition_count = 2},
    {NETWORK(densenet169), IMAGENET(256, 224, 0), FACTS(12484480, 3.36, 1664, 75.6),
     .definitions = {{IV_TORCHVISION, NULL}, {IV_TV_FILE, NULL}}, .definition_count = 2},
    {NETWORK(efficientnetb0), IMAGENET(256, 224, 1), FACTS(4007548, 0.386, 1280, 77.692),
     .definitions = {{IV_TORCHVISION, NULL}, {IV_TIMM, NULL}, {IV_TIMM_TF, NULL}},
     .definition_count = 3},
    {NETWORK(efficientnetb1), IMAGENET(256, 240, 1), FACTS(6513184, 0.687, 1280, 79.838),
     .definitions = {{IV_TORCHVISION, NULL}, {IV_TIMM, NULL}, {IV_TIMM_TF, &cubic_240}},
     .definition_count = 3},
    {NETWORK(efficientnetb2), IMAGENET(288, 288, 1), FACTS(7700994, 1.088, 1408, 80.608),
     .definitions = {{IV_TORCHVISION, NULL}, {IV_TIMM, &cubic_256}, {IV_TIMM_TF, &cubic_260}},
     .definition_count = 3},
    {NETWORK(efficientnetb3), IMAGENET(320, 300, 1), FACTS(10696232, 1.827, 1536, 82.008),
     .definitions = {{IV_TORCHVISION, NULL}, {IV_TIMM, &cubic_288}, {IV_TIMM_TF, &cubic_300}},
     .definition_count = 3},
    {NETWORK(inception_v3), HALF(342, 299, 0), FACTS(21785568, 5.713, 2048, 77.294),
     .definitions = {{IV_TORCHVISION, NULL}, {IV_TIMM, &half_299}}, .definition_count = 2},
    {NETWORK(mobilenetv2), IMAGENET(256, 224, 0), FACTS(2223872, 0.301, 1280, 72.154),
     .definitions = {{IV_TORCHVISION, NULL}, {IV_TIMM, &cubic_224}, {IV_DLI14, NULL}},
     .definition_count = 3},
    {NETWORK(mobilenetv2_035), IMAGENET(256, 224, 0), FACTS(396128, 0.059, 1280, 60.092),
     .definitions = {{IV_TORCHVISION, NULL}, {IV_TIMM, &cubic_224}, {IV_DLI14, NULL}},
     .definition_count = 3},
    {NETWORK(mobilenetv3_large), IMAGENET(256, 224, 0), FACTS(2971952, 0.217, 960, 75.274),
     .definitions = {{IV_TORCHVISION, NULL}, {IV_TIMM, &cubic_224}, {IV_TIMM_TF, &half_224}},
     .definition_count = 3},
    {NETWORK(regnety_016), IMAGENET(256, 224, 0), FACTS(10313430, 1.612, 888, 80.876),
     .definitions = {{IV_TORCHVISION, NULL}, {IV_TIMM, &cubic_224}}, .definition_count = 2},
    {NETWORK(resnet101), IMAGENET(256, 224, 0), FACTS(42500160, 7.801, 2048, 81.886),
     .definitions = {{IV_TORCHVISION, NULL}}, .definition_count = 1},
    {NETWORK(resnet18), IMAGENET(256, 224, 0), FACTS(11176512, 1.814, 512, 69.758),
     .definitions = {{IV_TORCHVISION, NULL}}, .definition_count = 1},
    {NETWORK(resnet34), IMAGENET(256, 224, 0), FACTS(21284672, 3.664, 512, 73.314),
     .definitions = {{IV_TORCHVISION, NULL}}, .definition_count = 1},
    {NETWORK(resnet50), IMAGENET(256, 224, 0), FACTS(23508032, 4.089, 2048, 80.858),
     .definitions = {{IV_TORCHVISION, NULL}}, .definition_count = 1},
    {NETWORK(resnext50_32x4d), IMAGENET(256, 224, 0), FACTS(22979904, 4.23, 2048, 81.198),
     .definitions = {{IV_TORCHVISION, NULL}}, .definition_count = 1},
    {NETWORK(seresnet50), IMAGENET(256, 224, 1), FACTS(26039024, 4.092, 2048, 77.636),
     .definitions = {{IV_TIMM, NULL}, {IV_LEGACY, &linear_224}}, .definition_count = 2},
    {NETWORK(seresnext50), IMAGENET(256, 224, 1), FACTS(25510896, 4.233, 2048, 79.076),
     .definitions = {{IV_TIMM, NULL}, {IV_LEGACY, &linear_224}}, .definition_count = 2},
    {NETWORK(xception), HALF(333, 299, 1), FACTS(20806952, 8.357, 2048, 78.888),
     .definitions = {{IV_TIMM, NULL}}, .definition_count = 1},
};

const iv_backbone *iv_backbone_for_tests;

size_t iv_backbone_count(void)
{
    return sizeof table / sizeof *table;
}

const iv_backbone *iv_backbone_at(size_t index)
{
    return &table[index];
}

const iv_backbone *iv_backbone_find(const char *id)
{
    for (size_t i = 0; i < iv_backbone_count(); i++)
        if (strcmp(table[i].id, id) == 0)
            return &table[i];
    if (iv_backbone_for_tests && strcmp(iv_backbone_for_tests->id, id) == 0)
        return iv_backbone_for_tests;
    return NULL;
}

imgvec_status iv_backbone_need(imgvec_context *ctx, const char *id, const iv_backbone **out,
                               imgvec_error *err)
{
    *out = iv_backbone_find(id);
    if (*out)
        return IMGVEC_OK;
    iv_text known;
    iv_text_init(&known, ctx);
    for (size_t i = 0; i < iv_backbone_count(); i++)
        iv_text_addf(&known, "%s%s", i ? ", " : "", table[i].id);
    imgvec_status status =
        known.failed ? iv_fail_nomem(err)
                     : iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                               "there is no backbone \"%.64s\"; known are: %s", id, known.data);
    iv_text_free(&known);
    return status;
}

const char *iv_variant_name(iv_variant variant)
{
    static const char *const names[IV_VARIANT_COUNT] = {"torchvision", "timm",  "timm_tf",
                                                        "legacy",      "dli14", "tv_file"};
    return names[variant];
}

int iv_backbone_definitions(const iv_backbone *backbone)
{
    return backbone->definition_count > 0 ? backbone->definition_count : 1;
}

iv_variant iv_backbone_definition(const iv_backbone *backbone, int index)
{
    return backbone->definitions[index].variant;
}

const iv_input_spec *iv_backbone_input(const iv_backbone *backbone, iv_variant variant)
{
    for (int i = 0; i < backbone->definition_count; i++)
        if (backbone->definitions[i].variant == variant && backbone->definitions[i].input)
            return backbone->definitions[i].input;
    return &backbone->input;
}

imgvec_status iv_backbone_graph(imgvec_context *ctx, const iv_backbone *backbone, iv_graph **out,
                                imgvec_error *err)
{
    return iv_backbone_build(ctx, backbone, iv_backbone_definition(backbone, 0), out, err);
}

imgvec_status iv_backbone_build(imgvec_context *ctx, const iv_backbone *backbone,
                                iv_variant variant, iv_graph **out, imgvec_error *err)
{
    iv_graph *graph = NULL;
    iv_builder b;
    IV_TRY(iv_graph_new(ctx, &graph, err));
    iv_builder_begin(&b, graph, err);
    b.variant = variant;
    if (b.status == IMGVEC_OK)
        backbone->build(&b);
    if (b.status != IMGVEC_OK) {
        iv_graph_free(graph);
        return b.status;
    }
    *out = graph;
    return IMGVEC_OK;
}
