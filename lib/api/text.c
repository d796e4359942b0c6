#include "api/text.h"

#include <imgvec/explain.h>

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

imgvec_status iv_bytes_export(imgvec_context *ctx, void *bytes, size_t size, void **out,
                              imgvec_error *err)
{
    header *h = iv_alloc(ctx, sizeof *h + size + 1);
    if (h) {
        h->ctx = iv_context_ref(ctx);
        memcpy(h->text, bytes, size);
        h->text[size] = '\0';
        *out = h->text;
    }
    iv_free(ctx, bytes);
    return h ? IMGVEC_OK : iv_fail_nomem(err);
}

imgvec_status iv_text_export(imgvec_context *ctx, char *text, char **out, imgvec_error *err)
{
    void *bytes = NULL;
    if (!text)
        return iv_fail_nomem(err);
    IV_TRY(iv_bytes_export(ctx, text, strlen(text), &bytes, err));
    *out = bytes;
    return IMGVEC_OK;
}

void imgvec_bytes_free(void *bytes)
{
    imgvec_text_free(bytes);
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
