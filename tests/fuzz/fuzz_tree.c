/* The first byte chooses task and classes; the rest is a booster that is refused or whose
 * predictions are finite for every input. */
#include "fuzz.h"

#include <math.h>

#include "learn/booster.h"

enum { FEATURES = 2, ROWS = 5, CLASSES = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const float x[ROWS * FEATURES] = {NAN,   NAN,  -3e38f, -1e30f,   3e38f,
                                             1e30f, 0.5f, 1.5f,   INFINITY, -INFINITY};
    if (size < 1)
        return -1;
    imgvec_context *ctx = fuzz_context();
    imgvec_error err = {0};
    iv_booster *b = NULL;
    iv_task task = (iv_task)(data[0] % 3);
    int32_t classes = task == IV_TASK_REGRESSION ? 0 : task == IV_TASK_BINARY ? 2 : CLASSES;
    imgvec_status status =
        iv_booster_load(ctx, (const char *)data + 1, size - 1, task, classes, FEATURES, &b, &err);
    fuzz_check_error(status, &err);
    if (status == IMGVEC_OK) {
        float out[ROWS * CLASSES], parts[ROWS * CLASSES * (FEATURES + 1)];
        const iv_matrix m = {x, ROWS, FEATURES, NULL};
        size_t outputs = ROWS * (size_t)(classes ? classes : 1);
        fuzz_need(iv_booster_predict(b, &m, 1, out, &err) == IMGVEC_OK);
        for (size_t i = 0; i < outputs; i++)
            fuzz_need(isfinite(out[i]));
        fuzz_check_error(iv_booster_contributions(b, &m, parts, &err), &err);
        iv_booster_free(b);
    }
    fuzz_end(ctx);
    return 0;
}
