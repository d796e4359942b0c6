#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "model/parts.h"
#include "model/vectorizer.h"

imgvec_status iv_vectorizer_save(const imgvec_vectorizer *vz, const char *path, imgvec_error *err)
{
    iv_bundle b;
    imgvec_status status = IMGVEC_OK;
    iv_bundle_init(&b, vz->ctx);
    char *engines = iv_engines_json(vz->ctx, vz->executor);
    if (!engines) {
        status = iv_fail_nomem(err);
        goto done;
    }
    IV_DO(iv_parts_put_networks(&b, IV_PARTS_NET, &vz->nets, err));
    for (size_t i = 0; i < vz->column_count; i++)
        IV_DO(iv_parts_put_projection(&b, i, &vz->projections[i], err));
    status = iv_bundle_write(&b, "vectorizer", vz->info, engines, path, err);
done:
    iv_free(vz->ctx, engines);
    iv_bundle_free(&b);
    return status;
}

static imgvec_status read_parts(imgvec_vectorizer *vz, const iv_bundle *b, const iv_json *columns,
                                const imgvec_options *opts, imgvec_error *err)
{
    const char *device = iv_option_device(opts, vz->ctx);
    IV_TRY(iv_parts_get_networks(b, IV_PARTS_NET, vz->executor, device,
                                 iv_option_text(opts, IMGVEC_OPT_PRECISION), &vz->nets, err));
    size_t at = 0;
    for (const iv_json *c = columns->as.first; c; c = c->next, at++) {
        const char *name;
        IV_TRY(iv_json_text(c, "name", &name, err));
        vz->columns[at] = iv_strdup(vz->ctx, name);
        if (!vz->columns[at])
            return iv_fail_nomem(err);
        IV_TRY(iv_parts_get_projection(b, at, &vz->projections[at], err));
        if (vz->projections[at].width != vz->nets.width)
            return iv_fail(err, IMGVEC_ERR_FORMAT,
                           "column %s: projection of %d features for networks of %d", name,
                           (int)vz->projections[at].width, (int)vz->nets.width);
        if (vz->width > (1 << 24))
            return iv_fail(err, IMGVEC_ERR_FORMAT, "too many columns");
        vz->width += vz->projections[at].dim;
    }
    vz->info = iv_vectorizer_json(vz);
    return vz->info ? IMGVEC_OK : iv_fail_nomem(err);
}

imgvec_status iv_vectorizer_open(imgvec_context *ctx, iv_executor_source executors,
                                 const char *path, const imgvec_options *opts,
                                 imgvec_vectorizer **out, imgvec_error *err)
{
    iv_bundle b;
    iv_json_document *manifest;
    imgvec_vectorizer *vz = NULL;
    const iv_json *content, *columns;
    IV_TRY(iv_bundle_read(ctx, path, "vectorizer", &b, &manifest, err));
    imgvec_status status = IMGVEC_OK;
    IV_DO(iv_json_object(iv_json_root(manifest), "content", &content, err));
    IV_DO(iv_json_array(content, "columns", &columns, err));
    IV_DO(iv_vectorizer_new(ctx, opts, columns->count, &vz, err));
    IV_DO(executors(ctx, &vz->executor, err));
    status = read_parts(vz, &b, columns, opts, err);
done:
    iv_prefix(err, status, "%s", path);
    iv_json_free(manifest);
    iv_bundle_free(&b);
    if (status == IMGVEC_OK)
        *out = vz;
    else
        iv_vectorizer_free(vz);
    return status;
}
