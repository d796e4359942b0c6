/* Any JSON is reported as far as it can be: a page of sound UTF-8 without a script, or an error. */
#include "fuzz.h"

#include <imgvec/imgvec.h>

#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const formats[] = {"html", "json"};
    imgvec_context *ctx = fuzz_context();
    imgvec_error err = {0};
    char *info = iv_strndup(ctx, (const char *)data, size);
    fuzz_need(info != NULL);
    for (int i = 0; i < 2; i++) {
        char *text = NULL;
        size_t length = 0;
        imgvec_status status =
            imgvec_report_json(ctx, info, NULL, formats[i], &text, &length, &err);
        fuzz_check_error(status, &err);
        fuzz_need((status == IMGVEC_OK) == (text != NULL));
        if (text)
            fuzz_need(iv_utf8_valid(text, length) == length && (i > 0 || !strstr(text, "<script")));
        imgvec_text_free(text);
    }
    iv_free(ctx, info);
    fuzz_end(ctx);
    return 0;
}
