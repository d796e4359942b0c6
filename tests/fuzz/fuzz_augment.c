/* Any text is a list of augmentations or an error with a text; a list can be written and read
 * again, and applied. */
#include "fuzz.h"

#include "base/mem.h"
#include "image/augment.h"

static char *written(imgvec_context *ctx, const iv_augment *a)
{
    iv_text text;
    iv_text_init(&text, ctx);
    for (int32_t i = 0; i < a->count; i++) {
        iv_text_add(&text, i ? "," : "");
        iv_augment_write(&a->steps[i], true, &text);
    }
    return iv_text_take(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    imgvec_context *ctx = fuzz_context();
    uint8_t pixels[3 * 5 * 4] = {0};
    const iv_image in = {5, 4, pixels};
    iv_image out;
    imgvec_error err = {0};
    iv_augment a, again;
    char *text = iv_strndup(ctx, (const char *)data, size);
    if (!text)
        abort();
    imgvec_status status = iv_augment_parse(text, &a, &err);
    iv_free(ctx, text);
    if (status != IMGVEC_OK) {
        if (err.code != status || !err.text[0])
            abort();
    } else {
        text = written(ctx, &a);
        if (!text || iv_augment_parse(text, &again, &err) != IMGVEC_OK || again.count != a.count)
            abort();
        for (int32_t i = 0; i < a.count; i++)
            if (memcmp(a.steps[i].values, again.steps[i].values, sizeof a.steps[i].values) != 0)
                abort();
        iv_free(ctx, text);
        /* A crop may ask for more than the fuzzer's memory. */
        status = iv_augment_apply(ctx, &a, &in, 1, 0, 0, &out, &err);
        if (status == IMGVEC_OK)
            iv_image_free(ctx, &out);
        else if (status != IMGVEC_ERR_NO_MEMORY && status != IMGVEC_ERR_UNSUPPORTED)
            abort();
    }
    fuzz_end(ctx);
    return 0;
}
