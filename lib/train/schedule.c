#include "train/schedule.h"

#include <math.h>

#define PI 3.14159265358979323846

double iv_schedule_factor(int64_t step, int64_t steps, double warmup)
{
    double rising = floor(warmup * (double)steps);
    double at = (double)step;
    if (at <= rising)
        return at / rising;
    return 0.5 * (1 + cos(PI * (at - rising - 1) / ((double)steps - rising)));
}

void iv_stage_rates(int32_t stages, int32_t top, double decay, double *out)
{
    double rate = 1;
    for (int32_t s = stages - 1; s >= 0; s--, rate *= decay)
        out[s] = top < 0 || s >= stages - 1 - top ? rate : 0;
}
