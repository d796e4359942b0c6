#include "api/text.h"

#include <stddef.h>
#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"

/* What lies before the bytes that the caller sees. */
typedef struct header {
    imgvec_context *ctx;
    char text[];
} header;

imgvec_status iv_text_export(imgvec_context *ctx, char *text, char **out, imgvec_error *err)
{
    if (!text)
        return iv_fail_nomem(err);
    size_t size = strlen(text) + 1;
    header *h = iv_alloc(ctx, sizeof *h + size);
    if (h) {
        h->ctx = iv_context_ref(ctx);
        memcpy(h->text, text, size);
        *out = h->text;
    }
    iv_free(ctx, text);
    return h ? IMGVEC_OK : iv_fail_nomem(err);
}

void imgvec_text_free(char *text)
{
    if (!text)
        return;
    header *h = (header *)(void *)(text - offsetof(header, text));
    imgvec_context *ctx = h->ctx;
    iv_free(ctx, h);
    iv_context_unref(ctx);
}
