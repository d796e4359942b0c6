#include "model/worst.h"

#include <math.h>

#include "learn/metrics.h"

int32_t iv_likeliest(const float *prediction, int32_t outputs)
{
    for (int32_t k = 0; k < outputs; k++)
        if (!isfinite(prediction[k]))
            return -1;
    return iv_most_probable(prediction, outputs);
}

/* How wrong; negative: not at all. */
static double wrongness(iv_task task, int32_t outputs, float truth, const float *prediction)
{
    if (task == IV_TASK_REGRESSION)
        return isfinite(prediction[0]) ? fabs((double)prediction[0] - (double)truth) : -1;
    int32_t right = (int32_t)truth, said = iv_likeliest(prediction, outputs);
    return said < 0 || said == right ? -1 : 1 - (double)prediction[right];
}

size_t iv_worst(iv_task task, size_t count, int32_t outputs, const float *truth,
                const float *predictions, size_t most, size_t *out)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        double wrong = wrongness(task, outputs, truth[i], predictions + i * (size_t)outputs);
        if (!(wrong > 0))
            continue;
        size_t at = found;
        while (at > 0 && wrongness(task, outputs, truth[out[at - 1]],
                                   predictions + out[at - 1] * (size_t)outputs) < wrong)
            at--;
        if (at == most)
            continue;
        if (found < most)
            found++;
        for (size_t k = found - 1; k > at; k--)
            out[k] = out[k - 1];
        out[at] = i;
    }
    return found;
}
