#include <stdio.h>
#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/text.h"
#include "features/embed.h"
#include "net/weights.h"

/* What "backbone auto" means where random weights are asked for: small, and of the table's
 * networks the one whose random features keep most (docs/decisions.md). */
#define RANDOM_BACKBONE "resnet18"

void iv_networks_free(imgvec_context *ctx, iv_networks *nets)
{
    for (size_t i = 0; i < nets->count; i++)
        iv_network_free(nets->items[i]);
    iv_free(ctx, nets->items);
    memset(nets, 0, sizeof *nets);
}

/* Loads one backbone into the list. */
static imgvec_status load(imgvec_context *ctx, const iv_executor *executor,
                          const iv_network_request *request, size_t room, iv_networks *out,
                          imgvec_error *err)
{
    for (size_t i = 0; i < out->count; i++)
        if (strcmp(iv_network_id(out->items[i]), request->backbone) == 0)
            return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "option backbone names %s twice",
                           request->backbone);
    if (out->count == room)
        return iv_fail(err, IMGVEC_ERR_LIMIT, "option backbone names more than %zu backbones",
                       room);
    IV_TRY(iv_network_load(ctx, executor, request, &out->items[out->count], err));
    out->width += iv_network_width(out->items[out->count]);
    out->count++;
    return IMGVEC_OK;
}

imgvec_status iv_networks_load(imgvec_context *ctx, const iv_executor *executor,
                               const imgvec_options *opts, iv_networks *out, imgvec_error *err)
{
    enum { ROOM = 64 };
    const char *device = iv_option_device(opts, ctx);
    const char *list = iv_option_text(opts, IMGVEC_OPT_BACKBONE), *item;
    const char *weights = iv_option_text(opts, IMGVEC_OPT_WEIGHTS), *chosen = NULL;
    iv_network_request request = {.weights = weights,
                                  .weights_dir = iv_option_text(opts, IMGVEC_OPT_WEIGHTS_DIR),
                                  .device = device,
                                  .precision = iv_option_text(opts, IMGVEC_OPT_PRECISION),
                                  .seed = (uint64_t)iv_option_i64(opts, IMGVEC_OPT_SEED)};
    if (strcmp(list, "auto") == 0 && strcmp(weights, "random") == 0) {
        list = RANDOM_BACKBONE;
    } else if (strcmp(list, "auto") == 0) {
        if (*weights)
            return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                           "option weights is set but backbone is not: name the backbone that "
                           "the weights are for");
        IV_TRY(iv_backbone_choose(ctx, request.weights_dir, &chosen, err));
        list = chosen;
    }
    memset(out, 0, sizeof *out);
    out->items = iv_calloc(ctx, ROOM, sizeof *out->items);
    if (!out->items)
        return iv_fail_nomem(err);
    imgvec_status status = IMGVEC_OK;
    size_t length;
    while (iv_list_next(&list, &item, &length)) {
        char id[64];
        if (length >= sizeof id)
            length = sizeof id - 1;
        memcpy(id, item, length);
        id[length] = '\0';
        request.backbone = id;
        IV_DO(load(ctx, executor, &request, ROOM, out, err));
    }
    if (out->count == 0)
        status = iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "option backbone names no backbone");
    else if (out->count > 1 && *weights && strcmp(weights, "random") != 0)
        status = iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                         "option weights names one checkpoint for %zu backbones: put the files "
                         "into a folder and name it with weights_dir",
                         out->count);
done:
    if (status != IMGVEC_OK)
        iv_networks_free(ctx, out);
    return status;
}

void iv_networks_write(const iv_networks *nets, iv_json_writer *w, const char *name)
{
    iv_json_put_array(w, name);
    for (size_t i = 0; i < nets->count; i++) {
        const iv_network *net = nets->items[i];
        iv_json_put_object(w, NULL);
        iv_json_put_text(w, "id", iv_network_id(net));
        iv_json_put_text(w, "weights", iv_network_source(net));
        if (iv_network_is_tuned(net))
            iv_json_put_bool(w, "fine_tuned", true);
        iv_json_put_i64(w, "width", iv_network_width(net));
        iv_json_put_i64(w, "input_size", iv_network_input(net)->crop);
        iv_json_put_end(w, '}');
    }
    iv_json_put_end(w, ']');
}
