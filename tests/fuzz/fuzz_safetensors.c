#include "fuzz.h"

#include "base/mem.h"
#include "io/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    imgvec_context *ctx = fuzz_context();
    imgvec_error err = {0};
    iv_tensors *set = NULL, *again = NULL;
    void *bytes = NULL;
    size_t length;
    imgvec_status status = iv_safetensors_parse(ctx, "input", data, size, 0, &set, &err);
    fuzz_check_tensors(status, set, &err);
    /* What was read can be written and read again. */
    if (status == IMGVEC_OK) {
        if (iv_safetensors_bytes(ctx, set, &bytes, &length, &err) != IMGVEC_OK ||
            iv_safetensors_parse(ctx, "again", bytes, length, 0, &again, &err) != IMGVEC_OK ||
            again->count != set->count)
            abort();
    }
    iv_tensors_free(set);
    iv_tensors_free(again);
    iv_free(ctx, bytes);
    fuzz_end(ctx);
    return 0;
}
