#include "net/network.h"

#include <stdio.h>
#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/checkpoint.h"
#include "net/backbones.h"
#include "net/fold.h"
#include "net/head.h"
#include "net/input.h"
#include "net/match.h"
#include "net/recognise.h"
#include "net/shape.h"
#include "net/weights.h"

#define HEADER_MAX (UINT64_C(16) << 20)

struct iv_network {
    imgvec_context *ctx;
    const iv_executor *executor;
    const iv_backbone *backbone;
    iv_variant variant;
    iv_input_spec input;
    char *source;
    iv_tensors *tensors; /* unfolded */
    void *handle;        /* the executor's */
    int32_t width;
    bool tuned;
    int32_t head, bottleneck; /* of a fine-tuned network; 0: none */
};

enum { HEAD_MAX = 100000 };

static imgvec_status read_width(const iv_tensors *tensors, const char *name, int32_t *out,
                                imgvec_error *err)
{
    const char *text = iv_tensors_meta(tensors, name);
    int64_t width = 0;
    if (text && (!iv_parse_i64(text, strlen(text), &width) || width < 0 || width > HEAD_MAX))
        return iv_fail(err, IMGVEC_ERR_FORMAT, "metadata %s is %.40s", name, text);
    *out = (int32_t)width;
    return IMGVEC_OK;
}

static imgvec_status write_width(iv_tensors *tensors, const char *name, int32_t width,
                                 imgvec_error *err)
{
    char text[16];
    snprintf(text, sizeof text, "%d", (int)width);
    return width ? iv_tensors_set_meta(tensors, name, text, err) : IMGVEC_OK;
}

static imgvec_status describe(iv_network *net, imgvec_error *err)
{
    IV_TRY(iv_tensors_set_meta(net->tensors, "architecture", net->backbone->id, err));
    IV_TRY(iv_tensors_set_meta(net->tensors, "source", net->source, err));
    if (iv_backbone_definitions(net->backbone) > 1)
        IV_TRY(iv_tensors_set_meta(net->tensors, "variant", iv_variant_name(net->variant), err));
    if (net->tuned)
        IV_TRY(iv_tensors_set_meta(net->tensors, "fine_tuned", "true", err));
    IV_TRY(write_width(net->tensors, "head", net->head, err));
    IV_TRY(write_width(net->tensors, "bottleneck", net->bottleneck, err));
    return iv_input_write(net->tensors, &net->input, err);
}

static imgvec_status prepare(iv_network *net, const iv_graph *graph, const char *device,
                             const char *precision, imgvec_error *err)
{
    iv_graph *folded = NULL;
    iv_tensors *weights = NULL;
    net->width = graph->nodes[graph->feature].channels;
    IV_TRY(iv_graph_fold(graph, net->tensors, &folded, &weights, err));
    imgvec_status status =
        net->executor->network_new(folded, weights, device, precision, &net->handle, err);
    iv_graph_free(folded);
    iv_tensors_free(weights);
    return status;
}

/* Whose definition weights are of, and how they want their images where they do not say it
 * themselves: as the checkpoint that the file was published as, else as all of its
 * definition. *unknown: neither tells. */
static imgvec_status identify(iv_network *net, const iv_tensors *tensors, const char *path,
                              bool *unknown, imgvec_error *err)
{
    imgvec_context *ctx = net->ctx;
    const iv_published *row = NULL;
    IV_TRY(iv_weights_recognise(ctx, net->backbone, path, net->source, tensors, &row, err));
    /* A renamed file is of the definition that its published name tells. */
    IV_TRY(iv_weights_variant(ctx, net->backbone, row ? row->file : net->source, tensors,
                              &net->variant, err));
    IV_TRY(iv_input_read(tensors,
                         row ? &row->input : iv_backbone_input(net->backbone, net->variant),
                         net->source, &net->input, err));
    *unknown = path && !row && !iv_input_said(tensors);
    return IMGVEC_OK;
}

imgvec_status iv_network_graph(const iv_network *net, iv_graph **out, imgvec_error *err)
{
    iv_graph *graph = NULL;
    IV_TRY(iv_backbone_build(net->ctx, net->backbone, net->variant, &graph, err));
    imgvec_status status = IMGVEC_OK;
    if (net->head > 0)
        status = iv_head_add(graph, NULL, net->bottleneck, net->head, 0, err);
    if (status != IMGVEC_OK) {
        iv_graph_free(graph);
        return status;
    }
    if (net->head > 0 && net->bottleneck == 0)
        graph->feature = (int32_t)graph->count - 1;
    *out = graph;
    return IMGVEC_OK;
}

/* From tensors (NULL: random ones), of a file at `path` (NULL: of none), to a network;
 * tensors is left to the caller. In memory, their metadata may speak of a head. */
static imgvec_status make(imgvec_context *ctx, const iv_executor *executor,
                          const iv_backbone *backbone, iv_tensors *tensors, const char *path,
                          const char *source, uint64_t seed, const char *device,
                          const char *precision, iv_network **out, imgvec_error *err)
{
    imgvec_status status = IMGVEC_OK;
    iv_graph *graph = NULL;
    bool unknown = false;
    iv_network *net = iv_zalloc(ctx, sizeof *net);
    if (!net)
        return iv_fail_nomem(err);
    net->ctx = iv_context_ref(ctx);
    net->executor = executor;
    net->backbone = backbone;
    net->variant = iv_backbone_definition(backbone, 0);
    net->input = backbone->input;
    net->source = iv_strdup(ctx, source);
    if (!net->source)
        IV_DO(iv_fail_nomem(err));
    if (tensors)
        IV_DO(identify(net, tensors, path, &unknown, err));
    if (tensors && !path) {
        net->tuned = iv_tensors_meta(tensors, "fine_tuned") != NULL;
        IV_DO(read_width(tensors, "head", &net->head, err));
        IV_DO(read_width(tensors, "bottleneck", &net->bottleneck, err));
    }
    IV_DO(iv_network_graph(net, &graph, err));
    if (tensors)
        IV_DO(iv_weights_match(backbone, graph, source, tensors, &net->tensors, err));
    else
        IV_DO(iv_weights_random(graph, seed, &net->tensors, err));
    if (unknown)
        IV_DO(iv_weights_tell_unknown(ctx, backbone, source, &net->input, err));
    IV_DO(describe(net, err));
    IV_DO(prepare(net, graph, device, precision, err));
    *out = net;
    net = NULL;
done:
    iv_graph_free(graph);
    iv_network_free(net);
    return status;
}

imgvec_status iv_network_load(imgvec_context *ctx, const iv_executor *executor,
                              const iv_network_request *request, iv_network **out,
                              imgvec_error *err)
{
    imgvec_status status = IMGVEC_OK;
    const iv_backbone *backbone = NULL;
    iv_tensors *tensors = NULL;
    char *found = NULL;
    const char *path = request->weights;
    IV_TRY(iv_backbone_need(ctx, request->backbone, &backbone, err));
    if (strcmp(path, "random") == 0)
        return make(ctx, executor, backbone, NULL, NULL, path, request->seed, request->device,
                    request->precision, out, err);
    if (!*path) {
        IV_TRY(iv_weights_find(ctx, request->backbone, request->weights_dir, &found, err));
        path = found;
    }
    IV_DO(iv_checkpoint_open(ctx, path, HEADER_MAX, &tensors, err));
    IV_DO(make(ctx, executor, backbone, tensors, path, iv_path_name(path), 0, request->device,
               request->precision, out, err));
done:
    iv_tensors_free(tensors);
    iv_free(ctx, found);
    return status;
}

imgvec_status iv_network_from_tensors(imgvec_context *ctx, const iv_executor *executor,
                                      iv_tensors *tensors, const char *device,
                                      const char *precision, iv_network **out, imgvec_error *err)
{
    const iv_backbone *backbone = NULL;
    const char *id = iv_tensors_meta(tensors, "architecture");
    const char *source = iv_tensors_meta(tensors, "source");
    if (!id)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "weights without metadata \"architecture\"");
    IV_TRY(iv_backbone_need(ctx, id, &backbone, err));
    IV_TRY(make(ctx, executor, backbone, tensors, NULL, source ? source : "tensors", 0, device,
                precision, out, err));
    iv_tensors_free(tensors);
    return IMGVEC_OK;
}

const char *iv_network_id(const iv_network *net)
{
    return net->backbone->id;
}

const char *iv_network_source(const iv_network *net)
{
    return net->source;
}

bool iv_network_is_tuned(const iv_network *net)
{
    return net->tuned;
}

int32_t iv_network_width(const iv_network *net)
{
    return net->width;
}

const iv_input_spec *iv_network_input(const iv_network *net)
{
    return &net->input;
}

const iv_tensors *iv_network_tensors(const iv_network *net)
{
    return net->tensors;
}

imgvec_status iv_network_run(const iv_network *net, const float *images, int32_t count,
                             int32_t threads, float *features, imgvec_error *err)
{
    return net->executor->network_run(net->handle, images, count, net->input.crop, net->input.crop,
                                      threads, features, err);
}

imgvec_status iv_network_grid(const iv_network *net, int32_t grid[2], imgvec_error *err)
{
    imgvec_status status = IMGVEC_OK;
    iv_graph *graph = NULL;
    int32_t *sizes = NULL;
    IV_TRY(iv_network_graph(net, &graph, err));
    sizes = iv_alloc_n(net->ctx, graph->count, 2 * sizeof *sizes);
    if (!sizes)
        IV_DO(iv_fail_nomem(err));
    IV_DO(iv_graph_shapes(graph, net->input.crop, net->input.crop, sizes, err));
    grid[0] = sizes[2 * graph->saliency];
    grid[1] = sizes[2 * graph->saliency + 1];
done:
    iv_free(net->ctx, sizes);
    iv_graph_free(graph);
    return status;
}

imgvec_status iv_network_places(const iv_network *net, const float *image, const int32_t grid[2],
                                int32_t threads, float *places, imgvec_error *err)
{
    return net->executor->network_places(net->handle, image, 1, net->input.crop, net->input.crop,
                                         (int64_t)grid[0] * grid[1], threads, places, err);
}

void iv_network_free(iv_network *net)
{
    if (!net)
        return;
    imgvec_context *ctx = net->ctx;
    if (net->handle)
        net->executor->network_free(net->handle);
    iv_tensors_free(net->tensors);
    iv_free(ctx, net->source);
    iv_free(ctx, net);
    iv_context_unref(ctx);
}
