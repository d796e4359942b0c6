/* Whose definition of a backbone a weights file was made by. */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "net/match.h"
#include "net/published.h"

/* Definitions that share every name and shape are told apart by what the file is called: by
 * its row of the table of published checkpoints, or else by its beginning. timm's name of a
 * network ends in what the id has behind `start`. */
typedef struct timm_name {
    const char *start; /* of an id, and of timm's name */
    const char *timm;
    iv_variant variant;
} timm_name;

static const timm_name names[] = {
    {"efficientnetb", "tf_efficientnet_b", IV_TIMM_TF},
    {"efficientnetb", "efficientnet_b", IV_TIMM},
    {"mobilenetv3_large", "tf_mobilenetv3_large_100", IV_TIMM_TF},
    {"mobilenetv3_large", "mobilenetv3_large_100", IV_TIMM},
};

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* A name ends, or goes on with what is not part of it. */
static bool ended(char c)
{
    return c == '\0' || c == '.' || c == '-' || c == '_';
}

/* "tf_efficientnet_b0_mine.pth" of efficientnetb0; "efficientnetb0-timm_tf.pth". */
static bool called(const char *text, const iv_backbone *b, iv_variant *out)
{
    size_t id = strlen(b->id);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!starts(b->id, names[i].start) || !starts(text, names[i].timm))
            continue;
        const char *digits = b->id + strlen(names[i].start);
        const char *rest = text + strlen(names[i].timm);
        if (starts(rest, digits) && ended(rest[strlen(digits)])) {
            *out = names[i].variant;
            return true;
        }
    }
    if (!starts(text, b->id) || text[id] != '-')
        return false;
    for (int i = 0; i < iv_backbone_definitions(b); i++) {
        iv_variant v = iv_backbone_definition(b, i);
        const char *name = iv_variant_name(v), *rest = text + id + 1;
        if (starts(rest, name) && (rest[strlen(name)] == '\0' || rest[strlen(name)] == '.' ||
                                   rest[strlen(name)] == '-')) {
            *out = v;
            return true;
        }
    }
    return false;
}

/* The row of a file that was published for this backbone, when its definition is one of
 * those that fit. */
static bool published(const char *label, const iv_backbone *b, uint32_t fitting, iv_variant *out)
{
    const iv_published *row = iv_published_find(label);
    for (int i = 0; row && strcmp(row->id, b->id) == 0 && i < iv_backbone_definitions(b); i++)
        if ((fitting >> i & 1) && iv_backbone_definition(b, i) == row->variant) {
            *out = row->variant;
            return true;
        }
    return false;
}

static imgvec_status listed(imgvec_context *ctx, const iv_backbone *b, uint32_t which,
                            const char *label, const char *says, imgvec_error *err)
{
    iv_text list;
    iv_text_init(&list, ctx);
    for (int i = 0; i < iv_backbone_definitions(b); i++)
        if (which >> i & 1)
            iv_text_addf(&list, "%s%s", list.length ? ", " : "",
                         iv_variant_name(iv_backbone_definition(b, i)));
    imgvec_status status = IMGVEC_OK;
    if (list.failed)
        status = iv_fail_nomem(err);
    else if (says)
        status = iv_fail(err, IMGVEC_ERR_DATA,
                         "%s: metadata variant=%.64s is not a variant of %s that these weights "
                         "may be of: choose one of %s",
                         label, says, b->id, list.data);
    else
        status = iv_fail(err, IMGVEC_ERR_DATA,
                         "%s may be weights of several variants of %s: %s; say which by metadata "
                         "\"variant\", or name the file %s-<variant> or as it was published",
                         label, b->id, list.data, b->id);
    iv_text_free(&list);
    return status;
}

/* Definitions of which nothing is lacking, as bits, and the one that lacks least. */
static imgvec_status try_all(imgvec_context *ctx, const iv_backbone *b, const iv_tensors *set,
                             uint32_t *fitting, int *closest, imgvec_error *err)
{
    size_t least = SIZE_MAX;
    *fitting = 0;
    *closest = 0;
    for (int i = 0; i < iv_backbone_definitions(b); i++) {
        iv_graph *graph = NULL;
        IV_TRY(iv_backbone_build(ctx, b, iv_backbone_definition(b, i), &graph, err));
        size_t lacking = iv_weights_lacking(graph, set);
        iv_graph_free(graph);
        if (lacking == 0)
            *fitting |= 1u << i;
        if (lacking < least) {
            least = lacking;
            *closest = i;
        }
    }
    return IMGVEC_OK;
}

/* torchvision's and timm's inception_v3 are one network with the same names; only
 * torchvision's files (and timm's copy of them, which wants the same) have the auxiliary
 * classifier. They differ in the images they want, not in what is computed. */
static bool same_network(const iv_backbone *b, const iv_tensors *set, iv_variant *out)
{
    if (strcmp(b->id, "inception_v3") != 0)
        return false;
    bool auxiliary = iv_tensors_find(set, "AuxLogits.fc.weight") ||
                     iv_tensors_find(set, "module.AuxLogits.fc.weight");
    *out = auxiliary ? IV_TORCHVISION : IV_TIMM;
    return true;
}

imgvec_status iv_weights_variant(imgvec_context *ctx, const iv_backbone *backbone,
                                 const char *label, const iv_tensors *set, iv_variant *out,
                                 imgvec_error *err)
{
    const char *says = iv_tensors_meta(set, "variant");
    const char *architecture = iv_tensors_meta(set, "architecture");
    int definitions = iv_backbone_definitions(backbone), closest = 0;
    uint32_t fitting = 0;
    for (int i = 0; says && i < definitions; i++) {
        *out = iv_backbone_definition(backbone, i);
        if (strcmp(says, iv_variant_name(*out)) == 0)
            return IMGVEC_OK;
    }
    *out = iv_backbone_definition(backbone, 0);
    if (definitions == 1)
        return IMGVEC_OK;
    IV_TRY(try_all(ctx, backbone, set, &fitting, &closest, err));
    *out = iv_backbone_definition(backbone, closest);
    if ((fitting & (fitting - 1)) == 0) /* one, or none */
        return IMGVEC_OK;
    if ((architecture && called(architecture, backbone, out)) ||
        published(label, backbone, fitting, out) || called(label, backbone, out) ||
        same_network(backbone, set, out))
        return IMGVEC_OK;
    return listed(ctx, backbone, fitting, label, says, err);
}
