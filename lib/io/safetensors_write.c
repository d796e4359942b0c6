#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "io/json.h"
#include "io/order.h"
#include "io/safetensors.h"

#define ALIGN 64

static bool earlier(const void *meta, size_t a, size_t b)
{
    char *const *pairs = meta;
    return strcmp(pairs[2 * a], pairs[2 * b]) < 0;
}

/* Metadata in the order of its names, so that equal content gives equal bytes. */
static imgvec_status put_meta(imgvec_context *ctx, const iv_tensors *set, iv_json_writer *w,
                              imgvec_error *err)
{
    size_t pairs = set->meta_count / 2;
    if (pairs == 0)
        return IMGVEC_OK;
    uint32_t *order = iv_alloc_n(ctx, pairs, sizeof *order);
    if (!order)
        return iv_fail_nomem(err);
    iv_order(order, pairs, earlier, set->meta);
    iv_json_put_object(w, "__metadata__");
    for (size_t i = 0; i < pairs; i++)
        iv_json_put_text(w, set->meta[2 * order[i]], set->meta[2 * order[i] + 1]);
    iv_json_put_end(w, '}');
    iv_free(ctx, order);
    return IMGVEC_OK;
}

imgvec_status iv_safetensors_bytes(imgvec_context *ctx, const iv_tensors *set, void **data,
                                   size_t *size, imgvec_error *err)
{
    iv_text header;
    iv_json_writer w;
    size_t offset = 0;
    iv_text_init(&header, ctx);
    iv_json_begin(&w, &header, false);
    iv_json_put_object(&w, NULL);
    imgvec_status status = put_meta(ctx, set, &w, err);
    for (size_t i = 0; i < set->count; i++) {
        const iv_tensor *t = &set->items[i];
        iv_json_put_object(&w, t->name);
        iv_json_put_text(&w, "dtype", "F32");
        iv_json_put_array(&w, "shape");
        for (int k = 0; k < t->rank; k++)
            iv_json_put_i64(&w, NULL, t->shape[k]);
        iv_json_put_end(&w, ']');
        iv_json_put_array(&w, "data_offsets");
        iv_json_put_i64(&w, NULL, (int64_t)offset);
        offset += t->count * sizeof *t->data;
        iv_json_put_i64(&w, NULL, (int64_t)offset);
        iv_json_put_end(&w, ']');
        iv_json_put_end(&w, '}');
    }
    iv_json_put_end(&w, '}');
    while ((header.length + 8) % ALIGN && !header.failed)
        iv_text_add(&header, " ");
    unsigned char *bytes = NULL;
    if (status == IMGVEC_OK &&
        (header.failed || !(bytes = iv_alloc(ctx, 8 + header.length + offset))))
        status = iv_fail_nomem(err);
    if (status == IMGVEC_OK) {
        for (int i = 0; i < 8; i++)
            bytes[i] = (unsigned char)((uint64_t)header.length >> 8 * i);
        memcpy(bytes + 8, header.data, header.length);
        unsigned char *at = bytes + 8 + header.length;
        for (size_t i = 0; i < set->count; i++) {
            size_t n = set->items[i].count * sizeof(float);
            memcpy(at, set->items[i].data, n);
            at += n;
        }
        *data = bytes;
        *size = 8 + header.length + offset;
    }
    iv_text_free(&header);
    return status;
}
