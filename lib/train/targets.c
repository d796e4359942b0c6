#include "train/targets.h"

void iv_targets_of_labels(const int32_t *labels, size_t count, int32_t classes, double smoothing,
                          const double *weights, float *out)
{
    double total = 0;
    for (size_t i = 0; i < count; i++)
        total += weights ? weights[labels[i]] : 1;
    /* The executor divides by the number of images. */
    double share = (double)count / total;
    for (size_t i = 0; i < count; i++)
        for (int32_t c = 0; c < classes; c++) {
            double target = smoothing / classes + (c == labels[i] ? 1 - smoothing : 0);
            *out++ = (float)(target * share * (weights ? weights[c] : 1));
        }
}
