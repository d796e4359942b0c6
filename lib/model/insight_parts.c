/* The parts of insights, in memory and in a model file. */
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "model/insight_data.h"

imgvec_status iv_insight_add(imgvec_context *ctx, iv_insight_data *d, const char *name, void *data,
                             size_t size, imgvec_error *err)
{
    char *copy = iv_strdup(ctx, name);
    if (!copy || iv_reserve(ctx, &d->parts, &d->capacity, d->count + 1, sizeof *d->parts) != 0) {
        iv_free(ctx, copy);
        iv_free(ctx, data);
        return iv_fail_nomem(err);
    }
    d->parts[d->count++] = (iv_part){copy, data, size};
    return IMGVEC_OK;
}

const iv_part *iv_insight_find(const iv_insight_data *d, const char *name)
{
    for (size_t i = 0; i < d->count; i++)
        if (strcmp(d->parts[i].name, name) == 0)
            return &d->parts[i];
    return NULL;
}

void iv_insight_free(imgvec_context *ctx, iv_insight_data *d)
{
    for (size_t i = 0; i < d->count; i++) {
        iv_free(ctx, d->parts[i].name);
        iv_free(ctx, d->parts[i].data);
    }
    iv_free(ctx, d->parts);
    memset(d, 0, sizeof *d);
}

static void *copy_of(imgvec_context *ctx, const iv_part *part)
{
    void *copy = iv_alloc(ctx, part->size);
    if (copy)
        memcpy(copy, part->data, part->size);
    return copy;
}

imgvec_status iv_insight_put(iv_bundle *b, const iv_insight_data *d, imgvec_error *err)
{
    for (size_t i = 0; i < d->count; i++) {
        void *copy = copy_of(b->ctx, &d->parts[i]);
        if (!copy)
            return iv_fail_nomem(err);
        IV_TRY(iv_bundle_add(b, d->parts[i].name, copy, d->parts[i].size, err));
    }
    return IMGVEC_OK;
}

imgvec_status iv_insight_get(const iv_bundle *b, iv_insight_data *out, imgvec_error *err)
{
    imgvec_status status = IMGVEC_OK;
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < b->count && status == IMGVEC_OK; i++) {
        const iv_part *part = &b->parts[i];
        if (strncmp(part->name, IV_INSIGHT_FOLDER, strlen(IV_INSIGHT_FOLDER)) != 0)
            continue;
        void *copy = copy_of(b->ctx, part);
        status = copy ? iv_insight_add(b->ctx, out, part->name, copy, part->size, err)
                      : iv_fail_nomem(err);
    }
    if (status != IMGVEC_OK)
        iv_insight_free(b->ctx, out);
    return status;
}
