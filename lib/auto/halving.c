#include "auto/halving.h"

#include <math.h>

void iv_halving_plan(int32_t most, iv_halving *out)
{
    int32_t up[IV_RUNGS_MAX], count = 0;
    for (int32_t e = most < 1 ? 1 : most; count < IV_RUNGS_MAX; e /= IV_HALVING_ETA) {
        up[count++] = e;
        if (e < IV_HALVING_ETA)
            break;
    }
    out->rungs = count;
    for (int32_t i = 0; i < count; i++)
        out->epochs[i] = up[count - 1 - i];
}

static bool begun(const iv_attempt *a, size_t count, int32_t candidate, int32_t rung)
{
    for (size_t i = 0; i < count; i++)
        if (a[i].candidate == candidate && a[i].rung == rung)
            return true;
    return false;
}

static bool begun_at_all(const iv_attempt *a, size_t count, int32_t candidate)
{
    for (size_t i = 0; i < count; i++)
        if (a[i].candidate == candidate)
            return true;
    return false;
}

/* Place of attempt `of` among those of its rung that are done: 0 is the best; an equal one that
 * was begun earlier is before it. */
static size_t place(const iv_attempt *a, size_t count, size_t of)
{
    size_t before = 0;
    for (size_t i = 0; i < count; i++)
        if (i != of && a[i].done && a[i].rung == a[of].rung &&
            (a[i].score > a[of].score || (a[i].score == a[of].score && i < of)))
            before++;
    return before;
}

bool iv_halving_next(const iv_halving *h, const iv_attempt *a, size_t count,
                     bool (*allowed)(void *user, int32_t candidate, int32_t rung), void *user,
                     int32_t *candidate, int32_t *rung)
{
    int32_t fresh = 0;
    for (int32_t r = h->rungs - 2; r >= 0; r--) {
        size_t done = 0;
        for (size_t i = 0; i < count; i++)
            done += a[i].done && a[i].rung == r;
        for (size_t wanted = 0; wanted < done / IV_HALVING_ETA; wanted++)
            for (size_t i = 0; i < count; i++) {
                if (!a[i].done || a[i].rung != r || !isfinite(a[i].score) ||
                    place(a, count, i) != wanted || begun(a, count, a[i].candidate, r + 1) ||
                    (allowed && !allowed(user, a[i].candidate, r + 1)))
                    continue;
                *candidate = a[i].candidate;
                *rung = r + 1;
                return true;
            }
    }
    while (begun_at_all(a, count, fresh)) /* one that was cut off is begun again */
        fresh++;
    *candidate = fresh;
    *rung = 0;
    return !allowed || allowed(user, fresh, 0);
}
