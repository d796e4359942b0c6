#include "model/parts.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "io/safetensors.h"

enum { NAME = 64 };

static void name_part(const char *folder, size_t index, char out[NAME])
{
    snprintf(out, NAME, "%s/%zu.safetensors", folder, index);
}

static imgvec_status put_tensors(iv_bundle *b, const char *folder, size_t index,
                                 const iv_tensors *set, imgvec_error *err)
{
    char name[NAME];
    void *data;
    size_t size;
    name_part(folder, index, name);
    IV_TRY(iv_safetensors_bytes(b->ctx, set, &data, &size, err));
    return iv_bundle_add(b, name, data, size, err);
}

static imgvec_status get_tensors(const iv_bundle *b, const char *folder, size_t index,
                                 iv_tensors **out, imgvec_error *err)
{
    char name[NAME];
    name_part(folder, index, name);
    const iv_part *part = iv_bundle_find(b, name);
    if (!part)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "part %s is missing", name);
    return iv_safetensors_parse(b->ctx, name, part->data, part->size, 0, out, err);
}

imgvec_status iv_parts_put_networks(iv_bundle *b, const char *folder, const iv_networks *nets,
                                    imgvec_error *err)
{
    for (size_t i = 0; i < nets->count; i++)
        IV_TRY(put_tensors(b, folder, i, iv_network_tensors(nets->items[i]), err));
    return IMGVEC_OK;
}

static size_t count_networks(const iv_bundle *b, const char *folder)
{
    char name[NAME];
    for (size_t i = 0; i < IV_PARTS_NETWORKS_MAX; i++) {
        name_part(folder, i, name);
        if (!iv_bundle_find(b, name))
            return i;
    }
    return IV_PARTS_NETWORKS_MAX;
}

bool iv_parts_have_networks(const iv_bundle *b)
{
    return count_networks(b, IV_PARTS_NET) + count_networks(b, IV_PARTS_TUNED) > 0;
}

imgvec_status iv_parts_get_networks(const iv_bundle *b, const char *folder,
                                    const iv_executor *executor, const char *device,
                                    const char *precision, iv_networks *out, imgvec_error *err)
{
    size_t count = count_networks(b, folder);
    imgvec_status status = IMGVEC_OK;
    memset(out, 0, sizeof *out);
    out->items = iv_calloc(b->ctx, count + 1, sizeof *out->items);
    if (!out->items)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < count; i++) {
        iv_tensors *set;
        IV_DO(get_tensors(b, folder, i, &set, err));
        status =
            iv_network_from_tensors(b->ctx, executor, set, device, precision, &out->items[i], err);
        if (status != IMGVEC_OK) {
            iv_tensors_free(set);
            iv_prefix(err, status, "part %s/%zu.safetensors", folder, i);
            goto done;
        }
        out->count = i + 1;
        out->width += iv_network_width(out->items[i]);
    }
done:
    if (status != IMGVEC_OK)
        iv_networks_free(b->ctx, out);
    return status;
}

imgvec_status iv_parts_put_block(iv_bundle *b, size_t index, const iv_block *block,
                                 imgvec_error *err)
{
    iv_tensors *set;
    IV_TRY(iv_block_to_tensors(b->ctx, block, &set, err));
    imgvec_status status = set ? put_tensors(b, "block", index, set, err) : IMGVEC_OK;
    iv_tensors_free(set);
    return status;
}

imgvec_status iv_parts_get_block(const iv_bundle *b, size_t index, const iv_json *json,
                                 int32_t raw_width, iv_block *out, imgvec_error *err)
{
    iv_tensors *set = NULL;
    const iv_block_kind *kind;
    const char *column;
    IV_TRY(iv_block_peek(json, &kind, &column, err));
    if (kind->to_tensors)
        IV_TRY(get_tensors(b, "block", index, &set, err));
    imgvec_status status = iv_block_read(b->ctx, json, set, raw_width, out, err);
    iv_tensors_free(set);
    return status;
}

imgvec_status iv_parts_put_projection(iv_bundle *b, size_t index, const iv_projection *p,
                                      imgvec_error *err)
{
    iv_tensors *set;
    IV_TRY(iv_projection_to_tensors(b->ctx, p, &set, err));
    imgvec_status status = put_tensors(b, "projection", index, set, err);
    iv_tensors_free(set);
    return status;
}

imgvec_status iv_parts_get_projection(const iv_bundle *b, size_t index, iv_projection *out,
                                      imgvec_error *err)
{
    iv_tensors *set;
    IV_TRY(get_tensors(b, "projection", index, &set, err));
    imgvec_status status = iv_projection_from_tensors(b->ctx, set, out, err);
    iv_tensors_free(set);
    return iv_prefix(err, status, "part projection/%zu.safetensors", index);
}
