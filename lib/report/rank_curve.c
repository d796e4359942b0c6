#include "report/rank_curve.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "learn/rank.h"

#define STEPS 256 /* of a curve along each axis */

void iv_rank_curve_free(imgvec_context *ctx, iv_rank_curve *c)
{
    iv_free(ctx, c->points);
    memset(c, 0, sizeof *c);
}

/* Whether a point lies visibly apart from the last that was kept. */
static bool apart(const iv_rank_curve *c, const iv_rank_point *p)
{
    const iv_rank_point *last = &c->points[c->count - 1];
    return (p->hits - last->hits) * STEPS >= c->positives + !c->positives ||
           (p->false_alarms - last->false_alarms) * STEPS >= c->negatives + !c->negatives;
}

static void walk(const iv_report *r, const uint32_t *order, iv_rank_curve *c)
{
    const iv_oof *o = r->oof;
    iv_rank_point now = {.threshold = INFINITY}, before = now;
    double area = 0;
    c->points[c->count++] = now;
    for (size_t i = o->count; i-- > 0;) {
        size_t row = order[i] & ~IV_RANK_LAST;
        if ((int32_t)o->truth[row] == c->class)
            now.hits++;
        else
            now.false_alarms++;
        if (i > 0 && !(order[i - 1] & IV_RANK_LAST))
            continue; /* the next row has an equal probability */
        now.threshold = (double)o->predictions[row * (size_t)o->outputs + (size_t)c->class];
        area +=
            (double)(now.false_alarms - before.false_alarms) * (double)(now.hits + before.hits) / 2;
        c->precision += (double)(now.hits - before.hits) * (double)now.hits /
                        (double)(now.hits + now.false_alarms);
        before = now;
        if (i == 0 || apart(c, &now))
            c->points[c->count++] = now;
    }
    c->auc = area / (double)c->positives / (double)c->negatives;
    c->precision /= (double)c->positives;
    if (c->positives == 0 || c->negatives == 0)
        c->auc = NAN;
}

imgvec_status iv_rank_curve_make(const iv_report *r, int32_t class, iv_rank_curve *out,
                                 imgvec_error *err)
{
    const iv_oof *o = r->oof;
    *out = (iv_rank_curve){.class = class};
    uint32_t *order = iv_alloc_n(r->ctx, o->count, sizeof *order);
    out->points = iv_alloc_n(r->ctx, 2 * STEPS + 8, sizeof *out->points);
    imgvec_status status = order && out->points ? IMGVEC_OK : iv_fail_nomem(err);
    if (status == IMGVEC_OK)
        status = iv_rank_columns(r->ctx, o->predictions + class, o->count, (size_t)o->outputs, 1,
                                 order, err);
    for (size_t i = 0; status == IMGVEC_OK && i < o->count; i++) {
        out->positives += (int32_t)o->truth[i] == class;
        out->negatives += (int32_t)o->truth[i] != class;
    }
    if (status == IMGVEC_OK)
        walk(r, order, out);
    iv_free(r->ctx, order);
    if (status != IMGVEC_OK)
        iv_rank_curve_free(r->ctx, out);
    return status;
}

int iv_rank_classes(const iv_report *r, int most, int32_t *out)
{
    int found = 0;
    if (r->task == IV_TASK_BINARY) {
        out[0] = 1;
        return 1;
    }
    int64_t *rows = iv_calloc(r->ctx, (size_t)r->class_count, sizeof *rows);
    if (!rows)
        return -1;
    for (size_t i = 0; i < r->oof->count; i++)
        rows[(int32_t)r->oof->truth[i]]++;
    for (int32_t k = 0; k < r->class_count; k++) {
        int at = found < most ? found++ : most;
        for (; at > 0 && rows[out[at - 1]] < rows[k]; at--)
            if (at < most)
                out[at] = out[at - 1];
        if (at < most)
            out[at] = k;
    }
    iv_free(r->ctx, rows);
    return found;
}
