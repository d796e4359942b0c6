#include "model/describe_file.h"

#include <string.h>

#include "base/error.h"
#include "model/bundle.h"

/* The manifest's content, which must be of the kind that the manifest says: readers go by it. */
static imgvec_status write_content(imgvec_context *ctx, const iv_json *manifest, char **out,
                                   imgvec_error *err)
{
    const iv_json *content;
    const char *kind, *own;
    iv_text text;
    iv_json_writer w;
    IV_TRY(iv_json_object(manifest, "content", &content, err));
    IV_TRY(iv_json_text(manifest, "kind", &kind, err));
    IV_TRY(iv_json_text(content, "kind", &own, err));
    if (strcmp(own, kind) != 0)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "a %s that describes itself as a %s", kind, own);
    iv_text_init(&text, ctx);
    iv_json_begin(&w, &text, true);
    iv_json_put_value(&w, NULL, content);
    iv_text_add(&text, "\n");
    *out = iv_text_take(&text);
    return *out ? IMGVEC_OK : iv_fail_nomem(err);
}

imgvec_status iv_describe_file(imgvec_context *ctx, const char *path, char **out, imgvec_error *err)
{
    iv_bundle b;
    iv_json_document *manifest;
    IV_TRY(iv_bundle_read(ctx, path, NULL, &b, &manifest, err));
    iv_bundle_free(&b);
    imgvec_status status =
        iv_prefix(err, write_content(ctx, iv_json_root(manifest), out, err), "%s", path);
    iv_json_free(manifest);
    return status;
}
