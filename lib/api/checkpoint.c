#include <imgvec/backbone.h>

#include <string.h>

#include "api/check.h"
#include "api/text.h"
#include "base/context.h"
#include "io/checkpoint.h"
#include "io/json.h"

static char *describe(imgvec_context *ctx, const char *path, const iv_tensors *set)
{
    iv_text text;
    iv_json_writer w;
    int64_t values = 0;
    iv_text_init(&text, ctx);
    iv_json_begin(&w, &text, true);
    iv_json_put_object(&w, NULL);
    iv_json_put_text(&w, "kind", "checkpoint");
    iv_json_put_text(&w, "path", path);
    iv_json_put_object(&w, "metadata");
    for (size_t i = 0; i + 1 < set->meta_count; i += 2)
        iv_json_put_text(&w, set->meta[i], set->meta[i + 1]);
    iv_json_put_end(&w, '}');
    iv_json_put_array(&w, "tensors");
    for (size_t i = 0; i < set->count; i++) {
        const iv_tensor *t = &set->items[i];
        iv_json_put_object(&w, NULL);
        iv_json_put_text(&w, "name", t->name);
        iv_json_put_text(&w, "dtype", t->dtype);
        iv_json_put_array(&w, "shape");
        for (int k = 0; k < t->rank; k++)
            iv_json_put_i64(&w, NULL, t->shape[k]);
        iv_json_put_end(&w, ']');
        iv_json_put_end(&w, '}');
        values += (int64_t)t->count;
    }
    iv_json_put_end(&w, ']');
    iv_json_put_i64(&w, "values", values);
    iv_json_put_end(&w, '}');
    iv_text_add(&text, "\n");
    return iv_text_take(&text);
}

imgvec_status imgvec_weights_inspect(imgvec_context *ctx, const char *path, char **out,
                                     imgvec_error *err)
{
    NEED(ctx);
    NEED(path);
    NEED(out);
    iv_tensors *set;
    *out = NULL;
    IV_TRY(iv_checkpoint_open(ctx, path, 0, &set, err));
    char *text = describe(ctx, path, set);
    iv_tensors_free(set);
    return iv_text_export(ctx, text, out, err);
}
